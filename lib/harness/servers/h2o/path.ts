/**
 * Paths as h2o sees them: decoded and without dot segments, and beside that where each byte of it came from (`lib/common/url.c`).
 *
 * Rules of this file: paths of the configuration are compared with what is decoded, the rest of the path is sent on as it came.
 * What leads above the root ends at the root; a path that is not right then is `/`.
 */

export interface NormalPath {
  readonly path: string;
  /** Of each byte of the path: where in the target the next one begins; none where the path stands as it is in the target. */
  readonly sources: readonly number[] | undefined;
  /** Where the query begins, at its `?`. */
  readonly queryAt: number | undefined;
}

export function normalPath(target: string): NormalPath {
  if (target === '') return { path: '/', sources: undefined, queryAt: undefined };
  const mark = target.indexOf('?');
  const end = mark < 0 ? target.length : mark;
  const queryAt = mark < 0 ? undefined : mark;
  // What may have to be changed; the last byte is not looked at.
  if (target.startsWith('/') && !/\/\.|%./.test(target.slice(0, end))) {
    return { path: target.slice(0, end), sources: undefined, queryAt };
  }
  const { path, sources } = rebuilt(target.slice(0, end));
  const isWrong = !path.startsWith('/') || path.includes('/../') || path.endsWith('/..');
  return { path: isWrong ? '/' : path, sources, queryAt };
}

function rebuilt(source: string): { readonly path: string; readonly sources: readonly number[] } {
  let at = source.startsWith('/') ? 1 : 0;
  const out = ['/'];
  const sources = [at];
  let slash = 0;
  while (at < source.length) {
    let [character, length] = [source[at] as string, 1];
    const match = /^%([0-9a-fA-F]{2})/.exec(source.slice(at, at + 3));
    if (match !== null) {
      [character, length] = [String.fromCharCode(Number.parseInt(match[1] as string, 16)), 3];
    }
    at += length;
    if (character === '/') {
      const kept = withoutDots(out, slash);
      if (kept < out.length) {
        out.length = kept;
        slash = kept - 1;
        continue;
      }
      slash = out.length;
    }
    sources[out.length] = at;
    out.push(character);
  }
  out.length = withoutDots(out, slash);
  return { path: out.join(''), sources };
}

/** How much is left without the segment that ends here, if that is one of dots. */
function withoutDots(out: readonly string[], slash: number): number {
  const segment = out.slice(slash + 1).join('');
  if (segment === '.') return out.length - 1;
  if (segment !== '..') return out.length;
  let kept = out.length - 2;
  if (kept > 1) for (kept--; out[kept - 1] !== '/'; kept--);
  return kept;
}

/** `h2o_build_destination()`: what follows the path of the configuration, behind a prefix. */
export function destination(prefix: string, mount: string, target: string, normal: NormalPath): string {
  const start = startOf(prefix, mount, normal);
  if (target.length <= 1) return start;
  let from =
    normal.sources !== undefined && mount.length > 1 ? (normal.sources[mount.length - 1] ?? 0) : mount.length;
  if (!target.startsWith('/') && from === 1) from = 0;
  return start + target.slice(from);
}

/** The same with what is decoded, escaped anew. */
export function normalDestination(prefix: string, mount: string, target: string, normal: NormalPath): string {
  const rest = escaped(normal.path.slice(mount.length));
  const query = normal.queryAt === undefined ? '' : target.slice(normal.queryAt);
  return startOf(prefix, mount, normal) + rest + query;
}

/** One slash between the two, on whichever side it stands; the configuration's where the path ends there. */
function startOf(prefix: string, mount: string, { path }: NormalPath): string {
  if (mount.endsWith('/') === prefix.endsWith('/')) return prefix;
  if (mount.endsWith('/')) return `${prefix}/`;
  return path.length === mount.length ? prefix : prefix.slice(0, -1);
}

/** What is decoded, as a path again. */
export function escaped(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=/@:]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
