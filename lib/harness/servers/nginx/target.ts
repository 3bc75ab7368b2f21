/**
 * How nginx reads a request target (ngx_http_parse_request_line, ngx_http_parse_complex_uri), and how it writes a path out again.
 *
 * Rules of this file: strings of one character a byte. A path is decoded once, dot segments are removed from what comes out, so
 * that `%2F` and `%2E` count as what they stand for; `%3F`, `%23` and `%25` do not.
 */

import { escapeAt } from '../../../path/percent.js';

/** A request target, taken apart. */
export interface Target {
  /** As it came, without scheme and authority: what is in `$request_uri`. */
  readonly unparsed: string;
  /** Whether it may be sent on as it came. */
  readonly isUnparsedValid: boolean;
  /** Decoded and without dot segments. */
  readonly uri: string;
  readonly args: string;
  /** Of an absolute-form target: as sent, without the port. */
  readonly host: string | undefined;
  /** Whether the path held an percentEscape. */
  readonly isQuoted: boolean;
  readonly hasPlus: boolean;
}

const absoluteForm =
  /^[a-z][a-z0-9+.-]*:\/\/(\[[a-z0-9:\-._~!$&'()*+,;=]*\]|[a-z0-9.-]*)(?::[0-9]*)?((?:[/?].*)?)$/is;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\u0000-\u0020\u007f]/;

/** `undefined`: a target that is answered with 400. */
export function readTarget(target: string, mergesSlashes: boolean): Target | undefined {
  if (forbidden.test(target)) return undefined;
  if (target.startsWith('/')) return readPath(target, mergesSlashes, undefined);
  const [, host, rest = ''] = absoluteForm.exec(target) ?? [];
  if (host === undefined) return undefined;
  return readPath(rest === '' ? '/' : rest, mergesSlashes, host);
}

function readPath(unparsed: string, mergesSlashes: boolean, host: string | undefined): Target | undefined {
  const isPathEmpty = unparsed.startsWith('?');
  const end = unparsed.search(/[?#]/);
  const path = isPathEmpty ? '/' : unparsed.slice(0, end < 0 ? undefined : end);
  const uri = normalise(path, mergesSlashes);
  if (uri === undefined) return undefined;
  const query = end >= 0 && unparsed[end] === '?' ? unparsed.slice(end + 1) : '';
  return {
    ...{ unparsed, uri, host, isUnparsedValid: !isPathEmpty },
    args: query.split('#', 1)[0] as string,
    isQuoted: path.includes('%'),
    hasPlus: /\+|%2b/i.test(path),
  };
}

/** What a segment has been so far: where it matters. */
type State = 'usual' | 'slash' | 'dot' | 'dots';

function normalise(path: string, mergesSlashes: boolean): string | undefined {
  const out: string[] = [];
  let state: State = 'usual';
  for (let at = 0; at < path.length; at++) {
    let character = path[at] as string;
    if (character === '%') {
      const code = escapeAt(path, at);
      if (code <= 0) return undefined;
      at += 2;
      character = String.fromCharCode(code);
      if ('%#?'.includes(character)) {
        out.push(character);
        state = 'usual';
        continue;
      }
    }
    if (character === '/') {
      if (state === 'dot') out.pop();
      else if (state === 'dots') {
        if (!climb(out)) return undefined;
      } else if (state === 'usual' || !mergesSlashes) out.push('/');
      state = 'slash';
    } else {
      out.push(character);
      if (character !== '.') state = 'usual';
      else state = state === 'slash' ? 'dot' : state === 'dot' ? 'dots' : 'usual';
    }
  }
  if (state === 'dot') out.pop();
  if (state === 'dots' && !climb(out)) return undefined;
  return out.join('');
}

/** Takes `/..` away, and the segment before it; `false` where there is none. */
function climb(out: string[]): boolean {
  const slash = out.length < 4 ? -1 : out.lastIndexOf('/', out.length - 4);
  if (slash < 0) return false;
  out.length = slash + 1;
  return true;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: as ngx_escape_uri has them
const outsideUri = /[\u0000-\u0020"#%<>?\\^`{|}\u007f-\u00ff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as ngx_escape_uri has them
const outsideArgs = /[\u0000-\u0020"#%&+;<>?\\^`{|}\u007f-\u00ff]/g;

function percentEscape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** NGX_ESCAPE_URI. */
export function escapeUri(uri: string): string {
  return uri.replace(outsideUri, percentEscape);
}

/** NGX_ESCAPE_ARGS. */
export function escapeArgs(text: string): string {
  return text.replace(outsideArgs, percentEscape);
}

/** NGX_UNESCAPE_REDIRECT: what a `Location` needs no percentEscape for, up to its query. */
export function unescapeRedirect(text: string): string {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '?') return out + text.slice(at);
    if (character !== '%') {
      out += character;
      continue;
    }
    const code = escapeAt(text, at);
    if (code < 0) {
      // The percentEscape's first character is taken away with what cannot belong to it.
      const isFirstHex = /[0-9a-f]/i.test(text[at + 1] ?? '');
      if (!isFirstHex) out += text[at + 1] ?? '';
      at += isFirstHex ? 2 : 1;
      continue;
    }
    const isPlain = code > 0x25 && code < 0x7f;
    out += isPlain ? String.fromCharCode(code) : text.slice(at, at + 3);
    at += 2;
    if (code === 0x3f) return out + text.slice(at + 1);
  }
  return out;
}
