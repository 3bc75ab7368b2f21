/**
 * The application that is soaked, in a process of its own: `application-worker.js <protocol> <socket> <mount>`.
 *
 * Rules of this file: it keeps nothing of what comes and goes; each request is counted when it begins, and when its answer has
 * been handed over or has been broken off.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, type ServeOptions, serve } from '../../lib/index.js';
import { answerQuestions } from '../child.js';
import { newDigest, pieces } from './pattern.js';

/** `close`: the gateway is closed; `listen`: it listens, again. */
export interface SoakQuestion {
  readonly ask: 'listen' | 'close' | 'count';
}

export interface SoakAnswer {
  readonly begun: number;
  readonly finished: number;
  readonly broken: number;
  /** What the gateway has said. */
  readonly log: readonly string[];
}

type Page = (req: IncomingMessage, res: ServerResponse, parameter: string) => unknown;

const pages: Readonly<Record<string, Page>> = {
  hello: (_req, res) => res.end('hello world\n'),

  /** Half of it at once, so that no front server can ask again somewhere else. */
  slow: async (_req, res) => {
    res.write('hello ');
    await sleep(100);
    res.end('world\n');
  },

  /** `up/<milliseconds>`: how many bytes came, and their digest; they are not read at once. */
  up: async (req, res, pause) => {
    await sleep(Number(pause));
    const digest = newDigest();
    let length = 0;
    for await (const bytes of req as AsyncIterable<Buffer>) {
      digest.update(bytes);
      length += bytes.length;
    }
    res.end(`${length} ${digest.digest('hex')}`);
  },

  /** `down/<bytes>` */
  down: async (_req, res, length) => {
    res.setHeader('Content-Length', length);
    await pipeline(Readable.from(pieces(Number(length))), res);
  },
};

const counts = { begun: 0, finished: 0, broken: 0 };

function application(req: IncomingMessage, res: ServerResponse): void {
  counts.begun++;
  res.on('close', () => {
    if (res.writableFinished) counts.finished++;
    else counts.broken++;
  });
  const [, name = '', parameter = ''] = req.url?.split('/') ?? [];
  const page = pages[name];
  if (page === undefined) throw new Error(`a page must be one of ${Object.keys(pages)}, got ${req.url}`);
  page(req, res, parameter);
}

const [protocol = '', listen = '', mount = ''] = process.argv.slice(2);
const log: string[] = [];
const options = { protocol, listen, mount, mode: 0o666, log: (line: string) => log.push(line) };
let gateway: Gateway | undefined;

process.on('disconnect', () => process.exit());
answerQuestions<SoakQuestion, SoakAnswer>(async ({ ask }) => {
  if (ask === 'listen') gateway = await serve(application, options as unknown as ServeOptions);
  if (ask === 'close') await gateway?.close();
  return { ...counts, log: [...log] };
});
