/**
 * `file_server`: whether there would be an answer, as far as an application is concerned (Caddy's `staticfiles.go`).
 */

import type { Passed } from '../../model.js';
import { rootOf } from './files.js';
import { sanitizedJoin, split } from './go-path.js';
import type { Handler } from './routes.js';
import type { Segment } from './segments.js';
import type { State } from './state.js';

export function fileServer(block: readonly Segment[]): Handler {
  const has = (name: string): boolean => block.some(({ words }) => words[0] === name);
  const root = block.find(({ words }) => words[0] === 'root')?.words[1];
  const indexes = block.find(({ words }) => words[0] === 'index')?.words.slice(1) ?? [
    'index.html',
    'index.txt',
  ];
  return (state, next) => {
    const answer = serve(state, rootOf(state, root), indexes, has('browse'));
    return answer.kind === 'refused' && answer.status === 404 && has('pass_thru') ? next() : answer;
  };
}

function serve(state: State, root: string, indexes: readonly string[], browses: boolean): Passed {
  const { path } = state.url;
  const exists = (name: string) => state.surroundings.exists?.(name);
  const name = sanitizedJoin(root, path);
  const bare = name.replace(/(.)\/$/, '$1');
  const kind = exists(bare) ?? exists(name);
  if (kind === undefined) return { kind: 'refused', status: 404 };
  const index =
    kind === 'folder' ? indexes.find((each) => exists(sanitizedJoin(bare, each)) === 'file') : undefined;
  if (kind === 'folder' && index === undefined && !browses) return { kind: 'refused', status: 404 };
  const isFolder = kind === 'folder';
  const [, file] = split(state.original.url.path);
  // Only where nobody has rewritten the last segment, the spelling of the path is Caddy's business.
  if (split(path)[1] === file && path !== '' && isFolder !== path.endsWith('/')) {
    const wanted = isFolder ? `${state.original.url.path}/` : state.original.url.path.replace(/\/$/, '');
    return { kind: 'refused', status: 308, location: wanted };
  }
  return { kind: 'refused', status: 200 };
}
