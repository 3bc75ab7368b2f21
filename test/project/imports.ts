/**
 * What a module imports and exports, read from its tokens.
 *
 * Rules of this file: every way to name a module counts: `import`, `import type`, `export … from`, `import('…')` as
 * a value or a type, `require('…')`, `import x = require('…')`.
 */

import { codeOf, type Token, tokensOf } from './tokens.js';

export interface Import {
  readonly module: string;
  readonly line: number;
}

/** The modules that a source names, in order. */
export function importsOf(source: string): readonly Import[] {
  const code = codeOf(source);
  return code.flatMap((token, index): readonly Import[] => {
    if (token.kind !== 'string' || !namesModule(code[index - 1], code[index - 2])) return [];
    return [{ module: token.text.slice(1, -1), line: token.line }];
  });
}

function namesModule(previous: Token | undefined, beforeIt: Token | undefined): boolean {
  if (previous?.kind === 'word') return previous.text === 'from' || previous.text === 'import';
  return previous?.text === '(' && (beforeIt?.text === 'import' || beforeIt?.text === 'require');
}

export interface Export {
  readonly name: string;
  /** Where it comes from, as written. */
  readonly module: string;
  readonly isType: boolean;
}

/** What a file of re-exports exports, sorted by name. */
export function reexportsOf(source: string): readonly Export[] {
  const exports: Export[] = [];
  const statements = /export\s+(type\s+)?\{([^}]*)\}\s*from\s*'([^']+)'/g;
  for (const [, isTypes, list = '', module = ''] of source.matchAll(statements)) {
    for (const item of list.split(',')) {
      const [, type, name] = /^\s*(type\s+)?(?:\w+\s+as\s+)?(\w+)\s*$/.exec(item) ?? [];
      if (name !== undefined) exports.push({ name, module, isType: (isTypes ?? type) !== undefined });
    }
  }
  return exports.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The text of the doc comment right before a declaration (of a function with overloads, the first). */
export function documentationOf(source: string, name: string): string | undefined {
  const tokens = tokensOf(source);
  const words = ['export', 'declare', 'abstract', 'async', 'class', 'function', 'const', 'interface', 'type'];
  const index = tokens.findIndex(({ text }, at) => {
    if (text !== name) return false;
    const before = tokens.slice(Math.max(0, at - 4), at).map((token) => token.text);
    return before.includes('export') && words.includes(before.at(-1) ?? '');
  });
  const first = tokens.slice(0, Math.max(0, index)).findLastIndex(({ text }) => text === 'export');
  const comment = tokens[first - 1];
  if (index === -1 || comment?.kind !== 'comment' || !comment.text.startsWith('/**')) return undefined;
  return comment.text
    .replace(/^\/\*\*\s*|\s*\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n');
}
