/**
 * The normal form of a path (RFC 3986 sections 6.2.2.2 and 5.2.4), as Apache 2.4 makes it before it looks for
 * a mount: escapes of unreserved characters decoded, slash runs merged, dot segments removed, all else as sent.
 *
 * Rules of this file: strings only, linear in the path. What has no normal form is not thrown: the nearest path
 * is returned with the reason (`refusal`), since only the caller knows whether it lies below a mount.
 */

import type { RequestTargetCode } from '../errors.js';
import { decodeUnreserved } from './percent.js';

/** `'merge'`: every run of slashes is one. `'keep'`: runs stay where the path holds no dot segment. */
export type SlashPolicy = 'merge' | 'keep';

/** Apache's AllowEncodedSlashes: NoDecode, Off, On. */
export type EncodedSlashPolicy = 'keep' | 'reject' | 'decode';

export interface NormalPath {
  readonly path: string;
  readonly refusal: RequestTargetCode | undefined;
}

const slash = 0x2f;
const dot = 0x2e;
const question = 0x3f;

/**
 * The look that tells: where the path of `target` ends, if the target is in origin-form, its path is in normal form
 * without any escape, and no byte of it has to be refused; else -1.
 */
export function plainPathEnd(target: string): number {
  const length = target.length;
  if (length === 0 || target.charCodeAt(0) !== slash) return -1;
  let previous = slash;
  let index = 1;
  for (; index < length; index++) {
    const code = target.charCodeAt(index);
    if (code === question) break;
    // `"` and `$` are plain; `%`, `#`, controls, a space and all above ASCII need a closer look.
    if (code <= 0x20 || code >= 0x7f || code === 0x25 || code === 0x23) return -1;
    if (previous === slash && (code === slash || (code === dot && isDotSegment(target, index)))) return -1;
    previous = code;
  }
  const end = index;
  for (index++; index < length; index++) {
    const code = target.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return -1;
  }
  return end;
}

/** Whether the segment that begins at `index`, with a dot, is `.` or `..`. */
function isDotSegment(target: string, index: number): boolean {
  let after = target.charCodeAt(index + 1);
  if (after === dot) after = target.charCodeAt(index + 2);
  return Number.isNaN(after) || after === slash || after === question;
}

/** Brings an absolute raw path (without query) into normal form. */
export function normalForm(raw: string, slashes: SlashPolicy, encodedSlashes: EncodedSlashPolicy): NormalPath {
  const decoded = decodeUnreserved(raw);
  const resolved = removeDotSegments(decoded.path, slashes);
  let path = resolved.path;
  let refusal: RequestTargetCode | undefined;
  if (decoded.malformed) refusal = 'ERR_TARGET_ESCAPE';
  else if (resolved.climbs) refusal = 'ERR_TARGET_ABOVE_ROOT';
  if (path.includes('%')) {
    if (path.includes('%00')) refusal ??= 'ERR_TARGET_NUL';
    if (encodedSlashes !== 'keep' && /%2f/i.test(path)) {
      if (encodedSlashes === 'reject') refusal ??= 'ERR_TARGET_ENCODED_SLASH';
      // Apache clamps what climbs above the root here, and merges the runs that it made.
      else path = removeDotSegments(path.replace(/%2f/gi, '/'), 'merge').path;
    }
  }
  return { path, refusal };
}

/** Removes dot segments and merges slash runs. */
function removeDotSegments(path: string, slashes: SlashPolicy): { readonly path: string; readonly climbs: boolean } {
  const dots = path.includes('/.') && /\/\.\.?(?:\/|$)/.test(path);
  if (!dots) {
    return { path: slashes === 'merge' && path.includes('//') ? path.replace(/\/{2,}/g, '/') : path, climbs: false };
  }
  const kept: string[] = [];
  let climbs = false;
  let last = '';
  for (const segment of path.split('/')) {
    last = segment;
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (kept.pop() === undefined) climbs = true;
    } else {
      kept.push(segment);
    }
  }
  const isDirectory = last === '' || last === '.' || last === '..';
  return { path: kept.length === 0 ? '/' : `/${kept.join('/')}${isDirectory ? '/' : ''}`, climbs };
}
