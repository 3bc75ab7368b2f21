/**
 * The fields of one payload, in turn.
 *
 * Rules of this file: every read is compared with what is left (as Tomcat's `validatePos`). The first mistake stays; whatever is
 * read after it is empty, so that a caller looks once, at the end and at each turn of a loop.
 */

import { show } from '../../errors.js';
import { toLatin1 } from '../bytes.js';
import { codedName } from './packets.js';
import type { Mistake } from './reader.js';

/** The length of a string that is not there. */
const nullString = 0xffff;

export class PayloadReader {
  readonly #bytes: Uint8Array;
  readonly #text: string;
  /** What the payload is, for messages. */
  readonly #subject: string;
  #at = 0;
  #mistake: Mistake | undefined;

  constructor(bytes: Uint8Array, subject: string) {
    this.#bytes = bytes;
    this.#text = toLatin1(bytes);
    this.#subject = subject;
  }

  get mistake(): Mistake | undefined {
    return this.#mistake;
  }

  /** The first mistake counts. */
  refuse(message: string, code: Mistake['code'] = 'ERR_PROTOCOL_PARAMS'): void {
    this.#mistake ??= { code, message };
  }

  refuseCount(count: number | 'more'): void {
    const rule = 'header fields and attributes must be at most as many as the limit maxParams says';
    this.refuse(`${rule}, got ${count}`, 'ERR_PROTOCOL_LIMIT');
  }

  byte(): number {
    return this.#has(1) ? (this.#bytes[this.#at++] as number) : 0;
  }

  integer(): number {
    return this.#has(2) ? (this.byte() << 8) | this.byte() : 0;
  }

  /** A string; `undefined` for the one that is not there. */
  string(): string | undefined {
    const length = this.integer();
    if (length === nullString || this.#mistake !== undefined) return undefined;
    if (!this.#has(length + 1)) return undefined;
    const end = this.#at + length;
    // One inside would be the end for a program in C, and for another not.
    if (this.#text.indexOf('\0', this.#at) !== end) {
      const rule = `a string of ${this.#subject} must end with NUL, and hold none`;
      this.refuse(`${rule}, got ${show(this.#text.slice(this.#at, end + 1))}`);
      return undefined;
    }
    const found = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return found;
  }

  /** A string that has to be there. */
  required(what: string): string {
    const found = this.string();
    if (found === undefined) this.refuse(`${what} of ${this.#subject} must be a string, got none`);
    return found ?? '';
  }

  /** The name of a header field; `names`: those that have codes. */
  headerName(names: readonly string[]): string {
    if (this.#bytes[this.#at] !== codedName) return this.required('the name of a header field');
    const code = this.integer();
    const name = names[(code & 0xff) - 1];
    if (name === undefined) {
      const rule = `the code of a header field must be 0xa001 to 0x${(0xa000 + names.length).toString(16)}`;
      this.refuse(`${rule}, got 0x${code.toString(16)}`);
    }
    return name ?? '';
  }

  /** Header fields, behind their number; `most`: how many there may be. */
  headers(names: readonly string[], most: number): [string, string][] {
    const headers: [string, string][] = [];
    const count = this.integer();
    if (count > most) this.refuseCount(count);
    for (let index = 0; index < count && this.#mistake === undefined; index++) {
      headers.push([this.headerName(names), this.string() ?? '']);
    }
    return headers;
  }

  /** Nothing is left. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) this.refuse(`${this.#subject} must end with its packet, got ${left} more bytes`);
  }

  #has(length: number): boolean {
    if (this.#mistake !== undefined) return false;
    const left = this.#bytes.length - this.#at;
    if (length > left) {
      this.refuse(`a field of ${this.#subject} must end within the packet, got ${length} of ${left} bytes`);
    }
    return length <= left;
  }
}
