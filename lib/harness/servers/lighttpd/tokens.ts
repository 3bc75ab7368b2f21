/**
 * The words of lighttpd's configuration language (https://redmine.lighttpd.net/projects/lighttpd/wiki/Docs_Configuration).
 *
 * Rules of this file: ends of lines separate nothing that the words themselves do not, so they are left out; each word knows
 * its line. In a text only `\"` is an escape.
 */

import { unknownDirective } from '../reading.js';

export type TokenKind = 'name' | 'text' | 'integer' | 'mark' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
}

/** The longest first. */
const marks = ['==', '=~', '=^', '=$', '=>', '!=', '!~', '+=', ':=', ...'=+$', ...'{}()[],'];

/** The words of a file, and one for its end. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let at = 0; at < source.length; ) {
    const character = source[at] as string;
    if (character === '#') {
      while (at < source.length && source[at] !== '\n' && source[at] !== '\r') at++;
    } else if (character === '"') {
      const [text, end] = textAt(source, at + 1, line);
      tokens.push({ kind: 'text', text, line });
      line += linesIn(source.slice(at, end));
      at = end;
    } else if (/\s/.test(character)) {
      if (character === '\n') line++;
      at++;
    } else {
      const token = wordAt(source, at, line);
      tokens.push(token);
      at += token.text.length;
    }
  }
  return [...tokens, { kind: 'end', text: '', line }];
}

function wordAt(source: string, at: number, line: number): Token {
  const mark = marks.find((each) => source.startsWith(each, at));
  if (mark !== undefined) return { kind: 'mark', text: mark, line };
  const [word] = /^[A-Za-z0-9._-]+/.exec(source.slice(at, at + 200)) ?? [];
  if (word === undefined) return unknownDirective({ server: 'lighttpd', line }, source[at] as string);
  const [digits] = /^\d+/.exec(word) ?? [];
  // What begins with a digit is a number, whatever follows.
  return digits === undefined ? { kind: 'name', text: word, line } : { kind: 'integer', text: digits, line };
}

/** A text, and where what follows it begins. */
function textAt(source: string, from: number, line: number): readonly [text: string, end: number] {
  let text = '';
  for (let at = from; at < source.length; at++) {
    const character = source[at] as string;
    if (character === '"') return [text, at + 1];
    if (character === '\\' && source[at + 1] === '"') at++;
    text += source[at];
  }
  return unknownDirective({ server: 'lighttpd', line }, `"${text}`);
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}
