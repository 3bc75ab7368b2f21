/**
 * AJP13, the application's side: a front server's packets in, answers out.
 *
 * Rules of this file: one request at a time. A body is pulled: of a known length the first packet comes by itself, each further
 * one is asked for, and no more than one is under way. That one comes in any case, so where an answer is complete before it, it
 * is swallowed, and the connection goes on; END_RESPONSE comes once a request, and says so only where this holds
 * (CVE-2022-1319). SHUTDOWN is never obeyed.
 */

import { show } from '../../errors.js';
import { coalesce, join } from '../bytes.js';
import type { HeadEvent, ProtocolEvent, PullEvent } from '../events.js';
import type { ProtocolOptions, ResolvedLimits } from '../limits.js';
import { notSendable } from '../not-sendable.js';
import { headPayload } from './answer.js';
import { resolveAjp } from './attributes.js';
import { bodyLength, type Refusal, readForward, refusalOf } from './forward.js';
import { AjpHalf } from './half.js';
import * as ajp from './packets.js';
import { PayloadReader } from './payload.js';

export class AjpResponder extends AjpHalf {
  readonly #limits: ResolvedLimits;
  /** How far the answer is; `'dropped'`: another one was sent. */
  #answer: 'none' | 'awaited' | 'begun' | 'dropped' = 'none';
  #isBodyComplete = true;
  /** A packet of body is under way. */
  #isBodyDue = false;
  /** Bytes of body that are still to come. */
  #left = 0;
  /** lighttpd 1.4 ends a body that there is none of, too, with a packet that holds nothing. */
  #mayEnd = false;

  constructor(limits: ResolvedLimits, options: ProtocolOptions) {
    super(resolveAjp(options), ajp.fromServer);
    this.#limits = limits;
  }

  /** The peer has closed: who asked does not want the answer. */
  protected close(isInside: boolean): void {
    if (this.#answer !== 'none') this.events.push({ type: 'abort', id: 0 });
    if (!isInside) return;
    this.fail('ERR_PROTOCOL_TRUNCATED', 'a packet must be complete, got the end of the connection');
  }

  protected take(payload: Uint8Array): boolean {
    // A packet of body has no byte, or at least the two of its length.
    if (payload.length === 1) return this.#command(payload[0] as number);
    if (this.#isBodyDue) return this.#body(payload);
    if (payload.length === 0 && this.#mayEnd) {
      this.#mayEnd = false;
      return true;
    }
    if (this.#answer !== 'none') {
      const rule = 'a front server must send what it is asked for';
      return this.fail('ERR_PROTOCOL_ORDER', `${rule}, got a packet of ${payload.length} bytes`);
    }
    if (payload[0] !== ajp.FORWARD_REQUEST) return this.#failType(payload[0]);
    return this.#forward(payload);
  }

  #command(type: number): boolean {
    if (type === ajp.CPING) {
      const bytes = ajp.packet(ajp.fromContainer, ajp.byte(ajp.CPONG));
      this.events.push({ type: 'management', bytes });
      return true;
    }
    return type === ajp.SHUTDOWN || type === ajp.PING || this.#failType(type);
  }

  #failType(type: number | undefined): false {
    const rule = 'a packet of a front server must be a FORWARD_REQUEST, a CPING or body that was asked for';
    return this.fail('ERR_PROTOCOL_RECORD', `${rule}, got type ${show(type)}`);
  }

  #forward(bytes: Uint8Array): boolean {
    const { maxParamsBytes, maxParams } = this.#limits;
    if (bytes.length > maxParamsBytes) {
      const rule = `FORWARD_REQUEST must have at most ${maxParamsBytes} bytes (maxParamsBytes)`;
      return this.fail('ERR_PROTOCOL_LIMIT', `${rule}, got ${bytes.length}`);
    }
    const payload = new PayloadReader(bytes.subarray(1), 'FORWARD_REQUEST');
    const forward = readForward(payload, maxParams, this.settings.attributes);
    if (payload.mistake !== undefined) return this.failWith(payload.mistake);
    const refusal = refusalOf(forward, this.settings.secret);
    if (refusal !== undefined) return this.#refuse(refusal);
    const { environ, headers } = forward;
    this.events.push({ type: 'begin', id: 0, environ, headers, keepConnection: true });
    this.#answer = 'awaited';
    this.#left = bodyLength(headers);
    this.#isBodyDue = this.#left > 0 && Number.isFinite(this.#left);
    this.#isBodyComplete = this.#left === 0;
    this.#mayEnd = this.#isBodyComplete;
    if (this.#isBodyComplete) this.events.push({ type: 'end', id: 0 });
    return true;
  }

  #refuse(refusal: Refusal): false {
    const { status, reason } = refusal;
    this.events.push({ type: 'management', bytes: join(insteadPackets(status, reason)) });
    return this.failWith(refusal);
  }

  #body(payload: Uint8Array): boolean {
    this.#isBodyDue = false;
    const length = payload.length === 0 ? 0 : ((payload[0] as number) << 8) | (payload[1] as number);
    if (payload.length > 0 && length !== payload.length - 2) {
      const rule = `the length of a packet of body must be what it holds, ${payload.length - 2}`;
      return this.fail('ERR_PROTOCOL_PARAMS', `${rule}, got ${length}`);
    }
    if (length > this.#left) {
      const rule = `a body must have what is left of its Content-Length, ${this.#left} bytes`;
      return this.fail('ERR_PROTOCOL_ORDER', `${rule}, got ${length}`);
    }
    this.#left -= length;
    this.#isBodyComplete = length === 0 || this.#left === 0;
    // Nobody waits for it any more.
    if (this.#answer === 'none') return true;
    if (length > 0) this.events.push({ type: 'body', id: 0, bytes: payload.subarray(2) });
    if (this.#isBodyComplete) this.events.push({ type: 'end', id: 0 });
    return true;
  }

  send(events: readonly ProtocolEvent[]): Uint8Array[] {
    const parts = events.flatMap((event) => this.#encode(event));
    // What is not the end has to be seen before it: Apache keeps small pieces until it is told.
    const isPart = events.some(({ type }) => type === 'head' || type === 'body');
    if (isPart && this.#answer === 'begun') parts.push(ajp.flushPacket);
    return coalesce(parts);
  }

  #encode(event: ProtocolEvent): Uint8Array[] {
    if (event.type === 'management') return [event.bytes];
    if (event.type === 'pull') return this.#pull(event);
    if (this.#answer === 'none' || !('id' in event) || event.id !== 0) {
      throw notSendable(event, 'be for a request that is under way');
    }
    switch (event.type) {
      case 'head':
        return this.#head(event);
      case 'body':
        if (this.#answer === 'dropped') return [];
        if (this.#answer !== 'begun') throw notSendable(event, 'come after a head');
        return ajp.chunkPackets(event.bytes, this.settings.packetSize);
      case 'stderr':
        // The protocol has no way to say it.
        return [];
      case 'abort':
        this.#answer = 'none';
        this.isOver = true;
        return [];
      case 'end': {
        const isDropped = this.#answer === 'dropped';
        if (!isDropped && this.#answer !== 'begun') throw notSendable(event, 'come after a head');
        this.#answer = 'none';
        if (event.appStatus) this.isOver = true;
        return isDropped ? [] : [endPacket(this.isOver ? 0 : 1)];
      }
      default:
        throw notSendable(event, 'be one of an answer');
    }
  }

  #head(event: HeadEvent): Uint8Array[] {
    if (this.#answer !== 'awaited') throw notSendable(event, 'come once');
    const payload = headPayload(event);
    const { packetSize } = this.settings;
    this.#answer = 'begun';
    if (payload.length <= packetSize - ajp.headerLength) return [ajp.packet(ajp.fromContainer, payload)];
    // Part of a head could be another one; the reason is the only place where somebody looks.
    this.#answer = 'dropped';
    this.isOver = true;
    return insteadPackets(500, `Response header fields exceed packetSize ${packetSize}`);
  }

  /** Asks for body, where there is some and none is under way. */
  #pull({ count }: PullEvent): Uint8Array[] {
    const isPointless = this.#isBodyDue || this.#isBodyComplete || this.#answer === 'none' || this.isOver;
    const wanted = Math.floor(Math.min(count, ajp.maxBody(this.settings.packetSize), this.#left));
    if (isPointless || !(wanted > 0)) return [];
    this.#isBodyDue = true;
    return [ajp.packet(ajp.fromContainer, ajp.byte(ajp.GET_BODY_CHUNK) + ajp.integer(wanted))];
  }
}

/** An answer without a body, behind which the connection is not used again. */
function insteadPackets(status: number, reason: string): Uint8Array[] {
  const headers = [['Content-Length', '0']] as const;
  const head = headPayload({ type: 'head', id: 0, status, reason, headers });
  return [ajp.packet(ajp.fromContainer, head), endPacket(0)];
}

function endPacket(reuse: 0 | 1): Uint8Array {
  return ajp.packet(ajp.fromContainer, ajp.byte(ajp.END_RESPONSE) + ajp.byte(reuse));
}
