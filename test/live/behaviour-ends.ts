/**
 * Ends: how an exchange ends, by its own, by its client or by its application, and who hears of it in which order.
 *
 * Rules of this file: data, and the few lines that make a behaviour visible.
 */

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  answerTo,
  ask,
  type BehaviourRow,
  breaksOff,
  listenTo,
  open,
  plain,
  unbuffered,
} from './behaviour.js';

export const endRows: readonly BehaviourRow[] = [
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
      return [await breaksOff(site), ...(await site.stage.until('req close'))];
    },
    expected: ['broken', 'req aborted', 'res close', 'req error', 'req close'],
  },
  {
    name: 'an answer that ends, and in which order that is heard',
    application: plain((stage) => (req, res) => {
      listenTo(stage, req, res);
      stage.listen('res', res, ['prefinish']);
      req.resume().once('end', () => res.end('x', () => stage.heard.push('end() calls back')));
    }),
    ask: async (site) => {
      await ask(site);
      const heard = await site.stage.until('req close');
      // Between what is heard of one and of the other there is no order that an application could count on.
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
      return site.stage.until('req close');
    },
    expected: ['req aborted', 'res close', 'socket close', 'req error', 'req close'],
  },
  {
    name: 'clients that go, and one that asks again',
    application: plain(() => (req, res) => {
      res.writeHead(200, unbuffered);
      res.write('x');
      if (req.url === '/all') return res.end('y');
      const writing = setInterval(() => res.write('x'.repeat(10_000)), 5);
      return res.on('close', () => clearInterval(writing));
    }),
    ask: async (site) => {
      for (let client = 0; client < 5; client++) {
        const req = open(site).end();
        await answerTo(req);
        req.destroy();
      }
      const all = await Promise.all(Array.from({ length: 10 }, () => ask(site, { at: '/all' })));
      return all.map(({ body }) => body.toString()).join();
    },
    expected: 'xy,xy,xy,xy,xy,xy,xy,xy,xy,xy',
  },
];
