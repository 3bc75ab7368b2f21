/**
 * The front server's side where a connection carries one request: the request out, a head and a body in, which ends with
 * the connection.
 *
 * Rules of this file: a head is complete before anything of its body is handed on. Content-Length is held to: less than it
 * says is an answer that was cut, and more is not handed on, since it would be an answer of its own on the next connection
 * to take it. So is a body where there is none: to HEAD, and with 204 and 304. An abort is the end of the connection, which
 * whoever sends closes.
 */

import { show } from '../../errors.js';
import { type HeadForm, HeadReader, type ParsedHead } from '../cgi-head.js';
import type { BeginEvent, Environ, ProtocolEvent } from '../events.js';
import type { ResolvedLimits } from '../limits.js';
import { notSendable } from '../not-sendable.js';
import { SingleHalf } from './half.js';
import { parseLength } from './length.js';

/** A request as it is sent. */
export interface EncodedRequest {
  readonly bytes: readonly Uint8Array[];
  /** How many bytes of body follow; `Infinity` where that is not said. */
  readonly bodyLength: number;
}

export abstract class SingleClient extends SingleHalf {
  readonly #limits: ResolvedLimits;
  /** Reads the head, until it is complete. */
  #head: HeadReader | undefined;
  /** Bytes of the answer's body that are to come; `Infinity` where it ends with the connection. */
  #left = Number.POSITIVE_INFINITY;
  #isHeadRequest = false;
  #isAborted = false;
  #isBodySent = false;
  /** Bytes of the request's body that are to be sent. */
  #toSend = 0;

  /** How the head of an answer may begin. */
  protected readonly form: HeadForm = {};

  constructor(limits: ResolvedLimits) {
    super();
    this.#limits = limits;
  }

  /** The head of a request; as text, where it cannot be sent: what it must do instead. */
  protected abstract encodeRequest(environ: Environ): EncodedRequest | string;

  protected take(bytes: Uint8Array): void {
    if (this.#isAborted || bytes.length === 0) return;
    if (!this.hasBegun) {
      const message = `an application must send nothing before a request, got ${bytes.length} bytes`;
      this.fail('ERR_PROTOCOL_ORDER', message);
    } else if (this.#head === undefined) {
      this.#body(bytes);
    } else {
      this.#takeHead(this.#head, bytes);
    }
  }

  #takeHead(reader: HeadReader, bytes: Uint8Array): void {
    const read = reader.take(bytes);
    if (read === undefined) return;
    if ('code' in read) {
      this.fail(read.code, read.message);
      return;
    }
    const { head, rest } = read;
    const left = this.#bodyLength(head);
    if (left === undefined) return;
    this.#head = undefined;
    this.#left = left;
    this.events.push({ type: 'head', id: 0, ...head });
    this.#body(rest);
  }

  #bodyLength({ status, headers }: ParsedHead): number | undefined {
    // What follows an interim answer would be taken for its body.
    if (status < 200)
      return this.fail('ERR_PROTOCOL_HEAD', `the status of an answer must be final, got ${status}`);
    const said = headers.flatMap(([name, value]) => (name.toLowerCase() === 'content-length' ? [value] : []));
    const lengths = said.map(parseLength);
    const [length = Number.POSITIVE_INFINITY] = lengths;
    // One that is none is not equal to any.
    if (lengths.some((each) => each !== length)) {
      const message = `Content-Length must be one length in decimal digits, got ${said.map(show).join(' and ')}`;
      return this.fail('ERR_PROTOCOL_HEAD', message);
    }
    return this.#isHeadRequest || status === 204 || status === 304 ? 0 : length;
  }

  #body(bytes: Uint8Array): void {
    const part = bytes.subarray(0, Math.min(this.#left, bytes.length));
    this.#left -= part.length;
    if (part.length > 0) this.events.push({ type: 'body', id: 0, bytes: part });
  }

  protected close(): void {
    if (!this.hasBegun || this.#isAborted) return;
    if (this.#head !== undefined) {
      const message = 'the head of an answer must be complete, got the end of the connection';
      this.fail('ERR_PROTOCOL_TRUNCATED', message);
    } else if (this.#left > 0 && this.#left !== Number.POSITIVE_INFINITY) {
      const message = `the body of an answer must have its Content-Length, got ${this.#left} bytes less`;
      this.fail('ERR_PROTOCOL_TRUNCATED', message);
    } else {
      this.events.push({ type: 'end', id: 0 });
    }
  }

  protected encode(event: ProtocolEvent): Uint8Array[] {
    if (event.type === 'begin') return this.#encodeBegin(event);
    if (!this.hasBegun || this.isClosed || this.#isAborted || !('id' in event) || event.id !== 0)
      throw notSendable(event, 'be for a request that is under way');
    switch (event.type) {
      case 'abort':
        this.#isAborted = true;
        return [];
      case 'body':
        if (this.#isBodySent) throw notSendable(event, 'come before the end of the body');
        if (event.bytes.length > this.#toSend)
          throw notSendable(event, 'hold no more than CONTENT_LENGTH says');
        this.#toSend -= event.bytes.length;
        return event.bytes.length > 0 ? [event.bytes] : [];
      case 'end':
        if (this.#isBodySent) throw notSendable(event, 'come once');
        // The application would wait for ever.
        if (this.#toSend > 0 && this.#toSend !== Number.POSITIVE_INFINITY)
          throw notSendable(event, `come after ${this.#toSend} more bytes of body, as CONTENT_LENGTH says`);
        this.#isBodySent = true;
        return [];
      default:
        throw notSendable(event, 'be one of a request');
    }
  }

  #encodeBegin(event: BeginEvent): Uint8Array[] {
    const { id, environ, headers = [], role = 'responder' } = event;
    if (id !== 0) throw notSendable(event, 'have the id 0');
    if (this.hasBegun || this.isClosed) throw notSendable(event, 'be the first of an open connection');
    if (role !== 'responder') throw notSendable(event, 'be for a responder');
    if (headers.length > 0) throw notSendable(event, 'hold its header fields as parameters');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (environ.some((pair) => pair.some((text) => /[\u0000\u0100-\uffff]/.test(text))))
      throw notSendable(event, 'hold parameters of one character a byte, without NUL');
    const request = this.encodeRequest(environ);
    if (typeof request === 'string') throw notSendable(event, request);
    this.hasBegun = true;
    this.#head = new HeadReader(this.#limits.maxHeadBytes, this.form);
    this.#isHeadRequest = environ.some(([name, value]) => name === 'REQUEST_METHOD' && value === 'HEAD');
    this.#toSend = request.bodyLength;
    return [...request.bytes];
  }
}
