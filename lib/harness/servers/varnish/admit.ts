/**
 * What Varnish refuses before any subroutine sees it, and what it puts right as it reads (`cache_http1_proto.c`, `cache_req_fsm.c`).
 *
 * Rules of this file: a refusal is 400, but for an expectation that cannot be met.
 */

import { foldAscii } from '../../../path/percent.js';
import type { ClientRequest } from '../../model.js';
import { known, tokensOfConnection } from './fields.js';
import { Message } from './transaction.js';

/** The request as subroutines see it, or the status by which it is refused. */
export function admit(request: ClientRequest, address: string): Message | number {
  const { method, target, version, headers } = request;
  if (!/^[!-~\x80-\xff]+$/.test(method) || !/^[!-~\x80-\xff]+$/.test(target)) return 400;
  if (!/^HTTP\/1\.[01]$/i.test(version)) return 400;
  const message = Message.of({ method, url: target, proto: version, headers });
  if (!areFieldsRight(message)) return 400;
  const [, host, path] = /^http:\/\/([^/]*)(\/.*)$/i.exec(target) ?? [];
  if (host !== undefined && path !== undefined) {
    message.set('Host', host);
    message.url = path;
  }
  if (message.valuesOf('host').length > 1 || !isBodyRight(message)) return 400;
  const [expected] = message.valuesOf('expect');
  if (expected !== undefined) {
    if (foldAscii(expected) !== '100-continue') return 417;
    message.unset('Expect');
  }
  message.set('X-Forwarded-For', [...message.valuesOf('x-forwarded-for'), address].join(', '));
  message.collect('Cache-Control');
  return message;
}

function areFieldsRight({ headers }: Message): boolean {
  const isRight = headers.every(
    ([name, value]) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t -~\x80-\xff]*$/.test(value),
  );
  // No field that means something may be named as one of the connection.
  return isRight && !tokensOfConnection(headers).some((token) => known.has(token));
}

function isBodyRight(message: Message): boolean {
  const lengths = message.valuesOf('content-length');
  const codings = message.valuesOf('transfer-encoding');
  if (lengths.length + codings.length > 1) return false;
  if (!lengths.every((length) => /^\d+$/.test(length))) return false;
  if (!codings.every((coding) => foldAscii(coding) === 'chunked')) return false;
  return (
    message.method !== 'HEAD' || (codings.length === 0 && lengths.every((length) => Number(length) === 0))
  );
}
