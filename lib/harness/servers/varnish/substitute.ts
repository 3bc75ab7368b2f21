/**
 * `regsub()` and `regsuball()` (`vre.c`).
 *
 * Rules of this file: only `\0` to `\9` stand for something; another letter behind a backslash stands for itself.
 */

/** Puts a text in the place of what an expression, a global one, finds: once, or each time. */
export function substitute(text: string, pattern: RegExp, replacement: string, isAll: boolean): string {
  pattern.lastIndex = 0;
  let out = '';
  let from = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    // Only the first may be empty.
    if (match[0] === '' && from > 0) {
      pattern.lastIndex++;
      continue;
    }
    out += text.slice(from, match.index) + expand(replacement, match);
    from = match.index + match[0].length;
    if (!isAll) break;
    if (match[0] === '') {
      if (from >= text.length) break;
      out += text[from] as string;
      pattern.lastIndex = ++from;
    }
  }
  return out + text.slice(from);
}

function expand(replacement: string, match: RegExpExecArray): string {
  return replacement.replace(/\\([\s\S])/g, (_, letter: string) =>
    /\d/.test(letter) ? (match[Number(letter)] ?? '') : letter,
  );
}
