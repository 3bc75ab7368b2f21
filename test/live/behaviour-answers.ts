/**
 * Answers: what an application sends, and when, is what arrives, and when.
 *
 * Rules of this file: data, and the few lines that make a behaviour visible.
 */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  answerTo,
  ask,
  type BehaviourRow,
  inTime,
  megabyte,
  open,
  plain,
  read,
  unbuffered,
} from './behaviour.js';

export const answerRows: readonly BehaviourRow[] = [
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
    name: 'header fields by an array',
    application: plain(() => (_req, res) => {
      res.writeHead(200, [
        'X-One',
        '1',
        'X-Many',
        'a',
        'X-Many',
        'b',
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
      ]);
      res.end('x');
    }),
    ask: async (site) => {
      const { headers } = await ask(site);
      return [headers['x-one'], headers['x-many'], headers['set-cookie']];
    },
    expected: ['1', 'a, b', ['a=1', 'b=2']],
  },
  {
    name: 'a head of 6 KB',
    application: plain(() => (_req, res) => {
      for (let index = 0; index < 6; index++) res.setHeader(`X-Long-${index}`, 'x'.repeat(1000));
      res.end('body');
    }),
    ask: async (site) => {
      const { status, headers, body } = await ask(site);
      const long = Object.keys(headers).filter((name) => name.startsWith('x-long'));
      return status === 200 ? [long.length, body.toString()] : status;
    },
    expected: [6, 'body'],
  },
  {
    name: 'what is written at once comes at once',
    application: plain(() => (_req, res) => {
      res.cork();
      for (const text of ['a', 'b', 'c']) res.write(text);
      process.nextTick(() => {
        res.uncork();
        res.write('');
        res.end('d');
      });
    }),
    ask: async (site) => (await ask(site)).body.toString(),
    expected: 'abcd',
  },
  {
    name: 'a stream that is piped into an answer',
    application: plain((stage) => async (_req, res) => {
      await pipeline(Readable.from(Array.from({ length: 50 }, () => megabyte.subarray(0, 100_000))), res);
      stage.heard.push('piped');
    }),
    ask: async (site) => {
      const { body } = await ask(site);
      return [body.length, ...(await site.stage.until('piped'))];
    },
    expected: [5_000_000, 'piped'],
  },
];
