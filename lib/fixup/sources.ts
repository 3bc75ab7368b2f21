/**
 * Which variables tell the path of a request, best first.
 *
 * Rules of this file: the raw ones first, since what is decoded cannot be put back; a variable that comes of a header
 * (`HTTP_*`) never counts, since a client wrote it.
 */

/** Meta-variables, one character a byte. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** IIS: REQUEST_URI is what URL Rewrite made of the path, UNENCODED_URL is what the client sent. */
export function isRewrittenByIis({ IIS_WasUrlRewritten, UNENCODED_URL }: Variables): boolean {
  return IIS_WasUrlRewritten === '1' && UNENCODED_URL !== undefined && UNENCODED_URL !== '';
}

/** mod_python 3.5 gives the decoded path under the name of REQUEST_URI. */
export function isDecodedUri(variables: Variables): boolean {
  const { SERVER_SOFTWARE = '', REQUEST_URI = '' } = variables;
  // Apache names each module that it has loaded, whichever answers.
  return (
    REQUEST_URI !== '' && /\bmod_python\//.test(SERVER_SOFTWARE) && joinedPair(variables) === REQUEST_URI
  );
}

/**
 * mod_jk with ForwardURICompat decodes the path of its one variable. A space or control character tells, and a `#` in the
 * last segment; behind one further up a path would go on that the front server never saw. Where escapes are left, it was not
 * decoded, and a client sent what none may send.
 */
export function isDecodedTarget(variables: Variables): boolean {
  const { REQUEST_URI = '' } = variables;
  if (hasPair(variables) || !/^\/[^?%]*$/.test(REQUEST_URI)) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0001-\u0020\u007f#]/.test(REQUEST_URI) && !/#.*[#/]/s.test(REQUEST_URI);
}

function hasPair({ SCRIPT_NAME, PATH_INFO, DOCUMENT_URI }: Variables): boolean {
  return SCRIPT_NAME !== undefined || PATH_INFO !== undefined || DOCUMENT_URI !== undefined;
}

/** lighttpd strips `/foo` off `/foo/bar`, but not where REQUEST_URI is `/foo` alone, or spells it otherwise. */
export function isLeftWhole(
  { SERVER_SOFTWARE = '', SCRIPT_NAME = '', PATH_INFO = '' }: Variables,
  path: string,
): boolean {
  return SERVER_SOFTWARE.startsWith('lighttpd/') && SCRIPT_NAME !== '' && SCRIPT_NAME + PATH_INFO === path;
}

/** The request target as the front server got it; `undefined` where no variable has it. */
export function rawTarget(variables: Variables): string | undefined {
  const { REQUEST_URI = '', UNENCODED_URL = '' } = variables;
  if (isRewrittenByIis(variables)) return UNENCODED_URL;
  if (isDecodedUri(variables) || isDecodedTarget(variables)) return undefined;
  if (REQUEST_URI !== '') return REQUEST_URI;
  if (UNENCODED_URL !== '') return UNENCODED_URL;
  // A target can be empty, where nothing else tells otherwise.
  return variables.REQUEST_URI === undefined || decodedPaths(variables).length > 0 ? undefined : '';
}

/** A decoded path, and which variable had it. */
export interface DecodedPath {
  readonly source: 'REQUEST_URI' | 'SCRIPT_URL' | 'REDIRECT_URL' | 'pair' | 'PATH_INFO' | 'DOCUMENT_URI';
  readonly path: string;
}

/** Decoded paths, best first: the ones that no internal redirect has touched, then what the front server split. */
export function decodedPaths(variables: Variables): readonly DecodedPath[] {
  const { REQUEST_URI, SCRIPT_URL, REDIRECT_URL, DOCUMENT_URI } = variables;
  const pathInfo = receivedPathInfo(variables);
  const paths: readonly { source: DecodedPath['source']; path: string | undefined }[] = [
    {
      source: 'REQUEST_URI',
      path: isDecodedUri(variables) || isDecodedTarget(variables) ? REQUEST_URI : undefined,
    },
    { source: 'SCRIPT_URL', path: SCRIPT_URL },
    { source: 'REDIRECT_URL', path: REDIRECT_URL },
    { source: 'pair', path: joinedPair(variables) },
    { source: 'PATH_INFO', path: pathInfo },
    { source: 'DOCUMENT_URI', path: DOCUMENT_URI },
  ];
  return paths.filter((each): each is DecodedPath => each.path?.startsWith('/') === true);
}

/** PATH_INFO; where a server took it for something else, it is in ORIG_PATH_INFO. */
export function receivedPathInfo({ PATH_INFO = '', ORIG_PATH_INFO = '' }: Variables): string {
  return PATH_INFO === '' ? ORIG_PATH_INFO : PATH_INFO;
}

/** IIS without allowPathInfoForScriptMappings: PATH_INFO holds the script name too. */
export function isDuplicatedByIis(variables: Variables): boolean {
  const { SCRIPT_NAME = '', SERVER_SOFTWARE = '' } = variables;
  const pathInfo = receivedPathInfo(variables);
  const isBelow = pathInfo === SCRIPT_NAME || pathInfo.startsWith(`${SCRIPT_NAME}/`);
  return SCRIPT_NAME !== '' && isBelow && SERVER_SOFTWARE.startsWith('Microsoft-IIS/');
}

/** The path that SCRIPT_NAME and PATH_INFO make. */
export function joinedPair(variables: Variables): string {
  const pathInfo = receivedPathInfo(variables);
  const path = isDuplicatedByIis(variables) ? pathInfo : (variables.SCRIPT_NAME ?? '') + pathInfo;
  // PEP 3333 lets both be empty at the root.
  return path === '' && variables.PATH_INFO !== undefined ? '/' : path;
}
