/**
 * What a row of behaviour-rows.ts is made of: an application that listens to what happens to it, and a client that is as slow, as
 * rude or as careful as a row wants it.
 *
 * Rules of this file: where something has to come in time, it is one side that waits for the other, and no clock; a clock only
 * says when that is given up.
 */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from '../../lib/index.js';

/** Milliseconds until something that does not come is given up. */
const patience = 1500;

/** What an application of a row and its client share. */
export class Stage {
  /** What the application heard, in order. */
  get heard(): string[] {
    return this.#heard;
  }

  readonly #heard: string[] = [];
  #isOpen = false;
  #opened: (() => void) | undefined;

  /** The application waits for the client's `go()`. */
  async turn(): Promise<void> {
    if (!this.#isOpen) {
      await new Promise<void>((resolve) => {
        this.#opened = resolve;
      });
    }
    this.#isOpen = false;
    this.#opened = undefined;
  }

  go(): void {
    this.#isOpen = true;
    this.#opened?.();
  }

  reset(): void {
    this.heard.length = 0;
    this.#isOpen = false;
    this.#opened = undefined;
  }

  /** Notes events of something, by names like `res close`. */
  listen(name: string, emitter: NodeJS.EventEmitter, events: readonly string[]): void {
    for (const event of events) emitter.on(event, () => this.heard.push(`${name} ${event}`));
  }

  /** All that was heard, once this was, or nothing more comes. */
  async until(last: string, limit = patience): Promise<readonly string[]> {
    for (let waited = 0; !this.heard.includes(last) && waited < limit; waited += 10) await sleep(10);
    // What should not come after it would come now.
    await sleep(20);
    return [...this.heard];
  }
}

/** A row's application, somewhere: behind a front server, or asked directly. */
export interface Site {
  readonly port: number;
  /** Where it is mounted. */
  readonly path: string;
  readonly stage: Stage;
}

/** A behaviour. */
export interface BehaviourRow {
  readonly name: string;
  readonly application: (stage: Stage) => Application;
  /** What a client sees, and what the application heard: data. */
  readonly ask: (site: Site) => Promise<unknown>;
  /** What that is over HTTP. */
  readonly expected: unknown;
}

export interface Question extends RequestOptions {
  /** Below the row's path. */
  readonly at?: string;
  readonly body?: Buffer | string;
}

/** The client's own address: another than the front server's. */
export const clientAddress = '127.0.0.3';

/** Starts to ask; the caller ends the request. */
export function open({ port, path }: Site, { at = '', body, ...options }: Question = {}): ClientRequest {
  const own = { host: '127.0.0.1', port, localAddress: clientAddress, agent: false, path: path + at };
  const headers = { Host: 'site.example', ...(options.headers as Record<string, string>) };
  const req = request({ ...own, ...options, headers });
  req.on('error', () => undefined);
  if (body !== undefined) req.end(body);
  return req;
}

export interface Reply {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly trailers: IncomingMessage['trailers'];
  readonly body: Buffer;
  /** All of it came, as far as the client can tell. */
  readonly isWhole: boolean;
}

/** The rest of an answer. */
export async function read(res: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let isWhole = true;
  try {
    for await (const chunk of res) chunks.push(chunk as Buffer);
  } catch {
    isWhole = false;
  }
  const { statusCode = 0, statusMessage = '', headers, rawHeaders, trailers, complete } = res;
  const head = { status: statusCode, reason: statusMessage, headers, rawHeaders, trailers };
  return { ...head, body: Buffer.concat(chunks), isWhole: isWhole && complete };
}

/** The head of an answer; `undefined` where there is none. */
export async function answerTo(req: ClientRequest): Promise<IncomingMessage | undefined> {
  try {
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    return res;
  } catch {
    return undefined;
  }
}

/** Asks, and reads all of the answer. */
export async function ask(site: Site, question: Question = {}): Promise<Reply> {
  const req = open(site, question);
  if (question.body === undefined) req.end();
  const res = await answerTo(req);
  if (res === undefined) throw new Error('a request must be answered');
  return read(res);
}

/** `'in time'` if it comes while it is waited for; `'held'` if it does not. */
export async function inTime(coming: Promise<unknown>): Promise<'in time' | 'held'> {
  const given = new AbortController();
  const late = sleep(patience, 'held' as const, { signal: given.signal }).catch(() => 'held' as const);
  const first = await Promise.race([coming.then(() => 'in time' as const), late]);
  given.abort();
  return first;
}

export const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');
export const megabyte = Buffer.alloc(1_000_000, 'abcdefghijklmnopqrstuvwxyz');

/** nginx gathers what it sends, unless it is told not to: over HTTP too. */
export const unbuffered = { 'X-Accel-Buffering': 'no' };

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown;

/** A plain application. */
export const plain = (make: (stage: Stage) => Listener) => make as (stage: Stage) => Application;

/** Has everything noted that happens to a request and its answer. */
export function listenTo(stage: Stage, req: IncomingMessage, res: ServerResponse): void {
  stage.listen('req', req, ['aborted', 'error', 'end', 'close']);
  stage.listen('res', res, ['error', 'finish', 'close']);
}

/** How an answer looks that the application did not finish: broken off, or one of the front server that says so; or whole. */
export async function breaksOff(site: Site): Promise<string> {
  const res = await answerTo(open(site).end());
  if (res === undefined) return 'broken';
  // What it holds of the answer is on its way.
  site.stage.go();
  const { status, isWhole, body } = await read(res);
  return isWhole && status < 500 ? `whole, of ${body.length} bytes` : 'broken';
}
