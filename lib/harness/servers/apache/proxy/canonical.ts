/**
 * The canonical form of a URL that is behind mod_proxy, which each of its modules makes in its own way.
 *
 * Source: `ap_proxy_canon_url()`, and `proxy_http_canon()`, `proxy_fcgi_canon()`, `scgi_canon()`, `uwsgi_canon()`,
 * `proxy_ajp_canon()` and `proxy_balancer_canon()`, of Apache 2.4.
 *
 * Rules of this file: it sets the file name, and the path info where a module does; what is refused is a status.
 */

import { decodeBytes } from '../../../../path/percent.js';
import { type ApacheRequest, lastOf } from '../module.js';
import { originOf, parseBackend, withoutSocket } from './backend.js';
import { encodePath, encodePathKeepingSlashes, isSendable } from './encode.js';
import { notes } from './match.js';

/** `DECLINED`: no module knows the scheme. */
export type Canonical = 'known' | 'unknown' | number;

/** Makes `proxy:<url>` of a request canonical. */
export function canonicalise(request: ApacheRequest, modules: ReadonlySet<string>): Canonical {
  const url = withoutSocket((request.filename ?? '').slice(6));
  const scheme = (/^([^:]*):/.exec(url)?.[1] ?? '').toLowerCase();
  if (!modules.has(scheme)) return 'unknown';
  const backend = parseBackend(url);
  if (backend === undefined) return 400;
  const origin = `proxy:${originOf(backend)}/`;
  if (scheme === 'balancer') {
    request.filename = origin + backend.path;
    return 'known';
  }
  const isRaw = request.notes.has(notes.nocanon);
  const isEncoded = request.notes.has(notes.noencode);
  // mod_proxy_scgi knows neither.
  const isAsItIs = (isRaw || isEncoded) && scheme !== 'scgi';
  const path = isAsItIs ? backend.path : encoded(request, backend.path);
  if (path === undefined) return 400;
  if (isAsItIs && !isSendable(path)) return 403;
  switch (scheme) {
    case 'fcgi':
    case 'uwsgi':
      request.filename = origin + path;
      // A raw path comes with its query, which PHP-FPM must not get in a file name.
      if (scheme === 'fcgi' && isAsItIs && path.includes('?') && !isGeneric(request)) return 403;
      if (scheme === 'fcgi') setPathInfo(request, path);
      return 'known';
    case 'scgi':
      request.filename = origin + path;
      if (request.env.has('proxy-scgi-pathinfo')) request.pathInfo = `/${path}`;
      return 'known';
    default: {
      const query = isRaw ? undefined : request.args;
      if (query !== undefined && !isSendable(query)) return 403;
      request.filename = origin + path + (query === undefined ? '' : `?${query}`);
      return 'known';
    }
  }
}

/** ProxyFCGIBackendType. */
export function isGeneric(request: ApacheRequest): boolean {
  return lastOf(request, 'ProxyFCGIBackendType')?.args[0]?.toLowerCase() === 'generic';
}

function encoded(request: ApacheRequest, path: string): string | undefined {
  const slashes = lastOf(request, 'AllowEncodedSlashes')?.args[0]?.toLowerCase();
  return slashes === 'nodecode' ? encodePathKeepingSlashes(path) : encodePath(path);
}

/** `proxy-fcgi-pathinfo`, whose values `first-dot` and `last-dot` cut; any other is the whole path. */
function setPathInfo(request: ApacheRequest, path: string): void {
  const kind = request.env.get('proxy-fcgi-pathinfo')?.toLowerCase();
  if (kind === undefined || kind === 'full') return;
  if (kind !== 'first-dot' && kind !== 'last-dot') {
    request.pathInfo = kind === 'unescape' ? decodeBytes(`/${path}`) : `/${path}`;
    return;
  }
  const dot = kind === 'first-dot' ? path.indexOf('.') : path.lastIndexOf('.');
  const slash = dot === -1 ? -1 : path.indexOf('/', dot);
  if (slash !== -1) request.pathInfo = decodeBytes(path.slice(slash));
}
