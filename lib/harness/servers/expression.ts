/**
 * Regular expressions of configurations, which are written for PCRE or for RE2, as this engine understands them.
 *
 * Rules of this file: what the engines read alike stays as it is; what they read differently is rewritten; what cannot be said
 * here is refused. Text is one character a byte.
 */

import { ConfigurationError, show } from '../../errors.js';

/** Whose expressions they are. */
export type Flavour = 'pcre' | 're2';

export interface ExpressionOptions {
  readonly flavour?: Flavour;
  readonly ignoreCase?: boolean;
  /** For `matchAll()`. */
  readonly global?: boolean;
}

/** What POSIX's names of classes stand for, to be put between brackets. */
const classes: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: ' \\t\\n\\v\\f\\r',
  upper: 'A-Z',
  word: 'A-Za-z0-9_',
  xdigit: 'A-Fa-f0-9',
};

/** Escapes that mean another set here than there; the sets are to be put between brackets. */
const setEscapes: Readonly<Record<Flavour, Readonly<Record<string, string>>>> = {
  pcre: { s: ' \\t\\n\\v\\f\\r', h: ' \\t' },
  re2: { s: ' \\t\\n\\f\\r' },
};

/**
 * An expression of a configuration.
 *
 * @throws {ConfigurationError} ERR_HARNESS_CONFIGURATION
 */
export function compileExpression(source: string, options: ExpressionOptions = {}): RegExp {
  const { flavour = 'pcre', ignoreCase = false, global = false } = options;
  const [, letters = ''] = /^\(\?([imsU]+)\)/.exec(source) ?? [];
  const translated = translate(letters === '' ? source : source.slice(letters.length + 3), flavour, letters);
  try {
    return new RegExp(translated, (ignoreCase || letters.includes('i') ? 'i' : '') + (global ? 'g' : ''));
  } catch (error) {
    return refuse(source, error);
  }
}

function translate(source: string, flavour: Flavour, letters: string): string {
  if (letters.includes('U')) refuse(source);
  let out = '';
  for (let at = 0; at < source.length; ) {
    const [piece, length] = pieceAt(source, at, flavour, letters);
    out += piece;
    at += length;
  }
  return out;
}

type Piece = readonly [text: string, length: number];

function pieceAt(source: string, at: number, flavour: Flavour, letters: string): Piece {
  const isLines = letters.includes('m');
  switch (source[at]) {
    case '\\':
      return escapeAt(source, at, flavour, false);
    case '[':
      return classAt(source, at, flavour);
    case '(':
      return groupAt(source, at);
    case '.':
      return [letters.includes('s') ? '[\\s\\S]' : '[^\\n]', 1];
    case '^':
      return [isLines ? '(?<=^|\\n)' : '^', 1];
    case '$':
      if (isLines) return ['(?=\\n|$)', 1];
      // PCRE's stands before a newline at the end too.
      return [flavour === 'pcre' ? '(?=\\n?$)' : '$', 1];
    case '*':
    case '+':
    case '?':
      if (source[at + 1] === '+') refuse(source);
      return [source[at] as string, 1];
    default:
      return [source[at] as string, 1];
  }
}

function escapeAt(source: string, at: number, flavour: Flavour, isInClass: boolean): Piece {
  const letter = source[at + 1];
  if (letter === undefined) return refuse(source);
  const set = setEscapes[flavour][letter];
  if (set !== undefined) return [isInClass ? set : `[${set}]`, 2];
  if (letter === 'x' && source[at + 2] === '{') {
    const [whole = '', digits = ''] = /^\\x\{([0-9a-fA-F]{1,2})\}/.exec(source.slice(at)) ?? refuse(source);
    return [`\\x${digits.padStart(2, '0')}`, whole.length];
  }
  if (letter === 'Q') {
    const end = source.indexOf('\\E', at);
    const literal = source.slice(at + 2, end < 0 ? undefined : end);
    return [literal.replace(/[^\w]/g, '\\$&'), literal.length + (end < 0 ? 2 : 4)];
  }
  if (letter === 'A' && !isInClass) return ['^', 2];
  if (letter === 'z' && !isInClass) return ['$', 2];
  if (letter === 'Z' && !isInClass && flavour === 'pcre') return ['(?=\\n?$)', 2];
  if (letter === 'a') return ['\\x07', 2];
  if (letter === 'e') return ['\\x1b', 2];
  if (/[A-Za-z]/.test(letter) && !'bBdDfnrStvwWx'.includes(letter)) return refuse(source);
  return [source.slice(at, at + 2), 2];
}

function classAt(source: string, at: number, flavour: Flavour): Piece {
  let out = '[';
  let index = at + 1;
  if (source[index] === '^') out += source[index++];
  // A bracket that stands first is one of the class.
  if (source[index] === ']') {
    out += '\\]';
    index++;
  }
  for (;;) {
    const character = source[index];
    if (character === undefined) return refuse(source);
    if (character === ']') return [`${out}]`, index + 1 - at];
    const [named, name = ''] = /^\[:(\w+):\]/.exec(source.slice(index, index + 12)) ?? [];
    if (named !== undefined) {
      out += classes[name] ?? refuse(source);
      index += named.length;
    } else if (character === '\\') {
      const [piece, length] = escapeAt(source, index, flavour, true);
      out += piece;
      index += length;
    } else {
      out += character === '[' ? '\\[' : character;
      index++;
    }
  }
}

function groupAt(source: string, at: number): Piece {
  if (source[at + 1] !== '?') return ['(', 1];
  const rest = source.slice(at, at + 4);
  if (/^\(\?P</.test(rest)) return ['(?<', 4];
  if (/^\(\?(?:[:=!]|<)/.test(rest)) return [source.slice(at, at + 3), 3];
  return refuse(source);
}

function refuse(source: string, cause?: unknown): never {
  throw new ConfigurationError(
    'ERR_HARNESS_CONFIGURATION',
    `an expression of a configuration must be one that the model can read, got ${show(source)}`,
    { cause },
  );
}
