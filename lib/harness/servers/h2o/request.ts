/**
 * A request as h2o has it, and what it refuses before that (`lib/http1.c`, picohttpparser).
 *
 * Rules of this file: five fields are no fields of h2o any more: Host, Content-Length, Transfer-Encoding, Upgrade and Expect. Of
 * several Host fields the last one counts; white space at the end of a value stays.
 */

import { foldAscii } from '../../../path/percent.js';
import type { ClientConnection, ClientRequest } from '../../model.js';
import type { Field } from './headers.js';
import { type NormalPath, normalPath } from './path.js';

export interface H2oRequest {
  readonly method: string;
  readonly target: string;
  readonly normal: NormalPath;
  readonly version: string;
  readonly authority: string | undefined;
  readonly headers: readonly Field[];
  readonly upgrade: string;
  /** `undefined` where no body was announced. */
  readonly bodyLength: number | undefined;
  readonly connection: ClientConnection;
}

const taken = ['host', 'content-length', 'transfer-encoding', 'upgrade', 'expect'];

/** A request, or the status of a refusal. */
export function readRequest(request: ClientRequest, connection: ClientConnection): H2oRequest | number {
  const { method, target, version, body } = request;
  if (![method, target].every((text) => /^[!-~\x80-\xff]+$/.test(text))) return 400;
  if (!/^HTTP\/1\.\d$/.test(version)) return 400;
  const headers = request.headers.map(([name, value]): Field => [name, value.replace(/^[ \t]+/, '')]);
  if (!headers.every(([name]) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))) return 400;
  if (headers.some(([, value]) => [...value].some(isControl))) return 400;
  const last = (wanted: string): string | undefined =>
    headers.findLast(([name]) => foldAscii(name) === wanted)?.[1];
  const coding = last('transfer-encoding');
  const length = headers.find(([name]) => foldAscii(name) === 'content-length')?.[1];
  const announced = coding ?? length;
  const expected = last('expect');
  if (announced !== undefined) {
    if (expected !== undefined && foldAscii(expected) !== '100-continue') return 417;
    if (coding === undefined ? !/^\d+$/.test(length ?? '') : foldAscii(coding) !== 'chunked') return 400;
  }
  return {
    ...{ method, target, normal: normalPath(target), version: version === 'HTTP/1.0' ? version : 'HTTP/1.1' },
    authority: last('host'),
    headers: headers.filter(([name]) => !taken.includes(foldAscii(name))),
    upgrade: tokens(last('connection')).includes('upgrade') ? foldAscii(last('upgrade') ?? '') : '',
    bodyLength: announced === undefined ? undefined : (body?.length ?? 0),
    connection,
  };
}

export function tokens(list: string | undefined): readonly string[] {
  return (list ?? '').split(',').map((token) => foldAscii(token.trim()));
}

function isControl(character: string): boolean {
  return (character < ' ' && character !== '\t') || character === '\x7f';
}
