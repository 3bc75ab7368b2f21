/**
 * Meta-variables as they are given: an object, or a list of `[name, value]`, in which a name may come twice.
 *
 * Rules of this file: what is no string is the caller's mistake, and throws.
 */

import { ArgumentError, show } from '../errors.js';

/** Meta-variables as a gateway delivers them, one character a byte. */
export type EnvironInput = Readonly<Record<string, string | undefined>> | Iterable<readonly [string, string]>;

/** Each variable with its value, in order. @throws {ArgumentError} ERR_ARGUMENT_ENVIRON */
export function pairsOf(environ: EnvironInput): readonly (readonly [name: string, value: string])[] {
  if (typeof environ !== 'object' || environ === null) return fail(environ);
  if (!(Symbol.iterator in environ)) {
    return Object.entries(environ).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : fail(value)] as const],
    );
  }
  return Array.from(environ as Iterable<unknown>, (pair) => {
    const [name, value]: readonly unknown[] = Array.isArray(pair) ? pair : fail(pair);
    return typeof name === 'string' && typeof value === 'string' ? [name, value] : fail(pair);
  });
}

function fail(given: unknown): never {
  const rule =
    'the environ must be an object of meta-variables, which are strings, or a list of [name, value]';
  throw new ArgumentError('ERR_ARGUMENT_ENVIRON', `${rule}, got ${show(given)}`);
}
