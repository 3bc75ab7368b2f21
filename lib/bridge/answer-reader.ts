/**
 * Reads what a `ServerResponse` of Node writes to its socket: takes the head out, and the framing off the body. RFC 9112,
 * sections 4 to 7.1.
 *
 * Rules of this file: it reads what Node wrote in this process, in pieces of any size; what is not as Node writes it is an
 * error that is thrown. Chunk extensions and trailers go: no gateway protocol has them.
 */

import type { AnswerTaker } from './message-access.js';

/** What is read next. */
type Part = 'head' | 'body' | 'nothing' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'over';

/** Node writes sixteen digits at most, and no extension. */
const longestChunkLine = 64;
const longestTrailers = 65_536;

const empty = Buffer.alloc(0);
const endOfLine = '\r\n';
const endOfHead = '\r\n\r\n';

const statusLine = /^HTTP\/1\.[01] (\d{3}) (.*)$/;
/** Whether a body is chunked, as Node judges it. */
const chunkedField = /^transfer-encoding:.*\bchunked\b/im;

export class AnswerReader {
  readonly #taker: AnswerTaker;
  readonly #isHead: boolean;
  #part: Part = 'head';
  /** What came, but was too little to read. */
  #kept: Buffer = empty;
  /** Bytes of the chunk that are still to come. */
  #left = 0;

  /** `method`: of the request. */
  constructor(taker: AnswerTaker, method: string | undefined) {
    this.#taker = taker;
    this.#isHead = method === 'HEAD';
  }

  /** @throws Error where it is not HTTP as Node writes it. */
  read(bytes: Buffer): void {
    let rest = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    this.#kept = empty;
    while (rest.length > 0) {
      const used = this.#readPart(rest);
      if (used === 0) {
        this.#kept = rest;
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** How many bytes were used; 0: there have to be more. */
  #readPart(bytes: Buffer): number {
    switch (this.#part) {
      case 'head':
        return this.#readHead(bytes);
      case 'body':
        this.#taker.takeBody(bytes);
        return bytes.length;
      case 'nothing':
        return bytes.length;
      case 'chunk-size':
        return this.#readSize(bytes);
      case 'chunk-data':
        return this.#readData(bytes);
      case 'chunk-end':
        return this.#readEnd(bytes);
      case 'trailers':
        return this.#readTrailers(bytes);
      case 'over':
        throw malformed('end with its last chunk', bytes);
    }
  }

  #readHead(bytes: Buffer): number {
    const end = bytes.indexOf(endOfHead);
    if (end === -1) return 0;
    const head = bytes.toString('latin1', 0, end + endOfLine.length);
    const lineEnd = head.indexOf(endOfLine);
    const [, status, reason = ''] = statusLine.exec(head.slice(0, lineEnd)) ?? [];
    if (status === undefined) throw malformed('begin with a status line', bytes);
    const lines = head.slice(lineEnd + endOfLine.length);
    this.#part = this.#partAfter(Number(status), lines);
    this.#taker.takeHead(lines, Number(status), reason);
    return end + endOfHead.length;
  }

  /** RFC 9112, section 6.3. */
  #partAfter(status: number, lines: string): Part {
    if (this.#isHead || status < 200 || status === 204 || status === 304) return 'nothing';
    return chunkedField.test(lines) ? 'chunk-size' : 'body';
  }

  #readSize(bytes: Buffer): number {
    const end = bytes.indexOf(endOfLine);
    if (end === -1 && bytes.length < longestChunkLine) return 0;
    const [, digits] = /^([0-9a-f]+)(?:;.*)?$/i.exec(bytes.toString('latin1', 0, Math.max(end, 0))) ?? [];
    const size = Number.parseInt(digits ?? '', 16);
    if (!Number.isSafeInteger(size)) throw malformed('have chunks that begin with their size', bytes);
    this.#left = size;
    this.#part = size === 0 ? 'trailers' : 'chunk-data';
    return end + endOfLine.length;
  }

  #readData(bytes: Buffer): number {
    const used = Math.min(bytes.length, this.#left);
    this.#left -= used;
    if (this.#left === 0) this.#part = 'chunk-end';
    this.#taker.takeBody(bytes.subarray(0, used));
    return used;
  }

  #readEnd(bytes: Buffer): number {
    if (bytes.length < endOfLine.length) return 0;
    if (bytes.toString('latin1', 0, endOfLine.length) !== endOfLine)
      throw malformed('end each chunk with CRLF', bytes);
    this.#part = 'chunk-size';
    return endOfLine.length;
  }

  /** A line at a time; the empty one is the last. */
  #readTrailers(bytes: Buffer): number {
    const end = bytes.indexOf(endOfLine);
    if (end === -1 && bytes.length < longestTrailers) return 0;
    if (end === -1) throw malformed('have trailers of lines', bytes);
    if (end === 0) this.#part = 'over';
    return end + endOfLine.length;
  }
}

function malformed(rule: string, bytes: Buffer): Error {
  return new Error(`a response must ${rule}, got ${JSON.stringify(bytes.toString('latin1', 0, 32))}`);
}
