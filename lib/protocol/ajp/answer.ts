/**
 * SEND_HEADERS: the head of an answer.
 *
 * Rules of this file: the reason is never empty, which mod_jk takes for a broken answer; where there is none it is the status, as
 * Tomcat has it.
 */

import { show } from '../../errors.js';
import { isField } from '../cgi-head.js';
import type { HeadEvent, Headers } from '../events.js';
import { notSendable } from '../not-sendable.js';
import * as ajp from './packets.js';
import type { PayloadReader } from './payload.js';

const nameOf = ajp.codesOf(ajp.answerHeaders);

/**
 * A head as the payload of a packet, which may not hold it.
 * @throws {ArgumentError} ERR_ARGUMENT_EVENT: a header field, or the reason, would be two.
 */
export function headPayload(event: HeadEvent): string {
  const { status, reason, headers } = event;
  const wrong = wrongField(reason, headers);
  if (wrong !== undefined) {
    throw notSendable(event, `hold header fields of bytes (not ${show(wrong[0])})`);
  }
  const fields = headers.filter(([name]) => name.toLowerCase() !== 'status');
  return [
    ajp.byte(ajp.SEND_HEADERS) + ajp.integer(status) + ajp.string(reason || String(status)),
    ajp.integer(fields.length),
    ...fields.map(([name, value]) => nameOf(name) + ajp.string(value)),
  ].join('');
}

/** What would be two, with the reason. */
function wrongField(reason: string | undefined, headers: Headers): Headers[number] | undefined {
  const fields: Headers = [['Reason', reason ?? ''], ...headers];
  return fields.find(([name, value]) => !isField(name, value));
}

/** Reads a head behind its type; worth nothing where the reader has found a mistake. */
export function readHead(payload: PayloadReader, maxParams: number): Omit<HeadEvent, 'type' | 'id'> {
  const status = payload.integer();
  const reason = payload.string();
  const headers = payload.headers(ajp.answerHeaders, maxParams);
  payload.end();
  const wrong = wrongField(reason, headers);
  if (status < 100 || status > 999) {
    payload.refuse(`the status of an answer must be 100 to 999, got ${status}`, 'ERR_PROTOCOL_HEAD');
  }
  if (wrong !== undefined) {
    const rule = 'the head of an answer must be header fields';
    payload.refuse(`${rule}, got ${show(wrong.join(': '))}`, 'ERR_PROTOCOL_HEAD');
  }
  return { status, ...(reason && { reason }), headers };
}
