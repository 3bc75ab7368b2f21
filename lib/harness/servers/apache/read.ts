/**
 * The language of Apache's configuration: lines into directives and sections, with what decides on the way which lines count
 * (Define, IfModule, IfDefine, IfVersion, IfFile, Include).
 *
 * Source: "Configuration Files" and "Configuration Sections" of the manual of Apache 2.4; `ap_getword_conf()` for words.
 *
 * Rules of this file: it knows no directive but those that concern reading; a section that is not closed is refused.
 */

import { ConfigurationError, show } from '../../../errors.js';
import type { ConfigurationFiles, Surroundings } from '../../model.js';

/** One directive, or one section with what stands in it. */
export interface Directive {
  /** Lower case; a section's too. Apache compares names so. */
  readonly name: string;
  /** As it is written. */
  readonly written: string;
  /** Words, without their quotes. */
  readonly args: readonly string[];
  /** What follows the name, as it is written. */
  readonly text: string;
  readonly line: number;
  /** `undefined` where it is no section. */
  readonly children: readonly Directive[] | undefined;
}

/** A configuration that has been read. */
export interface ReadConfiguration {
  readonly directives: readonly Directive[];
  /** `rewrite_module` and the like, in lower case; empty where the configuration loads none. */
  readonly modules: ReadonlySet<string>;
}

/** The release that is modelled. */
export const version = '2.4.71';

const sections = new WeakMap<Directive, Directive>();

/** The section of requests in which a directive stands. */
export function sectionOf(directive: Directive): Directive | undefined {
  return sections.get(directive);
}

/** Makes a section of what stands in it. */
export function sectionWith(head: Directive, children: readonly Directive[]): Directive {
  const section = { ...head, children };
  for (const child of children) sections.set(child, section);
  return section;
}

interface Reader {
  readonly files: ConfigurationFiles;
  readonly surroundings: Surroundings;
  readonly modules: Set<string>;
  readonly defined: Map<string, string>;
  readonly depth: number;
}

interface Line {
  readonly text: string;
  readonly number: number;
}

/** Reads the main file of a configuration, and what it includes. */
export function readConfiguration(files: ConfigurationFiles, surroundings: Surroundings): ReadConfiguration {
  const names = Object.keys(files);
  const main = names.find((name) => name.endsWith('.conf')) ?? names[0];
  if (main === undefined) return { directives: [], modules: new Set() };
  const reader: Reader = { files, surroundings, modules: new Set(), defined: new Map(), depth: 0 };
  return { directives: readFile(files[main] as string, reader), modules: reader.modules };
}

/** Reads one file by itself: an .htaccess. */
export function readPart(text: string, modules: ReadonlySet<string>): readonly Directive[] {
  const reader = { files: {}, surroundings: {}, modules: new Set(modules), defined: new Map(), depth: 0 };
  return readFile(text, reader);
}

/** An error in a configuration, in the words that all front servers have. */
export function misconfigured(rule: string, { written, line }: Directive): ConfigurationError {
  return new ConfigurationError(
    'ERR_HARNESS_CONFIGURATION',
    `a configuration of Apache must ${rule}, got ${show(written)} in line ${line}`,
  );
}

function readFile(text: string, reader: Reader): readonly Directive[] {
  const lines = linesOf(text);
  const { directives, next } = readBlock(lines, 0, undefined, reader);
  const extra = lines[next];
  if (extra !== undefined) throw unclosed(extra);
  return directives;
}

/** Joins what a backslash at the end continues; comments and empty lines fall away. */
function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let joined = '';
  let first = 0;
  text.split('\n').forEach((each, index) => {
    const piece = each.endsWith('\r') ? each.slice(0, -1) : each;
    if (joined === '') first = index + 1;
    if (piece.endsWith('\\')) {
      joined += piece.slice(0, -1);
      return;
    }
    const whole = (joined + piece).trim();
    joined = '';
    if (whole !== '' && !whole.startsWith('#')) lines.push({ text: whole, number: first });
  });
  return lines;
}

interface Block {
  readonly directives: readonly Directive[];
  /** The line after it. */
  readonly next: number;
}

function readBlock(lines: readonly Line[], from: number, section: string | undefined, reader: Reader): Block {
  const directives: Directive[] = [];
  let at = from;
  while (at < lines.length) {
    const line = lines[at++] as Line;
    if (line.text.startsWith('</')) {
      const name = line.text.slice(2).replace(/>$/, '').trim().toLowerCase();
      if (name !== section) throw unclosed(line);
      return { directives, next: at };
    }
    const isSection = line.text.startsWith('<');
    const { name, text } = headOf(line, reader.defined);
    const directive = { name: name.toLowerCase(), written: name, text, line: line.number };
    if (!isSection) {
      directives.push(...readDirective({ ...directive, args: wordsOf(text), children: undefined }, reader));
      continue;
    }
    const args = wordsOf(text);
    const holds = holdsOf({ ...directive, args, children: undefined }, reader);
    // What does not count may hold anything, but has to be closed.
    const block = readBlock(lines, at, directive.name, holds === false ? deaf(reader) : reader);
    at = block.next;
    if (holds === true) directives.push(...block.directives);
    else if (holds === undefined) {
      directives.push(sectionWith({ ...directive, args, children: undefined }, block.directives));
    }
  }
  if (section === undefined) return { directives, next: at };
  throw unclosed(lines[from - 1] as Line);
}

function deaf(reader: Reader): Reader {
  return { ...reader, modules: new Set(reader.modules), defined: new Map(reader.defined), files: {} };
}

function unclosed(line: Line): ConfigurationError {
  return misconfigured('close each section that it opens', {
    ...{ name: '', written: line.text, args: [], text: '', line: line.number, children: undefined },
  });
}

function headOf({ text }: Line, defined: ReadonlyMap<string, string>): { name: string; text: string } {
  const inner = text.startsWith('<') ? text.slice(1).replace(/>[^>]*$/, '') : text;
  const whole = inner.replace(/\$\{([^}:]+)\}/g, (as, name: string) => defined.get(name) ?? as);
  const end = whole.search(/\s/);
  return end === -1
    ? { name: whole, text: '' }
    : { name: whole.slice(0, end), text: whole.slice(end).trim() };
}

/** Words, as `ap_getword_conf()` takes them off: a quote holds white space, a backslash the quote and itself. */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (isSpace(text[at])) {
      at++;
      continue;
    }
    const first = text[at] as string;
    const quote = first === '"' || first === "'" ? first : undefined;
    let word = '';
    if (quote !== undefined) at++;
    while (at < text.length && (quote === undefined ? !isSpace(text[at]) : text[at] !== quote)) {
      const next = text[at + 1];
      if (text[at] === '\\' && (next === '\\' || (quote !== undefined && next === quote))) at++;
      word += text[at++];
    }
    if (quote !== undefined) at++;
    words.push(word);
  }
  return words;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

/** What a line means at once; it stands in the tree where it means something later. */
function readDirective(directive: Directive, reader: Reader): readonly Directive[] {
  const [first = '', second = ''] = directive.args;
  switch (directive.name) {
    case 'loadmodule':
      reader.modules.add(first.toLowerCase());
      return [];
    case 'define':
      reader.defined.set(first, second);
      return [];
    case 'undefine':
      reader.defined.delete(first);
      return [];
    case 'include':
    case 'includeoptional':
      return include(directive, first, reader);
    default:
      return [directive];
  }
}

function include(directive: Directive, wanted: string, reader: Reader): readonly Directive[] {
  if (reader.depth > 16) throw misconfigured('not include itself', directive);
  const names = Object.keys(reader.files).filter((name) => isIncluded(name, wanted));
  if (names.length === 0 && directive.name === 'include' && reader.files !== undefined) {
    throw misconfigured(`include files that it was given with, which ${show(wanted)} is not`, directive);
  }
  return names.flatMap((name) =>
    readFile(reader.files[name] as string, { ...reader, depth: reader.depth + 1 }),
  );
}

/** Whether a file is meant by a path in which a star stands for part of a name. */
function isIncluded(name: string, wanted: string): boolean {
  const [own, others] = [name.split('/').reverse(), wanted.split('/').reverse()];
  const length = Math.min(own.length, others.length);
  for (let index = 0; index < length; index++) {
    if (!matchesStars(own[index] as string, others[index] as string)) return false;
  }
  return true;
}

/** A name against a pattern with stars; linear but for the tries after each star. */
export function matchesStars(name: string, pattern: string): boolean {
  const pieces = pattern.split('*');
  const [first = '', ...rest] = pieces;
  if (rest.length === 0) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() as string;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/** Whether a section's lines count; `undefined` where the section is one of requests. */
function holdsOf(directive: Directive, reader: Reader): boolean | undefined {
  const [first = ''] = directive.args;
  const isNot = first.startsWith('!');
  const wanted = isNot ? first.slice(1) : first;
  switch (directive.name) {
    case 'ifmodule':
      return isLoaded(wanted, reader.modules) !== isNot;
    case 'ifdefine':
      return reader.defined.has(wanted) !== isNot;
    case 'iffile':
      return (reader.surroundings.exists?.(wanted) !== undefined) !== isNot;
    case 'ifversion':
      return holdsVersion(directive);
    default:
      return undefined;
  }
}

/** A module by either of its names; where a configuration loads none, it is part of one that has all. */
export function isLoaded(name: string, modules: ReadonlySet<string>): boolean {
  if (modules.size === 0) return true;
  const lower = name.toLowerCase();
  return modules.has(lower) || modules.has(lower.replace(/^mod_(.*)\.c$/, '$1_module'));
}

function holdsVersion(directive: Directive): boolean {
  const { args } = directive;
  const [written = '=', wanted = ''] = args.length > 1 ? args : ['=', ...args];
  const isNot = written.startsWith('!');
  const operator = isNot ? written.slice(1) : written;
  if (!/^(?:==?|[<>]=?)$/.test(operator)) throw misconfigured('compare versions by < <= = >= >', directive);
  const [own, other] = [version, wanted].map((text) => text.split('.').map(Number)) as [number[], number[]];
  let order = 0;
  for (let index = 0; index < other.length && order === 0; index++) {
    order = (own[index] ?? 0) - (other[index] ?? 0);
  }
  const holds = order === 0 ? operator.includes('=') : operator.startsWith(order < 0 ? '<' : '>');
  return holds !== isNot;
}
