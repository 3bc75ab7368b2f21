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
