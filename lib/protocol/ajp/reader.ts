/**
 * Packets out of bytes, however these are cut.
 *
 * Rules of this file: a packet is handed on when it is complete, as it is judged as a whole; one that comes in one piece is not
 * copied. Its length is compared with the packet size before anything is kept for it.
 */

import type { ProtocolCode } from '../../errors.js';
import { headerLength } from './packets.js';

/** What is wrong with what came. */
export interface Mistake {
  readonly code: ProtocolCode;
  /** `<subject> must <rule>, got <value>`. */
  readonly message: string;
}

export class PacketReader {
  /** What each packet begins with. */
  readonly #start: number;
  readonly #packetSize: number;
  /** Header bytes that have come so far. */
  readonly #header = new Uint8Array(headerLength);
  #headerLength = 0;
  /** The payload, where it comes in more than one piece. */
  #payload: Uint8Array | undefined;
  #length = 0;
  #received = 0;

  constructor(start: number, packetSize: number) {
    this.#start = start;
    this.#packetSize = packetSize;
  }

  /** Whether a packet has begun and not ended. */
  get isInside(): boolean {
    return this.#headerLength > 0;
  }

  /** Hands each payload on to `take`, until it says `false`. */
  read(bytes: Uint8Array, take: (payload: Uint8Array) => boolean): Mistake | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerLength < headerLength) {
        at = this.#readHeader(bytes, at);
        if (this.#headerLength < headerLength) return undefined;
        const mistake = this.#judgeHeader();
        if (mistake !== undefined) return mistake;
      }
      const piece = bytes.subarray(at, at + this.#length - this.#received);
      at += piece.length;
      const payload = this.#collect(piece);
      if (payload === undefined) return undefined;
      this.#headerLength = 0;
      this.#payload = undefined;
      this.#received = 0;
      if (!take(payload)) return undefined;
    }
    return undefined;
  }

  #readHeader(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.#headerLength < headerLength) {
      this.#header[this.#headerLength++] = bytes[at++] as number;
    }
    return at;
  }

  #judgeHeader(): Mistake | undefined {
    const [first = 0, second = 0, high = 0, low = 0] = this.#header;
    const start = (first << 8) | second;
    if (start !== this.#start) {
      const rule = `a packet must begin with ${hex(this.#start)}`;
      return { code: 'ERR_PROTOCOL_RECORD', message: `${rule}, got ${hex(start)}` };
    }
    this.#length = (high << 8) | low;
    if (this.#length > this.#packetSize - headerLength) {
      const rule = `a packet must have at most ${this.#packetSize} bytes (packetSize)`;
      return { code: 'ERR_PROTOCOL_LIMIT', message: `${rule}, got ${this.#length + headerLength}` };
    }
    return undefined;
  }

  /** The payload, when it is complete. */
  #collect(piece: Uint8Array): Uint8Array | undefined {
    if (this.#payload === undefined && piece.length === this.#length) return piece;
    // The bytes are the socket's, which may use them again.
    this.#payload ??= new Uint8Array(this.#length);
    this.#payload.set(piece, this.#received);
    this.#received += piece.length;
    return this.#received === this.#length ? this.#payload : undefined;
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
