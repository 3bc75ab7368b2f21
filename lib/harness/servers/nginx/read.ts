/**
 * The text of nginx's configuration, as directives (nginx.org/en/docs/beginners_guide.html#conf_structure; ngx_conf_file.c).
 *
 * Rules of this file: text is UTF-8, and from here on one character a byte; of what a directive means only `include` is known here. A backslash stays where it stands, but before a
 * quote, a backslash, `t`, `r` and `n`; `${` opens no block.
 */

import { ConfigurationError, show } from '../../../errors.js';
import { encodeUtf8 } from '../../../path/percent.js';
import type { ConfigurationFiles } from '../../model.js';
import { packaged } from './packaged.js';

export interface Directive {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly line: number;
  readonly block?: readonly Directive[];
}

/** How deep files may include files. */
const deepest = 20;

interface Token {
  readonly text: string;
  readonly line: number;
  /** `''` of a word, else the character itself. */
  readonly mark: '' | ';' | '{' | '}';
}

/** The directives of the main file: `nginx.conf`, or the first one. */
export function readConfiguration(files: ConfigurationFiles): readonly Directive[] {
  const main = Object.hasOwn(files, 'nginx.conf') ? 'nginx.conf' : (Object.keys(files)[0] ?? 'nginx.conf');
  return readFile(files[main] ?? '', files, 0);
}

function readFile(text: string, files: ConfigurationFiles, depth: number): readonly Directive[] {
  const tokens = tokensOf(encodeUtf8(text) ?? text);
  const { directives, next } = readBlock(tokens, 0, files, depth);
  const left = tokens[next];
  if (left !== undefined) refuse('no "}" without a "{"', '}', left.line);
  return directives;
}

function readBlock(
  tokens: readonly Token[],
  from: number,
  files: ConfigurationFiles,
  depth: number,
): { readonly directives: readonly Directive[]; readonly next: number } {
  const directives: Directive[] = [];
  let words: Token[] = [];
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    if (token.mark === '') {
      words.push(token);
      continue;
    }
    const [first, ...parameters] = words.map(({ text }) => text);
    const line = words[0]?.line ?? token.line;
    if (token.mark === '}') {
      if (first !== undefined) refuse('a ";" behind each directive', first, line);
      return { directives, next: at };
    }
    if (first === undefined) refuse('a name before each ";" and "{"', token.mark, token.line);
    if (token.mark === ';') {
      if (first === 'include') directives.push(...included(parameters[0] ?? '', files, depth, line));
      else directives.push({ name: first, parameters, line });
    } else {
      const inner = readBlock(tokens, at + 1, files, depth);
      if (tokens[inner.next] === undefined) refuse('a "}" for each "{"', first, line);
      directives.push({ name: first, parameters, line, block: inner.directives });
      at = inner.next;
    }
    words = [];
  }
  if (words[0] !== undefined) refuse('a ";" behind each directive', words[0].text, words[0].line);
  return { directives, next: tokens.length };
}

function included(
  path: string,
  files: ConfigurationFiles,
  depth: number,
  line: number,
): readonly Directive[] {
  if (depth === deepest) refuse(`includes at most ${deepest} deep`, path, line);
  const isGlob = /[*?[]/.test(path);
  const names = Object.keys(files).filter((name) => isGlob && matchesGlob(name, path));
  const texts = isGlob ? names.sort().map((name) => files[name] as string) : [textOf(path, files)];
  return texts.flatMap((text) => {
    if (text === undefined) return refuse('includes of files that are there', path, line);
    return readFile(text, files, depth + 1);
  });
}

/** A file is named as the configuration does, or by the end of its path; else it may be one of Debian's. */
function textOf(path: string, files: ConfigurationFiles): string | undefined {
  if (Object.hasOwn(files, path)) return files[path];
  const end = Object.keys(files).find((name) => path.endsWith(`/${name}`) || name.endsWith(`/${path}`));
  if (end !== undefined) return files[end];
  const name = path.replace(/^\/etc\/nginx\//, '');
  return Object.hasOwn(packaged, name) ? packaged[name] : undefined;
}

/** Whether the last segments of a name are those of a pattern with `*` and `?`, of which neither stands for `/`. */
function matchesGlob(name: string, pattern: string): boolean {
  const wanted = pattern.split('/').reverse();
  const given = name.split('/').reverse();
  return given.every((segment, index) => matchesSegment(segment, wanted[index] ?? '', 0, 0));
}

function matchesSegment(text: string, pattern: string, from: number, at: number): boolean {
  if (at === pattern.length) return from === text.length;
  if (pattern[at] === '*') {
    for (let next = from; next <= text.length; next++) {
      if (matchesSegment(text, pattern, next, at + 1)) return true;
    }
    return false;
  }
  const isSame = from < text.length && (pattern[at] === '?' || pattern[at] === text[from]);
  return isSame && matchesSegment(text, pattern, from + 1, at + 1);
}

const space = /[ \t\r\n]/;

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const character = text[at] as string;
    if (space.test(character)) {
      if (character === '\n') line++;
      at++;
    } else if (character === '#') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (character === ';' || character === '{' || character === '}') {
      tokens.push({ text: '', line, mark: character });
      at++;
    } else {
      const end = endOfWord(text, at, line);
      const isQuoted = character === '"' || character === "'";
      const word = isQuoted ? text.slice(at + 1, end - 1) : text.slice(at, end);
      tokens.push({ text: unescapeWord(word), line, mark: '' });
      line += text.slice(at, end).split('\n').length - 1;
      at = end;
    }
  }
  return tokens;
}

function endOfWord(text: string, from: number, line: number): number {
  const quote = text[from] === '"' || text[from] === "'" ? text[from] : undefined;
  for (let at = quote === undefined ? from : from + 1; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\') at++;
    else if (quote !== undefined) {
      if (character !== quote) continue;
      const next = text[at + 1];
      if (next !== undefined && !space.test(next) && !';{)'.includes(next)) {
        refuse('white space behind each quoted word', next, line);
      }
      return at + 1;
    } else if (space.test(character) || character === ';') return at;
    else if (character === '{' && text[at - 1] !== '$') return at;
  }
  if (quote !== undefined) refuse('an end of each quoted word', text.slice(from, from + 20), line);
  return text.length;
}

const escapes: Readonly<Record<string, string>> = {
  ...{ '"': '"', "'": "'", '\\': '\\' },
  ...{ t: '\t', r: '\r', n: '\n' },
};

function unescapeWord(word: string): string {
  return word.replace(/\\(.)/gs, (whole, character: string) => escapes[character] ?? whole);
}

function refuse(rule: string, got: string, line: number): never {
  throw new ConfigurationError(
    'ERR_HARNESS_CONFIGURATION',
    `a configuration of nginx must hold ${rule}, got ${show(got)} in line ${line}`,
  );
}
