/**
 * Bytes to send and to compare: any number of them, the same in each process, none of them kept.
 *
 * Rules of this file: the length of a piece divides by no power of two, so that bytes that were lost, or came twice, or in another
 * order show in the digest.
 */

import { createHash, type Hash } from 'node:crypto';
import { createRandom } from '../statistics.js';

const piece = Buffer.alloc(65_521);
const random = createRandom(1);
for (let index = 0; index < piece.length; index++) piece[index] = random() * 256;

export function* pieces(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= piece.length) yield piece.subarray(0, left);
}

export const newDigest = (): Hash => createHash('sha1');

/** The digest of so many bytes. */
export function digestOf(length: number): string {
  const digest = newDigest();
  for (const bytes of pieces(length)) digest.update(bytes);
  return digest.digest('hex');
}
