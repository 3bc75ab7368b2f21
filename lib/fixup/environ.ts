/**
 * `resolveEnviron()`: from the meta-variables that a front server sends (RFC 3875 section 4.1) to script name and path
 * info. As received they are right in fewer than half of the requests; REQUEST_URI is right in nearly all.
 *
 * Rules of this file: what is configured decides (`mount`, `target`), never what a value looks like; the split is the one
 * of mount/semantics.ts. Variables are one character a byte. What was made of decoded variables is not exact, and says so.
 */

import { type EnvironInput, pairsOf } from '../environ/pairs.js';
import { ConfigurationError, show } from '../errors.js';
import { parseMountPath } from '../mount/mount-path.js';
import { type MountOptions, resolveOptions } from '../mount/options.js';
import { refuse } from '../mount/semantics.js';
import { MountTable } from '../mount/table.js';
import { decodeEvery, decodeText, encodeBytes } from '../path/percent.js';
import { parseTarget } from '../path/target.js';
import { recogniseQuirks } from './quirks.js';
import {
  decodedPaths,
  isDuplicatedByIis,
  isLeftWhole,
  joinedPair,
  rawTarget,
  receivedPathInfo,
  type Variables,
} from './sources.js';

/** Options of `resolveEnviron()`. */
export interface EnvironOptions extends Pick<MountOptions, 'caseSensitive' | 'encodedSlashes' | 'slashes'> {
  /** `'reject'`: 400 for a path that is not in normal form, for front servers whose guards compare it as it was sent. */
  readonly nonNormal?: 'normalize' | 'reject';
  /** The path that the front server gives to this application, written decoded: `''`, `/foo`, `/foo bar`. */
  readonly mount?: string;
  /**
   * What REQUEST_URI holds. `'kept'` (default): the path that the client asked for. `'stripped'`: that path without the
   * mount. `'rewritten'`: something else; SCRIPT_NAME and PATH_INFO are the truth.
   */
  readonly target?: 'kept' | 'stripped' | 'rewritten';
}

/** Where a request's path was split. */
export interface ResolvedEnviron {
  /** SCRIPT_NAME, RFC 3875 section 4.1.13: decoded as UTF-8, `''` or beginning with `/`, unless it is `inferred`. */
  readonly scriptName: string;
  /** PATH_INFO, RFC 3875 section 4.1.5: decoded as UTF-8, `''` or beginning with one `/`, unless it is `inferred`. */
  readonly pathInfo: string;
  /** The script name percent-encoded. */
  readonly rawScriptName: string;
  /** The path info percent-encoded. */
  readonly rawPathInfo: string;
  /** Query string with its `?`, or `''`. */
  readonly query: string;
  /** `false` where only decoded variables were there to tell: `%2F`, say, was a slash in them. */
  readonly exact: boolean;
  /** Names of the quirks that were recognised; docs/front-servers.md has each. */
  readonly quirks: readonly string[];
  /** Set where no mount was configured: the pair is the front server's word, unchecked. */
  readonly inferred?: true;
}

/**
 * Script name, path info and query of a request, from the meta-variables of any front server. `undefined` where the
 * path lies outside the mount.
 *
 * @example
 * ```ts
 * import { resolveEnviron } from 'mountpoint/environ';
 *
 * // What nginx sends with its own fastcgi_params, of `location /foo`, for /foo/a%2Fb:
 * const environ = { SCRIPT_NAME: '/foo/a/b', REQUEST_URI: '/foo/a%2Fb', QUERY_STRING: '' };
 * const resolved = resolveEnviron(environ, { mount: '/foo' });
 * resolved?.scriptName; // → '/foo'
 * resolved?.rawPathInfo; // → '/a%2Fb'
 * resolved?.quirks.join(); // → 'script-is-path'
 * ```
 * @throws {RequestTargetError} a target that must be refused: `status` 400 or 404, and a `code`.
 * @throws {ConfigurationError} ERR_MOUNT_PATH, ERR_MOUNT_HOST, ERR_MOUNT_OPTION.
 * @throws {ArgumentError} ERR_ARGUMENT_ENVIRON: no meta-variables.
 */
export function resolveEnviron(
  environ: EnvironInput,
  options: EnvironOptions = {},
): ResolvedEnviron | undefined {
  const variables = variablesOf(environ);
  const split = environSplitter(options)(variables);
  if (split === undefined) return undefined;
  const { rawScriptName, rawPathInfo } = split;
  return {
    scriptName: decodeText(rawScriptName),
    pathInfo: decodeText(rawPathInfo),
    ...split,
    quirks: recogniseQuirks(variables, split, options.target ?? 'kept'),
  };
}

/** A split of raw forms. @internal */
export type EnvironSplit = Omit<ResolvedEnviron, 'scriptName' | 'pathInfo' | 'quirks'>;

/** What `resolveEnviron()` does for each request of a gateway, its options read once. @internal */
export function environSplitter(options: EnvironOptions): (variables: Variables) => EnvironSplit | undefined {
  const { mount, target = 'kept', ...mountOptions } = checked(options);
  resolveOptions(mountOptions, ['caseSensitive', 'encodedSlashes', 'slashes', 'nonNormal']);
  const anywhere = new MountTable<true>(mountOptions).set('/', true);
  if (mount === undefined) return (variables) => splitAsReceived(variables, anywhere);
  const { host, segments } = parseMountPath(mount);
  if (host !== undefined) {
    throw new ConfigurationError('ERR_MOUNT_HOST', `the mount must be a path, got ${show(mount)}`);
  }
  const table = new MountTable<true>(mountOptions).set(mount, true);
  if (target === 'rewritten') return (variables) => splitDecoded(variables, table, true);
  const named = segments.map((segment) => `/${segment}`).join('');
  const base = encodeBytes(named);
  return (variables) => {
    const uri = rawTarget(variables);
    if (uri === '*') return noPath(variables);
    if (target === 'kept')
      return uri === undefined ? splitDecoded(variables, table, false) : splitRaw(uri, table);
    if (uri === undefined) return splitStrippedPair(variables, named, base, anywhere);
    const stripped = splitStripped(uri, base, anywhere, variables.HTTP_HOST);
    if (stripped === undefined || base === '') return stripped;
    if (isLeftWhole(variables, decodeEvery(stripped.rawPathInfo))) return splitRaw(uri, table);
    // Nothing but the mount itself: more often it was not stripped than asked for twice.
    const isBare = uri.startsWith('/') && table.resolve(uri)?.rawPathInfo === '';
    return isBare ? inexact(splitRaw(uri, table)) : stripped;
  };
}

/** `OPTIONS *` is about no path, so about no mount. */
function noPath({ REQUEST_METHOD = 'OPTIONS' }: Variables): undefined {
  if (REQUEST_METHOD !== 'OPTIONS') throw refuse('ERR_TARGET_FORM', '*');
}

// In normal form a path has no dot segment but behind an escaped slash, or a backslash, which is one to IIS.
const hiddenDots = /(?:\/|%2f|%5c|\\)\.\.?(?:\/|%2f|%5c|\\|$)/i;

function splitRaw(uri: string, table: MountTable<true>): EnvironSplit | undefined {
  // As resolve() does, but for the texts: each request of a gateway comes through here.
  const found = table.find(uri === '' ? '/' : uri, undefined, table.options.nonNormal ?? 'normalize');
  if (found === undefined) {
    if (isClimbing(uri, table)) throw refuse('ERR_TARGET_ABOVE_ROOT', uri);
    return undefined;
  }
  const { target, script: rawScriptName, pathEnd } = found;
  const rawPathInfo = target.slice(rawScriptName.length, pathEnd);
  const query = target.slice(pathEnd);
  // To nginx and lighttpd %2F is a slash, so that their guards saw what these dots lead to.
  if (hiddenDots.test(rawPathInfo)) throw refuse('ERR_TARGET_ENCODED_SLASH', uri);
  return { rawScriptName, rawPathInfo, query, exact: true };
}

/** Whether a path begins below the mount and leaves it with `..`: the front server took it for one below the mount. */
function isClimbing(uri: string, table: MountTable<true>): boolean {
  const { path } = parseTarget(uri);
  const dots = path.search(/\/(?:\.|%2e){1,2}(?:\/|$)/i);
  return dots > 0 && table.resolve(path.slice(0, dots)) !== undefined;
}

function inexact(split: EnvironSplit | undefined): EnvironSplit | undefined {
  return split && { ...split, exact: false };
}

/** The mount is gone from the target: what is left of it is the path info. */
function splitStripped(
  uri: string,
  base: string,
  anywhere: MountTable<true>,
  host: string | undefined,
): EnvironSplit | undefined {
  // HAProxy and Varnish leave nothing of the bare mount, or its query alone.
  if (base !== '' && (uri === '' || uri.startsWith('?'))) {
    const { query } = anywhere.resolve(uri === '' ? '/' : `/${uri}`) as { query: string };
    return { rawScriptName: base, rawPathInfo: '', query, exact: true };
  }
  const { authority } = parseTarget(uri);
  // lighttpd and Caddy cut `/foo` off `/foobar`, which is outside the mount; off `/foohttp:/x` too.
  if (/^[^/?]/.test(uri) && authority === '') return undefined;
  const inner = splitRaw(uri, anywhere);
  // Of `/foohttp://h/x` the same is left as of an absolute-form target, whose host is that of Host.
  const isExact = authority === '' || authority === host;
  return inner && { ...inner, rawScriptName: base, exact: isExact };
}

/** The best of the decoded variables that lies below the mount. */
function splitDecoded(
  variables: Variables,
  table: MountTable<true>,
  isPairOnly: boolean,
): EnvironSplit | undefined {
  for (const { source, path } of decodedPaths(variables)) {
    if (isPairOnly && source !== 'pair') continue;
    const split = splitRaw(encodeBytes(path), table);
    // What the client asked for decides; of what the front server made of it, the first that fits.
    const isAsked = /^RE|^SCRIPT_URL$/.test(source);
    if (split !== undefined || isAsked) return split && { ...split, query: queryOf(variables), exact: false };
  }
  return undefined;
}

/** Nothing raw is there, and the mount was taken away: SCRIPT_NAME may still name it. */
function splitStrippedPair(
  variables: Variables,
  mount: string,
  base: string,
  anywhere: MountTable<true>,
): EnvironSplit | undefined {
  const isNamed = variables.SCRIPT_NAME === mount;
  const path = isNamed ? receivedPathInfo(variables) : joinedPair(variables);
  if (path === '' && !isNamed) return undefined;
  const split = splitStripped(encodeBytes(path), base, anywhere, undefined);
  return split && { ...split, query: queryOf(variables), exact: false };
}

/** Without a mount there is nothing to check by. */
function splitAsReceived(variables: Variables, anywhere: MountTable<true>): EnvironSplit | undefined {
  const { SCRIPT_NAME = '' } = variables;
  const pathInfo = receivedPathInfo(variables);
  if (SCRIPT_NAME !== '' || pathInfo !== '') {
    const isTwice = isDuplicatedByIis(variables);
    return {
      rawScriptName: encodeBytes(SCRIPT_NAME),
      rawPathInfo: encodeBytes(isTwice ? pathInfo.slice(SCRIPT_NAME.length) : pathInfo),
      query: queryOf(variables),
      exact: false,
      inferred: true,
    };
  }
  const uri = rawTarget(variables);
  if (uri === '*') return noPath(variables);
  const split = uri === undefined ? splitDecoded(variables, anywhere, false) : splitRaw(uri, anywhere);
  return split && { ...split, exact: false, inferred: true };
}

function queryOf({ QUERY_STRING, REQUEST_URI = '' }: Variables): string {
  if (QUERY_STRING === undefined) return /\?.*$/s.exec(REQUEST_URI)?.[0] ?? '';
  return QUERY_STRING === '' ? '' : `?${QUERY_STRING}`;
}

/** Of a name that came twice, the last counts. */
function variablesOf(environ: EnvironInput): Variables {
  const variables: Record<string, string> = Object.create(null);
  for (const [name, value] of pairsOf(environ)) variables[name] = value;
  return variables;
}

const targets = ['kept', 'stripped', 'rewritten'];

function checked(options: EnvironOptions): EnvironOptions {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigurationError('ERR_MOUNT_OPTION', `the options must be an object, got ${show(options)}`);
  }
  const { target = 'kept', mount } = options;
  if (!targets.includes(target)) {
    const rule = `the option target must be ${targets.map(show).join(' or ')}`;
    throw new ConfigurationError('ERR_MOUNT_OPTION', `${rule}, got ${show(target)}`);
  }
  if (target !== 'kept' && mount === undefined) {
    const rule = `the option mount must be set where target is ${show(target)}`;
    throw new ConfigurationError('ERR_MOUNT_OPTION', `${rule}, got ${show(mount)}`);
  }
  return options;
}
