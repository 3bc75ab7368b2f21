/**
 * SEND_HEADERS: the head of an answer.
 *
 * Rules of this file: a head that does not fit into a packet is none, and never part of one. The reason is never empty, which
 * mod_jk takes for a broken answer; where there is none it is the status, as Tomcat has it.
 */

import { show } from '../../errors.js';
import { isField } from '../cgi-head.js';
import type { HeadEvent, Headers } from '../events.js';
import { notSendable } from '../fastcgi/half.js';
import * as ajp from './packets.js';
import type { PayloadReader } from './payload.js';

const nameOf = ajp.codesOf(ajp.answerHeaders);

/**
 * A head as a packet; `undefined` where it does not fit into one.
 * @throws {ArgumentError} ERR_ARGUMENT_EVENT: a header field, or the reason, would be two.
 */
export function headPacket(event: HeadEvent, packetSize: number): Uint8Array | undefined {
  const { status, reason, headers } = event;
  const wrong = wrongField(reason, headers);
  if (wrong !== undefined) {
    throw notSendable(event, `hold header fields of bytes (not ${show(wrong[0])})`);
  }
  const fields = headers.filter(([name]) => name.toLowerCase() !== 'status');
  const payload = [
    ajp.byte(ajp.SEND_HEADERS) + ajp.integer(status) + ajp.string(reason || String(status)),
    ajp.integer(fields.length),
    ...fields.map(([name, value]) => nameOf(name) + ajp.string(value)),
  ].join('');
  if (payload.length > packetSize - ajp.headerLength) return undefined;
  return ajp.packet(ajp.fromContainer, payload);
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
