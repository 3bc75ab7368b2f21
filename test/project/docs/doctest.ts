/**
 * Doctests: a line `expression; // → value` says that the expression's value deep-equals the literal.
 *
 * Rules of this file: a block keeps its lines, so that what the compiler says of line N is about line N; the value is
 * compared where the line is reached, and a line that is never reached has failed.
 */

export interface Doctests {
  /** The block, with each doctest as a call of `doctest__`. */
  readonly code: string;
  /** The lines of the page that hold a doctest. */
  readonly lines: readonly number[];
  readonly problems: readonly string[];
}

/** What a block calls; the line is the page's. */
export const declaration =
  'declare function doctest__(value: unknown, expected: () => unknown, line: number): void;\n';

const arrow = /^(\s*)(\S.*?);?\s*\/\/ → (.*\S)\s*$/;
const statement =
  /^(?:const|let|var|return|if|else|for|while|switch|case|throw|try|import|export|function|class|type|interface)\b|^[})\].]|=>\s*$|[({[,]$/;

/** Makes the doctests of a block, whose first line is `firstLine` of its page, into calls. */
export function makeDoctests(code: string, firstLine: number): Doctests {
  const lines: number[] = [];
  const problems: string[] = [];
  const made = code.split('\n').map((text, index) => {
    if (!text.includes('// →')) return text;
    const line = firstLine + index;
    const [, indent = '', expression, literal] = arrow.exec(text) ?? [];
    if (expression === undefined || literal === undefined || statement.test(expression)) {
      problems.push(
        `line ${line}: a doctest must be an expression and its value on one line, got ${text.trim()}`,
      );
      return text;
    }
    lines.push(line);
    return `${indent}doctest__(${expression}, () => (${literal}), ${line});`;
  });
  return { code: made.join('\n'), lines, problems };
}
