/**
 * Behaviours of an application's answers and requests that users rely on, as they are over HTTP; and where one of them is another
 * behind a front server, over a gateway protocol.
 *
 * Rules of this file: data, and the few lines that make a behaviour visible. What differs has its cause; a difference that is
 * not there any more is an error too.
 */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import type { Application } from '../../lib/index.js';
import {
  answerTo,
  ask,
  type BehaviourRow,
  clientAddress,
  inTime,
  open,
  read,
  type Site,
  type Stage,
} from './behaviour.js';
import type { FrontServerName } from './front-server.js';

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');
const megabyte = Buffer.alloc(1_000_000, 'abcdefghijklmnopqrstuvwxyz');
const license = resolve('LICENSE');

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown;

/** A plain application. */
const plain = (make: (stage: Stage) => Listener) => make as (stage: Stage) => Application;

const requestEvents = ['aborted', 'error', 'end', 'close'];
const responseEvents = ['error', 'finish', 'close'];

/** Has everything noted that happens to a request and its answer. */
function listenTo(stage: Stage, req: IncomingMessage, res: ServerResponse): void {
  stage.listen('req', req, requestEvents);
  stage.listen('res', res, responseEvents);
}

/** nginx takes no more than 8 KB together before it sends something, unless it is told: over HTTP too. */
const unbuffered = { 'X-Accel-Buffering': 'no' };

/** What is seen of an application of Express, whichever version. */
const ofExpress = (make: typeof express): Omit<BehaviourRow, 'name'> => ({
  application: () => {
    const app = make();
    app.use(make.json({ limit: '3mb' }));
    app.get('/who', (req, res) => {
      const { ip, ips, protocol, secure, hostname, originalUrl, path, baseUrl } = req;
      const below = originalUrl.slice(baseUrl.length);
      res.json([ip, ips, protocol, secure, hostname, below, path, req.get('x-test'), req.query]);
    });
    app.get('/text', (_req, res) => void res.send('hällo'));
    app.get('/file', (_req, res) => res.sendFile(license));
    app.post('/json', (req, res) => void res.json((req.body as { text: string }).text.length));
    app.get('/moved', (_req, res) => res.redirect('elsewhere'));
    app.get('/thrown', () => {
      throw Object.assign(new Error('no'), { status: 418, expose: true });
    });
    return app as never;
  },
  ask: async (site) => {
    const who = await ask(site, { at: '/who?a=b%20c', headers: { 'X-Test': 'tested' } });
    const text = await ask(site, { at: '/text' });
    const { etag = '' } = text.headers;
    const fresh = await ask(site, { at: '/text', headers: { 'If-None-Match': etag } });
    const file = await ask(site, { at: '/file', headers: { Range: 'bytes=0-10' } });
    const json = JSON.stringify({ text: 'x'.repeat(2_000_000) });
    const posted = await ask(site, {
      ...{ at: '/json', method: 'POST', body: json },
      headers: { 'Content-Type': 'application/json', 'Content-Length': String(json.length) },
    });
    const moved = await ask(site, { at: '/moved' });
    const thrown = await ask(site, { at: '/thrown' });
    return {
      who: JSON.parse(who.body.toString()),
      text: [text.status, text.body.toString(), text.headers['content-type'], text.headers['content-length']],
      fresh: [fresh.status, fresh.body.length, fresh.headers.etag === etag],
      file: [file.status, file.body.toString(), file.headers['content-range'] !== undefined],
      posted: posted.body.toString(),
      moved: [moved.status, moved.headers.location],
      thrown: thrown.status,
    };
  },
  expected: {
    who: [
      ...[clientAddress, [], 'http', false, 'site.example'],
      ...['/who?a=b%20c', '/who', 'tested', { a: 'b c' }],
    ],
    text: [200, 'hällo', 'text/html; charset=utf-8', '6'],
    ...{ fresh: [304, 0, true], file: [206, 'MIT License', true], posted: '2000000' },
    ...{ moved: [302, 'elsewhere'], thrown: 418 },
  },
});

export const behaviourRows: readonly BehaviourRow[] = [
  {
    name: 'chunks come as they are written',
    application: plain((stage) => async (_req, res) => {
      res.writeHead(200, unbuffered);
      for (const chunk of ['one', 'two', 'three']) {
        res.write(chunk);
        await stage.turn();
      }
      res.end('end');
    }),
    ask: async (site) => {
      const coming = answerTo(open(site).end());
      const seen: string[] = [];
      for (let chunk = 0; chunk < 3; chunk++) {
        seen.push(await inTime(coming.then((res) => once(res as IncomingMessage, 'data'))));
        site.stage.go();
      }
      return seen;
    },
    expected: ['in time', 'in time', 'in time'],
  },
  {
    name: 'a head comes before there is a body',
    application: plain((stage) => async (_req, res) => {
      res.writeHead(201, unbuffered).flushHeaders();
      await stage.turn();
      res.end('body');
    }),
    ask: async (site) => {
      const coming = answerTo(open(site).end());
      const seen = await inTime(coming);
      site.stage.go();
      const { status, body } = await read((await coming) as IncomingMessage);
      return [seen, status, body.toString()];
    },
    expected: ['in time', 201, 'body'],
  },
  {
    name: 'an answer goes on while its request comes',
    application: plain(() => async (req, res) => {
      res.writeHead(200, unbuffered);
      for await (const chunk of req) res.write(chunk);
      res.end();
    }),
    ask: async (site) => {
      const req = open(site, { method: 'POST', headers: { 'Content-Length': '6' } });
      req.write('one');
      const coming = answerTo(req);
      const seen = await inTime(coming.then((res) => once(res as IncomingMessage, 'data')));
      req.end('two');
      const res = await coming;
      return [seen, (await read(res as IncomingMessage)).isWhole];
    },
    expected: ['in time', true],
  },
  {
    name: '24 MB reach a slow client, and the application waits for it',
    application: plain((stage) => async (_req, res) => {
      for (let written = 0; written < 24; written++) {
        if (res.write(megabyte)) continue;
        if (stage.heard.length === 0) stage.heard.push('waits');
        await once(res, 'drain');
      }
      res.end();
    }),
    ask: async (site) => {
      const res = (await answerTo(open(site).end())) as IncomingMessage;
      const hash = createHash('md5');
      let length = 0;
      let next = 0;
      for await (const chunk of res) {
        hash.update(chunk as Buffer);
        length += (chunk as Buffer).length;
        if (length < next) continue;
        next += 2_000_000;
        await sleep(10);
      }
      const right = createHash('md5');
      for (let written = 0; written < 24; written++) right.update(megabyte);
      return [length, hash.digest('hex') === right.digest('hex'), ...site.stage.heard];
    },
    expected: [24_000_000, true, 'waits'],
  },
  {
    name: '5 MB reach a slow application',
    application: plain(() => async (req, res) => {
      const hash = createHash('md5');
      let length = 0;
      let next = 0;
      for await (const chunk of req) {
        hash.update(chunk as Buffer);
        length += (chunk as Buffer).length;
        if (length < next) continue;
        next += 500_000;
        await sleep(10);
      }
      res.end(`${length} ${hash.digest('hex')} ${req.complete}`);
    }),
    ask: async (site) => {
      const body = Buffer.concat(Array.from({ length: 5 }, () => megabyte));
      const reply = await ask(site, { method: 'POST', body, headers: { 'Content-Length': '5000000' } });
      return reply.body.toString().replace(md5(body), 'right');
    },
    expected: '5000000 right true',
  },
  {
    name: 'a body in chunks, whose length nobody knows',
    application: plain(() => async (req, res) => {
      const body = await buffer(req);
      res.end(`${body.length} ${md5(body)} ${req.complete}`);
    }),
    ask: async (site) => {
      const req = open(site, { method: 'POST' });
      req.write(megabyte.subarray(0, 10));
      req.write(megabyte.subarray(10, 300_000));
      const res = await answerTo(req.end());
      const { status, body } = await read(res as IncomingMessage);
      return [status, body.toString().replace(md5(megabyte.subarray(0, 300_000)), 'right')];
    },
    expected: [200, '300000 right true'],
  },
  {
    name: 'a body that waits for 100 Continue',
    application: plain(() => async (req, res) => res.end(await buffer(req))),
    ask: async (site) => {
      const headers = { Expect: '100-continue', 'Content-Length': '5' };
      const req = open(site, { method: 'POST', headers });
      req.flushHeaders();
      const seen = await inTime(once(req, 'continue'));
      const res = await answerTo(req.end('hello'));
      return [seen, (await read(res as IncomingMessage)).body.toString()];
    },
    expected: ['in time', 'hello'],
  },
  {
    name: 'an answer before the request is read',
    application: plain(() => (_req, res) => void res.writeHead(413).end('too long')),
    ask: async (site) => {
      const { status, body } = await ask(site, { method: 'POST', body: megabyte });
      return [status, body.toString()];
    },
    expected: [413, 'too long'],
  },
  {
    name: '204, 304 and HEAD have no body',
    application: plain(() => (req, res) => {
      if (req.url === '/204') res.writeHead(204).end();
      else if (req.url === '/304') res.writeHead(304, { ETag: '"x"' }).end();
      else res.writeHead(200, { 'Content-Length': '5', 'X-Method': req.method }).end('hello');
    }),
    ask: async (site) => {
      const none = await ask(site, { at: '/204' });
      const fresh = await ask(site, { at: '/304' });
      const head = await ask(site, { method: 'HEAD' });
      const { 'content-length': length, 'x-method': method } = head.headers;
      return [
        [none.status, none.body.length, none.isWhole],
        [fresh.status, fresh.headers.etag, fresh.body.length, fresh.isWhole],
        [head.status, length, method, head.body.length, head.isWhole],
      ];
    },
    expected: [
      [204, 0, true],
      [304, '"x"', 0, true],
      [200, '5', 'HEAD', 0, true],
    ],
  },
  {
    name: 'an empty answer',
    application: plain(() => (_req, res) => res.end()),
    ask: async (site) => {
      const { status, body, isWhole, headers } = await ask(site);
      return [status, body.length, isWhole, headers['content-length']];
    },
    expected: [200, 0, true, '0'],
  },
  {
    name: 'res.setTimeout() calls back',
    application: plain(() => (_req, res) => void res.setTimeout(50, () => res.end('too late'))),
    ask: async (site) => (await ask(site)).body.toString(),
    expected: 'too late',
  },
  {
    name: 'res.setTimeout() without a listener breaks the request off',
    application: plain((stage) => (req, res) => {
      listenTo(stage, req, res);
      res.setTimeout(50);
    }),
    ask: async (site) => {
      return [await breaksOff(site), (await site.stage.until('res close')).includes('res close')];
    },
    expected: ['broken', true],
  },
  {
    name: 'writeContinue(), writeProcessing() and writeEarlyHints() do no harm',
    application: plain((stage) => (_req, res) => {
      res.writeContinue();
      res.writeProcessing();
      res.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => stage.heard.push('called back'));
      res.end('answer');
    }),
    ask: async (site) => {
      const req = open(site);
      const early: number[] = [];
      req.on('information', ({ statusCode }) => early.push(statusCode));
      const { status, body } = await read((await answerTo(req.end())) as IncomingMessage);
      return { early, status, body: body.toString(), heard: [...site.stage.heard] };
    },
    expected: { early: [100, 102, 103], status: 200, body: 'answer', heard: ['called back'] },
  },
  {
    name: 'framing that the application asks for does not get into the body',
    application: plain(() => (_req, res) => {
      res.setHeader('Transfer-Encoding', 'chunked');
      res.setHeader('Connection', 'close');
      res.write('ab');
      res.end('c');
    }),
    ask: async (site) => {
      const { body, isWhole } = await ask(site);
      return [body.toString(), isWhole];
    },
    expected: ['abc', true],
  },
  {
    name: 'trailers do not get into the body',
    application: plain(() => (_req, res) => {
      res.writeHead(200, { Trailer: 'X-Sum' });
      res.write('abc');
      res.addTrailers({ 'X-Sum': '6' });
      res.end();
    }),
    ask: async (site) => {
      const { body, trailers } = await ask(site);
      return [body.toString(), { ...trailers }];
    },
    expected: ['abc', { 'x-sum': '6' }],
  },
  {
    name: 'an answer that ends, and in which order that is heard',
    application: plain((stage) => (req, res) => {
      listenTo(stage, req, res);
      stage.listen('res', res, ['prefinish']);
      req.resume();
      res.end('x', () => stage.heard.push('end() calls back'));
    }),
    ask: async (site) => {
      await ask(site);
      const heard = await site.stage.until('req close');
      // Between the two there is no order, for they wait for different things.
      return [
        heard.filter((event) => !event.startsWith('req')),
        heard.filter((event) => event.startsWith('req')),
      ];
    },
    expected: [
      ['res prefinish', 'res finish', 'end() calls back', 'res close'],
      ['req end', 'req close'],
    ],
  },
  {
    name: 'a client that goes amid the answer, and in which order that is heard',
    application: plain((stage) => (req, res) => {
      listenTo(stage, req, res);
      stage.listen('socket', req.socket, ['close']);
      // Front servers look whether the client is there when they have something for it.
      const writing = setInterval(() => res.write('x'.repeat(10_000)), 5);
      res.on('close', () => clearInterval(writing));
    }),
    ask: async (site) => {
      const req = open(site).end();
      const res = (await answerTo(req)) as IncomingMessage;
      await once(res, 'data');
      req.destroy();
      return site.stage.until('req close', 5000);
    },
    expected: ['req aborted', 'res close', 'socket close', 'req error', 'req close'],
  },
  {
    name: 'a client that goes amid its request',
    application: plain((stage) => (req, res) => {
      stage.heard.push('asked');
      listenTo(stage, req, res);
      req.resume();
    }),
    ask: async (site) => {
      const req = open(site, { method: 'POST', headers: { 'Content-Length': '100000' } });
      req.write('x'.repeat(1000));
      await sleep(100);
      req.destroy();
      return site.stage.until('req close');
    },
    expected: ['asked', 'req aborted', 'res close', 'req error', 'req close'],
  },
  {
    name: 'an answer that breaks off is seen to be none: length unknown',
    application: plain((stage) => async (_req, res) => {
      res.write('x'.repeat(100_000));
      await stage.turn();
      res.destroy();
    }),
    ask: breaksOff,
    expected: 'broken',
  },
  {
    name: 'an answer that breaks off is seen to be none: length known',
    application: plain((stage) => async (_req, res) => {
      res.setHeader('Content-Length', '200000');
      res.write('x'.repeat(100_000));
      await stage.turn();
      res.destroy();
    }),
    ask: breaksOff,
    expected: 'broken',
  },
  {
    name: 'an answer that breaks off before it begins',
    application: plain(() => (_req, res) => res.destroy()),
    ask: breaksOff,
    expected: 'broken',
  },
  {
    name: 'an answer that the application breaks off, and in which order that is heard',
    application: plain((stage) => (req, res) => {
      listenTo(stage, req, res);
      stage.listen('socket', req.socket, ['close']);
      res.write('x', () => res.destroy());
    }),
    ask: async (site) => {
      await breaksOff(site);
      const heard = await site.stage.until('socket close');
      return heard.filter((event) => !event.startsWith('req'));
    },
    expected: ['res close', 'socket close'],
  },
  {
    name: 'header fields of an answer',
    application: plain(() => (_req, res) => {
      res.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2']);
      res.setHeader('X-MiXed', 'case');
      res.setHeader('X-Latin', 'caf\xe9');
      res.setHeader('X-Twice', ['1', '2']);
      res.setHeader('X-Empty', '');
      res.writeHead(299, 'Quite Right');
      res.end('x');
    }),
    ask: async (site) => {
      const { status, reason, headers, rawHeaders } = await ask(site);
      return {
        status: [status, reason],
        cookies: headers['set-cookie'],
        cased: rawHeaders.find((name) => name.toLowerCase() === 'x-mixed'),
        latin: headers['x-latin'],
        twice: headers['x-twice'],
        empty: headers['x-empty'],
        statusField: headers.status,
      };
    },
    expected: {
      status: [299, 'Quite Right'],
      cookies: ['a=1; Path=/', 'b=2'],
      ...{ cased: 'X-MiXed', latin: 'caf\xe9', twice: '1, 2', empty: '', statusField: undefined },
    },
  },
  {
    name: 'header fields of a request',
    application: plain(() => (req, res) => {
      const { cookie, 'x-latin': latin, 'x-mixed': mixed, 'user-agent': agent, accept } = req.headers;
      const { 'content-type': type, 'content-length': length, 'transfer-encoding': coding } = req.headers;
      res.setHeader('Content-Type', 'application/json');
      res.end(
        JSON.stringify({ cookie, latin, mixed, agent, accept, type, length, coding, host: req.headers.host }),
      );
    }),
    ask: async (site) => {
      const headers = {
        ...{ Cookie: 'a=1; b=2', 'X-Latin': 'caf\xe9', 'X-MiXed': 'case', 'User-Agent': 'test (1)' },
        Accept: 'text/html, */*;q=0.1',
      };
      const { body } = await ask(site, { headers });
      return JSON.parse(body.toString()) as unknown;
    },
    expected: {
      ...{ cookie: 'a=1; b=2', latin: 'caf\xe9', mixed: 'case', agent: 'test (1)', host: 'site.example' },
      accept: 'text/html, */*;q=0.1',
    },
  },
  {
    name: 'methods, of HTTP and others',
    application: plain(() => (req, res) => res.end(req.method)),
    ask: async (site) => {
      const seen: string[] = [];
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT', 'QUERY']) {
        const { status, body } = await ask(site, { method });
        seen.push(status === 200 ? body.toString() : `${method} ${STATUS_CODES[status]}`);
      }
      return seen;
    },
    expected: ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT', 'QUERY'],
  },
  { name: 'Express 5', ...ofExpress(express) },
  { name: 'Express 4', ...ofExpress(express4 as never) },
  {
    name: 'Koa: a stream, and what it sees',
    application: () => {
      const app = new Koa();
      app.silent = true;
      app.use(async (ctx) => {
        if (ctx.path === '/file') ctx.body = createReadStream(license);
        else if (ctx.path === '/none') ctx.body = null;
        else ctx.body = { ip: ctx.ip, protocol: ctx.protocol, url: ctx.url, host: ctx.host };
      });
      return app;
    },
    ask: async (site) => {
      const file = await ask(site, { at: '/file' });
      const none = await ask(site, { at: '/none' });
      const seen = await ask(site, { at: '/seen?q' });
      return [file.body.toString().slice(0, 11), none.status, JSON.parse(seen.body.toString())];
    },
    expected: [
      'MIT License',
      204,
      { ip: clientAddress, protocol: 'http', url: '/seen?q', host: 'site.example' },
    ],
  },
  {
    name: 'Fastify: bodies and a stream',
    application: () => {
      const app = fastify({ bodyLimit: 3_000_000 });
      app.post('/json', (req) => ({ length: (req.body as { text: string }).text.length, ip: req.ip }));
      app.get('/stream', (_req, reply) => reply.send(Readable.from(['one ', 'two'])));
      return app;
    },
    ask: async (site) => {
      const body = JSON.stringify({ text: 'x'.repeat(2_000_000) });
      const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
      const posted = await ask(site, { at: '/json', method: 'POST', body, headers });
      const stream = await ask(site, { at: '/stream' });
      return [JSON.parse(posted.body.toString()), stream.body.toString()];
    },
    expected: [{ length: 2_000_000, ip: clientAddress }, 'one two'],
  },
  {
    name: 'Hono: bodies and a stream',
    application: () => {
      const app = new Hono();
      app.post('*', async (context) => context.json({ length: (await context.req.text()).length }));
      app.get('*', (context) => {
        context.header('Set-Cookie', 'a=1', { append: true });
        context.header('Set-Cookie', 'b=2', { append: true });
        return context.body(
          new ReadableStream({
            start: (controller) => {
              for (const text of ['one ', 'two']) controller.enqueue(new TextEncoder().encode(text));
              controller.close();
            },
          }),
        );
      });
      return app;
    },
    ask: async (site) => {
      const posted = await ask(site, { method: 'POST', body: 'x'.repeat(100_000) });
      const { headers, body } = await ask(site, { at: '/stream' });
      return [JSON.parse(posted.body.toString()), headers['set-cookie'], body.toString()];
    },
    expected: [{ length: 100_000 }, ['a=1', 'b=2'], 'one two'],
  },
];

/** How an answer looks that the application did not finish: broken off, or one of the front server that says so; or whole. */
async function breaksOff(site: Site): Promise<string> {
  const res = await answerTo(open(site).end());
  if (res === undefined) return 'broken';
  // What it holds of the answer is on its way.
  site.stage.go();
  const { status, isWhole, body } = await read(res);
  return isWhole && status < 500 ? `whole, of ${body.length} bytes` : 'broken';
}

/** A behaviour that is another one. */
export interface Difference {
  readonly name: string;
  /** Behind these; all, unless they are told. */
  readonly servers?: readonly FrontServerName[];
  readonly is: unknown;
  readonly because: string;
}

/** A value of a row with some of its members changed. */
const but = (name: string, changes: object): unknown => ({
  ...(behaviourRows.find((row) => row.name === name)?.expected as object),
  ...changes,
});

/** Express sends a length, which does not arrive. */
const withoutLength = { text: [200, 'hällo', 'text/html; charset=utf-8', undefined] };
const distrusted =
  'Apache 2.4.59 and later drop Content-Length (CVE-2024-24795), unless `SetEnv ap_trust_cgilike_cl 1`';
const inAnswer = 'header fields of an answer';
const inRequest = 'header fields of a request';

export const differences: readonly Difference[] = [
  {
    name: 'writeContinue(), writeProcessing() and writeEarlyHints() do no harm',
    is: { early: [], status: 200, body: 'answer', heard: ['called back'] },
    because: 'no gateway protocol has 1xx',
  },
  {
    name: 'trailers do not get into the body',
    is: ['abc', {}],
    because: 'no gateway protocol has trailers',
  },
  {
    name: 'a head comes before there is a body',
    servers: ['apache', 'h2o'],
    is: ['held', 201, 'body'],
    because: 'it sends a head together with what comes first of the body',
  },
  {
    name: 'an answer goes on while its request comes',
    servers: ['nginx', 'lighttpd', 'h2o'],
    is: ['held', true],
    because:
      'it reads a request whole before it asks (nginx: fastcgi_request_buffering, lighttpd: server.stream-request-body)',
  },
  {
    name: 'an answer goes on while its request comes',
    servers: ['haproxy'],
    is: ['held', true],
    because: 'it asks when the request is whole, or fills its buffer of 16 KB',
  },
  {
    name: 'an answer goes on while its request comes',
    servers: ['apache', 'caddy'],
    is: ['held', true],
    because: 'it sends all of a request before it reads the answer',
  },
  {
    name: 'a client that goes amid its request',
    servers: ['nginx', 'lighttpd', 'haproxy', 'h2o'],
    is: [],
    because: 'the application was not asked yet: the request was not whole',
  },
  {
    name: 'a body in chunks, whose length nobody knows',
    servers: ['haproxy'],
    is: [
      400,
      '<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n',
    ],
    because: 'HAProxy 2.6 takes no chunks before FastCGI if they are more than its buffer',
  },
  {
    name: 'an answer that breaks off is seen to be none: length unknown',
    servers: ['nginx', 'caddy', 'h2o'],
    is: 'whole, of 100000 bytes',
    because: 'it takes the end of the connection for the end of the answer',
  },
  {
    name: '204, 304 and HEAD have no body',
    servers: ['apache'],
    is: [
      [204, 0, true],
      [304, '"x"', 0, true],
      [200, undefined, 'HEAD', 0, true],
    ],
    because: distrusted,
  },
  { name: 'Express 5', servers: ['apache'], is: but('Express 5', withoutLength), because: distrusted },
  { name: 'Express 4', servers: ['apache'], is: but('Express 4', withoutLength), because: distrusted },
  {
    name: inAnswer,
    servers: ['haproxy', 'h2o'],
    is: but(inAnswer, { cased: 'x-mixed' }),
    because: 'it writes names in lower case',
  },
  {
    name: inAnswer,
    servers: ['lighttpd'],
    is: but(inAnswer, { status: [299, ''], empty: undefined }),
    because: 'it has reasons of its own, and drops empty fields',
  },
  {
    name: inAnswer,
    servers: ['caddy'],
    is: but(inAnswer, {
      ...{ cased: 'X-Mixed', status: [299, 'status code 299'], statusField: '299 Quite Right' },
    }),
    because: 'it has names and reasons of its own, and hands Status on',
  },
  {
    name: inRequest,
    servers: ['lighttpd', 'haproxy', 'caddy'],
    is: but(inRequest, { length: '0' }),
    because: 'it sends CONTENT_LENGTH 0 where there is no body',
  },
];
