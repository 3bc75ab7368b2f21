/**
 * Conditions and texts in the language of Apache's expressions, read.
 *
 * Source: "Expressions in Apache HTTP Server" of the manual of Apache 2.4, `util_expr_parse.y` for precedence.
 *
 * Rules of this file: it reads, and evaluates nothing; what it cannot read is `undefined`.
 */

import { expressionOf } from './pattern.js';
import type { Directive } from './read.js';

/** A text with what is put into it. */
export type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'reference'; readonly index: number }
  | { readonly kind: 'call'; readonly name: string; readonly argument: readonly Piece[] };

export type Condition =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'unary'; readonly operator: string; readonly word: readonly Piece[] }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: readonly Piece[];
      readonly right: readonly Piece[];
    }
  | { readonly kind: 'in'; readonly word: readonly Piece[]; readonly list: readonly (readonly Piece[])[] }
  | {
      readonly kind: 'match';
      readonly word: readonly Piece[];
      readonly expression: RegExp;
      readonly isNot: boolean;
    };

class Reader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly directive: Directive,
  ) {}

  whole(): Condition | undefined {
    const condition = this.or();
    this.skip();
    return this.at === this.text.length ? condition : undefined;
  }

  private skip(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  /** Takes what a sticky expression finds here, behind white space. */
  private take(expression: RegExp): RegExpExecArray | undefined {
    this.skip();
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (found === null) return undefined;
    this.at += found[0].length;
    return found;
  }

  private or(): Condition | undefined {
    let left = this.and();
    while (left !== undefined && this.take(/\|\||or\b/y) !== undefined) {
      const right = this.and();
      left = right && { kind: 'or', left, right };
    }
    return left;
  }

  private and(): Condition | undefined {
    let left = this.unary();
    while (left !== undefined && this.take(/&&|and\b/y) !== undefined) {
      const right = this.unary();
      left = right && { kind: 'and', left, right };
    }
    return left;
  }

  private unary(): Condition | undefined {
    if (this.take(/!(?![~=])|not\b/y) !== undefined) {
      const of = this.unary();
      return of && { kind: 'not', of };
    }
    if (this.take(/\(/y) !== undefined) {
      const inner = this.or();
      return this.take(/\)/y) === undefined ? undefined : inner;
    }
    const constant = this.take(/(true|false)\b(?!\()/y);
    if (constant !== undefined) return { kind: 'constant', value: constant[1] === 'true' };
    const operator = this.take(/-([a-zA-Z])(?=[\s%'"$(])/y)?.[1];
    if (operator !== undefined) {
      const word = this.word();
      return word && { kind: 'unary', operator, word };
    }
    return this.comparison();
  }

  private comparison(): Condition | undefined {
    const left = this.word();
    if (left === undefined) return undefined;
    const match = this.take(/=~|!~/y)?.[0];
    if (match !== undefined) return this.match(left, match === '!~');
    if (this.take(/in\b/iy) !== undefined) return this.list(left);
    const operator = this.take(
      /==|!=|<=|>=|<|>|=|-?(?:eq|ne|lt|le|gt|ge|strmatch|strcmatch|fnmatch|ipmatch)\b/y,
    )?.[0];
    const right = operator === undefined ? undefined : this.word();
    if (operator === undefined || right === undefined) return undefined;
    return { kind: 'binary', operator: operator === '=' ? '==' : operator, left, right };
  }

  private list(word: readonly Piece[]): Condition | undefined {
    if (this.take(/\{/y) === undefined) return undefined;
    const list: (readonly Piece[])[] = [];
    do {
      const each = this.word();
      if (each === undefined) return undefined;
      list.push(each);
    } while (this.take(/,/y) !== undefined);
    return this.take(/\}/y) === undefined ? undefined : { kind: 'in', word, list };
  }

  private match(word: readonly Piece[], isNot: boolean): Condition | undefined {
    this.skip();
    const [, delimiter] = this.take(/m([^\s\w])|(?=\/)/y) ?? [];
    const end = delimiter ?? (this.text[this.at] === '/' ? '/' : undefined);
    if (end === undefined) return undefined;
    if (delimiter === undefined) this.at++;
    let source = '';
    while (this.at < this.text.length && this.text[this.at] !== end) {
      if (this.text[this.at] === '\\') {
        const next = this.text[this.at + 1];
        // An escaped delimiter stands for itself.
        if (next === end && end !== '/') this.at++;
        else source += this.text[this.at++];
      }
      source += this.text[this.at++] ?? '';
    }
    if (this.text[this.at++] !== end) return undefined;
    const flags = /^[a-z]*/.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += flags.length;
    return {
      kind: 'match',
      word,
      expression: expressionOf(source, this.directive, flags.includes('i')),
      isNot,
    };
  }

  /** Parts that a dot joins. */
  private word(): readonly Piece[] | undefined {
    const pieces: Piece[] = [];
    do {
      const part = this.part();
      if (part === undefined) return undefined;
      pieces.push(...part);
    } while (this.take(/\.(?!\d)/y) !== undefined);
    return pieces;
  }

  private part(): readonly Piece[] | undefined {
    const quoted = this.take(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/sy);
    if (quoted !== undefined) return readText(quoted[1] ?? quoted[2] ?? '');
    const number = this.take(/-?\d+/y)?.[0];
    if (number !== undefined) return [{ kind: 'literal', text: number }];
    const reference = this.take(/\$(\d)/y)?.[1];
    if (reference !== undefined) return [{ kind: 'reference', index: Number(reference) }];
    this.skip();
    if (this.text.startsWith('%{', this.at)) {
      const end = this.text.indexOf('}', this.at);
      if (end === -1) return undefined;
      const whole = this.text.slice(this.at, end + 1);
      this.at = end + 1;
      return readText(whole);
    }
    const name = this.take(/([A-Za-z][A-Za-z0-9_]*)\(/y)?.[1];
    if (name === undefined) return undefined;
    const argument = this.word();
    if (argument === undefined || this.take(/\)/y) === undefined) return undefined;
    return [{ kind: 'call', name: name.toLowerCase(), argument }];
  }
}

/** Reads a condition. */
export function readCondition(text: string, directive: Directive): Condition | undefined {
  return new Reader(text, directive).whole();
}

/** Reads a text with `%{NAME}`, `%{function:argument}` and `$1` in it. */
export function readText(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') pieces.push({ kind: 'literal', text: literal });
    literal = '';
  };
  const special = /\\(.)|%\{([A-Za-z_]+)\}|%\{([A-Za-z0-9_]+):([^}]*)\}|\$(\d)/gs;
  let from = 0;
  for (const found of text.matchAll(special)) {
    const [whole, escaped, variable, name, argument = '', digit] = found;
    literal += text.slice(from, found.index);
    from = found.index + whole.length;
    if (escaped !== undefined) {
      literal += { n: '\n', r: '\r', t: '\t' }[escaped] ?? escaped;
      continue;
    }
    flush();
    if (variable !== undefined) pieces.push({ kind: 'variable', name: variable.toUpperCase() });
    else if (name !== undefined) {
      pieces.push({
        kind: 'call',
        name: name.toLowerCase(),
        argument: [{ kind: 'literal', text: argument }],
      });
    } else pieces.push({ kind: 'reference', index: Number(digit) });
  }
  literal += text.slice(from);
  flush();
  return pieces;
}
