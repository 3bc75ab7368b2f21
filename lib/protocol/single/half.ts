/**
 * What both halves of the protocols with one request a connection have in common (SCGI, uwsgi, CGI): bytes in, events out,
 * and the end of it all.
 *
 * Rules of this file: the id of the request is 0. After an error nothing is read any more.
 */

import type { ProtocolCode } from '../../errors.js';
import { coalesce } from '../bytes.js';
import type { Connection, ProtocolEvent } from '../events.js';

export abstract class SingleHalf implements Connection {
  /** What the bytes at hand have led to. */
  protected events: ProtocolEvent[] = [];
  /** Whether the request of this connection has begun. */
  protected hasBegun = false;
  /** Whether nothing is read any more: the peer has closed, or made a mistake. */
  protected isClosed = false;

  get reusable(): boolean {
    return !this.isClosed && !this.hasBegun;
  }

  receive(bytes: Uint8Array | null): ProtocolEvent[] {
    if (this.isClosed) return [];
    this.events = [];
    if (bytes === null) {
      this.close();
      this.isClosed = true;
    } else {
      this.take(bytes);
    }
    return this.events;
  }

  send(events: readonly ProtocolEvent[]): Uint8Array[] {
    return coalesce(events.flatMap((event) => this.encode(event)));
  }

  /** Bytes of the peer. */
  protected abstract take(bytes: Uint8Array): void;

  /** The peer has closed. */
  protected abstract close(): void;

  /** The bytes of one event. @throws {ArgumentError} ERR_ARGUMENT_EVENT */
  protected abstract encode(event: ProtocolEvent): Uint8Array[];

  protected fail(code: ProtocolCode, message: string): undefined {
    this.events.push({ type: 'error', code, blame: 'peer', message });
    this.isClosed = true;
  }
}
