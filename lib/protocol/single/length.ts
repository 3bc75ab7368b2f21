/**
 * CONTENT_LENGTH (RFC 3875 section 4.1.2): the only thing that says where a body ends.
 *
 * Rules of this file: digits only. What is said twice must be the same, or two readers would see two bodies.
 */

import { show } from '../../errors.js';
import type { Environ } from '../events.js';

/** A length as decimal digits; `undefined` where it is none, or more than a number can hold. */
export function parseLength(text: string): number | undefined {
  const length = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(length) ? length : undefined;
}

/** The length of a request's body. */
export interface BodyLength {
  readonly length: number;
  /** Whether there is one; absent and empty mean that there is no body (nginx sends an empty one with each GET). */
  readonly isGiven: boolean;
}

/** What the variables say; as text, where it cannot be: `<subject> must <rule>, got <value>`. */
export function bodyLengthOf(environ: Environ): BodyLength | string {
  const values = environ.filter(([name]) => name === 'CONTENT_LENGTH').map(([, value]) => value);
  const lengths = values.map((value) => (value === '' ? 0 : parseLength(value)));
  const malformed = lengths.indexOf(undefined);
  if (malformed !== -1) return `CONTENT_LENGTH must be decimal digits, got ${show(values[malformed])}`;
  const [length = 0] = lengths;
  const other = lengths.findIndex((each) => each !== length);
  if (other !== -1) return `CONTENT_LENGTH must be one length, got ${length} and ${lengths[other]}`;
  return { length, isGiven: values.some((value) => value !== '') };
}
