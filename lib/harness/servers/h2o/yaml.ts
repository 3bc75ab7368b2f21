/**
 * The part of YAML in which configurations of h2o are written (YAML 1.1): mappings and sequences, as blocks or in braces and
 * brackets, scalars with and without quotes, anchors, aliases and merge keys.
 *
 * Rules of this file: a scalar is text, whatever it looks like; a mapping keeps the order of its keys. What is another part of YAML
 * is refused, with its line.
 */

import { type Place, unknownDirective } from '../reading.js';

export type Yaml = Scalar | Mapping | Sequence;

export interface Scalar {
  readonly kind: 'scalar';
  readonly text: string;
  readonly place: Place;
}

export interface Mapping {
  readonly kind: 'mapping';
  readonly entries: readonly (readonly [key: string, value: Yaml])[];
  readonly place: Place;
}

export interface Sequence {
  readonly kind: 'sequence';
  readonly items: readonly Yaml[];
  readonly place: Place;
}

interface Line {
  readonly indent: number;
  /** Without what is in front of it, comments and white space at its end. */
  readonly text: string;
  readonly place: Place;
}

export function readYaml(text: string): Yaml {
  return new Reader(linesOf(text)).document();
}

function linesOf(text: string): Line[] {
  return text.split('\n').flatMap((raw, index) => {
    const place = { server: 'h2o', line: index + 1 };
    const bare = withoutComment(raw).trimEnd();
    const indent = bare.length - bare.trimStart().length;
    if (/^\s*\t/.test(bare)) return unknownDirective(place, 'a tab before a key');
    return bare.trim() === '' || bare === '---' ? [] : [{ indent, text: bare.trimStart(), place }];
  });
}

/** A `#` begins a comment at the beginning, or behind a space, outside of quotes. */
function withoutComment(line: string): string {
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string;
    if (quote === '"' && character === '\\') at++;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if (/["']/.test(character) && /^$|[\s:[{,-]$/.test(line.slice(0, at))) quote = character;
    else if (character === '#' && (at === 0 || /\s/.test(line[at - 1] as string))) return line.slice(0, at);
  }
  return line;
}

class Reader {
  readonly #lines: Line[];
  readonly #anchors = new Map<string, Yaml>();
  #at = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  document(): Yaml {
    const [first] = this.#lines;
    if (first === undefined) return { kind: 'mapping', entries: [], place: { server: 'h2o', line: 1 } };
    const node = this.#block(first.indent);
    const rest = this.#lines[this.#at];
    return rest === undefined ? node : unknownDirective(rest.place, rest.text);
  }

  /** The node that begins at the line that is next. */
  #block(indent: number): Yaml {
    const { text, place } = this.#lines[this.#at] as Line;
    if (/^-(?:\s|$)/.test(text)) return this.#sequence(indent, place);
    if (splitKey(text) !== undefined) return this.#mapping(indent, place);
    this.#at++;
    return this.#inline(text, place);
  }

  #sequence(indent: number, place: Place): Sequence {
    const items: Yaml[] = [];
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[this.#at]) {
      if (line.indent !== indent || !/^-(?:\s|$)/.test(line.text)) break;
      const rest = line.text.slice(1).trimStart();
      if (rest === '') {
        this.#at++;
        items.push(this.#value('', indent, line.place));
      } else {
        // What stands behind the dash is a block of its own, as far in as it stands.
        this.#lines[this.#at] = { ...line, indent: indent + line.text.length - rest.length, text: rest };
        items.push(this.#block(indent + line.text.length - rest.length));
      }
    }
    return { kind: 'sequence', items, place };
  }

  #mapping(indent: number, place: Place): Mapping {
    const entries: (readonly [string, Yaml])[] = [];
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[this.#at]) {
      if (line.indent !== indent) break;
      const pair = splitKey(line.text);
      if (pair === undefined) return unknownDirective(line.place, line.text);
      this.#at++;
      const value = this.#value(pair.rest, indent, line.place);
      if (pair.key === '<<' && value.kind === 'mapping') entries.push(...value.entries);
      else entries.push([pair.key, value]);
    }
    return { kind: 'mapping', entries, place };
  }

  /** What stands behind a key or a dash: on the line, or in the lines that stand further in. */
  #value(text: string, indent: number, place: Place): Yaml {
    const [, anchor, rest = ''] = /^&([\w-]+)\s*(.*)$/.exec(text) ?? [undefined, undefined, text];
    const next = this.#lines[this.#at];
    const isBelow =
      next !== undefined &&
      (next.indent > indent || (next.indent === indent && /^-(?:\s|$)/.test(next.text)));
    const node =
      rest !== ''
        ? this.#inline(rest, place)
        : isBelow
          ? this.#block((next as Line).indent)
          : scalar('', place);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #inline(text: string, place: Place): Yaml {
    if (/^[|>!%@`]/.test(text)) return unknownDirective(place, text);
    const { node, end } = flowAt({ text, place, anchors: this.#anchors }, 0, '');
    return text.slice(end).trim() === '' ? node : unknownDirective(place, text);
  }
}

function scalar(text: string, place: Place): Scalar {
  return { kind: 'scalar', text, place };
}

function splitKey(text: string): { readonly key: string; readonly rest: string } | undefined {
  const [, quoted, apostrophes, plain, rest = ''] =
    /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s"'[{#&*!|>%@`-](?:[^:]|:(?!\s|$))*?|-(?!\s)(?:[^:]|:(?!\s|$))*?))\s*:(?:\s+(.*))?$/.exec(
      text,
    ) ?? [];
  const key = quoted === undefined ? (apostrophes?.replaceAll("''", "'") ?? plain) : unescaped(quoted);
  return key === undefined ? undefined : { key, rest };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex?: string, character = '') => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return escapes[character] ?? character;
  });
}

interface Flow {
  readonly text: string;
  readonly place: Place;
  readonly anchors: ReadonlyMap<string, Yaml>;
}

interface Found {
  readonly node: Yaml;
  readonly end: number;
}

/** A node on one line; a plain scalar ends where one of the characters follows. */
function flowAt(flow: Flow, at: number, stops: string): Found {
  const { text, place, anchors } = flow;
  const character = text[at];
  if (character === '{' || character === '[') return collectionAt(flow, at);
  if (character === '"' || character === "'") {
    const [whole = '', double, single = ''] =
      /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)')/.exec(text.slice(at)) ?? unknownDirective(place, text);
    const value = double === undefined ? single.replaceAll("''", "'") : unescaped(double);
    return { node: scalar(value, place), end: at + whole.length };
  }
  let end = at;
  while (end < text.length && !stops.includes(text[end] as string)) end++;
  const plain = text.slice(at, end).trim();
  if (!plain.startsWith('*')) return { node: scalar(plain, place), end };
  return { node: anchors.get(plain.slice(1)) ?? unknownDirective(place, plain), end };
}

function collectionAt(flow: Flow, from: number): Found {
  const { text, place } = flow;
  const isMapping = text[from] === '{';
  const close = isMapping ? '}' : ']';
  const entries: (readonly [string, Yaml])[] = [];
  const items: Yaml[] = [];
  const skipped = (index: number): number => index + (/^ */.exec(text.slice(index))?.[0].length ?? 0);
  let at = skipped(from + 1);
  while (text[at] !== close) {
    const first = flowAt(flow, at, isMapping ? ':,}' : ',]');
    at = skipped(first.end);
    if (isMapping) {
      if (text[at] !== ':' || first.node.kind !== 'scalar') return unknownDirective(place, text);
      const value = flowAt(flow, skipped(at + 1), ',}');
      entries.push([first.node.text, value.node]);
      at = skipped(value.end);
    } else items.push(first.node);
    if (text[at] === ',') at = skipped(at + 1);
    else if (text[at] !== close) return unknownDirective(place, text);
  }
  const node: Yaml = isMapping ? { kind: 'mapping', entries, place } : { kind: 'sequence', items, place };
  return { node, end: at + 1 };
}
