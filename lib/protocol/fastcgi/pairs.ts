/**
 * FastCGI name-value pairs (specification section 3.4): two lengths of one or four bytes, then name and value.
 *
 * Rules of this file: a length is compared with what is there before it is used; nothing is added to a length that a peer
 * gave without that (CVE-2025-23016).
 */

import { fromLatin1, toLatin1 } from '../bytes.js';
import type { Environ } from '../events.js';

/** Why pairs cannot be read. */
export type PairsMistake = 'truncated' | 'too many';

/** Reads pairs, one character a byte. */
export function decodePairs(bytes: Uint8Array, maxPairs: number): Environ | PairsMistake {
  const text = toLatin1(bytes);
  const pairs: (readonly [string, string])[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (pairs.length === maxPairs) return 'too many';
    const name = lengthAt(bytes, at);
    if (name === undefined) return 'truncated';
    const value = lengthAt(bytes, name.next);
    if (value === undefined) return 'truncated';
    const left = bytes.length - value.next;
    if (name.length > left || value.length > left - name.length) return 'truncated';
    const middle = value.next + name.length;
    at = middle + value.length;
    pairs.push([text.slice(value.next, middle), text.slice(middle, at)]);
  }
  return pairs;
}

function lengthAt(
  bytes: Uint8Array,
  at: number,
): { readonly length: number; readonly next: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { length: first, next: at + 1 };
  if (at + 4 > bytes.length) return undefined;
  const [second = 0, third = 0, fourth = 0] = bytes.subarray(at + 1, at + 4);
  return { length: (first & 0x7f) * 0x1000000 + (second << 16) + (third << 8) + fourth, next: at + 4 };
}

/** Pairs as bytes. */
export function encodePairs(pairs: Environ): Uint8Array {
  let text = '';
  for (const [name, value] of pairs) text += lengthOf(name) + lengthOf(value) + name + value;
  return fromLatin1(text);
}

/** The bytes of a length, as characters. */
function lengthOf({ length }: string): string {
  if (length < 0x80) return String.fromCharCode(length);
  return String.fromCharCode(
    (length >>> 24) | 0x80,
    (length >>> 16) & 0xff,
    (length >>> 8) & 0xff,
    length & 0xff,
  );
}
