/**
 * `PATH_INFO` of a target (`http_url_decode()` in `utils.c`).
 *
 * Rules of this file: segments of dots are taken away as they stand, and an escaped dot is none; what is behind a `#` is no path.
 */

/** The decoded path; a path of which nothing is left has no slash. */
export function pathInfoOf(raw: string): string {
  const end = raw.indexOf('#');
  const path = end < 0 ? raw : raw.slice(0, end);
  const isRelative = raw !== '' && !raw.startsWith('/');
  let out = '';
  let at = isRelative ? 0 : 1;
  if (raw === '') return '';
  for (let isAfterSlash = true; ; ) {
    if (!isAfterSlash) {
      if (at >= path.length) return out;
      const [piece, length] = path[at] === '/' ? ['', 1] : unescaped(path, at);
      isAfterSlash = path[at] === '/';
      out += piece;
      at += length;
      continue;
    }
    const slash = isRelative && at === 0 ? '' : '/';
    const [dots = ''] = /^\.{0,2}(?=\/|$)/.exec(path.slice(at, at + 3)) ?? [];
    const isWhole = at + dots.length >= path.length || path[at + dots.length] === '/';
    if (at >= path.length) return `${out}/`;
    if (dots === '' || !isWhole) {
      out += slash;
      isAfterSlash = path[at] === '/';
      if (isAfterSlash) at++;
      continue;
    }
    const isEnd = at + dots.length >= path.length;
    if (dots === '.' && isEnd) return `${out}/`;
    if (dots === '..') out = out.slice(0, Math.max(out.lastIndexOf('/') + (isEnd ? 1 : 0), 0));
    if (isEnd) return out;
    at += dots.length + 1;
  }
}

/** What is not of two hex digits stands for a NUL; an escape that is cut off is left out. */
function unescaped(path: string, at: number): readonly [piece: string, length: number] {
  if (path[at] !== '%') return [path[at] as string, 1];
  if (path[at + 1] === '%') return ['%', 2];
  const digits = path.slice(at + 1, at + 3);
  if (digits.length < 2) return ['', digits.length + 1];
  return [String.fromCharCode(/^[0-9a-fA-F]{2}$/.test(digits) ? Number.parseInt(digits, 16) : 0), 3];
}
