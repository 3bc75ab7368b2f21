/**
 * From URIs to files: `root`, `alias` and `index`, and what nginx's static module answers.
 *
 * Rules of this file: what is on the disk is asked of the surroundings, and nothing is read.
 */

import type { Setting } from './configuration.js';
import type { RequestState } from './request.js';
import { runScript } from './script.js';

/** Where Debian's package looks for what is relative. */
const prefix = '/usr/share/nginx';

/** `$document_root`. */
export function documentRoot(request: RequestState): string {
  const [setting] = request.location.scope.nearest('root') ?? [];
  const script = setting?.scripts[0];
  if (setting === undefined || script === undefined) return `${prefix}/html`;
  const text = runScript(script, request);
  const path = setting.aliasLength === undefined && text.endsWith('/') ? text.slice(0, -1) : text;
  return text.startsWith('/') ? path : `${prefix}/${path}`;
}

/** Of an `alias`, how much of the URI it stands for. */
export function aliasLength(request: RequestState): Setting['aliasLength'] {
  return request.location.scope.nearest('root')?.[0]?.aliasLength;
}

/** ngx_http_map_uri_to_path; `undefined` where a rewritten URI meets an alias. */
export function fileOf(request: RequestState): string | undefined {
  const alias = aliasLength(request);
  if (alias !== undefined && !request.isLocationValid) return undefined;
  const root = documentRoot(request);
  if (alias === 'all') return request.addsUriToAlias ? root + request.uri : root;
  return root + request.uri.slice(alias ?? 0);
}
