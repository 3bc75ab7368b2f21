/**
 * Paths as Go's packages path and path/filepath have them, and as Caddy cleans them.
 */

/** `path.Clean()`. */
export function clean(path: string): string {
  const isRooted = path.startsWith('/');
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!isRooted) kept.push('..');
  }
  const joined = kept.join('/');
  return isRooted ? `/${joined}` : joined || '.';
}

/** Caddy's `CleanPath()`: a slash at the end stays; runs of slashes too, unless they are to be merged. */
export function cleanPath(path: string, mergesSlashes: boolean): string {
  if (!mergesSlashes) {
    // Empty segments become something else for as long as it takes.
    return cleanPath(path.replaceAll(/\/(?=\/)/g, '/\u0100'), true).replaceAll('\u0100', '');
  }
  const cleaned = clean(path);
  return cleaned !== '/' && path.endsWith('/') ? `${cleaned}/` : cleaned;
}

/** Caddy's `SanitizedPathJoin()`: never above the root. */
export function sanitizedJoin(root: string, path: string): string {
  const joined = clean(`${root === '' ? '.' : root}/${clean(`/${path}`)}`);
  return path.endsWith('/') && path.length > 1 ? `${joined}/` : joined;
}

/** `path.Split()`: up to the last slash, and behind it. */
export function split(path: string): readonly [directory: string, file: string] {
  const at = path.lastIndexOf('/') + 1;
  return [path.slice(0, at), path.slice(at)];
}

/** `path.Match()`: `*` and `?` stop at slashes; no match where the pattern is malformed. */
export function matchGlob(pattern: string, name: string): boolean {
  let [at, index] = [0, 0];
  // Where to go on with one more character for the last star.
  let retry: readonly [at: number, index: number] | undefined;
  for (;;) {
    const character = pattern[at];
    if (character === '*') {
      retry = [at, index + 1];
      at++;
      continue;
    }
    const length = character === undefined ? undefined : matchOne(pattern, at, name[index]);
    if (character === undefined && index === name.length) return true;
    if (length !== undefined) {
      at += length;
      index++;
    } else if (retry !== undefined && retry[1] <= name.length && name[retry[1] - 1] !== '/') {
      [at, index] = retry;
    } else return false;
  }
}

/** How much of the pattern stands for one character, if it does. */
function matchOne(pattern: string, at: number, character: string | undefined): number | undefined {
  if (character === undefined) return undefined;
  switch (pattern[at]) {
    case '?':
      return character === '/' ? undefined : 1;
    case '\\':
      return pattern[at + 1] === character ? 2 : undefined;
    case '[': {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) return undefined;
      const isNegated = pattern[at + 1] === '^';
      const inside = pattern.slice(at + (isNegated ? 2 : 1), end);
      const isIn = [...inside.matchAll(/([\s\S])-([\s\S])|([\s\S])/g)].some(([, low, high, one]) =>
        one === undefined ? (low as string) <= character && character <= (high as string) : one === character,
      );
      return isIn !== isNegated ? end + 1 - at : undefined;
    }
    default:
      return pattern[at] === character ? 1 : undefined;
  }
}
