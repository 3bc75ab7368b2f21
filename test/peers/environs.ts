/**
 * Translations for what repairs an environ, or finds a base url in one: variables and what is configured, for
 * `resolveEnviron()`.
 *
 * Rules of this file: where a system takes a variable for the mount, that is the mount; where it takes a prefix that the
 * front server is said to have taken away, the target is stripped; no row is known here by its id.
 */

import { ConfigurationError, RequestTargetError } from '../../lib/errors.js';
import { type EnvironOptions, type ResolvedEnviron, resolveEnviron } from '../../lib/fixup/index.js';
import type { Answer } from './ask.js';
import type { Row } from './row.js';
import { wsgiString } from './terms.js';

type Variables = Readonly<Record<string, string>>;

export interface EnvironInput {
  readonly fix?: string;
  readonly fn?: string;
  readonly environ?: Variables;
  /** PHP's `$_SERVER`. */
  readonly server?: Variables;
  readonly app_root?: string;
  readonly options?: { readonly prefix: string };
  readonly FORCE_SCRIPT_NAME?: string | null;
  readonly gateway?: string;
  readonly scriptName?: string;
  readonly script_name?: string;
  readonly req_uri?: string;
  readonly request_target?: string;
  readonly root_path?: string;
  readonly url_prefix?: string;
  readonly path?: string;
  readonly SCRIPT_NAME?: string;
  readonly REQUEST_URI?: string;
  readonly string?: string;
  readonly prefix?: string;
}

export interface EnvironQuestion extends EnvironOptions {
  readonly environ: Variables;
}

/** What we make of it: `undefined` outside the mount; a code where it is refused, or the mount cannot be made. */
export type Resolved = ResolvedEnviron | undefined | { readonly code: string; readonly status?: number };

export function askEnviron({ environ, ...options }: EnvironQuestion): Resolved {
  try {
    return resolveEnviron(environ, options);
  } catch (error) {
    if (error instanceof RequestTargetError) return { status: error.status, code: error.code };
    if (error instanceof ConfigurationError) return { code: error.code };
    throw error;
  }
}

/** As a difference records it: the pair, and the query where there is one. */
export function recorded(resolved: Resolved, isRaw: boolean): Answer {
  if (resolved === undefined) return { next: true };
  if ('code' in resolved) {
    const { status, code } = resolved;
    return status === undefined ? { throws: code } : { status, code };
  }
  const { scriptName, pathInfo, rawScriptName, rawPathInfo, query } = resolved;
  const place = isRaw ? { scriptName: rawScriptName, pathInfo: rawPathInfo } : { scriptName, pathInfo };
  return { ...place, ...(query !== '' && { query }) };
}

type Translation = (input: EnvironInput) => EnvironQuestion;

const fromScriptName: Translation = ({ environ = {} }) => ({ environ, mount: environ.SCRIPT_NAME ?? '' });

/** The fixers of werkzeug.contrib: a root that the server leaves out, and REQUEST_URI for PATH_INFO. */
const werkzeug: Translation = ({ fix, app_root = '', environ = {} }) =>
  fix === 'PathInfoFromRequestUriFix'
    ? fromScriptName({ environ })
    : { environ, mount: app_root, target: 'stripped' };

/** Its IISCGIHandler is for IIS. */
const wsgiref: Translation = ({ environ = {} }) =>
  fromScriptName({ environ: { ...environ, SERVER_SOFTWARE: 'Microsoft-IIS/6.0' } });

/** FORCE_SCRIPT_NAME is put before the PATH_INFO that came. */
const django: Translation = ({ environ = {}, FORCE_SCRIPT_NAME }) =>
  typeof FORCE_SCRIPT_NAME === 'string'
    ? { environ, mount: FORCE_SCRIPT_NAME, target: 'stripped' }
    : { environ };

const flup: Translation = ({ environ = {}, scriptName = '<unset>', req_uri }) => ({
  environ: { ...environ, ...(req_uri !== undefined && { REQUEST_URI: req_uri }) },
  mount: scriptName === '<unset>' ? (environ.SCRIPT_NAME ?? '') : scriptName,
});

const plack: Translation = ({ fix, environ = {}, script_name = '', SCRIPT_NAME = '', REQUEST_URI = '' }) => {
  if (fix === 'IIS6ScriptNameFix') return { environ };
  if (fix === 'LighttpdScriptNameFix') return { environ, mount: script_name };
  return fromScriptName({ environ: { SCRIPT_NAME, REQUEST_URI } });
};

/** No path: whether there can be such a prefix. */
const waitress: Translation = ({ path, url_prefix = '' }) =>
  path === undefined
    ? { environ: { REQUEST_URI: '/' }, mount: url_prefix, target: 'stripped' }
    : { environ: { REQUEST_URI: path }, mount: url_prefix };

const fixups: Readonly<Record<string, Translation>> = {
  werkzeug,
  wsgiref,
  pastedeploy: ({ environ = {}, options }) => ({ environ, mount: options?.prefix ?? '' }),
  django,
  flup,
  plack,
  waitress,
  uvicorn: ({ root_path = '', request_target = '' }) => ({
    environ: { REQUEST_URI: request_target },
    mount: root_path,
    target: 'stripped',
  }),
  gunicorn: ({ request_target = '', SCRIPT_NAME = '' }) => ({
    environ: { REQUEST_URI: request_target },
    mount: SCRIPT_NAME,
  }),
};

export function fixupQuestion({ system, input }: Row<EnvironInput>): EnvironQuestion {
  const translation = fixups[system];
  if (translation === undefined) throw new Error(`no translation for ${system}`);
  return translation(input);
}

/** The base url that was found is the mount; where a row tells none, nothing is configured. */
export function baseUrlQuestion({ input, expected }: Row<EnvironInput>): EnvironQuestion {
  const { server = {}, request_target, string, prefix } = input;
  if (string !== undefined) return { environ: { REQUEST_URI: string }, mount: prefix ?? '' };
  const environ = { ...server, ...(request_target !== undefined && { REQUEST_URI: request_target }) };
  const { baseUrl } = expected;
  return typeof baseUrl === 'string' ? { environ, mount: decodeURIComponent(baseUrl) } : { environ };
}

/** What a split tells, in the words of all these systems. */
export function environTold(resolved: Resolved, environ: Variables): Readonly<Record<string, unknown>> {
  if (resolved === undefined) return { status: 404 };
  if ('code' in resolved) return { status: resolved.status };
  const { scriptName, pathInfo, rawScriptName, rawPathInfo, query } = resolved;
  return {
    // A split changes nothing else.
    ...environ,
    SCRIPT_NAME: wsgiString(scriptName),
    PATH_INFO: wsgiString(pathInfo),
    QUERY_STRING: query.slice(1),
    path_info: pathInfo,
    path: scriptName + pathInfo,
    root_path: scriptName,
    url_prefix: scriptName,
    returns: rawScriptName,
    baseUrl: rawScriptName,
    pathInfo: rawPathInfo,
    requestUri: rawScriptName + rawPathInfo + query,
  };
}
