/**
 * Statements of VCL (manual, "VCL", "Statements").
 *
 * Rules of this file: a statement that returns ends every subroutine that was called; a `return` without a word only its own.
 */

import { type Expression, type Names, readCall, readExpression } from './expression.js';
import type { Reader } from './tokens.js';
import type { Transaction } from './transaction.js';
import { isTrue, numberOf, reckon, textOf } from './values.js';
import { variableOf } from './variables.js';

/** What a subroutine returned. */
export interface Action {
  readonly name: string;
  readonly status?: number;
  readonly reason?: string | undefined;
}

export type Statement = (transaction: Transaction) => Action | undefined;

/** Subroutines by name: a name may come several times, and all of it is run. */
export type Subroutines = Map<string, Statement[]>;

export const failure: Action = { name: 'fail' };

export function runAll(statements: readonly Statement[], transaction: Transaction): Action | undefined {
  for (const statement of statements) {
    const action = statement(transaction);
    if (action !== undefined) return action;
  }
  return undefined;
}

export function readBlock(reader: Reader, names: Names, subroutines: Subroutines): Statement[] {
  const statements: Statement[] = [];
  reader.expect('{');
  while (!reader.skip('}')) statements.push(readStatement(reader, names, subroutines));
  return statements;
}

function readStatement(reader: Reader, names: Names, subroutines: Subroutines): Statement {
  if (reader.is('{')) {
    const inner = readBlock(reader, names, subroutines);
    return (transaction) => runAll(inner, transaction);
  }
  const { line } = reader.token;
  const word = reader.name();
  if (word === 'if') return readIf(reader, names, subroutines);
  const statement = readSimple(reader, names, subroutines, word, line);
  reader.expect(';');
  return statement;
}

function readSimple(
  reader: Reader,
  names: Names,
  subroutines: Subroutines,
  word: string,
  line: number,
): Statement {
  switch (word) {
    case 'set':
      return readSet(reader, names);
    case 'unset':
    case 'remove': {
      const name = reader.name();
      const unset = variableOf(name)?.unset;
      if (unset === undefined) return reader.refuse(name, line);
      return (transaction) => {
        unset(transaction);
        return undefined;
      };
    }
    case 'call': {
      const name = reader.name();
      return (transaction) => {
        const action = runAll(subroutines.get(name) ?? [], transaction);
        return action?.name === 'return' ? undefined : action;
      };
    }
    case 'return':
      return readReturn(reader, names);
    case 'new':
      return readDirector(reader, names);
    default:
      return readBare(reader, names, word, line);
  }
}

function readIf(reader: Reader, names: Names, subroutines: Subroutines): Statement {
  reader.expect('(');
  const condition = readExpression(reader, names);
  reader.expect(')');
  const then = readBlock(reader, names, subroutines);
  const otherwise = readElse(reader, names, subroutines);
  return (transaction) => runAll(isTrue(condition(transaction)) ? then : otherwise, transaction);
}

function readElse(reader: Reader, names: Names, subroutines: Subroutines): readonly Statement[] {
  if (['elsif', 'elseif', 'elif'].some((word) => reader.skip(word))) {
    return [readIf(reader, names, subroutines)];
  }
  if (!reader.skip('else')) return [];
  return reader.skip('if') ? [readIf(reader, names, subroutines)] : readBlock(reader, names, subroutines);
}

function readSet(reader: Reader, names: Names): Statement {
  const { line } = reader.token;
  const name = reader.name();
  const variable = variableOf(name);
  const set = variable?.set;
  if (variable === undefined || set === undefined) return reader.refuse(name, line);
  const sign = ['=', '+=', '-=', '*=', '/='].find((each) => reader.skip(each)) ?? reader.refuse();
  const value = readExpression(reader, names);
  return (transaction) => {
    const given = value(transaction);
    const wanted = sign === '=' ? given : reckon(sign.slice(0, 1), variable.get(transaction), given);
    return set(transaction, wanted) ? undefined : failure;
  };
}

function readReturn(reader: Reader, names: Names): Statement {
  if (reader.is(';')) return () => ({ name: 'return' });
  reader.expect('(');
  const name = reader.name();
  const given: Expression[] = [];
  if (reader.skip('(')) {
    while (!reader.skip(')')) {
      if (given.length > 0) reader.expect(',');
      given.push(readExpression(reader, names));
    }
  }
  reader.expect(')');
  const [status, reason] = given;
  if (name !== 'synth' && name !== 'error') return () => ({ name });
  return (transaction) => ({
    name,
    status: numberOf(status?.(transaction)) ?? 503,
    reason: textOf(reason?.(transaction)),
  });
}

/** `new d = directors.round_robin();` */
function readDirector(reader: Reader, names: Names): Statement {
  const name = reader.name();
  reader.expect('=');
  const { line } = reader.token;
  const kind = reader.name();
  if (!kind.startsWith('directors.')) return reader.refuse(kind, line);
  reader.skipTo(';');
  names.directors.set(name, []);
  return () => undefined;
}

function readBare(reader: Reader, names: Names, word: string, line: number): Statement {
  const dot = word.lastIndexOf('.');
  const backends = names.directors.get(word.slice(0, Math.max(dot, 0)));
  if (backends !== undefined) {
    if (word.endsWith('.add_backend')) backends.push(readFirstBackend(reader, names));
    reader.skipTo(';');
    return () => undefined;
  }
  if (!reader.is('(')) return reader.refuse(word, line);
  const call = readCall(reader, names, word, line);
  return (transaction) => {
    call(transaction);
    return undefined;
  };
}

function readFirstBackend(reader: Reader, names: Names): ReturnType<Names['backends']['get']> & object {
  reader.expect('(');
  const { line } = reader.token;
  const name = reader.name();
  const director = name.replace(/\.backend$/, '');
  return names.backends.get(name) ?? names.directors.get(director)?.[0] ?? reader.refuse(name, line);
}
