/**
 * The text of a configuration of HAProxy as sections of lines of words (its manual, sections 2.2 and 2.3).
 *
 * Rules of this file: quotes and escapes end here; a variable of the environment is refused, since a model has no environment.
 */

import { type Place, unknownDirective } from '../reading.js';

export const server = 'HAProxy';

/** One line: at least one word. */
export interface Line {
  readonly words: readonly string[];
  readonly place: Place;
}

/** `frontend f`, and the lines that follow it. */
export interface Section {
  readonly kind: string;
  /** The words behind the kind. */
  readonly words: readonly string[];
  readonly lines: readonly Line[];
  readonly place: Place;
}

const kinds = [
  ...['global', 'defaults', 'frontend', 'backend', 'listen', 'fcgi-app', 'resolvers', 'peers', 'mailers'],
  ...['userlist', 'program', 'cache', 'http-errors', 'ring', 'log-forward'],
];

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

export function readSections(text: string): readonly Section[] {
  const sections: (Section & { readonly lines: Line[] })[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const place = { server, line: index + 1 };
    const words = wordsOf(raw, place);
    const [kind] = words;
    if (kind === undefined) continue;
    if (kinds.includes(kind)) sections.push({ kind, words: words.slice(1), lines: [], place });
    else (sections.at(-1) ?? unknownDirective(place, kind)).lines.push({ words, place });
  }
  return sections;
}

function wordsOf(raw: string, place: Place): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  let at = 0;
  const emit = (text: string, length = 1) => {
    word = (word ?? '') + text;
    at += length;
  };
  while (at < raw.length) {
    const character = raw[at] as string;
    if (character === '#' && quote === '') break;
    if ((character === '"' || character === "'") && (quote === '' || quote === character)) {
      quote = quote === '' ? character : '';
      emit('');
    } else if (character === '\\' && quote !== "'") {
      const next = raw[at + 1] ?? '';
      const [hex, digits = ''] = /^\\x([0-9a-fA-F]{2})/.exec(raw.slice(at, at + 4)) ?? [];
      if (hex !== undefined) emit(String.fromCharCode(Number.parseInt(digits, 16)), 4);
      else if (escapes[next] !== undefined) emit(escapes[next], 2);
      else if (next !== '' && ` \\#'"`.includes(next)) emit(next, 2);
      else if (next === '$' && quote === '"') emit(next, 2);
      else emit(character);
    } else if (/[ \t\r]/.test(character) && quote === '') {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
    } else if (character === '$' && quote === '"') {
      return unknownDirective(place, raw.slice(at));
    } else {
      emit(character);
    }
  }
  if (quote !== '') return unknownDirective(place, raw.trim());
  if (word !== undefined) words.push(word);
  return words;
}
