/**
 * Which settings hold for a request: those of the contexts whose conditions it meets.
 *
 * Rules of this file: whether a condition holds is found out when a directive of its context is first asked for, and kept
 * until the request is read anew, as lighttpd does it: what a rewriting or a module has changed by then counts.
 */

import { BlockList, isIPv6 } from 'node:net';
import { compileExpression } from '../expression.js';
import { unknownDirective } from '../reading.js';
import type { Condition, Context } from './contexts.js';
import { normalizeHost } from './host.js';
import { isUtf8 } from './path.js';
import { socketOf } from './sockets.js';
import type { Setting } from './values.js';

/** What a condition may ask for; `undefined` where the model does not know the variable. */
export type Ask = (variable: string, field: string) => string | undefined;

/** Whether an asked value meets a condition; with what an expression captured. */
type Test = (value: string) => readonly string[] | boolean;

/** The contexts, ready to be asked. */
export class Scopes {
  readonly contexts: readonly Context[];
  readonly tests: ReadonlyMap<Context, Test>;

  constructor(contexts: readonly Context[], defaultPort: number) {
    this.contexts = contexts;
    const tests = new Map<Context, Test>();
    for (const context of contexts) {
      if (context.condition !== undefined) tests.set(context, testOf(context.condition, defaultPort));
    }
    this.tests = tests;
  }
}

/** The settings that hold for one reading of a request. */
export class Scope {
  readonly #scopes: Scopes;
  readonly #ask: Ask;
  readonly #results = new Map<Context, 'true' | 'false' | 'skipped'>();
  readonly #captures = new Map<Context, readonly string[]>();

  constructor(scopes: Scopes, ask: Ask) {
    this.#scopes = scopes;
    this.#ask = ask;
  }

  /** What is set, or `undefined`. */
  get(name: string): Setting | undefined {
    return this.find([name])?.settings.get(name);
  }

  /** The settings of the last context that holds and has one of these, and what its condition captured. */
  find(
    names: readonly string[],
  ): { readonly settings: ReadonlyMap<string, Setting>; readonly captures: readonly string[] } | undefined {
    const context = this.#scopes.contexts.findLast(
      (each) => names.some((name) => each.settings.has(name)) && this.#result(each) === 'true',
    );
    return context && { settings: context.settings, captures: this.#captures.get(context) ?? [] };
  }

  /** Finds out which contexts hold of those that set something that `isAsked` says. */
  settle(isAsked: (name: string) => boolean): void {
    for (const context of this.#scopes.contexts) {
      if ([...context.settings.keys()].some(isAsked)) this.#result(context);
    }
  }

  #result(context: Context): 'true' | 'false' | 'skipped' {
    const known = this.#results.get(context);
    if (known !== undefined) return known;
    const result = this.#find(context);
    this.#results.set(context, result);
    return result;
  }

  #find({ parent, previous, condition }: Context): 'true' | 'false' | 'skipped' {
    if (parent !== undefined && this.#result(parent) !== 'true') return 'skipped';
    if (previous !== undefined && this.#result(previous) !== 'false') return 'skipped';
    if (condition === undefined) return 'true';
    const context = this.#scopes.contexts.find((each) => each.condition === condition) as Context;
    const value = this.#ask(condition.variable, condition.field) ?? '';
    const met = (this.#scopes.tests.get(context) as Test)(value);
    if (typeof met === 'boolean') return met ? 'true' : 'false';
    this.#captures.set(context, met);
    return 'true';
  }
}

/** Variables whose values conditions may ask for. */
const knownFields: Readonly<Record<string, readonly string[]>> = {
  HTTP: [
    ...['url', 'host', 'referer', 'useragent', 'user-agent', 'language', 'cookie', 'remoteip', 'remote-ip'],
    ...['querystring', 'query-string', 'request-method', 'scheme'],
  ],
  SERVER: ['socket'],
};

function testOf(condition: Condition, defaultPort: number): Test {
  const { variable, field, operator, line } = condition;
  if (variable !== 'REQUEST_HEADER' && !knownFields[variable]?.includes(field)) {
    unknownDirective({ server: 'lighttpd', line }, `$${variable}["${field}"]`);
  }
  const operand = variable === 'SERVER' ? socketOperand(condition, defaultPort) : condition.operand;
  const isSame = sameTest(variable === 'HTTP' ? field : variable, operand);
  switch (operator) {
    case '==':
      return isSame;
    case '!=':
      return (value) => !isSame(value);
    case '=^':
      return (value) => value.startsWith(operand);
    case '=$':
      return (value) => value.endsWith(operand);
    default: {
      const exact = operator === '=~' && variable !== 'SERVER' ? plainOf(operand) : undefined;
      const expression = compileExpression(operand);
      const match = (value: string): readonly string[] | boolean => {
        if (exact !== undefined && isSameHost(field, exact, value)) return [value];
        if (!isUtf8(value)) return false;
        const found = expression.exec(value);
        return found === null ? false : found.map((each) => each ?? '');
      };
      return operator === '=~' ? match : (value) => match(value) === false;
    }
  }
}

/** A socket may be written without its address. */
function socketOperand({ operator, operand }: Condition, defaultPort: number): string {
  return operator === '==' || operator === '!=' ? socketOf(operand, defaultPort) : operand;
}

/** What an expression that is no more than `^…$` around a text asks for: lighttpd compares that as `==` does. */
function plainOf(operand: string): string | undefined {
  const [, text] = /^\^([^\\^$.|?*+()[\]{}]*)\$$/.exec(operand) ?? [];
  return text;
}

/** Names of hosts are the same with a port and without. */
function isSameHost(field: string, operand: string, value: string): boolean {
  if (field !== 'host' || value.length === operand.length || value === '') return value === operand;
  const [short, long] = value.length < operand.length ? [value, operand] : [operand, value];
  if (value === long && long.length - short.length > 6) return false;
  return long.startsWith(short) && long[short.length] === ':';
}

function sameTest(field: string, operand: string): (value: string) => boolean {
  if (field === 'host') {
    const host = normalizeHost(operand, 0) ?? operand;
    return (value) => isSameHost('host', host, value);
  }
  if (field !== 'remoteip' && field !== 'remote-ip') return (value) => value === operand;
  const [address = '', bits] = operand.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const addresses = new BlockList();
  if (bits === undefined) addresses.addAddress(address, family);
  else addresses.addSubnet(address, Number(bits), family);
  return (value) => addresses.check(value, isIPv6(value) ? 'ipv6' : 'ipv4');
}
