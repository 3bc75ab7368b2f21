/**
 * FastCGI 1.0 records (specification section 3.3): 8 bytes of header, up to 65 535 of content, up to 255 of padding.
 *
 * Rules of this file: names as in the specification, section 8. Big-endian throughout.
 */

import { smallPart } from '../bytes.js';

export const VERSION_1 = 1;
export const HEADER_LEN = 8;
/** END_REQUEST with its header. */
export const END_REQUEST_LEN = 2 * HEADER_LEN;
export const NULL_REQUEST_ID = 0;

export const BEGIN_REQUEST = 1;
export const ABORT_REQUEST = 2;
export const END_REQUEST = 3;
export const PARAMS = 4;
export const STDIN = 5;
export const STDOUT = 6;
export const STDERR = 7;
export const DATA = 8;
export const GET_VALUES = 9;
export const GET_VALUES_RESULT = 10;
export const UNKNOWN_TYPE = 11;

export const KEEP_CONN = 1;

export const RESPONDER = 1;
export const AUTHORIZER = 2;

export const REQUEST_COMPLETE = 0;
export const CANT_MPX_CONN = 1;
export const OVERLOADED = 2;
export const UNKNOWN_ROLE = 3;

/** The most content of one record that keeps the next one aligned to 8 bytes. */
export const maxContent = 0xfff8;

/** Writes a record's header at `at`, without padding. */
export function writeHeader(buffer: Uint8Array, at: number, type: number, id: number, length: number): void {
  buffer[at] = VERSION_1;
  buffer[at + 1] = type;
  buffer[at + 2] = id >> 8;
  buffer[at + 3] = id & 0xff;
  buffer[at + 4] = length >> 8;
  buffer[at + 5] = length & 0xff;
  buffer[at + 6] = 0;
  buffer[at + 7] = 0;
}

/** One record of its own. */
export function record(type: number, id: number, content: Uint8Array | readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_LEN + content.length);
  writeHeader(bytes, 0, type, id, content.length);
  bytes.set(content, HEADER_LEN);
  return bytes;
}

/** END_REQUEST as a record of its own. */
export function endRequest(id: number, appStatus: number, protocolStatus: number): Uint8Array {
  const writer = new RecordWriter(END_REQUEST_LEN);
  writer.endRequest(id, appStatus, protocolStatus);
  return writer.parts()[0] as Uint8Array;
}

/** A stream's bytes as records of this type; what is large is not copied. */
export function streamRecords(type: number, id: number, bytes: Uint8Array): Uint8Array[] {
  const writer = new RecordWriter(sizeOfStream(bytes.length));
  writer.stream(type, id, bytes);
  return writer.parts();
}

/** Bytes that are written of a stream's content, beside what is not copied. */
export function sizeOfStream(length: number): number {
  const rest = length % maxContent;
  const headers = Math.floor(length / maxContent) * HEADER_LEN;
  return headers + (rest === 0 ? 0 : HEADER_LEN + (rest < smallPart ? rest : 0));
}

/** Writes records into one buffer, large contents between its parts. */
export class RecordWriter {
  readonly #buffer: Buffer;
  #at = 0;
  /** Where in the buffer the next part begins. */
  #from = 0;
  readonly #parts: Uint8Array[] = [];

  /** `size`: bytes that will be written, but for large contents. */
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  /** A stream's bytes. */
  stream(type: number, id: number, bytes: Uint8Array): void {
    const { length } = bytes;
    for (let at = 0; at < length; at += maxContent) {
      const size = Math.min(maxContent, length - at);
      this.#header(type, id, size);
      const content = size === length ? bytes : bytes.subarray(at, at + size);
      if (size < smallPart) this.bytes(content);
      else this.#large(content);
    }
  }

  /** A stream's text of one character a byte, as one record; at most `maxContent`. */
  text(type: number, id: number, text: string): void {
    this.#header(type, id, text.length);
    this.#buffer.write(text, this.#at, 'latin1');
    this.#at += text.length;
  }

  /** A record without content: the end of a stream. */
  empty(type: number, id: number): void {
    this.#header(type, id, 0);
  }

  /** appStatus, protocolStatus, three reserved bytes. */
  endRequest(id: number, appStatus: number, protocolStatus: number): void {
    this.#header(END_REQUEST, id, 8);
    this.#buffer.writeUInt32BE(appStatus, this.#at);
    this.#buffer.writeUInt32BE(protocolStatus * 0x1000000, this.#at + 4);
    this.#at += 8;
  }

  bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #header(type: number, id: number, length: number): void {
    writeHeader(this.#buffer, this.#at, type, id, length);
    this.#at += HEADER_LEN;
  }

  #large(content: Uint8Array): void {
    this.#cut();
    this.#parts.push(content);
  }

  #cut(): void {
    if (this.#at > this.#from) this.#parts.push(this.#buffer.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }

  /** All that was written, in order. */
  parts(): Uint8Array[] {
    if (this.#parts.length === 0 && this.#at === this.#buffer.length)
      return this.#at === 0 ? [] : [this.#buffer];
    this.#cut();
    return this.#parts;
  }
}
