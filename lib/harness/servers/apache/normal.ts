/**
 * The path of a request, from raw to what Apache compares with its configuration.
 *
 * Source: `ap_normalize_path()`, `ap_unescape_url()` and `ap_unescape_url_keep2f()` of Apache 2.4.
 *
 * Rules of this file: text is one character a byte; what is refused is a status.
 */

import { decodeUnreserved, escapeAt } from '../../../path/percent.js';

/** AllowEncodedSlashes. */
export type EncodedSlashes = 'off' | 'on' | 'nodecode';

/** The path, decoded and normalised, or the status that it is refused with. */
export type NormalPath = { readonly path: string } | { readonly status: number };

/** What `ap_process_request_internal()` makes of a raw path before anything is translated. */
export function decodePath(raw: string, slashes: EncodedSlashes, isMerging: boolean): NormalPath {
  const { path, malformed } = decodeUnreserved(raw);
  if (malformed) return { status: 400 };
  const normal = withoutDots(path, isMerging);
  if (normal.isAboveRoot) return { status: 400 };
  const decoded = unescapePath(normal.path, slashes);
  if (slashes !== 'on' || !('path' in decoded)) return decoded;
  // Decoded slashes may have made new runs and dot segments; here nothing is refused any more.
  return { path: withoutDots(decoded.path, isMerging).path };
}

/** A path without `.` and `..`, and without empty segments if slashes are merged. */
export function withoutDots(path: string, isMerging: boolean): { path: string; isAboveRoot: boolean } {
  const kept: string[] = [];
  let isAboveRoot = false;
  const segments = path.split('/').slice(1);
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment === '..') {
      if (kept.length === 0) isAboveRoot = true;
      else kept.pop();
    } else if (segment !== '.' && (segment !== '' || !isMerging)) {
      kept.push(segment);
      return;
    } else if (segment === '' && !isLast) {
      return;
    }
    // Where a dot segment or a merged slash was, the path ends with a slash.
    if (isLast) kept.push('');
  });
  return { path: `/${kept.join('/')}`, isAboveRoot };
}

/** Decodes once. */
function unescapePath(path: string, slashes: EncodedSlashes): NormalPath {
  let decoded = '';
  let from = 0;
  let isForbidden = false;
  for (let at = path.indexOf('%'); at !== -1; at = path.indexOf('%', at + 1)) {
    const code = escapeAt(path, at);
    if (code < 0) return { status: 400 };
    if (code === 0 || (code === 0x2f && slashes === 'off')) isForbidden = true;
    if (code === 0x2f && slashes === 'nodecode') continue;
    decoded += path.slice(from, at) + String.fromCharCode(code);
    from = at + 3;
    at += 2;
  }
  return isForbidden ? { status: 404 } : { path: decoded + path.slice(from) };
}

/** `ap_no2slash()`: runs of slashes as one. */
export function mergeSlashes(path: string): string {
  return path.replace(/\/{2,}/g, '/');
}

/** `ap_escape_uri()`, which is `ap_os_escape_path()` with a path that begins with a slash. */
export function escapeUri(path: string): string {
  return path.replace(/[^A-Za-z0-9$\-_.+!*'(),:;@&=/~]/g, escapeByte);
}

export function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
