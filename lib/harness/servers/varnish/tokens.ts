/**
 * The words of VCL (Varnish's reference manual, "VCL"; `vcc_lexer`).
 *
 * Rules of this file: strings have no escapes; what begins none of the words is refused with its line.
 */

import { unknownDirective } from '../reading.js';

export interface Token {
  readonly kind: 'string' | 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
  /** Of a number: what stands behind it, `s` or `KB`. */
  readonly unit?: string;
  readonly line: number;
}

const space = /[ \t\r\n]+|(?:#|\/\/)[^\n]*|\/\*[\s\S]*?\*\//y;
const longString = /\{"[\s\S]*?"\}|"""[\s\S]*?"""/y;
const shortString = /"[^"\n]*"/y;
const number = /(\d+(?:\.\d+)?)([a-zA-Z]*)/y;
const name = /[A-Za-z_][\w.-]*/y;
const sign = /==|!=|!~|<=|>=|&&|\|\||\+=|-=|\*=|\/=|[{}()[\];,.=<>~!+*/%-]/y;

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  const matched = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    if (found === undefined) return undefined;
    at += found[0].length;
    line += found[0].split('\n').length - 1;
    return found;
  };
  while (at < text.length) {
    const from = line;
    if (matched(space) !== undefined) continue;
    if (text.startsWith('C{', at)) return unknownDirective({ server: 'Varnish', line }, 'C{');
    const long = matched(longString)?.[0];
    const short = long === undefined ? matched(shortString)?.[0] : undefined;
    const found = long ?? short;
    if (found !== undefined) {
      const edge = short !== undefined ? 1 : found.startsWith('{') ? 2 : 3;
      tokens.push({ kind: 'string', text: found.slice(edge, -edge), line: from });
      continue;
    }
    const digits = matched(number);
    if (digits !== undefined) {
      tokens.push({ kind: 'number', text: digits[1] as string, unit: digits[2] as string, line: from });
      continue;
    }
    const word = matched(name)?.[0];
    const other = word ?? matched(sign)?.[0];
    if (other === undefined) return unknownDirective({ server: 'Varnish', line }, text[at] as string);
    tokens.push({ kind: word === undefined ? 'sign' : 'name', text: other, line: from });
  }
  return [...tokens, { kind: 'end', text: '', line }];
}

/** Goes through the words one by one. */
export class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  get token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  get next(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)] as Token;
  }

  take(): Token {
    const { token } = this;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  /** Whether a sign or a name is next; it is taken. */
  skip(text: string): boolean {
    const isNext = this.is(text);
    if (isNext) this.#at++;
    return isNext;
  }

  is(text: string): boolean {
    const { kind } = this.token;
    return (kind === 'sign' || kind === 'name') && this.token.text === text;
  }

  expect(text: string): void {
    if (!this.skip(text)) this.refuse();
  }

  /** Leaves out what stands before a sign. */
  skipTo(text: string): void {
    while (!this.is(text)) if (this.take().kind === 'end') this.refuse();
  }

  name(): string {
    return this.token.kind === 'name' ? this.take().text : this.refuse();
  }

  /** One string, or several that stand one behind the other. */
  string(): string {
    if (this.token.kind !== 'string') return this.refuse();
    let text = this.take().text;
    while (this.token.kind === 'string') text += this.take().text;
    return text;
  }

  refuse(what: string = this.token.text, line: number = this.token.line): never {
    return unknownDirective({ server: 'Varnish', line }, what);
  }
}
