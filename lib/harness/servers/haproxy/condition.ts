/**
 * Conditions: `if { path_beg /app } !internal or is_get` (HAProxy's manual, sections 7.1 and 7.2).
 *
 * Rules of this file: names of conditions that are given twice are one with all their values.
 */

import { ConfigurationError } from '../../../errors.js';
import type { Place } from '../reading.js';
import { unknownDirective } from '../reading.js';
import { type Match, parseMatch } from './match.js';
import type { Transaction } from './transaction.js';

/** Whether a condition holds. */
export type Condition = (transaction: Transaction) => boolean;

/** Named conditions of a section. */
export type Acls = ReadonlyMap<string, readonly Match[]>;

const predefined: Readonly<Record<string, readonly string[]>> = {
  FALSE: ['always_false'],
  TRUE: ['always_true'],
  'HTTP_1.0': ['req.ver', '1.0'],
  'HTTP_1.1': ['req.ver', '1.1'],
  HTTP_CONTENT: ['hdr_val(content-length)', 'gt', '0'],
  HTTP_URL_ABS: ['url_reg', '^[^/:]*://'],
  HTTP_URL_SLASH: ['url_beg', '/'],
  HTTP_URL_STAR: ['url', '*'],
  LOCALHOST: ['src', '127.0.0.1/8', '::1'],
  METH_CONNECT: ['method', 'CONNECT'],
  METH_DELETE: ['method', 'DELETE'],
  METH_GET: ['method', 'GET', 'HEAD'],
  METH_HEAD: ['method', 'HEAD'],
  METH_OPTIONS: ['method', 'OPTIONS'],
  METH_POST: ['method', 'POST'],
  METH_PUT: ['method', 'PUT'],
  METH_TRACE: ['method', 'TRACE'],
};

/** What stands from `if` or `unless` on; always true where nothing does. */
export function parseCondition(words: readonly string[], acls: Acls, place: Place): Condition {
  const [word] = words;
  if (word === undefined) return () => true;
  if (word !== 'if' && word !== 'unless') return unknownDirective(place, word);
  const alternatives = alternativesOf(words.slice(1), acls, place);
  const holds: Condition = (transaction) =>
    alternatives.some((all) => all.every((each) => each(transaction)));
  return word === 'if' ? holds : (transaction) => !holds(transaction);
}

function alternativesOf(
  words: readonly string[],
  acls: Acls,
  place: Place,
): readonly (readonly Condition[])[] {
  const alternatives: Condition[][] = [[]];
  for (let at = 0; at < words.length; at++) {
    let word = words[at] as string;
    if (word === '||' || word === 'or') {
      alternatives.push([]);
      continue;
    }
    let isNegated = false;
    while (word.startsWith('!')) {
      isNegated = !isNegated;
      word = word.slice(1);
      if (word === '') word = words[++at] ?? unknownDirective(place, words.join(' '));
    }
    let matches: readonly Match[];
    if (word === '{') {
      const end = words.indexOf('}', at);
      if (end < 0) return unknownDirective(place, words.join(' '));
      matches = [parseMatch(words.slice(at + 1, end), place)];
      at = end;
    } else {
      matches = named(word, acls, place);
    }
    alternatives.at(-1)?.push((transaction) => matches.some((match) => match(transaction)) !== isNegated);
  }
  return alternatives;
}

function named(name: string, acls: Acls, place: Place): readonly Match[] {
  const own = acls.get(name);
  if (own !== undefined) return own;
  const words = Object.hasOwn(predefined, name) ? predefined[name] : undefined;
  if (words !== undefined) return [parseMatch(words, place)];
  throw new ConfigurationError(
    'ERR_HARNESS_CONFIGURATION',
    `a condition of HAProxy must name an acl that stands before it, got "${name}" in line ${place.line}`,
  );
}
