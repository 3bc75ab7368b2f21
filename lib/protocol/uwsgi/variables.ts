/**
 * The variables of a uwsgi request ("The uwsgi Protocol", uWSGI's documentation): names and values, before each its length in
 * two bytes, the lower first.
 *
 * Rules of this file: a length is compared with what is there before it is used. A name is never empty, as in uWSGI.
 */

import { fromLatin1, toLatin1 } from '../bytes.js';
import type { Environ } from '../events.js';

/** The most bytes that the variables of a request can have: their size has two bytes. */
export const maxSize = 0xffff;

/** Why variables cannot be read. */
export type VariablesMistake = 'too many' | 'a length that does' | 'an empty one';

/** Reads variables, one character a byte. */
export function decodeVariables(bytes: Uint8Array, maxParams: number): Environ | VariablesMistake {
  const text = toLatin1(bytes);
  const environ: (readonly [string, string])[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (environ.length === maxParams) return 'too many';
    const name = endAt(bytes, at);
    const value = name && endAt(bytes, name);
    if (name === undefined || value === undefined) return 'a length that does';
    if (name === at + 2) return 'an empty one';
    environ.push([text.slice(at + 2, name), text.slice(name + 2, value)]);
    at = value;
  }
  return environ;
}

/** Where the text ends whose length stands at `at`; `undefined` where that is past the end. */
function endAt(bytes: Uint8Array, at: number): number | undefined {
  const low = bytes[at];
  const high = bytes[at + 1];
  if (low === undefined || high === undefined) return undefined;
  const end = at + 2 + (low | (high << 8));
  return end > bytes.length ? undefined : end;
}

/** Variables as bytes; every text has at most `maxSize` characters. */
export function encodeVariables(environ: Environ): Uint8Array {
  let text = '';
  for (const [name, value] of environ) text += lengthOf(name) + name + lengthOf(value) + value;
  return fromLatin1(text);
}

/** The bytes of a length, as characters. */
function lengthOf({ length }: string): string {
  return String.fromCharCode(length & 0xff, length >>> 8);
}
