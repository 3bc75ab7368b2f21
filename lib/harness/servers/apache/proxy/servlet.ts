/**
 * `ProxyPass … mapping=servlet`: paths compared as a servlet container compares them, without their path parameters.
 *
 * Source: `alias_match_servlet()` of Apache 2.4.
 *
 * Rules of this file: pure; both paths begin with a slash.
 */

/** How far a path belongs to an alias, and the path as the container will see it. */
export interface ServletMatch {
  /** Where the rest begins; 0 where the path does not belong to the alias. */
  readonly length: number;
  readonly path: string;
}

interface Segment {
  /** Without parameters. */
  readonly name: string;
  /** Where what is left begins if it is the first that is left: segments that are none stand before it. */
  readonly start: number;
  /** Where its parameters begin, or where it ends. */
  readonly nameEnd: number;
  readonly hasParameters: boolean;
}

export function matchServlet(path: string, alias: string): ServletMatch {
  const none = { length: 0, path };
  if (!path.startsWith('/') || !alias.startsWith('/')) return none;
  const segments = segmentsOf(path);
  if (segments === undefined) return none;
  const isFolder = alias.endsWith('/');
  const wanted = alias.split('/').filter((name) => name !== '');
  if (segments.length < wanted.length) return none;
  if (wanted.some((name, index) => segments[index]?.name !== name)) return none;
  const last = segments[wanted.length - 1];
  const next = segments[wanted.length];
  const endsWithSlash = path.endsWith('/');
  if (isFolder && last !== undefined && next === undefined && !endsWithSlash) return none;
  const names = segments.map(({ name }) => name).join('/');
  const normal = `/${names}${endsWithSlash && names !== '' ? '/' : ''}`;
  if (next !== undefined && !isFolder && last?.hasParameters) return { length: last.nameEnd, path: normal };
  const rest = next?.start ?? path.length;
  return { length: !isFolder && path[rest - 1] === '/' ? rest - 1 : rest, path: normal };
}

/** Without empty segments and dots; `undefined` where the path leads above its root. */
function segmentsOf(path: string): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  let at = 1;
  /** Behind the last segment that is one; 0 where that was taken back. */
  let behind = 1;
  for (const written of path.slice(1).split('/')) {
    const semicolon = written.indexOf(';');
    const name = semicolon === -1 ? written : written.slice(0, semicolon);
    const end = at + written.length + 1;
    if (name === '..') {
      if (segments.length === 0) return undefined;
      segments.pop();
      behind = 0;
    } else if (name !== '' && name !== '.') {
      let start = behind === 0 ? at : behind;
      while (path[start] === '/') start++;
      segments.push({ name, start, nameEnd: at + name.length, hasParameters: semicolon !== -1 });
      behind = end;
    }
    at = end;
  }
  return segments;
}
