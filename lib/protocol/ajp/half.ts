/**
 * What both halves of AJP13 have in common: packets in, events out, and the end of it all.
 *
 * Rules of this file: after an error nothing is read any more, and after an answer behind which the connection is not used
 * again neither.
 */

import type { ProtocolCode } from '../../errors.js';
import type { Connection, ProtocolEvent } from '../events.js';
import type { AjpSettings } from './attributes.js';
import { type Mistake, PacketReader } from './reader.js';

export abstract class AjpHalf implements Connection {
  protected readonly settings: AjpSettings;
  readonly #reader: PacketReader;
  /** What the bytes at hand have led to. */
  protected events: ProtocolEvent[] = [];
  /** Nothing that comes counts any more. */
  protected isOver = false;
  #isFailed = false;

  /** `start`: what packets of the peer begin with. */
  constructor(settings: AjpSettings, start: number) {
    this.settings = settings;
    this.#reader = new PacketReader(start, settings.packetSize);
  }

  get reusable(): boolean {
    return !this.isOver;
  }

  receive(bytes: Uint8Array | null): ProtocolEvent[] {
    this.events = [];
    if (bytes === null) {
      if (!this.#isFailed) this.close(!this.isOver && this.#reader.isInside);
      this.isOver = true;
      this.#isFailed = true;
    } else if (!this.isOver) {
      const mistake = this.#reader.read(bytes, (payload) => this.take(payload));
      if (mistake !== undefined) this.failWith(mistake);
    }
    return this.events;
  }

  /** One packet; `false` where the connection is of no use any more. */
  protected abstract take(payload: Uint8Array): boolean;

  /** The peer has closed; `isInside`: amid a packet. */
  protected abstract close(isInside: boolean): void;

  abstract send(events: readonly ProtocolEvent[]): Uint8Array[];

  protected fail(code: ProtocolCode, message: string): false {
    this.events.push({ type: 'error', code, blame: 'peer', message });
    this.isOver = true;
    this.#isFailed = true;
    return false;
  }

  protected failWith({ code, message }: Mistake): false {
    return this.fail(code, message);
  }
}
