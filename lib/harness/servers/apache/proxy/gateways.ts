/**
 * mod_proxy_fcgi, mod_proxy_scgi and mod_proxy_uwsgi: the meta-variables of a request that goes on.
 *
 * Source: `send_environment()` of mod_proxy_fcgi, `send_headers()` of mod_proxy_scgi, `uwsgi_handler()` and
 * `uwsgi_send_headers()` of mod_proxy_uwsgi, Apache 2.4.
 *
 * Rules of this file: each makes of the same variables what its module makes of them, mistakes included.
 */

import { decodeBytes } from '../../../../path/percent.js';
import type { Pairs, Passed } from '../../../model.js';
import type { Configuration } from '../configuration.js';
import { fieldOf, withField, withoutField } from '../fields.js';
import type { ApacheRequest } from '../module.js';
import { addCgiVariables, addCommonVariables } from '../variables.js';
import { longestPrefetched, unreadable } from './body.js';
import { isGeneric } from './canonical.js';
import { fixVariables } from './fixed.js';
import type { Worker } from './workers.js';

/** mod_proxy_fcgi. */
export function passFcgi(
  request: ApacheRequest,
  worker: Worker | undefined,
  configuration: Configuration,
): Passed | number {
  const { headersIn, client, env } = request;
  const length = client.body?.byteLength ?? 0;
  const isKnown = length <= longestPrefetched || env.has('proxy-sendcl');
  if (isKnown && fieldOf(headersIn, 'transfer-encoding') !== undefined) {
    request.headersIn = withField(
      withoutField(headersIn, 'transfer-encoding'),
      'Content-Length',
      String(length),
    );
  }
  if (request.env.get('proxy-fcgi-pathinfo')?.toLowerCase() === 'full') findFile(request, configuration);
  const { filename = '' } = request;
  if (isGeneric(request) && /^proxy:fcgi:\/\//.test(filename)) {
    request.filename = withoutQuery(pathOf(filename.slice(13)), request.args);
  }
  addCommonVariables(request, configuration);
  addCgiVariables(request);
  fixVariables(request);
  return {
    ...{ kind: 'environ', protocol: 'fastcgi', environ: pairsOf(request) },
    // Only where it is asked for: a program may be able to do one thing at a time.
    keepConnection: worker?.reuses === true,
  };
}

/** `proxy-fcgi-pathinfo=full`: where the path leads to a file, by itself or below the document root, that is the script. */
function findFile(request: ApacheRequest, { exists }: Configuration): void {
  const path = decodeBytes(pathOf((request.filename ?? '').replace(/^proxy:fcgi:\/\//, ''))).replace(
    /\/+/g,
    '/',
  );
  for (const root of ['', request.server.documentRoot]) {
    for (let end = path.indexOf('/', 1); end !== 0; end = path.indexOf('/', end + 1)) {
      const name = root + (end === -1 ? path : path.slice(0, end));
      if (exists(name) === 'file') {
        request.filename = name;
        request.pathInfo = end === -1 ? '' : path.slice(end);
        return;
      }
      if (end === -1) break;
    }
  }
}

/** A raw URL has its query, which a variable has too. */
function withoutQuery(path: string, query: string | undefined): string {
  return query && path.endsWith(`?${query}`) ? path.slice(0, -query.length - 1) : path;
}

function pathOf(rest: string): string {
  const slash = rest.indexOf('/');
  return slash === -1 ? '' : rest.slice(slash);
}

/** mod_proxy_scgi. */
export function passScgi(request: ApacheRequest, configuration: Configuration): Passed | number {
  const unread = unreadable(request, 'refused');
  if (unread !== undefined) return unread;
  addCommonVariables(request, configuration);
  addCgiVariables(request);
  const left = new Set(['CONTENT_LENGTH', 'SCGI', 'GATEWAY_INTERFACE']);
  const environ: Pairs = [
    ['CONTENT_LENGTH', fieldOf(request.headersIn, 'content-length') ?? '0'],
    ['SCGI', '1'],
    ...pairsOf(request).filter(([name]) => !left.has(name)),
  ];
  return { kind: 'environ', protocol: 'scgi', environ };
}

/** mod_proxy_uwsgi. */
export function passUwsgi(
  request: ApacheRequest,
  url: string,
  isBalanced: boolean,
  configuration: Configuration,
): Passed | number {
  const { env, headersIn } = request;
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const escaped = start === -1 ? '/' : url.slice(start);
  const path = decoded(escaped);
  if (path === undefined) return 500;
  // It is decoded where it stands, and that is in the file name, unless a balancer made the URL.
  if (start !== -1 && !isBalanced)
    request.filename = (request.filename ?? '').slice(0, -escaped.length) + path;
  env.set('PATH_INFO', path.replace(/^\/+(?=\/)/, ''));
  const unread = unreadable(request, 'refused');
  if (unread !== undefined) return unread;
  addCommonVariables(request, configuration);
  addCgiVariables(request);
  const authorization = fieldOf(headersIn, 'authorization');
  if (authorization !== undefined) env.set('HTTP_AUTHORIZATION', authorization);
  const [script, info] = [env.get('SCRIPT_NAME'), env.get('PATH_INFO')];
  if (script !== undefined && info !== undefined) {
    if (info === '/') {
      if (script === '/') env.set('SCRIPT_NAME', '');
    } else if (script.length >= info.length) {
      // A path info that is longer leaves the script name as it is.
      env.set('SCRIPT_NAME', script.slice(0, script.length - info.length));
    }
  }
  return { kind: 'environ', protocol: 'uwsgi', environ: pairsOf(request) };
}

/** `ap_unescape_url()`; `undefined` where it refuses. */
function decoded(path: string): string | undefined {
  if (/%(?:2f|00|(?![0-9a-f]{2}))/i.test(path)) return undefined;
  return path.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function pairsOf({ env }: ApacheRequest): Pairs {
  return [...env];
}
