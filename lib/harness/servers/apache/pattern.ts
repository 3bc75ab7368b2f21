/**
 * Patterns of Apache's directives: regular expressions, their `$1`, and file name patterns.
 *
 * Source: `ap_regcomp()` with the default RegexDefaultOptions (DOTALL, DOLLAR_ENDONLY), `ap_pregsub()`, `apr_fnmatch()` with
 * APR_FNM_PATHNAME, of Apache 2.4.
 */

import { compileExpression } from './expression.js';
import { type Directive, misconfigured } from './read.js';

/** The expression of a directive. */
export function expressionOf(source: string, directive: Directive, ignoresCase = false): RegExp {
  const made = compileExpression(source, { ignoresCase, dotIsEverything: true, dollarIsEnd: true });
  if (made === undefined) throw misconfigured('hold regular expressions that JavaScript knows', directive);
  return made;
}

/** `ap_pregsub()`: `$0` to `$9` are what was found, a backslash takes the dollar's meaning; nothing else is special. */
export function substitute(template: string, found: readonly (string | undefined)[]): string {
  return template.replace(
    /\\([$&\\])|[$](\d)/g,
    (_, literal?: string, digit?: string) => literal ?? found[Number(digit)] ?? '',
  );
}

/** Whether a text has a file name's wildcards. */
export function hasWildcards(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** A file name pattern as an expression: a star or a mark is anything but a slash. */
export function wildcardExpression(pattern: string, directive: Directive, isWhole: boolean): RegExp {
  let source = '^';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    const end = character === '[' ? pattern.indexOf(']', at + 2) : -1;
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (end !== -1) {
      source += pattern.slice(at, end + 1).replace(/^\[!/, '[^');
      at = end;
    } else source += character.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  return expressionOf(isWhole ? `${source}$` : `${source}(?=/|$)`, directive);
}
