/**
 * Paths beside patterns with escapes: `/a%2Fb/*` (Caddy's `matchPatternWithEscapeSequence()`).
 *
 * Rules of this file: where the pattern has an escape, the path must have the same; elsewhere its escapes are decoded. `%*` stands for
 * escapes too, `*` for what they decode to.
 */

import { decodeEvery } from '../../../path/percent.js';
import { matchGlob } from './go-path.js';
import { isDecodable } from './go-url.js';

export function matchesEscaped(path: string, pattern: string): boolean {
  let text = '';
  let [at, index] = [0, 0];
  while (at < pattern.length && index < path.length) {
    let character = path[index] as string;
    let escaped = '';
    if (character === '%' && path.length >= index + 3) {
      escaped = path.slice(index, index + 3).toLowerCase();
      if (!isDecodable(escaped)) return false;
      character = decodeEvery(escaped);
      index += 2;
    }
    const isEscape = pattern[at] === '%';
    if (isEscape && pattern.length >= at + 3 && pattern[at + 1] !== '*') {
      text += escaped;
      index++;
      at += 3;
      continue;
    }
    if (isEscape) at++;
    if (isEscape || pattern[at] === '*') {
      const until = at < pattern.length - 1 ? path.indexOf(pattern[at + 1] as string, index) : path.length;
      if (until < 0) return false;
      const next = path.slice(index, until);
      if (!isEscape && !isDecodable(next)) return false;
      text += isEscape ? next : decodeEvery(next);
      index = until;
    } else {
      text += character;
      index++;
    }
    at++;
  }
  return matchGlob(pattern.replaceAll('%*', '*'), text);
}
