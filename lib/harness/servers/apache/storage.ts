/**
 * From a file name to a file: how far along the name files are, and what is left behind it.
 *
 * Source: `ap_directory_walk()` of Apache 2.4.
 *
 * Rules of this file: it asks the surroundings, never the disk. Where they know a path, all folders above it are there.
 */

import type { Configuration } from './configuration.js';
import type { ApacheRequest } from './module.js';
import { mergeSlashes } from './normal.js';

/** What a system allows a name, and all of a path, to have. */
const longestName = 255;
const longestPath = 4096;

/** Splits the file name at the first that is no folder; gives the status where there cannot be such a name. */
export function walkStorage(request: ApacheRequest, { exists }: Configuration): number | undefined {
  const { filename } = request;
  if (filename === undefined || !filename.startsWith('/')) return undefined;
  const merged = mergeSlashes(filename);
  const ends = endsOf(merged);
  if (ends.length === 0) {
    request.kind = 'folder';
    return undefined;
  }
  // The deepest that is known to be there.
  let known = ends.length - 1;
  while (known >= 0 && exists(merged.slice(0, ends[known])) === undefined) known--;
  const end = ends[known];
  const kind = end === undefined ? undefined : exists(merged.slice(0, end));
  if (kind === 'file' || known === ends.length - 1) {
    request.filename = merged.slice(0, end);
    request.pathInfo = merged.slice(end);
    request.kind = kind;
    if (kind === 'folder') {
      request.filename += request.pathInfo;
      request.pathInfo = '';
    }
    return undefined;
  }
  // A folder in which the next is not.
  const missing = ends[known + 1] as number;
  const name = merged.slice(merged.lastIndexOf('/', missing - 1) + 1, missing);
  if (name.length > longestName) return 403;
  if (merged.length > longestPath) return 404;
  request.filename = merged.slice(0, missing);
  request.pathInfo = merged.slice(missing);
  request.kind = undefined;
  return undefined;
}

/** Where each component of a path ends. */
function endsOf(path: string): readonly number[] {
  const ends: number[] = [];
  for (let at = path.indexOf('/', 1); at !== -1; at = path.indexOf('/', at + 1)) {
    if (at > 0 && path[at - 1] !== '/') ends.push(at);
  }
  if (!path.endsWith('/')) ends.push(path.length);
  return ends;
}
