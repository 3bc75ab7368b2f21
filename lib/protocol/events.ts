/**
 * The events that every gateway protocol is made of: what a codec reads out of bytes, and what it writes as bytes.
 *
 * Rules of this file: types only. A request goes `begin`, `body` …, `end`, or `abort` at any time; an answer `head`,
 * `body` …, `end`. Both go by `id`, which is 0 where a connection carries one request at a time.
 */

import type { ProtocolCode } from '../errors.js';

/** Meta-variables in the order in which they came, one character a byte; a name may come twice. */
export type Environ = readonly (readonly [name: string, value: string])[];

/** Header fields of an answer, one character a byte. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** FastCGI's roles that are served. */
export type Role = 'responder' | 'authorizer';

/** A request begins; its parameters are complete. */
export interface BeginEvent {
  readonly type: 'begin';
  readonly id: number;
  readonly environ: Environ;
  /** Header fields, where the protocol keeps them apart from the meta-variables (AJP); else they are in `environ`. */
  readonly headers?: Headers;
  /** Default `'responder'`. */
  readonly role?: Role;
  /** Whether the connection is kept when the request is done. Default `false`. */
  readonly keepConnection?: boolean;
}

/** The head of an answer. */
export interface HeadEvent {
  readonly type: 'head';
  readonly id: number;
  /** 100 to 999. */
  readonly status: number;
  /** What stands behind the status, for people. */
  readonly reason?: string;
  readonly headers: Headers;
  /** The same as text, `Name: value` and CRLF each, from whoever has made sure of it: it is written as it is. */
  readonly lines?: string;
}

/** Bytes of a request's or an answer's body. */
export interface BodyEvent {
  readonly type: 'body';
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** What an application writes for the front server's error log. */
export interface StderrEvent {
  readonly type: 'stderr';
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** A request's body, or an answer, is complete. */
export interface EndEvent {
  readonly type: 'end';
  readonly id: number;
  /** Of an answer: 0 unless the application failed. Default 0. */
  readonly appStatus?: number;
  /** Of an answer that was refused: why. */
  readonly refused?: 'cannot-multiplex' | 'overloaded' | 'unknown-role';
}

/** Whoever asked does not want the answer any more; sent by the application's side: the answer breaks off, and so does the connection. */
export interface AbortEvent {
  readonly type: 'abort';
  readonly id: number;
}

/** What the codec answers by itself; to be sent as it is. */
export interface ManagementEvent {
  readonly type: 'management';
  readonly bytes: Uint8Array;
}

/** AJP only: the application wants up to `count` bytes of body. Nothing elsewhere. */
export interface PullEvent {
  readonly type: 'pull';
  readonly id: number;
  readonly count: number;
}

/** The connection is of no use any more; the last event. */
export interface ErrorEvent {
  readonly type: 'error';
  readonly code: ProtocolCode;
  /** Whose mistake it is. */
  readonly blame: 'peer';
  /** `<subject> must <rule>, got <value>`. */
  readonly message: string;
}

/** What is read of a front server, and written by the client half. */
export type RequestEvent = BeginEvent | BodyEvent | EndEvent | AbortEvent;

/** What is written by the responder half, and read of it. */
export type AnswerEvent = HeadEvent | BodyEvent | StderrEvent | EndEvent | AbortEvent | PullEvent;

/** Any event. */
export type ProtocolEvent = RequestEvent | AnswerEvent | ManagementEvent | ErrorEvent;

/** One connection, as bytes and events; no socket and no clock. */
export interface Connection {
  /** Takes bytes of the peer, `null` where it has closed; never throws for what they are. After an `error` it answers nothing. */
  receive(bytes: Uint8Array | null): ProtocolEvent[];
  /** The bytes of these events, to be written in this order. @throws {ArgumentError} ERR_ARGUMENT_EVENT */
  send(events: readonly ProtocolEvent[]): Uint8Array[];
  /** Whether another request may come on it, when those at hand are done. */
  readonly reusable: boolean;
}
