/**
 * The contexts of a configuration of lighttpd: what is set everywhere, and what is set where a condition holds.
 *
 * Rules of this file: a condition that comes twice in the same place is one context; contexts are in the order in which their
 * conditions came first, and later ones override. What follows `else` asks for the condition before it not to hold.
 */

import type { ConfigurationFiles } from '../../model.js';
import { unknownDirective } from '../reading.js';
import { type Token, tokensOf } from './tokens.js';
import { addElement, type Element, mergeValues, refuseValue, type Setting, type Value } from './values.js';

export const operators = ['==', '!=', '=~', '!~', '=^', '=$'] as const;

export type Operator = (typeof operators)[number];

/** `$HTTP["url"] =~ "^/foo"`. */
export interface Condition {
  readonly variable: string;
  readonly field: string;
  readonly operator: Operator;
  readonly operand: string;
  readonly line: number;
}

export interface Context {
  readonly parent: Context | undefined;
  /** Nothing holds always: the whole configuration, or an `else`. */
  readonly condition: Condition | undefined;
  /** The condition before an `else`. */
  previous: Context | undefined;
  readonly settings: Map<string, Setting>;
}

/** The contexts of a configuration; the first is the whole. */
export function readContexts(files: ConfigurationFiles, main: string): readonly Context[] {
  const reader = new Reader(files);
  reader.include(main, 1);
  return reader.contexts;
}

class Reader {
  readonly contexts: Context[] = [newContext(undefined, undefined)];
  readonly #files: ConfigurationFiles;
  readonly #known = new Map<string, Context>();
  #current = this.contexts[0] as Context;
  #tokens: readonly Token[] = [];
  #at = 0;
  #depth = 0;

  constructor(files: ConfigurationFiles) {
    this.#files = files;
  }

  include(name: string, line: number): void {
    const texts = filesNamed(this.#files, name);
    if (texts.length === 0 || ++this.#depth > 16) unknownDirective({ server: 'lighttpd', line }, name);
    const [tokens, at] = [this.#tokens, this.#at];
    for (const text of texts) {
      [this.#tokens, this.#at] = [tokensOf(text), 0];
      this.#statements('');
    }
    [this.#tokens, this.#at] = [tokens, at];
    this.#depth--;
  }

  #statements(closing: '' | '}'): void {
    while (this.#peek().text !== closing || this.#peek().kind === 'text') this.#statement();
    this.#next();
  }

  #statement(): void {
    const token = this.#next();
    if (token.kind === 'mark' && token.text === '$') {
      this.#conditional(undefined);
    } else if (token.kind !== 'name') {
      this.#refuse(token);
    } else if (token.text === 'include' || token.text === 'include_shell') {
      // What a program prints is what the files say that it prints.
      this.include(String(this.#expression(token.text)), token.line);
    } else if (token.text === 'global') {
      const inner = this.#current;
      this.#expect('{');
      this.#current = this.contexts[0] as Context;
      this.#statements('}');
      this.#current = inner;
    } else {
      this.#assignment(token);
    }
  }

  #assignment(token: Token): void {
    const name = nameOf(token.text);
    if (name.startsWith('env.')) this.#refuse(token);
    const operator = this.#next();
    const value = this.#expression(name);
    const setting: Setting = { name, value, line: token.line };
    const { settings } = this.#current;
    switch (operator.text) {
      case '=':
        if (settings.has(name)) refuseValue(setting, 'be set once in a place');
        settings.set(name, setting);
        break;
      case ':=':
        settings.set(name, setting);
        break;
      case '+=': {
        const old = this.#find(name);
        settings.set(name, old === undefined ? setting : { ...setting, value: mergeValues(old, value) });
        break;
      }
      default:
        this.#refuse(operator);
    }
  }

  #conditional(previous: Context | undefined): void {
    const variable = this.#next();
    this.#expect('[');
    const field = String(this.#expression(variable.text));
    this.#expect(']');
    const operator = this.#next();
    const operand = this.#expression(variable.text);
    const { text } = operator;
    if (!isOperator(text) || typeof operand !== 'string') this.#refuse(operator);
    const condition = { variable: variable.text, field, operator: text, operand, line: variable.line };
    const key = JSON.stringify([this.contexts.indexOf(this.#current), { ...condition, line: 0 }]);
    let context = this.#known.get(key);
    if (context === undefined) {
      context = newContext(this.#current, condition);
      this.#known.set(key, context);
      this.contexts.push(context);
    }
    context.previous ??= previous;
    this.#block(context);
  }

  #block(context: Context): void {
    const outer = this.#current;
    this.#expect('{');
    this.#current = context;
    this.#statements('}');
    this.#current = outer;
    if (this.#peek().kind !== 'name' || this.#peek().text !== 'else') return;
    this.#next();
    if (this.#peek().text === '$') {
      this.#next();
      this.#conditional(context);
    } else {
      const otherwise = newContext(outer, undefined);
      otherwise.previous = context;
      this.contexts.push(otherwise);
      this.#block(otherwise);
    }
  }

  #expression(name: string): Value {
    let value = this.#value();
    while (this.#peek().text === '+' && this.#peek().kind === 'mark') {
      const { line } = this.#next();
      value = mergeValues({ name, value, line }, this.#value());
    }
    return value;
  }

  #value(): Value {
    const token = this.#next();
    if (token.kind === 'text') return token.text;
    if (token.kind === 'integer') return Number(token.text);
    if (token.kind === 'name') return this.#find(nameOf(token.text))?.value ?? this.#refuse(token);
    if (token.text !== '(') return this.#refuse(token);
    let list: readonly Element[] = [];
    for (;;) {
      while (this.#peek().text === ',' && this.#peek().kind === 'mark') this.#next();
      if (this.#peek().text === ')' && this.#peek().kind === 'mark') {
        this.#next();
        return list;
      }
      const first = this.#expression('a list');
      let element: Element = { key: undefined, value: first };
      if (this.#peek().text === '=>' && this.#peek().kind === 'mark') {
        this.#next();
        element = { key: String(first), value: this.#expression('a list') };
      }
      list = addElement(list, element, { name: 'a list', value: list, line: token.line });
    }
  }

  /** As it is set here, or in what is around it. */
  #find(name: string): Setting | undefined {
    for (let context: Context | undefined = this.#current; context !== undefined; context = context.parent) {
      const setting = context.settings.get(name);
      if (setting !== undefined) return setting;
    }
    return undefined;
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  #expect(mark: string): void {
    const token = this.#next();
    if (token.kind !== 'mark' || token.text !== mark) this.#refuse(token);
  }

  #refuse({ text, line }: Token): never {
    return unknownDirective({ server: 'lighttpd', line }, text);
  }
}

function newContext(parent: Context | undefined, condition: Condition | undefined): Context {
  return { parent, condition, previous: undefined, settings: new Map() };
}

/** A name without a dot is a variable of the configuration's own. */
function nameOf(word: string): string {
  return word.includes('.') ? word : `var.${word}`;
}

function isOperator(text: string): text is Operator {
  return (operators as readonly string[]).includes(text);
}

/** The files that a name means; a `*` stands for anything but a slash. */
function filesNamed(files: ConfigurationFiles, name: string): readonly string[] {
  const star = name.indexOf('*');
  const [head, tail] = [name.slice(0, star), name.slice(star + 1)];
  return Object.keys(files)
    .filter((each) => {
      if (star < 0) return each === name;
      const middle = each.slice(head.length, each.length - tail.length);
      const isLong = each.length >= head.length + tail.length;
      return isLong && each.startsWith(head) && each.endsWith(tail) && !middle.includes('/');
    })
    .sort()
    .map((each) => files[each] as string);
}
