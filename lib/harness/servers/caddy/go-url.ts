/**
 * URLs as Go's net/url has them: a path that is decoded, beside the one that came where that was spelled otherwise.
 *
 * Rules of this file: as in `url.go` of Go 1.19. The spelling that came is sent on only as long as it still stands for the path;
 * whoever changes one of the two only gets the path in Go's own spelling.
 */

import { decodeEvery, escapeAt } from '../../../path/percent.js';

export interface GoUrl {
  scheme: string;
  host: string;
  opaque: string;
  /** Decoded. */
  path: string;
  /** As it came, where Go would have spelled it otherwise. */
  rawPath: string;
  rawQuery: string;
  /** There was a `?`, with nothing behind it. */
  forceQuery: boolean;
}

/** `url.ParseRequestURI()`; `undefined` where it fails. */
export function parseRequestUri(target: string): GoUrl | undefined {
  const url: GoUrl = {
    ...{ scheme: '', host: '', opaque: '', path: '', rawPath: '', rawQuery: '', forceQuery: false },
  };
  if (target === '' || [...target].some((character) => character < ' ' || character === '\x7f'))
    return undefined;
  if (target === '*') return { ...url, path: '*' };
  const [scheme = ''] = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/.exec(target) ?? [];
  if (scheme === '' && target.startsWith(':')) return undefined;
  let rest = scheme === '' ? target : target.slice(scheme.length + 1);
  url.scheme = scheme.toLowerCase();
  const mark = rest.indexOf('?');
  url.forceQuery = mark === rest.length - 1 && mark >= 0;
  if (mark >= 0) url.rawQuery = rest.slice(mark + 1);
  if (mark >= 0) rest = rest.slice(0, mark);
  if (!rest.startsWith('/')) return url.scheme === '' ? undefined : { ...url, opaque: rest };
  if (url.scheme !== '' && rest.startsWith('//')) {
    const slash = rest.indexOf('/', 2);
    const authority = rest.slice(2, slash < 0 ? undefined : slash);
    const host = authority.slice(authority.lastIndexOf('@') + 1);
    if (!isHost(host)) return undefined;
    url.host = host;
    rest = slash < 0 ? '' : rest.slice(slash);
  }
  if (!isDecodable(rest)) return undefined;
  url.path = decodeEvery(rest);
  url.rawPath = escapePath(url.path) === rest ? '' : rest;
  return url;
}

/** A name or an address, and a port of digits. */
function isHost(host: string): boolean {
  return /^(?:\[[^\]]*\]|[^:[\]]*)(?::\d*)?$/.test(host) && !/[\s"<>\\^`{|}]/.test(host);
}

export function isDecodable(text: string): boolean {
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at + 1)) {
    if (escapeAt(text, at) < 0) return false;
  }
  return true;
}

/** `(*URL).EscapedPath()`. */
export function escapedPath({ path, rawPath }: GoUrl): string {
  if (rawPath !== '' && isValidEncoded(rawPath) && isDecodable(rawPath) && decodeEvery(rawPath) === path)
    return rawPath;
  return path === '*' ? '*' : escapePath(path);
}

/** `(*URL).RequestURI()`. */
export function requestUri(url: GoUrl): string {
  let result = url.opaque;
  if (result === '') result = escapedPath(url) || '/';
  else if (result.startsWith('//')) result = `${url.scheme}:${result}`;
  return url.forceQuery || url.rawQuery !== '' ? `${result}?${url.rawQuery}` : result;
}

/** What Go leaves as it is in a path. */
function escapePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** What may stand in a spelling of a path that Go sends on. */
function isValidEncoded(text: string): boolean {
  return /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/.test(text);
}

/** `url.QueryEscape()`. */
export function queryEscape(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.~]/g, (character) => {
    return character === ' '
      ? '+'
      : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** The values of a parameter of a query, malformed pairs left out (`url.ParseQuery()`). */
export function queryValues(rawQuery: string, name: string): readonly string[] {
  return rawQuery.split('&').flatMap((pair) => {
    if (pair === '' || pair.includes(';') || !isDecodable(pair)) return [];
    const [key = '', ...rest] = pair.split('=').map((part) => part.replaceAll('+', ' '));
    return decodeEvery(key) === name ? [decodeEvery(rest.join('='))] : [];
  });
}
