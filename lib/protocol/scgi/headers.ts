/**
 * The headers of an SCGI request (protocol.txt of 2008-06-23, section 3): names and values, a NUL behind each.
 *
 * Rules of this file: to the letter of the specification, but for one thing. It allows no name twice, and nginx and lighttpd
 * send a name twice where a client sent a header field twice, or one with `-` and one with `_`; so only what frames the
 * request, CONTENT_LENGTH and SCGI, must come once.
 */

import { type ProtocolCode, show } from '../../errors.js';
import { fromLatin1 } from '../bytes.js';
import type { Environ } from '../events.js';
import { countRule } from '../limits.js';
import { parseLength } from '../single/length.js';

/** A request's headers, and the length of its body. */
export interface ScgiHeaders {
  readonly environ: Environ;
  readonly length: number;
}

/** What is wrong with them. */
export interface HeadersMistake {
  readonly code: ProtocolCode;
  readonly message: string;
}

/** Reads headers: text of one character a byte. */
export function decodeHeaders(text: string, maxParams: number): ScgiHeaders | HeadersMistake {
  const environ: (readonly [string, string])[] = [];
  let at = 0;
  while (at < text.length) {
    if (environ.length === maxParams) {
      return { code: 'ERR_PROTOCOL_LIMIT', message: `${countRule(maxParams)}, got more` };
    }
    const middle = text.indexOf('\0', at);
    const end = middle === -1 ? -1 : text.indexOf('\0', middle + 1);
    if (end === -1) return malformed('each header must be a name, NUL, a value and NUL', text.slice(at));
    if (middle === at) return malformed('the name of a header must not be empty', text.slice(at, end));
    environ.push([text.slice(at, middle), text.slice(middle + 1, end)]);
    at = end + 1;
  }
  return framed(environ);
}

function framed(environ: Environ): ScgiHeaders | HeadersMistake {
  // A netstring is never empty, so there is one.
  const [first, value] = environ[0] as Environ[number];
  if (first !== 'CONTENT_LENGTH') return malformed('the first header must be CONTENT_LENGTH', first);
  const length = parseLength(value);
  if (length === undefined) return malformed('CONTENT_LENGTH must be decimal digits', value);
  for (const once of ['CONTENT_LENGTH', 'SCGI']) {
    const count = environ.filter(([name]) => name === once).length;
    if (count !== 1) return malformed(`${once} must come once`, count);
  }
  const version = environ.find(([name]) => name === 'SCGI')?.[1];
  return version === '1' ? { environ, length } : malformed('SCGI must be "1"', version);
}

function malformed(rule: string, got: unknown): HeadersMistake {
  return { code: 'ERR_PROTOCOL_PARAMS', message: `${rule}, got ${show(got)}` };
}

/** Headers as a netstring. */
export function encodeHeaders(environ: Environ): Uint8Array {
  let text = '';
  for (const [name, value] of environ) text += `${name}\0${value}\0`;
  return fromLatin1(`${text.length}:${text},`);
}
