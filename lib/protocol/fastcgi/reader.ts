/**
 * Records out of bytes, however these are cut.
 *
 * Rules of this file: content of a stream is handed on as it comes, without being kept or copied; only what is judged as a
 * whole (BEGIN_REQUEST, END_REQUEST, GET_VALUES, …) is collected, and no longer than its record.
 */

import { copyOf, join } from '../bytes.js';
import { DATA, HEADER_LEN, PARAMS, STDERR, STDIN, STDOUT, VERSION_1 } from './records.js';

/**
 * Takes a record, or of a stream a part of one; `isEmpty`: the record has no content at all, so the stream ends. `false`: enough.
 * The bytes are the socket's, which may use them again.
 */
export type TakeRecord = (type: number, id: number, content: Uint8Array, isEmpty: boolean) => boolean;

const none = new Uint8Array(0);

function isStream(type: number): boolean {
  return type === PARAMS || type === STDIN || type === STDOUT || type === STDERR || type === DATA;
}

export class RecordReader {
  /** Header bytes of a record that was cut amid them. */
  readonly #header = new Uint8Array(HEADER_LEN);
  #headerLength = 0;
  #version = 0;
  #type = 0;
  #id = 0;
  #contentLeft = 0;
  #paddingLeft = 0;
  /** Content of a record that is no stream's and was cut. */
  #collected: Uint8Array[] = [];

  /** Whether a record has begun and not ended. */
  get isInside(): boolean {
    return this.#headerLength > 0;
  }

  /** Hands each record on to `take`, until it says `false`. Returns the version byte that is none, where there is one. */
  read(bytes: Uint8Array, take: TakeRecord): number | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerLength < HEADER_LEN) {
        at = this.#readHeader(bytes, at);
        if (this.#headerLength < HEADER_LEN) return undefined;
        if (this.#version !== VERSION_1) return this.#version;
        if (this.#contentLeft === 0 && !take(this.#type, this.#id, none, true)) return undefined;
      }
      if (this.#contentLeft > 0) {
        const content = bytes.subarray(at, at + this.#contentLeft);
        at += content.length;
        this.#contentLeft -= content.length;
        if (content.length > 0 && !this.#takeContent(content, take)) return undefined;
        if (this.#contentLeft > 0) return undefined;
      }
      const padding = Math.min(this.#paddingLeft, bytes.length - at);
      at += padding;
      this.#paddingLeft -= padding;
      if (this.#paddingLeft === 0) this.#headerLength = 0;
    }
    return undefined;
  }

  #readHeader(bytes: Uint8Array, from: number): number {
    if (this.#headerLength === 0 && bytes.length - from >= HEADER_LEN) {
      this.#headerLength = HEADER_LEN;
      this.#setHeader(bytes, from);
      return from + HEADER_LEN;
    }
    let at = from;
    while (at < bytes.length && this.#headerLength < HEADER_LEN) {
      this.#header[this.#headerLength++] = bytes[at++] as number;
    }
    if (this.#headerLength === HEADER_LEN) this.#setHeader(this.#header, 0);
    return at;
  }

  #setHeader(bytes: Uint8Array, at: number): void {
    this.#version = bytes[at] as number;
    this.#type = bytes[at + 1] as number;
    this.#id = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    this.#contentLeft = ((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number);
    this.#paddingLeft = bytes[at + 6] as number;
  }

  #takeContent(content: Uint8Array, take: TakeRecord): boolean {
    const isWhole = this.#contentLeft === 0 && this.#collected.length === 0;
    if (isWhole || isStream(this.#type)) return take(this.#type, this.#id, content, false);
    this.#collected.push(copyOf(content));
    if (this.#contentLeft > 0) return true;
    const whole = join(this.#collected);
    this.#collected = [];
    return take(this.#type, this.#id, whole, false);
  }
}
