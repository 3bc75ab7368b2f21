/**
 * Records out of bytes, however these are cut.
 *
 * Rules of this file: content of a stream is handed on as it comes, without being kept or copied; only what is judged as a
 * whole (BEGIN_REQUEST, END_REQUEST, GET_VALUES, …) is collected, and no longer than its record.
 */

import { copyOf, join } from '../bytes.js';
import { DATA, HEADER_LEN, PARAMS, STDERR, STDIN, STDOUT, VERSION_1 } from './records.js';

/** A record, or of a stream a part of one. */
export interface RecordPart {
  readonly type: number;
  readonly id: number;
  readonly content: Uint8Array;
  /** The record has no content at all: the stream ends. */
  readonly isEmpty: boolean;
}

const streams = new Set([PARAMS, STDIN, STDOUT, STDERR, DATA]);

export class RecordReader {
  /** Header bytes that have come so far. */
  readonly #header = new Uint8Array(HEADER_LEN);
  #headerLength = 0;
  #type = 0;
  #id = 0;
  #contentLength = 0;
  #contentLeft = 0;
  #paddingLeft = 0;
  #collected: Uint8Array[] = [];

  /** Whether a record has begun and not ended. */
  get isInside(): boolean {
    return this.#headerLength > 0;
  }

  /** Hands each record on to `take`, until it says `false`. Returns the version byte that is none, where there is one. */
  read(bytes: Uint8Array, take: (part: RecordPart) => boolean): number | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerLength < HEADER_LEN) {
        at = this.#readHeader(bytes, at);
        if (this.#headerLength < HEADER_LEN) return undefined;
        const [version = 0] = this.#header;
        if (version !== VERSION_1) return version;
        if (this.#contentLength === 0 && !this.#finishContent(take, true)) return undefined;
      }
      if (this.#contentLeft > 0) {
        const content = bytes.subarray(at, at + this.#contentLeft);
        at += content.length;
        this.#contentLeft -= content.length;
        if (!this.#takeContent(content, take)) return undefined;
      }
      if (this.#contentLeft > 0) return undefined;
      const padding = Math.min(this.#paddingLeft, bytes.length - at);
      at += padding;
      this.#paddingLeft -= padding;
      if (this.#paddingLeft === 0) this.#headerLength = 0;
    }
    return undefined;
  }

  #readHeader(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.#headerLength < HEADER_LEN) {
      this.#header[this.#headerLength++] = bytes[at++] as number;
    }
    const [, type = 0, idHigh = 0, idLow = 0, lengthHigh = 0, lengthLow = 0, padding = 0] = this.#header;
    this.#type = type;
    this.#id = (idHigh << 8) | idLow;
    this.#contentLength = (lengthHigh << 8) | lengthLow;
    this.#contentLeft = this.#contentLength;
    this.#paddingLeft = padding;
    return at;
  }

  #takeContent(content: Uint8Array, take: (part: RecordPart) => boolean): boolean {
    if (streams.has(this.#type)) {
      return content.length === 0 || take({ type: this.#type, id: this.#id, content, isEmpty: false });
    }
    // The bytes are the socket's, which may use them again.
    this.#collected.push(copyOf(content));
    return this.#contentLeft > 0 || this.#finishContent(take, false);
  }

  #finishContent(take: (part: RecordPart) => boolean, isEmpty: boolean): boolean {
    const content = join(this.#collected);
    this.#collected = [];
    return take({ type: this.#type, id: this.#id, content, isEmpty });
  }
}
