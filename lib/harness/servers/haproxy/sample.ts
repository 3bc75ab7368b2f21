/**
 * Sample expressions, `path,regsub(^/foo,,)` (HAProxy's manual, section 7): what a rule takes of a request, and what it makes of it.
 *
 * Rules of this file: an expression has all values that it can have, the preferred one last: a condition tries each, all else
 * takes the last.
 */

import { type Place, unknownDirective } from '../reading.js';
import { type Converter, converterOf } from './converters.js';
import { type Fetch, fetchOf, type Kind } from './fetches.js';
import type { Transaction } from './transaction.js';

export interface Expression {
  readonly kind: Kind;
  readonly values: (transaction: Transaction) => readonly string[];
}

/** The one value of an expression, where it has any. */
export function lastValue(expression: Expression, transaction: Transaction): string | undefined {
  return expression.values(transaction).at(-1);
}

export function parseExpression(text: string, place: Place): Expression {
  const { expression, end } = parseExpressionAt(text, 0, place);
  if (end !== text.length) return unknownDirective(place, text);
  return expression;
}

/** An expression that begins at an index, and the index behind it. */
export function parseExpressionAt(
  text: string,
  at: number,
  place: Place,
): { readonly expression: Expression; readonly end: number } {
  const first = callAt(text, at, place);
  const fetch: Fetch = fetchOf(first.name, first.parameters, place);
  const converters: Converter[] = [];
  let end = first.end;
  while (text[end] === ',') {
    const next = callAt(text, end + 1, place);
    converters.push(converterOf(next.name, next.parameters, place));
    end = next.end;
  }
  return { expression: chain(fetch, converters), end };
}

/** A fetch, with what is done to each of its values. */
export function chain(fetch: Fetch, converters: readonly Converter[]): Expression {
  return {
    kind: converters.at(-1)?.kind ?? fetch.kind,
    values: (transaction) =>
      fetch.values(transaction).flatMap((value) => {
        let result: string | undefined = value;
        for (const { convert } of converters) {
          if (result === undefined) break;
          result = convert(result, transaction);
        }
        return result === undefined ? [] : [result];
      }),
  };
}

/** A name with its parameters in parentheses. */
export interface Call {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly end: number;
}

export function callAt(text: string, at: number, place: Place): Call {
  const [name = ''] = /^[A-Za-z0-9_.-]+/.exec(text.slice(at)) ?? [];
  if (name === '') return unknownDirective(place, text);
  let index = at + name.length;
  if (text[index] !== '(') return { name, parameters: [], end: index };
  const parameters = [''];
  let quote = '';
  for (index++; ; index++) {
    const character = text[index];
    if (character === undefined) return unknownDirective(place, text);
    if (quote === '' && character === ')') break;
    if (quote === '' && character === ',') parameters.push('');
    else if ((character === '"' || character === "'") && (quote === '' || quote === character)) {
      quote = quote === '' ? character : '';
    } else {
      const [piece, length] = quote === "'" ? [character, 1] : unescapedAt(text, index);
      parameters[parameters.length - 1] += piece;
      index += length - 1;
    }
  }
  return {
    name,
    parameters: parameters.length === 1 && parameters[0] === '' ? [] : parameters,
    end: index + 1,
  };
}

const escapes: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t' };

function unescapedAt(text: string, at: number): readonly [piece: string, length: number] {
  const next = text[at + 1];
  if (text[at] !== '\\' || next === undefined) return [text[at] as string, 1];
  if (`\\ "'`.includes(next)) return [next, 2];
  const escaped = escapes[next];
  return escaped === undefined ? ['\\', 1] : [escaped, 2];
}
