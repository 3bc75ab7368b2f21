/**
 * TypeScript source as tokens: enough to tell code from comments and strings, and to find words, imports and exports
 * in it. (The compiler's own scanner is not a stable interface yet.)
 *
 * Rules of this file: it reads well-formed source only, and throws on what it cannot read, so that nothing is missed.
 */

export interface Token {
  readonly kind: 'comment' | 'string' | 'template' | 'regexp' | 'word' | 'number' | 'punctuation';
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

const space = /\s+/y;
// The first line of a program: `#!/usr/bin/env node`.
const hashbang = /^#!.*/y;
const comment = /\/\/.*|\/\*[\s\S]*?\*\//y;
const string = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const regexp = /\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
// From the backtick, or the brace that ends a substitution, to the next substitution or the end.
const template = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;
const word = /#?[\p{ID_Start}$_][\p{ID_Continue}$]*/uy;
const number = /\d[\w.]*/y;
const punctuation = /=>|\?\.|[^\s\w]/uy;

// Behind these a slash begins a regular expression; behind any other word, a number or a bracket's end it divides.
const operators = new Set(['return', 'typeof', 'case', 'in', 'of', 'do', 'else', 'void', 'delete', 'throw']);

/** Takes source apart, in order; white space is left out. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  // For each open brace, whether it is a template's substitution.
  const braces: boolean[] = [];
  let index = 0;
  let line = 1;
  let last: Token | undefined;
  const read = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = index;
    return pattern.exec(source)?.[0];
  };
  const take = (text: string, kind?: Token['kind']): void => {
    if (kind !== undefined) {
      const token: Token = { kind, text, line };
      tokens.push(token);
      if (kind !== 'comment') last = token;
    }
    index += text.length;
    line += text.split('\n').length - 1;
  };
  const kinds: readonly (readonly [Token['kind'] | undefined, RegExp])[] = [
    [undefined, space],
    [undefined, hashbang],
    ['comment', comment],
    ['string', string],
    ['word', word],
    ['number', number],
    ['punctuation', punctuation],
  ];
  while (index < source.length) {
    const character = source[index];
    const isSubstitutionEnd = character === '}' && braces.at(-1) === true;
    if (character === '`' || isSubstitutionEnd) {
      const text = read(template);
      if (text === undefined) throw new Error(`line ${line}: a template that does not end`);
      if (isSubstitutionEnd) braces.pop();
      if (text.endsWith('{')) braces.push(true);
      take(text, 'template');
      continue;
    }
    const expression = character === '/' && beginsExpression(last) ? read(regexp) : undefined;
    if (expression !== undefined) {
      take(expression, 'regexp');
      continue;
    }
    const found = kinds.map(([kind, pattern]) => [kind, read(pattern)] as const).find(([, text]) => text);
    if (found?.[1] === undefined)
      throw new Error(`line ${line}: unreadable: ${source.slice(index, index + 20)}`);
    if (found[1] === '{') braces.push(false);
    if (found[1] === '}') braces.pop();
    take(found[1], found[0]);
  }
  return tokens;
}

/** Whether what follows this token is the beginning of an expression. */
function beginsExpression(token: Token | undefined): boolean {
  if (token === undefined) return true;
  if (token.kind === 'punctuation') return !/[)\]}]/.test(token.text);
  if (token.kind === 'template') return token.text.endsWith('{');
  return token.kind === 'word' && operators.has(token.text);
}

/** The tokens that are code. */
export function codeOf(source: string): readonly Token[] {
  return tokensOf(source).filter((token) => token.kind !== 'comment');
}
