/**
 * An exchange beside plain HTTP, which is the oracle: the same application, asked the same, sees, hears and answers the same,
 * but for the framing that is HTTP's own. All of it twice: with Node's internals, and with what is documented alone.
 */

import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import { Exchange, type ExchangeHead, type ExchangeSink } from '../../lib/bridge/exchange.js';
import { internalAccess } from '../../lib/bridge/internals.js';
import type { MessageAccess } from '../../lib/bridge/message-access.js';
import { publicAccess } from '../../lib/bridge/public-api.js';
import type { AnswerEvent } from '../../lib/protocol/events.js';
import { withServer } from '../support/raw.js';

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

interface Asked {
  readonly method?: string;
  readonly url?: string;
  readonly httpVersion?: string;
  readonly headers?: readonly string[];
  readonly body?: Uint8Array;
}

interface Answered {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** An exchange, with a connection that notes what it is told. */
class Wire {
  readonly events: AnswerEvent[] = [];
  readonly notes: string[] = [];
  /** How many times `send()` may be called until the connection is full. */
  room = Number.POSITIVE_INFINITY;
  readonly exchange: Exchange;
  readonly isDone: Promise<void>;

  constructor(
    { method = 'GET', url = '/', httpVersion = '1.1', headers = [], body }: Asked,
    access: MessageAccess,
  ) {
    let settle: () => void = () => undefined;
    this.isDone = new Promise((resolve) => {
      settle = resolve;
    });
    const head: ExchangeHead = {
      ...{ id: 1, method, url, httpVersion },
      rawHeaders: [
        'Host',
        'example.com',
        ...headers,
        ...(body ? ['Content-Length', String(body.length)] : []),
      ],
      contentLength: body?.length,
      addresses: {
        remoteAddress: '192.0.2.1',
        remotePort: 4000,
        localAddress: '192.0.2.2',
        localPort: 80,
        encrypted: false,
      },
    };
    const sink: ExchangeSink = {
      hasErrorLog: true,
      report: () => undefined,
      send: (events) => {
        this.events.push(...events);
        return --this.room > 0;
      },
      pause: () => this.notes.push('pause'),
      resume: () => this.notes.push('resume'),
      done: () => settle(),
      failed: () => {
        this.notes.push('failed');
        settle();
      },
    };
    this.exchange = new Exchange(head, sink, access);
  }

  get body(): Buffer {
    return Buffer.concat(this.events.flatMap((event) => (event.type === 'body' ? [event.bytes] : [])));
  }
}

async function overWire(handler: Handler, asked: Asked, access: MessageAccess): Promise<Answered> {
  const wire = new Wire(asked, access);
  const { exchange } = wire;
  handler(exchange.req, exchange.res);
  const { body } = asked;
  // In two parts, the second of them late.
  if (body !== undefined) {
    exchange.body(body.subarray(0, 10));
    await wait(1);
    exchange.body(body.subarray(10));
  }
  exchange.end();
  await wire.isDone;
  const [head, ...rest] = wire.events;
  if (head?.type !== 'head') throw new Error(`there is no head, but ${head?.type}`);
  expect(rest.map(({ type }) => type).filter((type) => type !== 'body')).to.deep.equal(['end']);
  const headers = head.headers.map(([name, value]) => `${name}: ${value}`);
  return { status: head.status, reason: head.reason ?? '', headers, body: wire.body.toString('latin1') };
}

async function overHttp(handler: Handler, asked: Asked): Promise<Answered> {
  const { method = 'GET', url = '/', headers = [], body } = asked;
  return withServer(handler as never, async (server) => {
    const { port } = server.address() as AddressInfo;
    const fields = [
      'Host',
      'example.com',
      ...headers,
      ...(body ? ['Content-Length', String(body.length)] : []),
    ];
    const req = request({ port, host: '127.0.0.1', method, path: url, headers: fields, agent: false });
    if (body !== undefined) req.write(body);
    req.end();
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    const isOurs = (name: string): boolean =>
      !/^(?:date|connection|keep-alive|transfer-encoding|trailer)$/i.test(name);
    const raw = res.rawHeaders;
    const kept = raw.flatMap((name, index) =>
      index % 2 === 0 && isOurs(name) ? [`${name}: ${raw[index + 1]}`] : [],
    );
    const text = (await buffer(res)).toString('latin1');
    return { status: res.statusCode ?? 0, reason: res.statusMessage ?? '', headers: kept, body: text };
  });
}

function expressApp(make: typeof express): Handler {
  const app = make();
  app.set('etag', false);
  app.get('/json', (req, res) => void res.json({ ip: req.method, url: req.originalUrl, secure: req.secure }));
  app.post('/echo', make.json(), (req, res) => void res.send(req.body));
  app.get('/redirect', (_req, res) => res.redirect('/json'));
  app.get('/file', (_req, res) =>
    res.sendFile('package.json', { root: '.', lastModified: false, cacheControl: false }),
  );
  app.get('/fail', () => {
    throw Object.assign(new Error('no'), { status: 418, stack: 'no' });
  });
  app.get('/cookies', (_req, res) => void res.cookie('a', '1').cookie('b', '2').sendStatus(200));
  return app as never;
}

const koa = new Koa();
koa.use((ctx) => {
  if (ctx.path === '/stream') {
    const stream = new PassThrough();
    ctx.body = stream;
    stream.write('one ');
    setImmediate(() => stream.end('two'));
  } else if (ctx.path === '/none') {
    ctx.status = 204;
  } else {
    ctx.body = { url: ctx.url, length: ctx.request.length ?? null };
  }
});
const koaApp = koa.callback();

const big = Buffer.alloc(300_000, 'abcdefgh');

const rows: readonly (readonly [name: string, handler: Handler, asked?: Asked])[] = [
  ['a text', (_, res) => res.end('hello')],
  ['no body', (_, res) => res.end()],
  ['a buffer', (_, res) => res.end(Buffer.from([0, 255, 128]))],
  ['text in UTF-8', (_, res) => res.end('é€')],
  ['text in latin-1', (_, res) => res.end('é', 'latin1')],
  ['writeHead()', (_, res) => res.writeHead(201, 'Made', { 'X-A': 'b' }).end('x')],
  ['writeHead() with a list', (_, res) => res.writeHead(200, ['X-A', 'b', 'X-A', 'c']).end('x')],
  [
    'a status that changes after the head',
    (_, res) => {
      res.writeHead(201, 'Made');
      res.statusCode = 500;
      res.end('x');
    },
  ],
  ['bytes above 127 in a field', (_, res) => res.setHeader('X-A', 'caf\u00e9').end()],
  ['two cookies', (_, res) => res.setHeader('Set-Cookie', ['a=1', 'b=2']).end()],
  ['the case of names', (_, res) => res.setHeader('x-OWN-name', 'a').end()],
  ['several writes', (_, res) => ['a', 'b', 'c'].forEach((part) => void res.write(part)) ?? res.end('d')],
  [
    'writes in other turns',
    async (_, res) => {
      res.write('a');
      await wait(2);
      res.write('b');
      await wait(2);
      res.end('c');
    },
  ],
  [
    'flushHeaders()',
    async (_, res) => {
      res.flushHeaders();
      await wait(2);
      res.end('late');
    },
  ],
  [
    'a body that looks like framing',
    (_, res) => ['\r\n', '0\r\n\r\n', '5\r\n'].forEach((part) => void res.write(part)) ?? res.end(),
  ],
  ['empty writes', (_, res) => ['', 'a', ''].forEach((part) => void res.write(part)) ?? res.end('')],
  ['a long field', (_, res) => res.setHeader('X-A', 'abc'.repeat(3000)).end('x')],
  [
    'framing that it forbids',
    (_, res) => {
      res.removeHeader('Transfer-Encoding');
      res.write('a');
      res.end('b');
    },
  ],
  ['a status of 204', (_, res) => res.writeHead(204).end('nothing of this')],
  ['a status of 304', (_, res) => res.writeHead(304, { ETag: '"a"' }).end('nothing of this')],
  ['HEAD', (_, res) => res.end('nothing of this'), { method: 'HEAD' }],
  [
    'HEAD with a length',
    (_, res) => res.setHeader('Content-Length', '5').end('nothing of this'),
    { method: 'HEAD' },
  ],
  ['a large body', (_, res) => res.end(big)],
  [
    'a large body in pieces',
    (_, res) => {
      res.write(big);
      res.write(big);
      res.end(big);
    },
  ],
  [
    'hints before the head',
    (_, res) => {
      res.writeContinue();
      res.writeProcessing();
      res.end('x');
    },
  ],
  [
    'framing of its own',
    (_, res) => res.writeHead(200, { 'Transfer-Encoding': 'chunked', Connection: 'close' }).end('abc'),
  ],
  [
    'trailers',
    (_, res) => {
      res.writeHead(200, { Trailer: 'X-T' });
      res.write('a');
      res.addTrailers({ 'X-T': 'b' });
      res.end();
    },
  ],
  [
    'what it asked',
    (req, res) => res.end(JSON.stringify([req.method, req.url, req.headers['x-a'], req.httpVersion])),
    { url: '/a%20b?c=d', headers: ['X-A', '1', 'x-a', '2'] },
  ],
  [
    'repeated and joined fields',
    (req, res) =>
      res.end(JSON.stringify([req.headers.cookie, req.headers['set-cookie'], req.headersDistinct['x-a']])),
    { headers: ['Cookie', 'a=1', 'Cookie', 'b=2', 'X-A', '1', 'X-A', '2'] },
  ],
  [
    'a body',
    async (req, res) => res.end(await buffer(req)),
    { method: 'POST', body: Buffer.from('a body of some bytes') },
  ],
  [
    'a large body of a request',
    async (req, res) => res.end(String((await buffer(req)).length)),
    { method: 'POST', body: big },
  ],
  [
    'a body that is piped',
    (req, res) => req.pipe(res),
    { method: 'PUT', body: Buffer.from('a body of some bytes') },
  ],
  [
    'a body that nobody reads',
    (_, res) => res.end('no'),
    { method: 'POST', body: Buffer.from('a body of some bytes') },
  ],
  ...(['/json', '/redirect', '/file', '/cookies', '/missing', '/fail'] as const).flatMap(
    (url): [string, Handler, Asked][] => [
      [`Express 5 ${url}`, expressApp(express), { url }],
      [`Express 4 ${url}`, expressApp(express4 as never), { url }],
    ],
  ),
  [
    'Express 5 and JSON',
    expressApp(express),
    {
      method: 'POST',
      url: '/echo',
      headers: ['Content-Type', 'application/json'],
      body: Buffer.from('{"a": [1, 2, "drei"]}'),
    },
  ],
  [
    'Express 4 and JSON',
    expressApp(express4 as never),
    {
      method: 'POST',
      url: '/echo',
      headers: ['Content-Type', 'application/json'],
      body: Buffer.from('{"a": [1, 2, "drei"]}'),
    },
  ],
  ...['/', '/stream', '/none'].map((url): [string, Handler, Asked] => [`Koa ${url}`, koaApp, { url }]),
];

const ways: readonly (readonly [name: string, access: MessageAccess])[] = [
  ['by internals', internalAccess],
  ['by the public API', publicAccess],
];

for (const [way, access] of ways)
  describe(`an exchange ${way}`, () => {
    for (const [name, handler, asked = {}] of rows) {
      it(`answers as over HTTP: ${name}`, async () => {
        // Express says in `finally` what failed.
        const { error } = console;
        console.error = () => undefined;
        try {
          expect(await overWire(handler, asked, access)).to.deep.equal(await overHttp(handler, asked));
        } finally {
          console.error = error;
        }
      });
    }

    it('answers HTTP/1.0, which knows no chunks', async () => {
      const stream: Handler = async (req, res) => {
        res.write(`${req.httpVersion} `);
        await wait(1);
        res.end('late');
      };
      const answered = await overWire(stream, { httpVersion: '1.0' }, access);
      expect(answered).to.deep.equal({ status: 200, reason: 'OK', headers: [], body: '1.0 late' });
    });

    it('sends a small answer at once', async () => {
      const wire = new Wire({}, access);
      wire.exchange.end();
      wire.exchange.res.end('hello');
      await undefined;
      expect(wire.events.map(({ type }) => type)).to.deep.equal(['head', 'body', 'end']);
    });

    it('shows the client, not the connection', () => {
      const { socket } = new Wire({}, access).exchange.req;
      expect(socket).to.include({
        remoteAddress: '192.0.2.1',
        remotePort: 4000,
        remoteFamily: 'IPv4',
        localPort: 80,
      });
      expect(socket.address()).to.deep.equal({ address: '192.0.2.2', port: 80, family: 'IPv4' });
      expect((socket as { encrypted?: boolean }).encrypted).to.equal(false);
    });

    it('tells events in the order in which HTTP does', async () => {
      const listen = (req: IncomingMessage, res: ServerResponse, heard: string[]): void => {
        for (const event of ['finish', 'close', 'prefinish'] as const)
          res.on(event, () => heard.push(`res ${event}`));
        for (const event of ['end', 'close', 'aborted'] as const)
          req.on(event, () => heard.push(`req ${event}`));
        req.on('error', (error) => heard.push(`req error ${(error as { code?: string }).code}`));
      };
      const handler =
        (heard: string[]): Handler =>
        (req, res) => {
          listen(req, res, heard);
          req.resume();
          res.end('x', () => heard.push('end callback'));
        };
      const [ours, theirs]: [string[], string[]] = [[], []];
      await overWire(handler(ours), {}, access);
      await overHttp(handler(theirs), {});
      await wait(5);
      expect([...ours].sort()).to.deep.equal([...theirs].sort());
      const answers = (heard: string[]): string[] => heard.filter((event) => !event.startsWith('req'));
      expect(answers(ours)).to.deep.equal(answers(theirs));
    });

    describe('when the client goes', () => {
      const events = (wire: Wire): string[] => {
        const heard: string[] = [];
        const { req, res, socket } = wire.exchange;
        req.on('aborted', () => heard.push('aborted'));
        req.on('error', (error) => heard.push(`error ${(error as { code?: string }).code}`));
        req.on('close', () => heard.push('req close'));
        res.on('close', () => heard.push('res close'));
        socket.on('close', () => heard.push('socket close'));
        return heard;
      };

      it('tells the application before the answer', async () => {
        const wire = new Wire({ method: 'POST', body: big }, access);
        const heard = events(wire);
        wire.exchange.body(big.subarray(0, 5));
        wire.exchange.abort();
        await wait(5);
        expect(heard).to.deep.equal([
          'aborted',
          'res close',
          'socket close',
          'error ECONNRESET',
          'req close',
        ]);
        expect(wire.notes).to.include('failed');
        expect(wire.exchange.res.destroyed).to.equal(true);
        expect(wire.exchange.res.write('late')).to.equal(false);
        wire.exchange.body(big);
        wire.exchange.end();
        expect(wire.events).to.deep.equal([]);
      });

      it('tells the application amid the answer', async () => {
        const wire = new Wire({}, access);
        const heard = events(wire);
        wire.exchange.req.resume();
        wire.exchange.end();
        wire.exchange.res.write('a');
        await wait(2);
        wire.exchange.abort();
        await wait(5);
        expect(heard).to.include('res close');
        expect(wire.events.map(({ type }) => type)).to.deep.equal(['head', 'body']);
      });

      it('is told so where the body is shorter than was said', async () => {
        const wire = new Wire({ method: 'POST', body: Buffer.from('12345') }, access);
        const heard = events(wire);
        wire.exchange.body(Buffer.from('123'));
        wire.exchange.end();
        await wait(5);
        expect(heard[0]).to.equal('aborted');
        expect(wire.exchange.req.complete).to.equal(false);
      });
    });

    it('is broken off where the application destroys it', async () => {
      for (const destroy of [
        ({ res }: Exchange) => res.destroy(),
        ({ req }: Exchange) => req.destroy(),
        ({ socket }: Exchange) => socket.destroy(new Error('no')),
      ]) {
        const wire = new Wire({}, access);
        wire.exchange.res.write('a');
        await wait(1);
        destroy(wire.exchange);
        await wire.isDone;
        expect(wire.notes).to.include('failed');
        expect(wire.events.map(({ type }) => type)).to.not.include('end');
      }
    });

    it('gives the application no more of a body than was said', async () => {
      const wire = new Wire({ method: 'POST', body: Buffer.from('12345') }, access);
      wire.exchange.body(Buffer.from('123'));
      wire.exchange.body(Buffer.from('45678'));
      wire.exchange.end();
      expect((await buffer(wire.exchange.req)).toString()).to.equal('12345');
    });

    it('waits where the connection is full, and goes on when it is not', async () => {
      const wire = new Wire({}, access);
      wire.room = 1;
      const { res } = wire.exchange;
      res.write(Buffer.alloc(100_000));
      await wait(2);
      expect(res.write(Buffer.alloc(100_000))).to.equal(false);
      let drains = 0;
      res.on('drain', () => drains++);
      await wait(5);
      expect(drains).to.equal(0);
      wire.room = 10;
      wire.exchange.drained();
      await wait(5);
      expect(drains).to.equal(1);
      res.end();
      await wire.isDone;
      expect(wire.body).to.have.lengthOf(200_000);
    });

    it('streams any amount through a connection that is often full', async () => {
      const wire = new Wire({}, access);
      wire.room = 1;
      const again = setInterval(() => {
        wire.room = 2;
        wire.exchange.drained();
      }, 1);
      const source = new PassThrough();
      source.pipe(wire.exchange.res);
      for (let count = 0; count < 20; count++) source.write(big.subarray(0, 100_000));
      source.end();
      await wire.isDone;
      clearInterval(again);
      expect(wire.body).to.have.lengthOf(2_000_000);
    });

    it('takes what is piped to it after it had to wait', async () => {
      const wire = new Wire({}, access);
      wire.room = 1;
      const { res } = wire.exchange;
      expect(res.write(big)).to.equal(false);
      expect(res.writableNeedDrain).to.equal(true);
      const drained = once(res, 'drain');
      await wait(2);
      wire.room = 10;
      wire.exchange.drained();
      await drained;
      expect(res.writableNeedDrain).to.equal(false);
      const source = new PassThrough();
      source.pipe(res);
      source.end(big);
      await wire.isDone;
      expect(wire.body).to.have.lengthOf(2 * big.length);
    });

    it('is done with: no event comes again', async () => {
      const wire = new Wire({}, access);
      const { res, socket } = wire.exchange;
      let closes = 0;
      res.on('close', () => closes++);
      wire.exchange.end();
      res.end('x');
      await wire.isDone;
      expect([closes, res.closed, res.destroyed, res.socket]).to.deep.equal([1, true, true, null]);
      res.destroy();
      socket.destroy();
      await wait(2);
      expect(closes).to.equal(1);
    });

    it('has the front server wait where the application does not read', async () => {
      const wire = new Wire({ method: 'POST', body: big }, access);
      wire.exchange.body(big);
      expect(wire.notes).to.include('pause');
      wire.notes.length = 0;
      const read = buffer(wire.exchange.req);
      await wait(2);
      expect(wire.notes).to.include('resume');
      wire.exchange.end();
      expect(await read).to.have.lengthOf(big.length);
    });

    it('has timeouts as HTTP has', async () => {
      const wire = new Wire({}, access);
      const heard: string[] = [];
      wire.exchange.res.setTimeout(5, () => heard.push('res'));
      await wait(30);
      expect(heard).to.deep.equal(['res']);
      wire.exchange.res.removeAllListeners('timeout');
      wire.exchange.socket.setTimeout(5);
      await wire.isDone;
      expect(wire.notes).to.include('failed');
    });

    if (access === publicAccess) {
      it('is broken off where something else writes to its socket', async () => {
        const wire = new Wire({}, access);
        wire.exchange.socket.write('no head\r\n\r\n');
        await wire.isDone;
        expect(wire.notes).to.include('failed');
        expect(wire.events).to.deep.equal([]);
      });
    }
  });
