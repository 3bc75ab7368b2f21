/**
 * Names of parameters: few, and the same with each request. One string for each makes whatever is kept by name fast.
 *
 * Rules of this file: what is remembered is compared in full before it is given out, and bounded: a peer that makes names up
 * displaces others, and gains nothing.
 */

import { copyOf, toLatin1 } from './bytes.js';

/** A name, and its bytes. */
interface Known {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const slots: (Known | undefined)[] = new Array(1024);

/** Longer names are not worth remembering. */
const longest = 64;

/** The name that stands in bytes from `start` to `end`, one character a byte. */
export function nameAt(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0 || length > longest) return toLatin1(bytes.subarray(start, end));
  const slot = slotOf(bytes, start, end);
  const known = slots[slot];
  if (known !== undefined && isSame(known.bytes, bytes, start, end)) return known.name;
  const own = copyOf(bytes.subarray(start, end));
  const name = toLatin1(own);
  slots[slot] = { name, bytes: own };
  return name;
}

/** Names begin alike (`HTTP_`, `SERVER_`): some bytes further on and the length tell them apart well enough. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] as number;
  const middle = bytes[start + ((end - start) >> 1)] as number;
  const last = bytes[end - 1] as number;
  const nearLast = bytes[Math.max(end - 3, start)] as number;
  const mixed = (first << 4) ^ (middle << 1) ^ (last << 5) ^ (nearLast << 2) ^ ((end - start) << 7);
  return Math.imul(mixed, 0x9e3779b1) >>> 22;
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[start + at]) return false;
  return true;
}
