/**
 * What both halves of FastCGI have in common: records in, events out, and the end of it all.
 *
 * Rules of this file: after an error nothing is read any more; an event that cannot be sent is the caller's mistake.
 */

import type { ProtocolCode } from '../../errors.js';
import type { Connection, ProtocolEvent } from '../events.js';
import { RecordReader } from './reader.js';

export abstract class FastcgiHalf implements Connection {
  readonly #reader = new RecordReader();
  readonly #take = (type: number, id: number, content: Uint8Array, isEmpty: boolean): boolean =>
    this.take(type, id, content, isEmpty);
  /** What the bytes at hand have led to. */
  protected events: ProtocolEvent[] = [];
  /** Whether the last request to begin has the connection kept. */
  protected keepsConnection = true;
  #isClosed = false;

  get reusable(): boolean {
    return !this.#isClosed && this.keepsConnection;
  }

  receive(bytes: Uint8Array | null): ProtocolEvent[] {
    if (this.#isClosed) return [];
    this.events = [];
    if (bytes === null) {
      this.close(this.#reader.isInside);
      this.#isClosed = true;
    } else {
      const version = this.#reader.read(bytes, this.#take);
      if (version !== undefined) {
        this.fail('ERR_PROTOCOL_RECORD', `a record must be of version 1, got ${version}`);
      }
    }
    return this.events;
  }

  /** One record, or of a stream a part of one; `false` where the connection is of no use any more. */
  protected abstract take(type: number, id: number, content: Uint8Array, isEmpty: boolean): boolean;

  /** The peer has closed; `isInside`: amid a record. */
  protected abstract close(isInside: boolean): void;

  abstract send(events: readonly ProtocolEvent[]): Uint8Array[];

  protected fail(code: ProtocolCode, message: string): false {
    this.events.push({ type: 'error', code, blame: 'peer', message });
    this.#isClosed = true;
    return false;
  }
}
