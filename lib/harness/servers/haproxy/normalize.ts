/**
 * `http-request normalize-uri`: the path or the query in a form of HAProxy's choice (its manual; `uri_normalizer.c`).
 *
 * Rules of this file: a normaliser gives `undefined` where its strict form meets what it must not.
 */

import { escapeAt, isUnreserved } from '../../../path/percent.js';
import { type Place, unknownDirective } from '../reading.js';
import type { Transaction } from './transaction.js';

/** Changes the target; says `false` of what is malformed. */
export type Normaliser = (transaction: Transaction) => boolean;

export function parseNormaliser([name = '', option]: readonly string[], place: Place): Normaliser {
  const isStrict = option === 'strict';
  switch (name) {
    case 'path-merge-slashes':
      return onPath(false, (path) => path.replace(/\/+/g, '/'));
    case 'path-strip-dot':
      return onPath(false, withoutDots);
    case 'path-strip-dotdot':
      return onPath(false, (path) => withoutDotDots(path, option === 'full'));
    case 'percent-to-uppercase':
      return onPath(true, (path) => eachEscape(path, isStrict, (_, escaped) => escaped.toUpperCase()));
    case 'percent-decode-unreserved':
      return onPath(true, (path) =>
        eachEscape(path, isStrict, (code, escaped) =>
          isUnreserved(code) ? String.fromCharCode(code) : escaped,
        ),
      );
    case 'fragment-strip':
      return onPath(true, (path) => path.split('#', 1)[0]);
    case 'fragment-encode':
      return onPath(true, (path) => path.replaceAll('#', '%23'));
    case 'query-sort-by-name':
      return (transaction) => {
        const query = transaction.path(true)?.split(/\?([\s\S]*)/)[1];
        if (query !== undefined) transaction.replaceQuery(sorted(query));
        return true;
      };
    default:
      return unknownDirective(place, name);
  }
}

function onPath(withQuery: boolean, change: (path: string) => string | undefined): Normaliser {
  return (transaction) => {
    const path = transaction.path(withQuery);
    if (path === undefined) return true;
    const changed = change(path);
    if (changed === undefined) return false;
    transaction.replacePath(changed, withQuery);
    return true;
  };
}

function withoutDots(path: string): string {
  const segments = path.split('/');
  return segments
    .map((segment, index) => (segment === '.' ? '' : segment + (index < segments.length - 1 ? '/' : '')))
    .join('');
}

/** Those that lead above the root stay in front, unless the full form is asked for. */
function withoutDotDots(path: string, isFull: boolean): string {
  const segments = path.split('/').slice(1);
  if (segments.at(-1) === '..') segments.push('');
  const last = segments.pop() ?? '';
  const kept: string[] = [];
  let above = 0;
  for (const segment of segments) {
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) above++;
  }
  return `/${isFull ? '' : '../'.repeat(above)}${[...kept, last].join('/')}`;
}

function eachEscape(
  path: string,
  isStrict: boolean,
  change: (code: number, escaped: string) => string,
): string | undefined {
  let out = '';
  for (let at = 0; at < path.length; at++) {
    const code = path[at] === '%' ? escapeAt(path, at) : -1;
    if (code >= 0) {
      out += change(code, path.slice(at, at + 3));
      at += 2;
    } else {
      if (path[at] === '%' && isStrict) return undefined;
      out += path[at];
    }
  }
  return out;
}

function sorted(query: string): string {
  if (query === '') return '';
  // A delimiter at the end separates nothing.
  const parameters = query
    .replace(/&$/, '')
    .split('&')
    .map((text) => ({ text, name: text.split('=', 1)[0] as string }));
  return parameters
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ text }) => text)
    .join('&');
}
