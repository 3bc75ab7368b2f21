/**
 * What a condition compares: a criterion, flags, and values (HAProxy's manual, section 7.1).
 *
 * Rules of this file: a criterion matches if any of its values matches any of the values that are given.
 */

import { compileTrust } from '../../../fixup/trust.js';
import { foldAscii } from '../../../path/percent.js';
import { compileExpression } from '../expression.js';
import { type Place, unknownDirective } from '../reading.js';
import { isFetch, type Kind } from './fetches.js';
import { parseExpression } from './sample.js';
import type { Transaction } from './transaction.js';

export type Match = (transaction: Transaction) => boolean;

/** Whether a value is one of those that are given. */
type Test = (value: string) => boolean;

const methods = ['beg', 'end', 'sub', 'dir', 'dom', 'reg', 'len', 'str', 'int', 'ip', 'bool', 'found', 'bin'];

const byKind: Readonly<Record<Kind, string>> = {
  string: 'str',
  integer: 'int',
  address: 'ip',
  boolean: 'bool',
};

export function parseMatch([criterion = '', ...words]: readonly string[], place: Place): Match {
  const { text, suffix } = splitSuffix(criterion);
  const expression = parseExpression(text, place);
  let method = suffix ?? byKind[expression.kind];
  let ignoreCase = false;
  let at = 0;
  for (; at < words.length; at++) {
    if (words[at] === '-i') ignoreCase = true;
    else if (words[at] === '-m') method = words[++at] ?? '';
    else if (words[at] === '-n') continue;
    else if (words[at] === '--') {
      at++;
      break;
    } else if (/^-[fMu]$/.test(words[at] as string)) return unknownDirective(place, words[at] as string);
    else break;
  }
  if (!methods.includes(method)) return unknownDirective(place, method);
  const given = words.slice(at);
  if (method === 'found') return (transaction) => expression.values(transaction).length > 0;
  const test = testOf(method, given, ignoreCase, place);
  return (transaction) => expression.values(transaction).some(test);
}

/** `path_beg` is `path`, compared by `beg`. */
function splitSuffix(criterion: string): { readonly text: string; readonly suffix?: string } {
  const [, name = '', rest = ''] = /^([A-Za-z0-9_.-]*)([\s\S]*)$/.exec(criterion) ?? [];
  if (isFetch(name)) return { text: criterion };
  const [, base = '', suffix = ''] = /^(.*)_([a-z]+)$/.exec(name) ?? [];
  return isFetch(base) && methods.includes(suffix) ? { text: base + rest, suffix } : { text: criterion };
}

function testOf(method: string, given: readonly string[], ignoreCase: boolean, place: Place): Test {
  const fold = (text: string): string => (ignoreCase ? foldAscii(text) : text);
  const values = given.map(fold);
  switch (method) {
    case 'bool':
      return (value) => !['', '0'].includes(value);
    case 'int':
    case 'len': {
      const tests = numberTests(given, place);
      return (value) => tests.some((test) => test(method === 'len' ? value.length : Number(value)));
    }
    case 'ip': {
      const isOf = compileTrust(given);
      return (value) => isOf(value, 0);
    }
    case 'reg': {
      const expressions = given.map((source) => compileExpression(source, { ignoreCase }));
      return (value) => expressions.some((expression) => expression.test(value));
    }
    case 'dir':
      return (value) => values.some((wanted) => holdsWord(fold(value), wanted, '/?'));
    case 'dom':
      return (value) => values.some((wanted) => holdsWord(fold(value), wanted, '/?.:'));
    case 'beg':
      return (value) => values.some((wanted) => fold(value).startsWith(wanted));
    case 'end':
      return (value) => values.some((wanted) => fold(value).endsWith(wanted));
    case 'sub':
      return (value) => values.some((wanted) => fold(value).includes(wanted));
    case 'str':
      return (value) => values.includes(fold(value));
    default:
      return unknownDirective(place, `-m ${method}`);
  }
}

/** Whether words stand in a text between delimiters or its ends. */
function holdsWord(text: string, pattern: string, delimiters: string): boolean {
  const isEdge = (at: number): boolean =>
    at < 0 || at >= text.length || delimiters.includes(text[at] as string);
  let [from, to] = [0, pattern.length];
  while (from < to && delimiters.includes(pattern[from] as string)) from++;
  while (to > from && delimiters.includes(pattern[to - 1] as string)) to--;
  const word = pattern.slice(from, to);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (isEdge(at - 1) && isEdge(at + word.length)) return true;
  }
  return false;
}

const comparisons: Readonly<Record<string, (value: number, other: number) => boolean>> = {
  eq: (value, other) => value === other,
  ge: (value, other) => value >= other,
  gt: (value, other) => value > other,
  le: (value, other) => value <= other,
  lt: (value, other) => value < other,
};

function numberTests(given: readonly string[], place: Place): readonly ((value: number) => boolean)[] {
  let compare = comparisons.eq as (value: number, other: number) => boolean;
  return given.flatMap((word) => {
    const operator = Object.hasOwn(comparisons, word) ? comparisons[word] : undefined;
    if (operator !== undefined) {
      compare = operator;
      return [];
    }
    const [, low, colon, high] = /^(-?\d*)(:?)(-?\d*)$/.exec(word) ?? unknownDirective(place, word);
    if (colon === ':') {
      const [from, to] = [
        low === '' ? Number.NEGATIVE_INFINITY : Number(low),
        high === '' ? Number.POSITIVE_INFINITY : Number(high),
      ];
      return [(value: number) => value >= from && value <= to];
    }
    const [operation, wanted] = [compare, Number(low)];
    return [(value: number) => operation(value, wanted)];
  });
}
