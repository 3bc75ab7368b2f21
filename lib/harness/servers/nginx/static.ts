/**
 * What nginx answers from its own disk: `index`, files, folders (ngx_http_index_module.c, ngx_http_static_module.c).
 *
 * Rules of this file: no body is made, only a status; a folder that nobody knows of is not there, but for the root.
 */

import { aliasLength, documentRoot, fileOf } from './files.js';
import type { RequestState } from './request.js';
import type { Refusal } from './rewrite.js';
import type { Turn } from './route.js';
import { runScript } from './script.js';
import { escapeUri } from './target.js';

/** Of a request that no location passes on. */
export function answerFile(request: RequestState): Refusal | Turn {
  const { method, uri, args, site } = request;
  const isRead = ['GET', 'HEAD', 'POST'].includes(method);
  const isFolder = uri.endsWith('/');
  if (isFolder && isRead) {
    const found = indexOf(request);
    if (found !== undefined) return found;
  }
  if (!isRead) return { status: 405 };
  if (isFolder) return { status: 403 };
  const path = fileOf(request);
  if (path === undefined) return { status: 500 };
  const kind = site.exists(path);
  if (kind === undefined) return { status: 404 };
  if (kind === 'file') return method === 'POST' ? { status: 405 } : { status: 200, isFinal: true };
  return { status: 301, location: `${escapeUri(uri)}/${args === '' ? '' : `?${args}`}` };
}

function indexOf(request: RequestState): Refusal | Turn | undefined {
  const { uri, args, site } = request;
  const settings = request.location.scope.nearest('index');
  const scripts = settings?.flatMap((setting) => setting.scripts) ?? [undefined];
  const folder = fileOf(request);
  if (folder === undefined) return { status: 500 };
  let isTested = false;
  for (const script of scripts) {
    const name = script === undefined ? 'index.html' : runScript(script, request);
    if (name.startsWith('/')) return { kind: 'uri', uri: name, args };
    if (site.exists(folder + name) !== undefined) return { kind: 'uri', uri: uri + name, args };
    if (!isTested && !isThere(folder, request)) return { status: 404 };
    isTested = true;
  }
  return undefined;
}

function isThere(folder: string, request: RequestState): boolean {
  const path = folder.replace(/\/$/, '');
  if (path === '' || (aliasLength(request) === undefined && path === documentRoot(request))) return true;
  return request.site.exists(path) === 'folder';
}
