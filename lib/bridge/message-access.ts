/**
 * What an exchange needs of Node's `IncomingMessage` and `ServerResponse` beyond what their documentation gives: the
 * functions, which come in two ways. internals.ts has the fast one, public-api.ts the one that any Node has;
 * self-test.ts chooses, function by function.
 *
 * Rules of this file: names and meanings only.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerReader } from './answer-reader.js';

/** What takes an answer apart from its framing. */
export interface AnswerTaker {
  /** Takes the head, when that is about to be sent. `lines`: its header fields, `Name: value` and CRLF each. */
  takeHead(lines: string, status: number, reason: string): void;
  /** Takes bytes of the body, where an `AnswerReader` reads them. */
  takeBody(bytes: Buffer): void;
}

export interface MessageAccess {
  /**
   * Has the head of a response taken by somebody else. What the response writes to its socket then is its body without
   * framing; or, where a reader is returned, all of HTTP, which is to be given to that.
   */
  hookHead(res: ServerResponse, taker: AnswerTaker): AnswerReader | undefined;
  /** Tells a response that its socket takes more: it emits `drain` if it was waiting. */
  resumeWriting(res: ServerResponse): void;
  /** A response is done with: `close`, once. */
  closeResponse(res: ServerResponse): void;
  /** Gives a request its header fields, names and values in turn; `headers` and `headersDistinct` are made of them. */
  setRawHeaders(req: IncomingMessage, raw: readonly string[]): void;
  /** The body of a request is complete. */
  completeRequest(req: IncomingMessage): void;
  /** What nobody has read of a request goes. */
  dumpRequest(req: IncomingMessage): void;
}
