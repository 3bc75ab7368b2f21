/**
 * FastCGI 1.0, the front server's side: requests out, an application's records in.
 *
 * Rules of this file: the mirror of responder.ts. A head is complete before anything of its body is handed on; what an
 * application writes for an id that is not active is ignored, and anything else that it must not send closes the connection.
 */

import { coalesce } from '../bytes.js';
import { HeadReader } from '../cgi-head.js';
import type { BeginEvent, EndEvent, ProtocolEvent } from '../events.js';
import type { ResolvedLimits } from '../limits.js';
import { notSendable } from '../not-sendable.js';
import { FastcgiHalf } from './half.js';
import { encodePairs } from './pairs.js';
import * as fcgi from './records.js';

/** One request that is under way. */
interface Active {
  /** Reads the head, until it is complete. */
  head: HeadReader | undefined;
  isBodySent: boolean;
}

const refusals: ReadonlyMap<number, EndEvent['refused']> = new Map([
  [fcgi.CANT_MPX_CONN, 'cannot-multiplex'],
  [fcgi.OVERLOADED, 'overloaded'],
  [fcgi.UNKNOWN_ROLE, 'unknown-role'],
]);

export class FastcgiClient extends FastcgiHalf {
  readonly #limits: ResolvedLimits;
  readonly #active = new Map<number, Active>();

  constructor(limits: ResolvedLimits) {
    super();
    this.#limits = limits;
  }

  protected close(isInside: boolean): void {
    if (this.#active.size === 0 && !isInside) return;
    this.fail('ERR_PROTOCOL_TRUNCATED', 'an answer must end with END_REQUEST, got the end of the connection');
  }

  protected take(type: number, id: number, content: Uint8Array, isEmpty: boolean): boolean {
    if (id === fcgi.NULL_REQUEST_ID) {
      // Answers to GET_VALUES, and complaints about types that it does not know.
      return true;
    }
    const active = this.#active.get(id);
    if (active === undefined) return true;
    switch (type) {
      case fcgi.STDOUT:
        return isEmpty || this.#stdout(id, active, content);
      case fcgi.STDERR:
        if (!isEmpty) this.events.push({ type: 'stderr', id, bytes: content });
        return true;
      case fcgi.END_REQUEST:
        return this.#end(id, active, content);
      default:
        return this.fail(
          'ERR_PROTOCOL_ORDER',
          `an application must send STDOUT, STDERR and END_REQUEST, got a record of type ${type}`,
        );
    }
  }

  #stdout(id: number, active: Active, content: Uint8Array): boolean {
    if (active.head === undefined) {
      this.events.push({ type: 'body', id, bytes: content });
      return true;
    }
    const read = active.head.take(content);
    if (read === undefined) return true;
    if ('code' in read) return this.fail(read.code, read.message);
    active.head = undefined;
    this.events.push({ type: 'head', id, ...read.head });
    if (read.rest.length > 0) this.events.push({ type: 'body', id, bytes: read.rest });
    return true;
  }

  #end(id: number, active: Active, content: Uint8Array): boolean {
    if (content.length !== 8) {
      return this.fail('ERR_PROTOCOL_RECORD', `END_REQUEST must have 8 bytes, got ${content.length}`);
    }
    const appStatus = new DataView(content.buffer, content.byteOffset).getUint32(0);
    const refused = refusals.get(content[4] as number);
    if (active.head !== undefined && refused === undefined && appStatus === 0)
      return this.fail('ERR_PROTOCOL_HEAD', active.head.message);
    this.#active.delete(id);
    this.events.push({ type: 'end', id, appStatus, ...(refused && { refused }) });
    return true;
  }

  send(events: readonly ProtocolEvent[]): Uint8Array[] {
    return coalesce(events.flatMap((event) => this.#encode(event)));
  }

  #encode(event: ProtocolEvent): Uint8Array[] {
    if (event.type === 'management') return [event.bytes];
    if (event.type === 'begin') return this.#begin(event);
    const active = 'id' in event ? this.#active.get(event.id) : undefined;
    if (active === undefined) throw notSendable(event, 'be for a request that is under way');
    const { id } = event as { readonly id: number };
    if (event.type === 'abort') return [fcgi.record(fcgi.ABORT_REQUEST, id, [])];
    if (event.type !== 'body' && event.type !== 'end') throw notSendable(event, 'be one of a request');
    if (active.isBodySent) throw notSendable(event, 'come before the end of the body');
    if (event.type === 'body') return fcgi.streamRecords(fcgi.STDIN, id, event.bytes);
    active.isBodySent = true;
    return [fcgi.record(fcgi.STDIN, id, [])];
  }

  #begin(event: BeginEvent): Uint8Array[] {
    const { id, environ, role = 'responder', keepConnection = false } = event;
    if (!Number.isInteger(id) || id < 1 || id > 0xffff || this.#active.has(id)) {
      throw notSendable(event, 'have an id from 1 to 65535 that is not under way');
    }
    // NUL too: the specification has none, but HAProxy sends those that a client escaped.
    if (environ.some((pair) => pair.some((text) => /[\u0100-\uffff]/.test(text)))) {
      throw notSendable(event, 'hold parameters of one character a byte');
    }
    this.keepsConnection = keepConnection;
    // An authorizer gets no body (section 6.3).
    this.#active.set(id, {
      head: new HeadReader(this.#limits.maxHeadBytes),
      isBodySent: role === 'authorizer',
    });
    const number = role === 'authorizer' ? fcgi.AUTHORIZER : fcgi.RESPONDER;
    const flags = keepConnection ? fcgi.KEEP_CONN : 0;
    return [
      fcgi.record(fcgi.BEGIN_REQUEST, id, [0, number, flags, 0, 0, 0, 0, 0]),
      ...fcgi.streamRecords(fcgi.PARAMS, id, encodePairs(environ)),
      fcgi.record(fcgi.PARAMS, id, []),
    ];
  }
}
