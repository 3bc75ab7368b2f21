/**
 * The contract of an environ, as rules: what RFC 3875 section 4.1 and PEP 3333 ask of the meta-variables, and what mounts
 * promise beyond that. `lint()` checks them for each request.
 *
 * Rules of this file: a rule has an id that never changes its meaning and one sentence, from which docs/environ.md and the
 * messages are made; it judges, and changes nothing.
 */

/** One rule of the contract. */
export interface Rule<Subject> {
  readonly id: string;
  /** `<subject> must <rule>`. */
  readonly says: string;
  /** What breaks it; `undefined` where nothing does. */
  readonly broken: (subject: Subject) => unknown;
}

/** Meta-variables, as whoever made them gives them. */
type Variables = Readonly<Record<string, unknown>>;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u001f\u007f]/;

/** A rule about one variable, where it is there. */
function of(
  name: string,
  id: string,
  says: string,
  isRight: (value: string, all: Variables) => boolean,
): Rule<Variables> {
  return {
    id,
    says,
    broken: (all) => {
      const value = all[name];
      return typeof value !== 'string' || isRight(value, all) ? undefined : value;
    },
  };
}

/** Rules of the environ, in the order in which they are checked. */
export const environRules: readonly Rule<Variables>[] = [
  {
    id: 'strings',
    says: 'a meta-variable must be a string',
    broken: (all) => Object.values(all).find((value) => typeof value !== 'string' && value !== undefined),
  },
  {
    id: 'required',
    says: 'an environ must have REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, SERVER_NAME, SERVER_PORT and SERVER_PROTOCOL',
    broken: (all) => {
      const missing = required.filter((name) => typeof all[name] !== 'string');
      return missing.length === 0 ? undefined : `none of ${missing.join(', ')}`;
    },
  },
  of('REQUEST_METHOD', 'request-method', 'REQUEST_METHOD must be a token', (value) =>
    /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value),
  ),
  of(
    'SCRIPT_NAME',
    'script-name',
    "SCRIPT_NAME must be '' or begin with one '/', and not end with '/'",
    (value) => /^$|^\/(?!\/).*(?<!\/)$/s.test(value),
  ),
  of(
    'PATH_INFO',
    'path-info',
    "PATH_INFO must be '' or begin with one '/' (it is '*' for OPTIONS of the server)",
    (value, { REQUEST_METHOD }) =>
      /^$|^\/(?!\/)/.test(value) || (value === '*' && REQUEST_METHOD === 'OPTIONS'),
  ),
  of(
    'PATH_INFO',
    'path',
    "PATH_INFO must be '/' where SCRIPT_NAME is '' and nothing else is asked for",
    (value, { SCRIPT_NAME }) => value !== '' || SCRIPT_NAME !== '',
  ),
  of(
    'QUERY_STRING',
    'query-string',
    "QUERY_STRING must hold no space, no control character and no '#'",
    (value) => !/[ #]/.test(value) && !controls.test(value),
  ),
  of('SERVER_NAME', 'server-name', 'SERVER_NAME must name a host', (value) => value !== ''),
  of('SERVER_PORT', 'server-port', 'SERVER_PORT must be a decimal number', (value) => /^[0-9]+$/.test(value)),
  of('SERVER_PROTOCOL', 'server-protocol', 'SERVER_PROTOCOL must be HTTP/ and a version', (value) =>
    /^HTTP\/[0-9](?:\.[0-9])?$/.test(value),
  ),
  of(
    'REQUEST_SCHEME',
    'request-scheme',
    "REQUEST_SCHEME must be 'http' or 'https', and HTTPS be 'on' for the second",
    (value, { HTTPS }) =>
      value === 'https' ? HTTPS === undefined || HTTPS === 'on' : value === 'http' && HTTPS !== 'on',
  ),
  of('CONTENT_LENGTH', 'content-length', 'CONTENT_LENGTH must be a decimal number', (value) =>
    /^[0-9]+$/.test(value),
  ),
  {
    id: 'content-headers',
    says: 'Content-Type and Content-Length must come as CONTENT_TYPE and CONTENT_LENGTH, not as HTTP_*',
    broken: (all) => all.HTTP_CONTENT_TYPE ?? all.HTTP_CONTENT_LENGTH,
  },
  {
    id: 'http-proxy',
    says: 'an environ must have no HTTP_PROXY (CVE-2016-5385)',
    broken: (all) => all.HTTP_PROXY,
  },
  {
    id: 'header-bytes',
    says: 'the value of HTTP_* must be one character a byte, without line feed, carriage return and NUL',
    broken: (all) =>
      Object.entries(all).find(
        ([name, value]) =>
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          name.startsWith('HTTP_') && typeof value === 'string' && /[\u0000\r\n\u0100-\uffff]/.test(value),
      )?.[1],
  },
];

const required = [
  'REQUEST_METHOD',
  'SCRIPT_NAME',
  'PATH_INFO',
  'QUERY_STRING',
  'SERVER_NAME',
  'SERVER_PORT',
  'SERVER_PROTOCOL',
];
