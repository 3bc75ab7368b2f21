/**
 * What stands for a match: `\1` and the like (HAProxy's `exp_replace()`).
 */

/** The text for a match; `undefined` where the replacement ends in a backslash. */
export function expand(replacement: string, match: readonly (string | undefined)[]): string | undefined {
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(replacement)) return undefined;
  return replacement.replace(/\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g, (_, hex?: string, character = '') => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return /\d/.test(character) ? (match[Number(character)] ?? '') : character;
  });
}
