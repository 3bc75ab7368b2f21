/**
 * A Caddyfile as segments: lines of words, with the block that begins at their end (Caddy's `lexer.go`, `parse.go`).
 *
 * Rules of this file: quotes, comments, snippets and imports of them end here; placeholders get their long names.
 */

import { type Place, unknownDirective } from '../reading.js';
import { withLongNames } from './placeholders.js';

export interface Segment {
  readonly words: readonly string[];
  readonly block: readonly Segment[] | undefined;
  readonly place: Place;
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly isQuoted: boolean;
}

/** A block of a site: its addresses, and what is in it. */
export interface SiteBlock {
  readonly addresses: readonly string[];
  readonly segments: readonly Segment[];
}

const placeOf = (line: number): Place => ({ server: 'Caddy', line });

export function readSites(text: string): readonly SiteBlock[] {
  const tokens = tokensOf(text);
  const snippets = new Map<string, readonly Segment[]>();
  const sites: SiteBlock[] = [];
  let at = 0;
  // Options of the whole server.
  if (isBrace(tokens[0], '{')) at = readBlock(tokens, 1, new Map()).end;
  while (at < tokens.length) {
    const addresses: string[] = [];
    let [line, isListed] = [(tokens[at] as Token).line, true];
    while (at < tokens.length && !isBrace(tokens[at], '{') && (tokens[at]?.line === line || isListed)) {
      const { text: word, line: current } = tokens[at++] as Token;
      [line, isListed] = [current, word.endsWith(',')];
      addresses.push(...word.split(',').filter((each) => each !== ''));
    }
    const isBlock = isBrace(tokens[at], '{');
    const { segments, end } = readBlock(tokens, isBlock ? at + 1 : at, snippets, !isBlock);
    const [, snippet] = /^\((.+)\)$/.exec(addresses[0] ?? '') ?? [];
    if (snippet !== undefined) snippets.set(snippet, segments);
    else sites.push({ addresses, segments });
    at = end;
  }
  return sites;
}

function isBrace(token: Token | undefined, brace: '{' | '}'): boolean {
  return token !== undefined && !token.isQuoted && token.text === brace;
}

function readBlock(
  tokens: readonly Token[],
  from: number,
  snippets: ReadonlyMap<string, readonly Segment[]>,
  isOpen = false,
): { readonly segments: readonly Segment[]; readonly end: number } {
  const segments: Segment[] = [];
  let at = from;
  while (at < tokens.length) {
    const { line } = tokens[at] as Token;
    if (isBrace(tokens[at], '}')) return { segments, end: at + 1 };
    const words: string[] = [];
    while (tokens[at]?.line === line && !isBrace(tokens[at], '}')) {
      if (isBrace(tokens[at], '{')) break;
      words.push(withLongNames((tokens[at++] as Token).text));
    }
    let block: readonly Segment[] | undefined;
    if (isBrace(tokens[at], '{') && tokens[at]?.line === line) {
      const inner = readBlock(tokens, at + 1, snippets);
      block = inner.segments;
      at = inner.end;
    }
    segments.push(...imported({ words, block, place: placeOf(line) }, snippets));
  }
  if (!isOpen) return unknownDirective(placeOf(tokens.at(-1)?.line ?? 0), 'a block without its end');
  return { segments, end: at };
}

/** What a snippet holds, in the place of its import. */
function imported(segment: Segment, snippets: ReadonlyMap<string, readonly Segment[]>): readonly Segment[] {
  const [directive, name = '', ...parameters] = segment.words;
  if (directive !== 'import') return [segment];
  const snippet = snippets.get(name) ?? unknownDirective(segment.place, `import ${name}`);
  const filled = ({ words, block, place }: Segment): Segment => ({
    words: words.map((word) =>
      word.replace(/\{args\.(\d+)\}/g, (_, index: string) => parameters[Number(index)] ?? ''),
    ),
    block: block?.map(filled),
    place,
  });
  return snippet.map(filled);
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let [at, line, logical] = [0, 1, 1];
  while (at < text.length) {
    const [space = ''] = /^(?:[ \t\r]|\\\r?\n)+/.exec(text.slice(at, at + 200)) ?? [];
    const character = text[at + space.length];
    line += space.split('\n').length - 1;
    at += space.length;
    if (character === undefined) break;
    if (character === '\n') {
      logical = ++line;
      at++;
    } else if (character === '#') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else {
      const token = tokenAt(text, at, placeOf(line));
      tokens.push({ text: token.text, line: logical, isQuoted: token.isQuoted });
      line += text.slice(at, token.end).split('\n').length - 1;
      at = token.end;
    }
  }
  return tokens;
}

function tokenAt(text: string, at: number, place: Place): { text: string; end: number; isQuoted: boolean } {
  const quote = text[at] as string;
  if (quote === '`') {
    const end = text.indexOf('`', at + 1);
    if (end < 0) return unknownDirective(place, 'a quote without its end');
    return { text: text.slice(at + 1, end), end: end + 1, isQuoted: true };
  }
  if (quote === '"') {
    let word = '';
    for (let index = at + 1; index < text.length; index++) {
      if (text[index] === '"') return { text: word, end: index + 1, isQuoted: true };
      if (text[index] === '\\' && text[index + 1] === '"') index++;
      word += text[index];
    }
    return unknownDirective(place, 'a quote without its end');
  }
  const [word = ''] = /^\S+/.exec(text.slice(at)) ?? [];
  const [, variable, fallback] = /^\{\$([^:}]+)(?::([^}]*))?\}$/.exec(word) ?? [];
  if (variable !== undefined)
    return { text: fallback ?? unknownDirective(place, word), end: at + word.length, isQuoted: false };
  return { text: word, end: at + word.length, isQuoted: false };
}
