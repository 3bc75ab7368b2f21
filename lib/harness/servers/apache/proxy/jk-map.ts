/**
 * JkMount and JkUnMount: which paths are those of a worker of mod_jk.
 *
 * Source: `jk_uri_worker_map.c`, `jk_servlet_normalize()` and `jk_wildchar_match()` of mod_jk 1.2.48.
 *
 * Rules of this file: pure; what has more segments is tried first, then what is longer.
 */

export interface Mount {
  readonly pattern: string;
  readonly worker: string;
  /** JkUnMount: for these paths the worker's mounts do not count. */
  readonly isNot: boolean;
}

/** `/foo|/*` is both `/foo` and `/foo/*`; a bar is nothing else in a pattern. */
export function mountsOf(written: string, worker: string, isNot: boolean): readonly Mount[] {
  const [name = ''] = worker.split(';');
  const bar = written.indexOf('|');
  const patterns =
    bar === -1 ? [written] : [written.slice(0, bar), written.slice(0, bar) + written.slice(bar + 1)];
  return patterns.map((pattern) => ({ pattern, worker: name, isNot }));
}

/** In the order in which they are tried. */
export function sortMounts(mounts: readonly Mount[]): readonly Mount[] {
  const segments = ({ pattern }: Mount): number => pattern.split('/').filter((each) => each !== '').length;
  return [...mounts].sort(
    (one, other) => segments(other) - segments(one) || other.pattern.length - one.pattern.length,
  );
}

/** The worker of a path in its normal form. */
export function workerOfPath(mounts: readonly Mount[], path: string): string | undefined {
  const found = mounts.find(({ pattern, isNot }) => !isNot && matchesPattern(path, pattern));
  if (found === undefined) return undefined;
  const isLeftOut = mounts.some(
    ({ pattern, worker, isNot }) =>
      isNot && (worker === found.worker || worker === '*') && matchesPattern(path, pattern),
  );
  return isLeftOut ? undefined : found.worker;
}

/** A star is any text, slashes too; a question mark is one character. */
function matchesPattern(path: string, pattern: string): boolean {
  const [first = '', ...pieces] = pattern.split(/\*+/);
  if (!isAt(path, first, 0)) return false;
  let at = first.length;
  if (pieces.length === 0) return at === path.length;
  const last = pieces.pop() as string;
  for (const piece of pieces) {
    while (at + piece.length <= path.length && !isAt(path, piece, at)) at++;
    if (at + piece.length > path.length) return false;
    at += piece.length;
  }
  return path.length - last.length >= at && isAt(path, last, path.length - last.length);
}

function isAt(path: string, piece: string, at: number): boolean {
  if (at + piece.length > path.length) return false;
  for (let index = 0; index < piece.length; index++) {
    if (piece[index] !== '?' && piece[index] !== path[at + index]) return false;
  }
  return true;
}

/** A path without parameters, empty segments and dots; `undefined` where it is none, or leads above its root. */
export function servletPath(path: string): string | undefined {
  if (path === '*') return path;
  if (!path.startsWith('/')) return undefined;
  const kept: string[] = [];
  const segments = path
    .slice(1)
    .split('/')
    .map((segment) => segment.replace(/;.*/s, ''));
  for (const segment of segments) {
    if (segment === '..') {
      if (kept.length === 0) return undefined;
      kept.pop();
    } else if (segment !== '' && segment !== '.') {
      kept.push(segment);
    }
  }
  const isFolder = /^(?:\.{0,2})$/.test(segments.at(-1) as string);
  return `/${kept.join('/')}${isFolder && kept.length > 0 ? '/' : ''}`;
}
