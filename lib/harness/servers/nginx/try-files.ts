/**
 * nginx's `try_files` (ngx_http_try_files_module.c).
 *
 * Rules of this file: it holds in the very location that has it, and is not inherited.
 */

import { aliasLength, documentRoot, fileOf } from './files.js';
import type { RequestState } from './request.js';
import type { Refusal } from './rewrite.js';
import type { Turn } from './route.js';
import { runScript } from './script.js';

/** `undefined`: a file was found and is the URI now, or there is nothing to try. */
export function tryFiles(request: RequestState): Turn | Refusal | undefined {
  const [setting] = request.location.scope.own.get('try_files') ?? [];
  if (setting === undefined) return undefined;
  const alias = aliasLength(request);
  if (fileOf(request) === undefined) return { status: 500 };
  const last = setting.scripts.length - 1;
  for (const [index, script] of setting.scripts.entries()) {
    if (script === undefined) continue;
    const isFolder = script.source.endsWith('/') && index < last;
    const text = runScript(script, request);
    const name = isFolder ? text.slice(0, -1) : text;
    if (index === last) return lastResort(name);
    // An alias stands for the front of the URI, and so for that of a name that begins with the URI.
    const isCut = typeof alias === 'number' && script.hasVariables;
    const front = typeof alias === 'number' ? request.uri.slice(0, alias) : '';
    const rest = isCut && name.startsWith(front) ? name.slice(alias) : name;
    const found = request.site.exists(documentRoot(request) + rest);
    const isRoot = isFolder && (rest === '' || rest === '/') && alias === undefined;
    if (!isRoot && found !== (isFolder ? 'folder' : 'file')) continue;
    if (alias === 'all') {
      if (!isFolder) {
        request.uri = rest;
        request.addsUriToAlias = true;
      }
    } else request.uri = front + rest;
    return undefined;
  }
  return undefined;
}

function lastResort(name: string): Turn | Refusal {
  if (/^=\d{1,3}$/.test(name)) return { status: Number(name.slice(1)) };
  if (name.startsWith('@')) return { kind: 'named', name };
  const question = name.indexOf('?');
  if (question < 0) return { kind: 'uri', uri: name, args: '' };
  return { kind: 'uri', uri: name.slice(0, question), args: name.slice(question + 1) };
}
