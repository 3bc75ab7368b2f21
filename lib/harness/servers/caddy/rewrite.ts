/**
 * `rewrite`, `uri`, `method` and what `handle_path` strips (Caddy's `rewrite.go`).
 *
 * Rules of this file: each changes the URL of the request in Go's way; the original stays beside it.
 */

import { decodeEvery, escapeAt } from '../../../path/percent.js';
import { compileExpression } from '../expression.js';
import { cleanPath } from './go-path.js';
import { expandTemplate } from './go-regexp.js';
import { escapedPath, isDecodable, queryEscape } from './go-url.js';
import { replaceAll } from './placeholders.js';
import type { State } from './state.js';

export type Change = (state: State) => void;

/** `rewrite <to>`: only the parts that are given change. */
export function rewriteTo(target: string): Change {
  const [beforeFragment = ''] = target.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  const pathText = mark < 0 ? beforeFragment : beforeFragment.slice(0, mark);
  return (state) => {
    let query = mark < 0 ? '' : beforeFragment.slice(mark + 1);
    const { url } = state;
    const whole = url.path + (url.rawQuery === '' ? '' : `?${url.rawQuery}`);
    let path = replaceAll(pathText.replaceAll('{http.request.uri}', whole), state);
    const injected = path.indexOf('?');
    if (injected >= 0) {
      if (query === '') query = path.slice(injected + 1);
      path = path.slice(0, injected);
    }
    const newQuery = query === '' ? '' : buildQuery(query, state);
    if (pathText !== '') url.path = path;
    if (mark >= 0) url.rawQuery = newQuery;
  };
}

/** Values are escaped, the query of the request where it stands as a key is not. */
function buildQuery(text: string, state: State): string {
  let out = '';
  let isKey = true;
  for (let rest = text; rest.length > 0; ) {
    const end = rest.search(/[=&]/);
    const part = end < 0 ? rest : rest.slice(0, end);
    const isAtKey = isKey;
    const component = replaceAll(part, state, (value, key) =>
      key === 'http.request.uri.query' && isAtKey ? value : queryEscape(value),
    );
    if (!isKey) out += '=';
    else if (out.length > 0 && component.length > 0) out += '&';
    out += component;
    isKey = rest[end] === '&';
    rest = end < 0 ? '' : rest.slice(end + 1);
  }
  return out;
}

export function stripPrefix(text: string): Change {
  return (state) => {
    const prefix = replaceAll(text, state);
    changePath(state, (path) => trimPrefix(cleanPath(path, !prefix.includes('//')), prefix));
  };
}

export function stripSuffix(text: string): Change {
  const reverse = (each: string): string => [...each].reverse().join('');
  return (state) => {
    const suffix = replaceAll(text, state);
    changePath(state, (path) =>
      reverse(trimPrefix(reverse(cleanPath(path, !suffix.includes('//'))), reverse(suffix))),
    );
  };
}

export function replaceText(find: string, by: string, limit: number): Change {
  return (state) => {
    const [wanted, replacement] = [replaceAll(find, state), replaceAll(by, state)];
    const most = limit > 0 ? limit : Number.POSITIVE_INFINITY;
    const fixed = (text: string): string => replaceFirst(text, wanted, replacement, most);
    changePath(state, (path) => fixed(cleanPath(path, !find.includes('//'))));
    state.url.rawQuery = fixed(state.url.rawQuery);
  };
}

function replaceFirst(text: string, wanted: string, by: string, limit: number): string {
  let out = '';
  let from = 0;
  for (let count = 0; count < limit; count++) {
    const at = text.indexOf(wanted, from);
    if (at < 0) break;
    out += text.slice(from, at) + by;
    from = at + wanted.length;
  }
  return out + text.slice(from);
}

export function replaceExpression(source: string, by: string): Change {
  const expression = compileExpression(source, { flavour: 're2', global: true });
  return (state) => {
    const template = replaceAll(by, state);
    changePath(state, (path) => path.replace(expression, (...match) => expandTemplate(template, match)));
  };
}

/** Changes the spelling; the path follows it, unless nothing is left, or nothing that can be decoded. */
function changePath({ url }: State, change: (path: string) => string): void {
  url.rawPath = change(escapedPath(url));
  const decoded = isDecodable(url.rawPath) ? decodeEvery(url.rawPath) : '';
  url.path = decoded === '' ? change(url.path) : decoded;
  if (url.rawPath === url.path) url.rawPath = '';
}

/** In whatever case, and however spelled, unless the prefix has escapes itself. */
function trimPrefix(path: string, prefix: string): string {
  let [at, index] = [0, 0];
  for (; at < path.length && index < prefix.length; at++, index++) {
    const wanted = prefix[index] as string;
    let character = path[at] as string;
    if (character === '%' && wanted !== '%' && path.length >= at + 3) {
      const code = escapeAt(path, at);
      if (code < 0) return path;
      character = String.fromCharCode(code);
      at += 2;
    }
    if (character.toLowerCase() !== wanted.toLowerCase()) return path;
  }
  return at >= prefix.length ? path.slice(at) : path;
}
