/**
 * The application's side where a connection carries one request: a head, then CONTENT_LENGTH bytes; the answer ends with the
 * connection, which whoever sends closes.
 *
 * Rules of this file: bytes behind the body, and a body that comes after the answer, are nobody's. A body is handed on as it
 * lies in the bytes that came, without a copy. There is no way to the front server's error log: `stderr` is no bytes.
 */

import { fromLatin1 } from '../bytes.js';
import { headMistake } from '../cgi-head.js';
import type { Environ, HeadEvent, ProtocolEvent } from '../events.js';
import { notSendable } from '../not-sendable.js';
import { SingleHalf } from './half.js';

export abstract class SingleResponder extends SingleHalf {
  /** Bytes of the body that are to come. */
  #left = 0;
  #isBodyComplete = false;
  #hasHead = false;
  #isAnswered = false;
  #hasBytes = false;

  /**
   * Takes bytes of the head. Once it is complete, calls `begin()` and returns where the body begins in these bytes;
   * `undefined` while it is not, and where it failed.
   */
  protected abstract readHead(bytes: Uint8Array): number | undefined;

  /** The head of an answer as text, one character a byte. */
  protected abstract formatHead(event: HeadEvent): string;

  /** The head is complete. `length`: of the body; `Infinity` where that ends with the connection. */
  protected begin(environ: Environ, length: number): void {
    this.hasBegun = true;
    this.#left = length;
    this.events.push({ type: 'begin', id: 0, environ });
    if (length === 0) this.#endBody();
  }

  protected take(bytes: Uint8Array): void {
    this.#hasBytes ||= bytes.length > 0;
    const start = this.hasBegun ? 0 : this.readHead(bytes);
    if (start === undefined || this.#isBodyComplete || this.#isAnswered) return;
    const part = bytes.subarray(start, Math.min(start + this.#left, bytes.length));
    this.#left -= part.length;
    if (part.length > 0) this.events.push({ type: 'body', id: 0, bytes: part });
    if (this.#left === 0) this.#endBody();
  }

  #endBody(): void {
    this.#isBodyComplete = true;
    this.events.push({ type: 'end', id: 0 });
  }

  /** Whether nothing of the body is missing; where it ends with the connection, it ends here. */
  protected closeBody(): boolean {
    if (this.#left === Number.POSITIVE_INFINITY && !this.#isBodyComplete && !this.#isAnswered)
      this.#endBody();
    return this.#isBodyComplete;
  }

  /** The peer has closed: who asked does not want the answer. */
  protected close(): void {
    if (this.hasBegun) this.abort();
    else if (this.#hasBytes) {
      const message = 'the parameters of a request must be complete, got the end of the connection';
      this.fail('ERR_PROTOCOL_TRUNCATED', message);
    }
  }

  protected abort(): void {
    if (!this.#isAnswered) this.events.push({ type: 'abort', id: 0 });
  }

  protected encode(event: ProtocolEvent): Uint8Array[] {
    if (event.type === 'pull') return [];
    if (!this.hasBegun || this.#isAnswered || !('id' in event) || event.id !== 0)
      throw notSendable(event, 'be for a request that is under way');
    switch (event.type) {
      case 'head': {
        if (this.#hasHead) throw notSendable(event, 'come once');
        const mistake = headMistake(event);
        if (mistake !== undefined) throw notSendable(event, mistake);
        this.#hasHead = true;
        return [fromLatin1(this.formatHead(event))];
      }
      case 'body':
        if (!this.#hasHead) throw notSendable(event, 'come after a head');
        return event.bytes.length > 0 ? [event.bytes] : [];
      case 'stderr':
        return [];
      case 'end':
      case 'abort':
        this.#isAnswered = true;
        return [];
      default:
        throw notSendable(event, 'be one of an answer');
    }
  }
}
