/**
 * AJP13, the front server's side: requests out, an application's packets in.
 *
 * Rules of this file: the mirror of responder.ts. Of a body, the first packet is sent by itself where its length is known, and
 * each further one when it is asked for; what is asked for and not there yet is told as a `pull`. Bytes that wait are not copied,
 * and stay as they are until they are sent. A connection on which a packet is still owed when the answer ends is not used again.
 */

import { show } from '../../errors.js';
import { coalesce, join } from '../bytes.js';
import type { BeginEvent, ProtocolEvent } from '../events.js';
import type { ProtocolOptions, ResolvedLimits } from '../limits.js';
import { notSendable } from '../not-sendable.js';
import { readHead } from './answer.js';
import { resolveAjp } from './attributes.js';
import { forwardPacket } from './forward-packet.js';
import { AjpHalf } from './half.js';
import * as ajp from './packets.js';
import { PayloadReader } from './payload.js';

export class AjpClient extends AjpHalf {
  readonly #limits: ResolvedLimits;
  /** How far the answer is. */
  #answer: 'none' | 'awaited' | 'begun' = 'none';
  /** Bytes of body that wait. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** How many bytes of body may still be given. */
  #left = 0;
  /** How many bytes the next packet of body may have; 0 where none is owed. */
  #owed = 0;
  #isBodyGiven = true;
  /** The packet that ends a body was sent. */
  #isBodySent = false;

  constructor(limits: ResolvedLimits, options: ProtocolOptions) {
    super(resolveAjp(options), ajp.fromContainer);
    this.#limits = limits;
  }

  protected close(isInside: boolean): void {
    if (this.#answer === 'none' && !isInside) return;
    this.fail(
      'ERR_PROTOCOL_TRUNCATED',
      'an answer must end with END_RESPONSE, got the end of the connection',
    );
  }

  protected take(bytes: Uint8Array): boolean {
    const [type] = bytes;
    // What answers our CPING.
    if (type === ajp.CPONG && bytes.length === 1) return true;
    if (this.#answer === 'none') {
      const rule = 'an application must send nothing but answers';
      return this.fail('ERR_PROTOCOL_ORDER', `${rule}, got a packet of type ${type}`);
    }
    const payload = new PayloadReader(bytes.subarray(1), 'an answer');
    switch (type) {
      case ajp.SEND_HEADERS:
        return this.#head(bytes, payload);
      case ajp.SEND_BODY_CHUNK:
        return this.#chunk(bytes, payload);
      case ajp.GET_BODY_CHUNK:
        return this.#asked(payload);
      case ajp.END_RESPONSE:
        return this.#end(payload);
      default: {
        const rule = 'a packet of an application must be part of an answer';
        return this.fail('ERR_PROTOCOL_RECORD', `${rule}, got type ${show(type)}`);
      }
    }
  }

  #head({ length }: Uint8Array, payload: PayloadReader): boolean {
    const { maxHeadBytes, maxParams } = this.#limits;
    if (this.#answer === 'begun') {
      return this.fail('ERR_PROTOCOL_ORDER', 'an answer must have one head, got another');
    }
    if (length > maxHeadBytes) {
      const rule = `the head of an answer must have at most ${maxHeadBytes} bytes (maxHeadBytes)`;
      return this.fail('ERR_PROTOCOL_LIMIT', `${rule}, got ${length}`);
    }
    const head = readHead(payload, maxParams);
    if (payload.mistake !== undefined) return this.failWith(payload.mistake);
    this.#answer = 'begun';
    this.events.push({ type: 'head', id: 0, ...head });
    return true;
  }

  #chunk(bytes: Uint8Array, payload: PayloadReader): boolean {
    const length = payload.integer();
    if (payload.mistake !== undefined) return this.failWith(payload.mistake);
    // Type, length and NUL.
    if (length !== bytes.length - 4 || bytes.at(-1) !== 0) {
      const rule = 'the length of SEND_BODY_CHUNK must be what it holds before its NUL';
      return this.fail('ERR_PROTOCOL_PARAMS', `${rule}, got ${length} of ${bytes.length - 4}`);
    }
    // To flush, some say so.
    if (length === 0) return true;
    if (this.#answer !== 'begun') return this.#failHead('SEND_BODY_CHUNK');
    this.events.push({ type: 'body', id: 0, bytes: bytes.subarray(3, 3 + length) });
    return true;
  }

  #failHead(got: string): false {
    return this.fail('ERR_PROTOCOL_HEAD', `an answer must begin with SEND_HEADERS, got ${got}`);
  }

  #asked(payload: PayloadReader): boolean {
    const wanted = payload.integer();
    payload.end();
    if (payload.mistake !== undefined) return this.failWith(payload.mistake);
    if (wanted === 0 || this.#owed > 0 || this.#isBodySent) {
      const rule = 'GET_BODY_CHUNK must ask for bytes, one packet at a time, until the body ends';
      return this.fail('ERR_PROTOCOL_ORDER', `${rule}, got one for ${wanted}`);
    }
    this.#owed = Math.min(wanted, ajp.maxBody(this.settings.packetSize));
    const parts = this.#pay();
    this.events.push(
      parts.length > 0
        ? { type: 'management', bytes: join(parts) }
        : { type: 'pull', id: 0, count: this.#owed },
    );
    return true;
  }

  /** The packet of body that is owed, where there is something to send. */
  #pay(): Uint8Array[] {
    if (this.#owed === 0 || (this.#waitingBytes === 0 && !this.#isBodyGiven)) return [];
    const content = this.#takeWaiting(this.#owed);
    this.#owed = 0;
    this.#isBodySent = content.length === 0;
    return ajp.bodyPacket(content);
  }

  #takeWaiting(most: number): Uint8Array {
    const taken: Uint8Array[] = [];
    let left = Math.min(most, this.#waitingBytes);
    this.#waitingBytes -= left;
    while (left > 0) {
      const first = this.#waiting[0] as Uint8Array;
      taken.push(first.subarray(0, left));
      if (first.length > left) this.#waiting[0] = first.subarray(left);
      else this.#waiting.shift();
      left -= Math.min(first.length, left);
    }
    return join(taken);
  }

  #end(payload: PayloadReader): boolean {
    const reuse = payload.byte();
    payload.end();
    if (payload.mistake !== undefined) return this.failWith(payload.mistake);
    if (this.#answer !== 'begun') return this.#failHead('END_RESPONSE');
    this.#answer = 'none';
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.isOver = reuse === 0 || this.#owed > 0;
    this.events.push({ type: 'end', id: 0 });
    return !this.isOver;
  }

  send(events: readonly ProtocolEvent[]): Uint8Array[] {
    return coalesce(events.flatMap((event) => this.#encode(event)));
  }

  #encode(event: ProtocolEvent): Uint8Array[] {
    if (event.type === 'management') return [event.bytes];
    if (event.type === 'begin') return this.#begin(event);
    if (this.#answer === 'none' || !('id' in event) || event.id !== 0) {
      throw notSendable(event, 'be for a request that is under way');
    }
    if (event.type === 'abort') {
      // The protocol has no word for it but the end of the connection.
      this.isOver = true;
      this.#answer = 'none';
      return [];
    }
    if (event.type !== 'body' && event.type !== 'end') throw notSendable(event, 'be one of a request');
    if (this.#isBodyGiven && (event.type === 'end' || event.bytes.length > 0)) {
      if (event.type === 'end') return [];
      throw notSendable(event, 'come before the end of the body');
    }
    if (event.type === 'end') {
      this.#isBodyGiven = true;
      return this.#pay();
    }
    if (event.bytes.length > this.#left) {
      throw notSendable(event, `have at most the ${this.#left} bytes that are left of CONTENT_LENGTH`);
    }
    if (event.bytes.length === 0) return [];
    this.#waiting.push(event.bytes);
    this.#waitingBytes += event.bytes.length;
    this.#left -= event.bytes.length;
    return this.#pay();
  }

  #begin(event: BeginEvent): Uint8Array[] {
    if (event.id !== 0 || this.#answer !== 'none' || this.isOver) {
      throw notSendable(event, 'have the id 0, and come when no other request is under way');
    }
    const { bytes, length } = forwardPacket(event, this.settings);
    this.#answer = 'awaited';
    this.#left = length;
    this.#isBodyGiven = length === 0;
    this.#isBodySent = length === 0;
    this.#owed = length > 0 && Number.isFinite(length) ? ajp.maxBody(this.settings.packetSize) : 0;
    return [bytes];
  }
}
