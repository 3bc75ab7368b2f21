/**
 * The application of the conformance suite: what it does is asked for in the field `X-Do`, so that its path is free to be whatever
 * a front server can send.
 *
 * Rules of this file: it knows nothing of the protocol that it is served by, and answers the same each time.
 */

import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type Application, applicationUri, environ, requestUri, urlFor } from '../../lib/index.js';

type Request = Parameters<Extract<Application, (...parameters: never[]) => unknown>>[0];
type Behaviour = (req: Request, res: ServerResponse, tell: (heard: string) => void) => unknown;

/** What is of one connection, not of the request. */
const ofConnection = new Set(['connection', 'x-do']);

const show: Behaviour = (req, res) => {
  const { SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI, REQUEST_METHOD, SERVER_PROTOCOL, REMOTE_ADDR } =
    environ(req);
  const { baseUrl, url, originalUrl, method, httpVersion, socket } = req;
  const { remoteAddress, remoteFamily } = socket;
  const { encrypted } = socket as { encrypted?: boolean };
  res.setHeader('Content-Type', 'application/json');
  res.end(
    JSON.stringify({
      ...{ SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI, REQUEST_METHOD, SERVER_PROTOCOL, REMOTE_ADDR },
      ...{ baseUrl, url, originalUrl, method, httpVersion, remoteAddress, remoteFamily },
      scheme: encrypted === true ? 'https' : 'http',
      headers: Object.fromEntries(
        Object.entries(req.headers)
          // Some protocols say that there is no body.
          .filter(([name, value]) => !ofConnection.has(name) && `${name} ${value}` !== 'content-length 0')
          .sort(),
      ),
      uris: [applicationUri(req), requestUri(req), urlFor(req, '/a b?c')],
    }),
  );
};

async function writeMuch(res: ServerResponse, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const isFree = res.write(Buffer.alloc(20_000, String(index)));
    if (!isFree) await new Promise((resolve) => res.once('drain', resolve));
  }
}

export const behaviours = {
  show,
  echo: (req, res) => req.pipe(res),
  /** The body's length and whether it was complete, once it has ended. */
  length: async (req, res) => {
    let length = 0;
    for await (const bytes of req) length += (bytes as Buffer).length;
    res.end(`${length} ${req.complete}`);
  },
  cookies: (_req, res) => {
    res.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2']);
    res.end('x');
  },
  fields: (_req, res) => {
    res.writeHead(200, 'Fine, thanks', [
      'X-Case-Kept',
      'A  b',
      'X-Latin',
      'caf\xe9',
      'X-Twice',
      '1',
      'X-Twice',
      '2',
      'X-Empty',
      '',
      'Content-Type',
      'text/plain; charset=utf-8',
    ]);
    res.end('é');
  },
  none: (_req, res) => {
    res.statusCode = 204;
    res.end();
  },
  unchanged: (_req, res) => void res.writeHead(304, { ETag: '"a"' }).end(),
  /** A body where there must be none. */
  noneWithBody: (_req, res) => {
    res.statusCode = 204;
    res.end('nobody reads this');
  },
  empty: (_req, res) => void res.end(),
  lengthSaid: (_req, res) => void res.writeHead(200, { 'Content-Length': '5' }).end('12345'),
  moved: (req, res) => void res.writeHead(302, { Location: `${req.baseUrl}/x` }).end(),
  /** CGI would have it answered by the front server. */
  locationOnly: (_req, res) => void res.writeHead(200, { Location: '/x' }).end('here'),
  unavailable: (_req, res) => void res.writeHead(503, { 'Retry-After': '7' }).end('later'),
  statusField: (_req, res) => void res.writeHead(201, { Status: '404 Not Found' }).end('x'),
  framing: (_req, res) => {
    res.setHeader('Connection', 'close');
    res.setHeader('Keep-Alive', 'timeout=9');
    res.end('x');
  },
  trailers: (_req, res) => {
    res.setHeader('Trailer', 'X-After');
    res.write('x');
    res.addTrailers({ 'X-After': 'y' });
    res.end();
  },
  hints: (_req, res) => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload' });
    res.writeProcessing();
    res.end('x');
  },
  streamed: async (_req, res) => {
    for (const part of ['one ', 'two ', 'three']) {
      res.write(part);
      await wait(10);
    }
    res.end();
  },
  flushed: async (_req, res) => {
    res.flushHeaders();
    await wait(10);
    res.end('x');
  },
  large: async (_req, res) => {
    await writeMuch(res, 100);
    res.end();
  },
  largeAtOnce: (_req, res) => void res.end(Buffer.alloc(1_500_000, 'abc')),
  /** Nothing of the body is read. */
  early: (_req, res) => void res.writeHead(413).end('too much'),
  /** Nothing of it is read until late. */
  late: async (req, res) => {
    await wait(50);
    req.pipe(res);
  },
  brokenOff: (_req, res) => {
    res.write('begun');
    setTimeout(() => res.destroy(), 20);
  },
  brokenOffLength: (_req, res) => {
    res.writeHead(200, { 'Content-Length': '100' }).write('begun');
    setTimeout(() => res.destroy(), 20);
  },
  brokenOffBefore: (_req, res) => void setTimeout(() => res.destroy(), 5),
  throws: () => {
    throw Object.assign(new Error('no'), { status: 418, expose: true });
  },
  rejects: () => Promise.reject(Object.assign(new Error('no'), { status: 418 })),
  goesOn: (_req, _res, _tell) => undefined,
  /** Says what it hears when its client goes. */
  hang: (req, res, tell) => {
    res.on('finish', () => tell('finish'));
    res.on('close', () => tell(`close ${res.writableFinished} ${req.destroyed}`));
    res.write('begun');
    const writing = setInterval(() => res.write('more'), 10);
    res.on('close', () => clearInterval(writing));
  },
  /** Says how a body ends that is cut. */
  cut: (req, res, tell) => {
    req.on('error', (error: NodeJS.ErrnoException) => tell(`error ${error.code}`));
    req.on('end', () => tell('end'));
    req.on('close', () => tell(`close ${req.complete}`));
    req.once('data', () => tell('data'));
    req.resume();
    res.on('close', () => tell('res close'));
  },
} as const satisfies Readonly<Record<string, Behaviour>>;

export type BehaviourName = keyof typeof behaviours;

/** `tell`: what is heard where nobody is there to be answered. */
export function makeApplication(tell: (heard: string) => void): Application {
  return (req, res, next?: () => void) => {
    const asked = String(req.headers['x-do'] ?? 'show') as BehaviourName;
    if (asked === 'goesOn') return next?.();
    const behaviour: Behaviour = behaviours[asked];
    return behaviour(req, res, tell);
  };
}
