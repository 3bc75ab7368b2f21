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
  /** Where it begins in the path. */
  readonly start: number;
  /** Where its parameters begin, or where it ends. */
  readonly nameEnd: number;
}

export function matchServlet(path: string, alias: string): ServletMatch {
  const none = { length: 0, path };
  if (!path.startsWith('/') || !alias.startsWith('/')) return none;
  const segments = segmentsOf(path);
  if (segments === undefined) return none;
  const isFolder = alias.endsWith('/');
  const wanted = alias.split('/').filter((name) => name !== '');
  const { length } = wanted;
  if (segments.length < length || wanted.some((name, index) => segments[index]?.name !== name)) return none;
  const last = segments[length - 1];
  const endsWithSlash = /\/$/.test(path);
  if (isFolder && last !== undefined && segments.length === length && !endsWithSlash) return none;
  const normal = `/${segments.map(({ name }) => name).join('/')}${endsWithSlash && segments.length > 0 ? '/' : ''}`;
  const next = segments[length];
  if (isFolder || last === undefined) return { length: next?.start ?? path.length, path: normal };
  return { length: last.nameEnd, path: normal };
}

/** Without empty segments and dots; `undefined` where the path leads above its root. */
function segmentsOf(path: string): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  let at = 1;
  for (const written of path.slice(1).split('/')) {
    const semicolon = written.indexOf(';');
    const name = semicolon === -1 ? written : written.slice(0, semicolon);
    if (name === '..') {
      if (segments.length === 0) return undefined;
      segments.pop();
    } else if (name !== '' && name !== '.') {
      segments.push({ name, start: at, nameEnd: at + name.length });
    }
    at += written.length + 1;
  }
  return segments;
}
