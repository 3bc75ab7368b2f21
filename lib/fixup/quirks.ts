/**
 * The quirks of front servers: what they send as SCRIPT_NAME, PATH_INFO and REQUEST_URI instead of the truth, by name.
 *
 * Rules of this file: a quirk is a row, with the servers and versions in which it was seen; it recognises what was
 * received beside what was made of it, and changes nothing. docs/front-servers.md holds the same table.
 */

import { normalForm } from '../path/normal.js';
import { decodeEvery, encodeBytes } from '../path/percent.js';
import { parseTarget } from '../path/target.js';
import {
  isDecodedTarget,
  isDecodedUri,
  isDuplicatedByIis,
  isLeftWhole,
  isRewrittenByIis,
  rawTarget,
  receivedPathInfo,
  type Variables,
} from './sources.js';

/** What was received, and the truth, as bytes. */
interface Seen {
  readonly variables: Variables;
  /** Received: `''` where absent. */
  readonly scriptName: string;
  readonly pathInfo: string;
  /** The truth: the mount, what follows it, and both. */
  readonly mount: string;
  readonly rest: string;
  readonly path: string;
  readonly target: 'kept' | 'stripped' | 'rewritten';
  /** Whether there was a raw target to tell the truth by. */
  readonly isExact: boolean;
  /** Whether it is the front server's word. */
  readonly isInferred: boolean;
}

/** One deviation. */
export interface Quirk {
  readonly name: string;
  /** Who does it, with the version and the configuration. */
  readonly seen: string;
  /** What is sent instead of the truth. */
  readonly says: string;
  /** Whether it explains what was received. @internal */
  readonly recognises: (seen: Seen) => boolean;
}

/** Of the variables of one request, what `recogniseQuirks()` needs to know of their split. */
interface Split {
  readonly rawScriptName: string;
  readonly rawPathInfo: string;
  readonly exact: boolean;
  readonly inferred?: true;
}

/** The quirks that explain SCRIPT_NAME and PATH_INFO: at most one of them is named. @internal */
export const pairQuirks: readonly Quirk[] = [
  {
    name: 'no-script-name',
    seen: 'nginx 1.22 with its own scgi_params; nginx without parameters',
    says: 'neither SCRIPT_NAME nor PATH_INFO',
    // Over HTTP and AJP there are none.
    recognises: ({ variables: { SCRIPT_NAME, PATH_INFO, QUERY_STRING } }) =>
      SCRIPT_NAME === undefined && PATH_INFO === undefined && QUERY_STRING !== undefined,
  },
  {
    name: 'duplicated',
    seen: 'nginx 1.22 with `uwsgi_param SCRIPT_NAME` or `PATH_INFO $fastcgi_script_name`; uWSGI 2.0 with `--http-var SCRIPT_NAME` or `--http-modifier1`; IIS without allowPathInfoForScriptMappings',
    says: 'the mount in SCRIPT_NAME and in PATH_INFO too',
    recognises: ({ scriptName, pathInfo, path }) =>
      scriptName !== '' && pathInfo === path && isBelow(path, scriptName),
  },
  {
    name: 'script-is-path',
    seen: 'nginx 1.22 with its own fastcgi_params; HAProxy 2.6 fcgi-app with docroot only; Apache 2.4 mod_proxy_fcgi and mod_proxy_scgi by ProxyPass; Caddy 2.6 `split .php`; fcgiwrap 1.1 with a fixed SCRIPT_FILENAME',
    says: 'the whole path in SCRIPT_NAME, PATH_INFO absent or empty',
    recognises: ({ scriptName, pathInfo, path }) => pathInfo === '' && scriptName === path,
  },
  {
    name: 'pathinfo-is-path',
    seen: 'nginx 1.22 with its own uwsgi_params; h2o 2.2 fastcgi; Caddy 2.6 transport fastcgi without split; uWSGI 2.0 http router; Apache 2.4 mod_proxy_uwsgi to a target with a path',
    says: 'the whole path in PATH_INFO, SCRIPT_NAME absent or empty',
    recognises: ({ scriptName, pathInfo, mount, path }) =>
      mount !== '' && scriptName === '' && pathInfo === path,
  },
  {
    name: 'uwsgi-slash',
    seen: 'Apache 2.4 mod_proxy_uwsgi by ProxyPass to a target without a path',
    says: '`/` in PATH_INFO for the bare mount; for `/foo/` a slash in both',
    recognises: ({ scriptName, pathInfo, mount, rest }) =>
      pathInfo === '/' &&
      ((rest === '' && scriptName === mount) || (rest === '/' && scriptName === `${mount}/`)),
  },
  {
    name: 'first-segment',
    seen: 'lighttpd 1.4 `"/"` without fix-root-scriptname, before 1.4.23 always; Apache 2.4 `<Location "/"> SetHandler proxy:fcgi`; mod_fcgid 2.3 `FcgidWrapper … virtual` at `/`',
    says: 'the first segment of the path in SCRIPT_NAME, where the mount is the root',
    recognises: ({ scriptName, pathInfo, mount, path }) =>
      mount === '' && /^\/[^/]+$/.test(scriptName) && scriptName + pathInfo === path,
  },
  {
    name: 'script-file',
    seen: 'nginx 1.22 `fastcgi_split_path_info ^(.+\\.php)(.*)$`; lighttpd 1.4 with a key like `".php"`; HAProxy 2.6 fcgi-app with a path-info that looks for `.php`',
    says: 'SCRIPT_NAME ends at what looks like the name of a script',
    recognises: ({ scriptName, pathInfo, path }) =>
      /\.[a-z]+$/.test(scriptName) && scriptName + pathInfo === path,
  },
  {
    name: 'next-slash',
    seen: 'lighttpd 1.4 with a key that ends with a slash, `"/foo/"`',
    says: 'SCRIPT_NAME ends one segment too late',
    recognises: ({ scriptName, pathInfo, mount, path }) =>
      mount !== '' && scriptName.startsWith(`${mount}/`) && scriptName + pathInfo === path,
  },
  {
    name: 'undecoded',
    seen: 'Apache 2.4 mod_proxy_fcgi with proxy-fcgi-pathinfo, mod_proxy_scgi with proxy-scgi-pathinfo; HAProxy 2.6 set-param from `path`',
    says: 'PATH_INFO as it stands in the URL, percent-encoded',
    recognises: ({ pathInfo, rest, path }) => {
      const decoded = pathInfo.includes('%') ? decodeEvery(pathInfo) : pathInfo;
      return decoded !== pathInfo && (decoded === rest || decoded === path);
    },
  },
  {
    name: 'mount-lost',
    seen: 'nginx 1.22 `rewrite … break`; Caddy 2.6 handle_path; HAProxy 2.6 `http-request replace-path` with fcgi-app',
    says: 'SCRIPT_NAME and PATH_INFO without the mount',
    recognises: ({ scriptName, pathInfo, mount, rest }) =>
      mount !== '' && scriptName + pathInfo === (rest === '' ? '/' : rest),
  },
  {
    name: 'internal-script',
    seen: 'Apache 2.4 RewriteRule, Action, FallbackResource; lighttpd 1.4 url.rewrite; nginx 1.22 try_files; Caddy 2.6 php_fastcgi',
    says: 'the script that answers in SCRIPT_NAME, which the client never asked for',
    recognises: ({ scriptName, mount, path }) =>
      scriptName !== '' && scriptName !== mount && !isBelow(path, scriptName),
  },
  {
    name: 'absolute-path-info',
    seen: 'h2o 2.2 and uWSGI 2.0, for a target in absolute-form',
    says: 'scheme and host in PATH_INFO',
    recognises: ({ pathInfo }) => /^\/?https?:\//.test(pathInfo),
  },
  {
    name: 'other-path-info',
    seen: 'Apache 2.4 mod_proxy_uwsgi by SetHandler (a file name); nginx 1.22 with a split regular expression, for a path with a line feed',
    says: 'something else',
    recognises: () => true,
  },
];

/** The quirks that tell where the truth was found. @internal */
export const sourceQuirks: readonly Quirk[] = [
  {
    name: 'decoded-uri',
    seen: 'mod_python 3.5, `req.subprocess_env`',
    says: 'REQUEST_URI decoded and in normal form, without its query',
    recognises: ({ variables }) => isDecodedUri(variables),
  },
  {
    name: 'decoded-target',
    seen: 'mod_jk 1.2.48 with `JkOptions +ForwardURICompat`',
    says: 'the path decoded; known only where it holds what no target can hold',
    recognises: ({ variables }) => isDecodedTarget(variables),
  },
  {
    name: 'unencoded-url',
    seen: 'IIS with URL Rewrite (IIS_WasUrlRewritten), ISAPI handlers',
    says: 'the path that was asked for in UNENCODED_URL',
    recognises: ({ variables }) =>
      isRewrittenByIis(variables) || (isEmpty(variables.REQUEST_URI) && !isEmpty(variables.UNENCODED_URL)),
  },
  {
    name: 'script-url',
    seen: 'Apache mod_rewrite, where REQUEST_URI is taken away',
    says: 'the path that was asked for in SCRIPT_URL, decoded',
    recognises: (seen) => isOnlySource(seen, 'SCRIPT_URL'),
  },
  {
    name: 'redirect-url',
    seen: 'Apache mod_rewrite and Action, where REQUEST_URI is taken away',
    says: 'the path that was asked for in REDIRECT_URL, decoded',
    recognises: (seen) => isOnlySource(seen, 'REDIRECT_URL') && isEmpty(seen.variables.SCRIPT_URL),
  },
  {
    name: 'orig-path-info',
    seen: 'IIS 5, and php-fpm with cgi.fix_pathinfo',
    says: 'PATH_INFO in ORIG_PATH_INFO',
    recognises: ({ variables }) => isEmpty(variables.PATH_INFO) && !isEmpty(variables.ORIG_PATH_INFO),
  },
  {
    name: 'iis-duplicated',
    seen: 'IIS without allowPathInfoForScriptMappings',
    says: 'SCRIPT_NAME in front of PATH_INFO too, and no REQUEST_URI',
    recognises: ({ variables, isExact }) => !isExact && isDuplicatedByIis(variables),
  },
  {
    name: 'not-normalised',
    seen: 'Caddy 2.6, HAProxy 2.6, h2o 2.2 (runs of slashes), uWSGI 2.0 (runs of slashes)',
    says: 'dot segments or runs of slashes in SCRIPT_NAME or PATH_INFO, as they were sent',
    recognises: ({ variables, pathInfo }) =>
      pathInfo !== receivedPathInfo(variables) && isOddTarget(rawTarget(variables)),
  },
  {
    name: 'double-slash',
    seen: 'Apache 2.4 `ProxyPass /foo scgi://host/` with proxy-scgi-pathinfo',
    says: 'a slash too many where PATH_INFO begins',
    recognises: ({ variables }) =>
      receivedPathInfo(variables).startsWith('//') && !isOddTarget(rawTarget(variables)),
  },
  {
    name: 'absolute-uri',
    seen: 'Apache 2.4, uWSGI 2.0, h2o 2.2 and HAProxy 2.6, for a target in absolute-form',
    says: 'scheme and host in REQUEST_URI',
    recognises: ({ variables }) => /^https?:/i.test(rawTarget(variables) ?? ''),
  },
  {
    name: 'stripped-uri',
    seen: 'HAProxy 2.6 `http-request replace-path`; lighttpd 1.4 strip-request-uri',
    says: "the mount is gone from REQUEST_URI too; known only by `target: 'stripped'`",
    recognises: ({ target }) => target === 'stripped',
  },
  {
    name: 'mount-not-stripped',
    seen: 'lighttpd 1.4 strip-request-uri; lighttpd 1.4 url.rewrite and nginx 1.22 `location ~ ^/foo(/.*)?$`, for the bare mount',
    says: 'REQUEST_URI with the mount, where the configuration strips it',
    recognises: ({ variables, target, mount, rest, isExact }) =>
      target === 'stripped' &&
      mount !== '' &&
      (isLeftWhole(variables, targetPath(variables)) || (rest === '' && !isExact)),
  },
];

/** All quirks of SCRIPT_NAME, PATH_INFO and REQUEST_URI. */
export const quirks: readonly Quirk[] = [...pairQuirks, ...sourceQuirks];

/** Names of the quirks that explain what was received. */
export function recogniseQuirks(
  variables: Variables,
  split: Split,
  target: Seen['target'],
): readonly string[] {
  const seen = seenOf(variables, split, target);
  const names = sourceQuirks.filter((quirk) => quirk.recognises(seen)).map(({ name }) => name);
  if (split.inferred || target === 'rewritten' || isRight(seen)) return names;
  // The last of them explains whatever is left.
  const pair = pairQuirks.find((quirk) => quirk.recognises(seen)) as Quirk;
  return [pair.name, ...names];
}

function seenOf(variables: Variables, split: Split, target: Seen['target']): Seen {
  const mount = decodeEvery(split.rawScriptName);
  const rest = decodeEvery(split.rawPathInfo);
  return {
    variables,
    ...receivedPair(variables),
    mount,
    rest,
    path: mount + rest,
    target,
    isExact: split.exact,
    isInferred: split.inferred === true,
  };
}

/** What CGI asks for (RFC 3875), in the normal form or as it was sent. */
function isRight({ variables, scriptName, pathInfo, mount, rest }: Seen): boolean {
  const isAbsent = variables.SCRIPT_NAME === undefined && variables.PATH_INFO === undefined;
  // Over HTTP and AJP there is nothing that could be wrong.
  if (isAbsent && variables.QUERY_STRING === undefined) return true;
  return !isAbsent && scriptName === mount && pathInfo === rest;
}

/** The pair as it was received, its path in normal form where it was not. */
function receivedPair(variables: Variables): Pick<Seen, 'scriptName' | 'pathInfo'> {
  const { SCRIPT_NAME: scriptName = '' } = variables;
  const pathInfo = receivedPathInfo(variables);
  if (!/\/\/|\/\./.test(pathInfo)) return { scriptName, pathInfo };
  const path = normalBytes(scriptName + pathInfo);
  return isBelow(path, scriptName)
    ? { scriptName, pathInfo: path.slice(scriptName.length) }
    : { scriptName, pathInfo: normalBytes(pathInfo) };
}

function normalBytes(path: string): string {
  return decodeEvery(normalForm(encodeBytes(path), 'merge', 'keep').path);
}

/** The path of the target, decoded and in normal form. */
function targetPath(variables: Variables): string {
  return decodeEvery(normalForm(parseTarget(rawTarget(variables) ?? '/').path, 'merge', 'keep').path);
}

/** Whether a target's path is not in normal form. */
function isOddTarget(target = '/'): boolean {
  const { path } = parseTarget(target);
  return /\/\/|\/(?:\.|%2e)/i.test(path);
}

function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(base.endsWith('/') ? base : `${base}/`);
}

function isOnlySource({ variables, isExact, isInferred }: Seen, name: string): boolean {
  return !isExact && !isInferred && !isDecodedUri(variables) && !isEmpty(variables[name]);
}

function isEmpty(value: string | undefined): boolean {
  return value === undefined || value === '';
}
