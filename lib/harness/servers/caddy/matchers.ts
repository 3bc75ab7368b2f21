/**
 * Matchers: `/foo/*`, `@name`, and what their definitions hold (Caddy's `matchers.go`).
 *
 * Rules of this file: those of one set all match; a key says of two sets that they are the same, since Caddy joins routes by that.
 */

import { compileTrust } from '../../../fixup/trust.js';
import { foldAscii } from '../../../path/percent.js';
import { compileExpression } from '../expression.js';
import { unknownDirective } from '../reading.js';
import { fileMatcher } from './files.js';
import { cleanPath, matchGlob } from './go-path.js';
import { escapedPath, queryValues } from './go-url.js';
import { matchesEscaped } from './match-escaped.js';
import { hostOf, replaceAll } from './placeholders.js';
import type { Segment } from './segments.js';
import type { State } from './state.js';

export type Test = (state: State) => boolean;

export interface MatcherSet {
  readonly key: string;
  readonly test: Test;
  /** How long its path is, where it has one; 0 where it has none, or several. */
  readonly pathLength: number;
}

export type Matchers = ReadonlyMap<string, MatcherSet>;

export function pathSet(path: string): MatcherSet {
  return { key: JSON.stringify([['path', path]]), test: pathTest([path]), pathLength: path.length };
}

/** `@name path /a` or `@name { … }`. */
export function defineMatcher({ words, block, place }: Segment): MatcherSet {
  const inline: Segment = { words: words.slice(1), block, place };
  return setOf(words.length > 1 ? [inline] : (block ?? []));
}

function setOf(lines: readonly Segment[]): MatcherSet {
  const byName = new Map<string, Segment[]>();
  for (const line of lines)
    byName.set(line.words[0] as string, [...(byName.get(line.words[0] as string) ?? []), line]);
  const tests = [...byName].map(([name, segments]) => testOf(name, segments));
  const paths = (byName.get('path') ?? []).flatMap(({ words }) => words.slice(1));
  return {
    key: JSON.stringify([...byName].map(([, segments]) => segments.flatMap(keyOf)).sort()),
    test: (state) => tests.every((test) => test(state)),
    pathLength: paths.length === 1 ? (paths[0] as string).length : 0,
  };
}

function keyOf({ words, block }: Segment): readonly unknown[] {
  return block === undefined ? words : [...words, block.map(keyOf)];
}

function testOf(name: string, segments: readonly Segment[]): Test {
  const [first] = segments as readonly [Segment];
  const all = segments.flatMap(({ words }) => words.slice(1));
  switch (name) {
    case 'path':
      return pathTest(all);
    case 'path_regexp': {
      const match = expressionTest(all);
      return (state) => match(cleanPath(state.url.path, true), state);
    }
    case 'host':
      return hostTest(all);
    case 'method':
      return ({ method }) => all.includes(method);
    case 'protocol':
      return ({ connection }) => all[0] === (connection.isEncrypted ? 'https' : 'http');
    case 'header':
      return headerTest(segments.map(({ words }) => words.slice(1)));
    case 'header_regexp': {
      const match = expressionTest(all.length === 3 ? [all[0] as string, all[2] as string] : all.slice(1));
      const field = (all.length === 3 ? all[1] : all[0]) as string;
      return (state) => fieldValues(state, field).some((value) => match(value, state));
    }
    case 'query':
      return queryTest(all);
    case 'remote_ip': {
      const ranges = all.flatMap((each) => (each === 'private_ranges' ? privateRanges : [each]));
      if (ranges.includes('forwarded')) return unknownDirective(first.place, 'remote_ip forwarded');
      const isOf = compileTrust(ranges);
      return ({ connection }) => isOf(connection.remoteAddress, 0);
    }
    case 'vars':
      return (state) => all.slice(1).includes(replaceAll(`{http.vars.${all[0]}}`, state));
    case 'not': {
      const sets = segments.map(({ words, block, place }) =>
        setOf(words.length > 1 ? [{ words: words.slice(1), block, place }] : (block ?? [])),
      );
      return (state) => !sets.some(({ test }) => test(state));
    }
    case 'file':
      return fileMatcher(first);
    default:
      return unknownDirective(first.place, name);
  }
}

export const privateRanges = [
  '192.168.0.0/16',
  '172.16.0.0/12',
  '10.0.0.0/8',
  '127.0.0.1/8',
  'fd00::/8',
  '::1',
];

/** In whatever case; dots and spaces at the end do not count, nor, unless the pattern has them, runs of slashes. */
export function pathTest(patterns: readonly string[]): Test {
  return (state) => {
    const path = foldAscii(state.url.path).replace(/[. ]+$/, '');
    return patterns.some((given) => {
      const pattern = replaceAll(foldAscii(given), state);
      if (pattern === '*') return true;
      const merges = !pattern.includes('//');
      if (pattern.includes('%')) return matchesEscaped(cleanPath(escapedPath(state.url), merges), pattern);
      const cleaned = cleanPath(path, merges);
      const stars = pattern.split('*').length - 1;
      const [isOpenBefore, isOpenAfter] = [pattern.startsWith('*'), pattern.endsWith('*')];
      if (stars === 2 && isOpenBefore && isOpenAfter) return cleaned.includes(pattern.slice(1, -1));
      if (stars === 1 && isOpenBefore) return cleaned.endsWith(pattern.slice(1));
      if (stars === 1 && isOpenAfter) return cleaned.startsWith(pattern.slice(0, -1));
      return matchGlob(pattern, cleaned);
    });
  };
}

export function hostTest(hosts: readonly string[]): Test {
  return (state) => {
    const host = foldAscii(hostOf(state).replace(/^\[(.*)\]$/, '$1'));
    return hosts.some((given) => {
      const wanted = foldAscii(replaceAll(given, state));
      if (!wanted.includes('*')) return wanted === host;
      const [parts, labels] = [wanted.split('.'), host.split('.')];
      return (
        parts.length === labels.length && parts.every((part, index) => part === '*' || part === labels[index])
      );
    });
  };
}

/** `[<name>] <expression>`; the groups become placeholders. */
function expressionTest(words: readonly string[]): (text: string, state: State) => boolean {
  const [name, source = ''] = words.length > 1 ? words : [undefined, words[0]];
  const expression = compileExpression(source, { flavour: 're2' });
  const prefix = name === undefined ? 'http.regexp' : `http.regexp.${name}`;
  return (text, { placeholders }) => {
    const match = expression.exec(text);
    if (match === null) return false;
    match.forEach((group, index) => {
      placeholders.set(`${prefix}.${index}`, group ?? '');
    });
    for (const [key, group] of Object.entries(match.groups ?? {}))
      placeholders.set(`${prefix}.${key}`, group ?? '');
    return true;
  };
}

function fieldValues(state: State, name: string): readonly string[] {
  return foldAscii(name) === 'host' && state.host !== '' ? [state.host] : (state.headers.values(name) ?? []);
}

function headerTest(lines: readonly (readonly string[])[]): Test {
  const wanted = new Map<string, string[]>();
  for (const [field = '', value = '*'] of lines) {
    const name = foldAscii(field.replace(/^!/, ''));
    if (field.startsWith('!')) wanted.set(name, []);
    else wanted.set(name, [...(wanted.get(name) ?? []), value]);
  }
  return (state) =>
    [...wanted].every(([name, allowed]) => {
      const values = fieldValues(state, name);
      if (allowed.length === 0) return values.length === 0;
      return values.some((value) => allowed.some((each) => matchesStars(value, replaceAll(each, state))));
    });
}

function matchesStars(value: string, pattern: string): boolean {
  if (pattern === '*') return true;
  const [isOpenBefore, isOpenAfter] = [pattern.startsWith('*'), pattern.endsWith('*')];
  if (isOpenBefore && isOpenAfter) return value.includes(pattern.slice(1, -1));
  if (isOpenBefore) return value.endsWith(pattern.slice(1));
  return isOpenAfter ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}

function queryTest(pairs: readonly string[]): Test {
  const wanted = pairs.filter((pair) => pair !== '').map((pair) => pair.split(/=([\s\S]*)/));
  return (state) => {
    const { rawQuery } = state.url;
    if (wanted.length === 0) return rawQuery === '';
    return wanted.some(([name = '', value = '']) => {
      const [found] = queryValues(rawQuery, replaceAll(name, state));
      return found !== undefined && (value === '*' || found === replaceAll(value, state));
    });
  };
}
