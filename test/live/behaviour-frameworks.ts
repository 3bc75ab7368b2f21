/**
 * Frameworks: what each makes of requests and answers in its own ways.
 *
 * Rules of this file: data, and the few lines that make a behaviour visible.
 */

import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import express from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { ask, type BehaviourRow, breaksOff, clientAddress } from './behaviour.js';

const license = resolve('LICENSE');

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

export const frameworkRows: readonly BehaviourRow[] = [
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
  {
    name: 'an application of Express that fails amid its answer',
    application: (stage) => {
      const app = express();
      app.set('env', 'test');
      app.use(async (_req, res) => {
        res.set('Content-Length', '200000');
        res.write('x'.repeat(100_000));
        await stage.turn();
        // Of a status for which nobody writes to standard error.
        throw Object.assign(new Error('no'), { status: 400 });
      });
      return app as never;
    },
    ask: breaksOff,
    expected: 'broken',
  },
];
