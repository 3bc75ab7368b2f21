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

// What a character is to plainPathEnd(): 0 is plain. `%`, `#`, controls, a space and all above ASCII need a closer look.
const odd = 3;
const kinds = new Uint8Array(256).fill(odd);
kinds.fill(0, 0x21, 0x7f);
kinds[slash] = 1;
kinds[question] = 2;
kinds[0x23] = odd;
kinds[0x25] = odd;

/**
 * The look that tells: where the path of `target` ends, if the target is in origin-form, its path is in normal form
 * without any escape, and no byte of it has to be refused; else -1.
 */
export function plainPathEnd(target: string): number {
  const length = target.length;
  if (length === 0 || target.charCodeAt(0) !== slash) return -1;
  if (length > 1 && !isPlainStart(target, 1)) return -1;
  for (let index = 1; index < length; index++) {
    const kind = kinds[target.charCodeAt(index)];
    if (kind === 0) continue;
    if (kind === 1) {
      if (!isPlainStart(target, index + 1)) return -1;
    } else if (kind === 2) {
      return isPlainQuery(target, index + 1) ? index : -1;
    } else {
      return -1;
    }
  }
  return length;
}

/** Whether a segment that begins at `index` is neither empty, before a slash, nor a dot segment. */
function isPlainStart(target: string, index: number): boolean {
  const code = target.charCodeAt(index);
  return code !== slash && (code !== dot || !isDotSegment(target, index));
}

function isPlainQuery(target: string, from: number): boolean {
  for (let index = from; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return false;
  }
  return true;
}

/** Whether the segment that begins at `index`, with a dot, is `.` or `..`. */
function isDotSegment(target: string, index: number): boolean {
  let after = target.charCodeAt(index + 1);
  if (after === dot) after = target.charCodeAt(index + 2);
  return Number.isNaN(after) || after === slash || after === question;
}

/** Brings an absolute raw path (without query) into normal form. */
export function normalForm(
  raw: string,
  slashes: SlashPolicy,
  encodedSlashes: EncodedSlashPolicy,
): NormalPath {
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
function removeDotSegments(
  path: string,
  slashes: SlashPolicy,
): { readonly path: string; readonly climbs: boolean } {
  const dots = path.includes('/.') && /\/\.\.?(?:\/|$)/.test(path);
  if (!dots) {
    return {
      path: slashes === 'merge' && path.includes('//') ? path.replace(/\/{2,}/g, '/') : path,
      climbs: false,
    };
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
