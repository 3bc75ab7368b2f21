/**
 * Expressions of VCL (`vcc_expr.c`).
 *
 * Rules of this file: a reading makes what gives the value later; a name that is none of a variable, a function or a backend is
 * refused.
 */

import { compileExpression } from '../expression.js';
import type { Acl } from './acl.js';
import { functions, methods } from './functions.js';
import { substitute } from './substitute.js';
import type { Reader } from './tokens.js';
import type { Transaction } from './transaction.js';
import {
  addressOf,
  areEqual,
  type Backend,
  isTrue,
  numberOf,
  numeral,
  reckon,
  textOf,
  type Value,
} from './values.js';
import { variableOf } from './variables.js';

export type Expression = (transaction: Transaction) => Value;

/** What a configuration has given names to. */
export interface Names {
  readonly backends: Map<string, Backend>;
  readonly acls: Map<string, Acl>;
  /** Directors: the backends of each. */
  readonly directors: Map<string, Backend[]>;
}

export function readExpression(reader: Reader, names: Names): Expression {
  const left = readAnd(reader, names);
  if (!reader.skip('||')) return left;
  const right = readExpression(reader, names);
  return (transaction) => isTrue(left(transaction)) || isTrue(right(transaction));
}

function readAnd(reader: Reader, names: Names): Expression {
  const left = readNot(reader, names);
  if (!reader.skip('&&')) return left;
  const right = readAnd(reader, names);
  return (transaction) => isTrue(left(transaction)) && isTrue(right(transaction));
}

function readNot(reader: Reader, names: Names): Expression {
  if (!reader.skip('!')) return readComparison(reader, names);
  const inner = readNot(reader, names);
  return (transaction) => !isTrue(inner(transaction));
}

const orders: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '>': (left, right) => left > right,
  '<=': (left, right) => left <= right,
  '>=': (left, right) => left >= right,
};

function readComparison(reader: Reader, names: Names): Expression {
  const left = readSum(reader, names);
  if (reader.skip('~')) return readMatch(reader, names, left);
  if (reader.skip('!~')) {
    const matches = readMatch(reader, names, left);
    return (transaction) => !isTrue(matches(transaction));
  }
  if (reader.is('==') || reader.is('!=')) {
    const wanted = reader.take().text === '==';
    const right = readSum(reader, names);
    return (transaction) => areEqual(left(transaction), right(transaction)) === wanted;
  }
  const order = reader.token.kind === 'sign' ? orders[reader.token.text] : undefined;
  if (order === undefined) return left;
  reader.take();
  const right = readSum(reader, names);
  return (transaction) =>
    order(numberOf(left(transaction)) ?? Number.NaN, numberOf(right(transaction)) ?? Number.NaN);
}

/** An expression, or the name of a list of addresses. */
function readMatch(reader: Reader, names: Names, left: Expression): Expression {
  if (reader.token.kind === 'string') {
    const pattern = compileExpression(reader.string());
    return (transaction) => pattern.test(textOf(left(transaction)) ?? '');
  }
  const { line } = reader.token;
  const name = reader.name();
  const acl = names.acls.get(name);
  if (acl === undefined) return reader.refuse(name, line);
  return (transaction) => {
    const address = addressOf(left(transaction));
    return address !== undefined && acl(address);
  };
}

function readSum(reader: Reader, names: Names): Expression {
  return readChain(reader, ['+', '-'], true, () =>
    readChain(reader, ['*', '/', '%'], false, () => readOne(reader, names)),
  );
}

function readChain(
  reader: Reader,
  signs: readonly string[],
  mayStandTogether: boolean,
  read: () => Expression,
): Expression {
  let left = read();
  for (;;) {
    const sign = signs.find((each) => reader.skip(each));
    // Texts that stand one behind the other are put together.
    const isTogether = mayStandTogether && ['string', 'name'].includes(reader.token.kind);
    if (sign === undefined && !isTogether) return left;
    const [one, other] = [left, read()];
    left = (transaction) => reckon(sign ?? '+', one(transaction), other(transaction));
  }
}

function readOne(reader: Reader, names: Names): Expression {
  if (reader.skip('(')) {
    const inner = readExpression(reader, names);
    reader.expect(')');
    return inner;
  }
  if (reader.skip('-')) {
    const inner = readOne(reader, names);
    return (transaction) => reckon('-', 0, inner(transaction));
  }
  const { kind, line } = reader.token;
  if (kind === 'string') {
    const text = reader.string();
    return () => text;
  }
  if (kind === 'number') {
    const { text, unit = '' } = reader.take();
    const value = numeral(text, unit);
    if (value === undefined) return reader.refuse(text + unit, line);
    return () => value;
  }
  const name = reader.name();
  if (reader.is('(')) return readCall(reader, names, name, line);
  if (name === 'true' || name === 'false') return () => name === 'true';
  const backend = names.backends.get(name);
  if (backend !== undefined) return () => backend;
  const variable = variableOf(name);
  return variable === undefined ? reader.refuse(name, line) : variable.get;
}

/** A function, a method of a text, or what a director chooses. */
export function readCall(reader: Reader, names: Names, name: string, line: number): Expression {
  if (name === 'regsub' || name === 'regsuball') return readSubstitution(reader, names, name === 'regsuball');
  const given = readArguments(reader, names);
  const dot = name.lastIndexOf('.');
  const [owner, method] = [name.slice(0, Math.max(dot, 0)), name.slice(dot + 1)];
  const backends = names.directors.get(owner);
  // Which of several it is has no bearing on what is sent.
  if (backends !== undefined && method === 'backend') {
    return () => backends[0] && { ...backends[0], name: owner };
  }
  if (Object.hasOwn(functions, name)) {
    const call = functions[name] as (typeof functions)[string];
    return (transaction) =>
      call(
        given.map((each) => each(transaction)),
        transaction,
      );
  }
  const variable = variableOf(owner);
  const how = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (variable === undefined || how === undefined) return reader.refuse(name, line);
  return (transaction) => {
    const value = textOf(variable.get(transaction));
    return value === undefined ? undefined : how(value);
  };
}

function readArguments(reader: Reader, names: Names): Expression[] {
  const given: Expression[] = [];
  reader.expect('(');
  while (!reader.skip(')')) {
    if (given.length > 0) reader.expect(',');
    if (reader.next.kind === 'sign' && reader.next.text === '=') {
      reader.name();
      reader.expect('=');
    }
    given.push(readExpression(reader, names));
  }
  return given;
}

function readSubstitution(reader: Reader, names: Names, isAll: boolean): Expression {
  reader.expect('(');
  const text = readExpression(reader, names);
  reader.expect(',');
  const pattern = compileExpression(reader.string(), { global: true });
  reader.expect(',');
  const replacement = readExpression(reader, names);
  reader.expect(')');
  return (transaction) =>
    substitute(textOf(text(transaction)) ?? '', pattern, textOf(replacement(transaction)) ?? '', isAll);
}
