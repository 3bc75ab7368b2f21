/**
 * What lighttpd makes of the path and query of a target before it looks at it (`server.http-parseopts`; burl_normalize() of
 * 1.4.69), and of a path before it becomes a name of a file.
 *
 * Rules of this file: one character a byte; linear in the target.
 */

import { escapeAt, isUnreserved } from '../../../path/percent.js';
import { booleanOf, elementsOf, refuseValue, type Setting } from './values.js';

/** Names of options, as `server.http-parseopts` has them. */
export type ParseOptions = ReadonlySet<string>;

const normalizing = [
  ...['url-normalize', 'url-normalize-unreserved', 'url-normalize-required', 'url-ctrls-reject'],
  ...['url-path-backslash-trans', 'url-path-2f-decode', 'url-path-2f-reject', 'url-path-dotseg-remove'],
  ...['url-path-dotseg-reject', 'url-query-20-plus', 'url-invalid-utf8-reject'],
];
const others = ['header-strict', 'host-strict', 'host-normalize', 'method-get-body'];
const defaults = [
  ...['url-normalize', 'url-normalize-unreserved', 'url-ctrls-reject', 'url-path-2f-decode'],
  ...['url-path-dotseg-remove', 'url-invalid-utf8-reject', 'header-strict', 'host-strict'],
];

/** What a configuration asks of targets and header fields. */
export function readParseOptions(setting: Setting | undefined): ParseOptions {
  const options = new Set(defaults);
  let decodesSlashes = true;
  for (const element of setting === undefined ? [] : elementsOf(setting)) {
    const { key = '' } = element;
    if (!normalizing.includes(key) && !others.includes(key)) refuseValue(element, 'be an option that it has');
    const isOn = booleanOf(element);
    if (isOn) options.add(key);
    else options.delete(key);
    if (!isOn && key === 'url-path-2f-decode') decodesSlashes = false;
    if (!isOn && key === 'url-normalize') {
      for (const each of normalizing) options.delete(each);
      // Options after this one are not read.
      return options;
    }
  }
  if (!normalizing.some((each) => options.has(each))) return options;
  options.add('url-normalize');
  if (!options.has('url-normalize-unreserved') && !options.has('url-normalize-required')) {
    options.add('url-normalize-unreserved').add('url-invalid-utf8-reject');
    if (decodesSlashes && !options.has('url-path-2f-reject')) options.add('url-path-2f-decode');
  }
  return options;
}

export interface SplitTarget {
  readonly target: string;
  /** Decoded, in normal form. */
  readonly path: string;
  readonly query: string;
}

/** A target in normal form, and its parts; `undefined` where it is refused. */
export function splitTarget(sent: string, options: ParseOptions): SplitTarget | undefined {
  let target = sent;
  let mark: number;
  if (options.has('url-normalize')) {
    const normal = normalize(sent, options);
    if (normal === undefined) return undefined;
    [target, mark] = normal;
  } else {
    const fragment = sent.indexOf('#');
    if (fragment >= 0) target = sent.slice(0, fragment);
    mark = target.indexOf('?');
  }
  const raw = mark < 0 ? target : target.slice(0, mark);
  const path = simplifyPath(decodePath(raw));
  if (!path.startsWith('/')) return undefined;
  return { target, path, query: mark < 0 ? '' : target.slice(mark + 1) };
}

/** What may stand as it is in any part of a target, `?` too. */
const plain = /[-!$&'()*+,./0-9:;=?@A-Z_a-z~]/;

/** A target, and where its `?` is. */
function normalize(sent: string, options: ParseOptions): readonly [target: string, mark: number] | undefined {
  const isRequired = options.has('url-normalize-required');
  let target = '';
  let mark = -1;
  let isInvalid = false;
  for (let at = 0; at < sent.length && sent[at] !== '#'; at++) {
    const character = sent[at] as string;
    if (plain.test(character)) {
      // The one way of normalizing takes the first `?`, the other the last.
      if (character === '?' && (mark < 0 || isRequired)) mark = target.length;
      target += character;
      continue;
    }
    const escaped = character === '%' ? escapeAt(sent, at) : -1;
    if (escaped >= 0) at += 2;
    const code = escaped >= 0 ? escaped : character.charCodeAt(0);
    if (escaped >= 0 && (isRequired ? needsNoEscape(code, mark >= 0) : isUnreserved(code))) {
      target += String.fromCharCode(code);
    } else {
      target += `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
      if (code >= 0xf5 || code === 0xc0 || code === 0xc1) isInvalid = true;
    }
  }
  if (isInvalid) {
    if (options.has('url-invalid-utf8-reject')) return undefined;
    mark = target.indexOf('?');
  }
  if (options.has('url-ctrls-reject') && /%(?:[01]|7F)/.test(target)) return undefined;
  const path = normalizePath(mark < 0 ? target : target.slice(0, mark), options);
  if (path === undefined) return undefined;
  if (mark < 0) return [path, -1];
  const query = target.slice(mark);
  return [path + (options.has('url-query-20-plus') ? query.replaceAll('%20', '+') : query), path.length];
}

function needsNoEscape(code: number, isInQuery: boolean): boolean {
  const character = String.fromCharCode(code);
  return plain.test(character) && !(isInQuery ? '&=;+' : '/?').includes(character);
}

function normalizePath(raw: string, options: ParseOptions): string | undefined {
  let path = raw;
  if (path.includes('%2F')) {
    if (options.has('url-path-2f-decode')) path = path.replaceAll('%2F', '/');
    else if (options.has('url-path-2f-reject')) return undefined;
  }
  const isOdd = path.includes('//') || /(?:^|\/)\.\.?(?:\/|$)/.test(path);
  if (isOdd && options.has('url-path-dotseg-reject')) return undefined;
  return isOdd && options.has('url-path-dotseg-remove') ? simplifyPath(path) : path;
}

/** Decodes each escape, once; of control characters it makes `_`. */
export function decodePath(raw: string): string {
  if (!raw.includes('%')) return raw;
  let path = '';
  for (let at = 0; at < raw.length; at++) {
    const code = raw[at] === '%' ? escapeAt(raw, at) : -1;
    if (code < 0) {
      path += raw[at];
      continue;
    }
    path += code >= 32 && code !== 127 ? String.fromCharCode(code) : '_';
    at += 2;
  }
  return path;
}

/** Merges runs of slashes and removes dot segments; what climbs above the root stays there. */
export function simplifyPath(path: string): string {
  if (!path.startsWith('/')) return path;
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const isFolder = ['', '.', '..'].includes(segments.at(-1) as string);
  return `/${kept.join('/')}${isFolder && kept.length > 0 ? '/' : ''}`;
}

/** A path below another, with one slash between them. */
export function joinPath(first: string, second: string): string {
  const isAbsolute = second.startsWith('/');
  if (first.endsWith('/')) return first + (isAbsolute ? second.slice(1) : second);
  return isAbsolute ? first + second : `${first}/${second}`;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Expressions match nothing in what is not UTF-8. */
export function isUtf8(bytes: string): boolean {
  if (!/[\u0080-\u00ff]/.test(bytes)) return true;
  try {
    decoder.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
    return true;
  } catch {
    return false;
  }
}
