/**
 * FastCGI name-value pairs (specification section 3.4): two lengths of one or four bytes, then name and value.
 *
 * Rules of this file: a length is compared with what is there before it is used; nothing is added to a length that a peer
 * gave without that (CVE-2025-23016). All bytes become text in one step, of which
 * values are parts.
 */

import { fromLatin1, toLatin1 } from '../bytes.js';
import type { Environ } from '../events.js';
import { nameAt } from '../names.js';

/** Why pairs cannot be read. */
export type PairsMistake = 'truncated' | 'too many';

/** Reads pairs, one character a byte. */
export function decodePairs(bytes: Uint8Array, maxPairs: number): Environ | PairsMistake {
  const text = toLatin1(bytes);
  const pairs: (readonly [string, string])[] = [];
  const { length } = bytes;
  let at = 0;
  while (at < length) {
    if (pairs.length === maxPairs) return 'too many';
    const nameLength = lengthAt(bytes, at);
    at += widthAt(bytes, at);
    const valueLength = lengthAt(bytes, at);
    at += widthAt(bytes, at);
    if (nameLength === cut || valueLength === cut) return 'truncated';
    const left = length - at;
    if (nameLength > left || valueLength > left - nameLength) return 'truncated';
    const middle = at + nameLength;
    const end = middle + valueLength;
    pairs.push([nameAt(bytes, at, middle), text.slice(middle, end)]);
    at = end;
  }
  return pairs;
}

/** Of a length that is not all there. */
const cut = -1;

function lengthAt(bytes: Uint8Array, at: number): number {
  if (at >= bytes.length) return cut;
  const first = bytes[at] as number;
  if (first < 0x80) return first;
  if (at + 4 > bytes.length) return cut;
  const low =
    ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return ((first & 0x7f) << 24) | low;
}

function widthAt(bytes: Uint8Array, at: number): number {
  return at < bytes.length && (bytes[at] as number) >= 0x80 ? 4 : 1;
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
