/**
 * Requests: what a client sends, and when, is what an application gets, and when.
 *
 * Rules of this file: data, and the few lines that make a behaviour visible.
 */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  answerTo,
  ask,
  type BehaviourRow,
  inTime,
  md5,
  megabyte,
  open,
  plain,
  read,
  unbuffered,
} from './behaviour.js';

export const requestRows: readonly BehaviourRow[] = [
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
    name: 'an empty body, and none',
    application: plain(() => async (req, res) => {
      const body = await buffer(req);
      res.end(`${req.headers['content-length']} ${body.length}`);
    }),
    ask: async (site) => {
      const empty = await ask(site, { method: 'POST', headers: { 'Content-Length': '0' } });
      const none = await ask(site, { method: 'DELETE' });
      return [empty.body.toString(), none.status];
    },
    expected: ['0 0', 200],
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
];
