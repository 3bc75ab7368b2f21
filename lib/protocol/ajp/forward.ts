/**
 * FORWARD_REQUEST: a request's line, its header fields, its attributes.
 *
 * Rules of this file: what the message itself forbids is a mistake of the wire; what it allows and no request can be is a
 * refusal, which is answered. Nothing is told of a request before all of it is judged: the secret comes last.
 */

import { show } from '../../errors.js';
import { isField } from '../cgi-head.js';
import type { Environ, Headers } from '../events.js';
import * as ajp from './attributes.js';
import { JK_STORED, methods, requestHeaders } from './packets.js';
import type { PayloadReader } from './payload.js';
import type { Mistake } from './reader.js';

/** A request, as it was sent. */
export interface Forward {
  readonly method: string;
  readonly environ: Environ;
  readonly headers: Headers;
  readonly secret: string | undefined;
  /** A request attribute that nobody asked for. */
  readonly unknown: string | undefined;
}

/** Why a request is not served, and what it is answered with. */
export interface Refusal extends Mistake {
  readonly status: 400 | 403;
  readonly reason: string;
}

/** Reads the message behind its type; worth nothing where the reader has found a mistake. */
export function readForward(payload: PayloadReader, maxParams: number, taken: ReadonlySet<string>): Forward {
  const coded = methodOf(payload);
  const protocol = payload.required('the protocol');
  const uri = payload.required('req_uri');
  const [address, host, server] = [payload.string(), payload.string(), payload.string()];
  const port = payload.integer();
  const isSsl = payload.byte() !== 0;
  const headers = payload.headers(requestHeaders, maxParams);
  const { variables, unknown, secret } = readAttributes(payload, maxParams - headers.length, taken);
  payload.end();
  const stored = variables.get('REQUEST_METHOD');
  if ((coded === undefined) !== (stored !== undefined)) {
    payload.refuse(`the attribute stored_method must stand for the method code 255, got ${show(stored)}`);
  }
  const query = variables.get('QUERY_STRING');
  variables.delete('REQUEST_METHOD');
  const method = coded ?? stored ?? '';
  const environ: readonly (readonly [string, string | undefined])[] = [
    ['REQUEST_METHOD', method],
    ['REQUEST_URI', query === undefined ? uri : `${uri}?${query}`],
    ['SERVER_PROTOCOL', protocol],
    ['SERVER_NAME', server],
    ['SERVER_PORT', String(port)],
    ['REMOTE_ADDR', address],
    ['REMOTE_HOST', host],
    ['HTTPS', isSsl ? 'on' : undefined],
    ['CONTENT_LENGTH', valuesOf(headers, 'content-length')[0]],
    ['CONTENT_TYPE', valuesOf(headers, 'content-type')[0]],
    ...variables,
  ];
  return { method, environ: environ.filter(isThere), headers, secret, unknown };
}

function isThere(pair: readonly [string, string | undefined]): pair is readonly [string, string] {
  return pair[1] !== undefined;
}

/** `undefined` where the method is an attribute. */
function methodOf(payload: PayloadReader): string | undefined {
  const code = payload.byte();
  if (code === JK_STORED) return undefined;
  const method = methods[code - 1];
  if (method === undefined) {
    payload.refuse(`the code of a method must be 1 to ${methods.length} or 255, got ${code}`);
  }
  return method ?? '';
}

interface Attributes {
  readonly variables: Map<string, string | undefined>;
  readonly unknown: string | undefined;
  readonly secret: string | undefined;
}

function readAttributes(payload: PayloadReader, most: number, taken: ReadonlySet<string>): Attributes {
  const variables = new Map<string, string | undefined>();
  const keep = (name: string, value: string | undefined): void => {
    if (variables.has(name)) payload.refuse(`an attribute must come once, got ${name} again`);
    variables.set(name, value);
  };
  let unknown: string | undefined;
  let secret: string | undefined;
  let count = 0;
  for (;;) {
    const code = payload.byte();
    if (code === ajp.ARE_DONE || payload.mistake !== undefined) return { variables, unknown, secret };
    if (++count > most) {
      payload.refuseCount('more');
    }
    const coded = ajp.codedAttributes.get(code);
    if (coded !== undefined) {
      keep(coded, payload.string());
    } else if (code === ajp.REQ_ATTRIBUTE) {
      const name = payload.required('the name of a request attribute');
      const value = payload.string();
      const known = ajp.knownAttributes.get(name) ?? (taken.has(name) ? name : undefined);
      if (known === undefined) unknown ??= name;
      else keep(known, value);
    } else if (code === ajp.SSL_KEY_SIZE) {
      keep(ajp.keySize, String(payload.integer()));
    } else if (code === ajp.SECRET) {
      if (secret !== undefined) payload.refuse('the secret must come once, got it again');
      secret = payload.string() ?? '';
    } else {
      payload.refuse(`the code of an attribute must be 1 to 13 or 255, got ${code}`);
    }
  }
}

/** All values of a field; `name` in lower case. */
function valuesOf(headers: Headers, name: string): string[] {
  return headers.flatMap(([each, value]) => (each.toLowerCase() === name ? [value] : []));
}

/** Why a request is not served; `secret`: the one that it has to know. */
export function refusalOf(forward: Forward, secret: string | undefined): Refusal | undefined {
  const { method, headers, unknown } = forward;
  if (secret !== undefined && (forward.secret === undefined || !ajp.isSecret(forward.secret, secret))) {
    const got = forward.secret === undefined ? 'none' : 'another';
    return forbidden('ERR_PROTOCOL_SECRET', `the secret must be the one of the configuration, got ${got}`);
  }
  if (unknown !== undefined) {
    const rule = 'a request attribute must be a known one or be named in the option attributes';
    return forbidden('ERR_PROTOCOL_ATTRIBUTE', `${rule}, got ${show(unknown)}`);
  }
  if (!isField(method, '')) return bad(`the method must be a token, got ${show(method)}`);
  const wrong = headers.find(([name, value]) => !isField(name, value));
  if (wrong !== undefined) return bad(`a header field must be one, got ${show(wrong.join(': '))}`);
  return framingRefusal(headers);
}

/** Of two lengths, or of a length and chunks, each side could believe another (CVE-2022-26377). */
export function framingRefusal(headers: Headers): Refusal | undefined {
  const lengths = valuesOf(headers, 'content-length');
  const [length = '0'] = lengths;
  if (lengths.length > 1 || !/^[0-9]+$/.test(length) || !Number.isSafeInteger(Number(length))) {
    return bad(`Content-Length must be one number of bytes, got ${lengths.map(show).join(' and ')}`);
  }
  const encodings = valuesOf(headers, 'transfer-encoding');
  if (encodings.length === 0) return undefined;
  if (lengths.length > 0) {
    return bad(`Content-Length must not come with Transfer-Encoding, got ${show(encodings[0])} too`);
  }
  return encodings.length === 1 && encodings[0]?.toLowerCase() === 'chunked'
    ? undefined
    : bad(`Transfer-Encoding must be "chunked", got ${encodings.map(show).join(' and ')}`);
}

/** Bytes of body that come; of chunks nobody knows. */
export function bodyLength(headers: Headers): number {
  if (valuesOf(headers, 'transfer-encoding').length > 0) return Number.POSITIVE_INFINITY;
  return Number(valuesOf(headers, 'content-length')[0] ?? 0);
}

function forbidden(code: 'ERR_PROTOCOL_SECRET' | 'ERR_PROTOCOL_ATTRIBUTE', message: string): Refusal {
  return { status: 403, reason: 'Forbidden', code, message };
}

function bad(message: string): Refusal {
  return { status: 400, reason: 'Bad Request', code: 'ERR_PROTOCOL_REQUEST', message };
}
