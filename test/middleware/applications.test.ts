/** What can be mounted, what cannot, and how each is called. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import Fastify from 'fastify';
import {
  type Application,
  ConfigurationError,
  fetchHandler,
  MountTable,
  mount,
  type Next,
  normalized,
  pattern,
} from '../../lib/index.js';
import { alone, express5Host, hosts } from '../support/hosts.js';
import { rawRequest, withServer } from '../support/raw.js';

const show = (req: IncomingMessage, res: ServerResponse) => {
  const { baseUrl, url, originalUrl } = req as IncomingMessage & Record<string, unknown>;
  res.end(JSON.stringify([baseUrl, url, originalUrl]));
};

/** Each kind answers below its own `/in`, and lets go of what begins with `/out`. */
const applications: Readonly<Record<string, () => Application>> = {
  'a function': () => (req, res, next) => (req.url.startsWith('/out') ? next() : show(req, res)),
  'an async function': () => async (req, res, next) => (req.url.startsWith('/out') ? next() : show(req, res)),
  'an Express 5 application': () =>
    express().use((req, res, next) => (req.url.startsWith('/out') ? next() : show(req, res))),
  'an Express 4 application': () =>
    express4().use((req, res, next) => (req.url.startsWith('/out') ? next() : show(req, res))) as never,
  'an Express router': () =>
    express.Router().use((req, res, next) => (req.url.startsWith('/out') ? next() : show(req, res))),
  'a Connect application': () =>
    connect().use((req: IncomingMessage, res: ServerResponse, next: Next) =>
      req.url?.startsWith('/out') ? next() : show(req, res),
    ),
  'another mount': () => mount((req, res, next) => (req.url.startsWith('/out') ? next() : show(req, res))),
};

describe('applications', () => {
  for (const host of [...hosts, alone]) {
    for (const [kind, make] of Object.entries(applications)) {
      it(`${kind} in ${host.name}`, async () => {
        const listener = host.of(mount('/app', make()) as never);
        await withServer(listener, async (server) => {
          const inside = await rawRequest(server, '/app/in?q');
          expect([inside.status, inside.body]).to.deep.equal([200, '["/app","/in?q","/app/in?q"]']);
          expect((await rawRequest(server, '/app/out')).status).to.equal(404);
          expect((await rawRequest(server, '/apple/in')).status).to.equal(404);
        });
      });
    }
  }

  it('an http.Server, whose listeners are those of the moment', async () => {
    const inner = createServer();
    const listener = express5Host.of(mount('/app', inner) as never);
    await withServer(listener, async (server) => {
      expect((await rawRequest(server, '/app/in')).status).to.equal(404);
      inner.on('request', show);
      expect((await rawRequest(server, '/app/in')).body).to.equal('["/app","/in","/app/in"]');
    });
  });

  it('a Fetch handler keeps each of its cookies, in a host that has set headers too', async () => {
    const application = fetchHandler(() => {
      const headers = new Headers([
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['X-One', '1'],
      ]);
      return new Response('ok', { headers });
    });
    for (const host of [...hosts, alone]) {
      await withServer(host.of(mount('/app', application) as never), async (server) => {
        const { port } = server.address() as AddressInfo;
        const { headers } = await fetch(`http://127.0.0.1:${port}/app`);
        expect([headers.getSetCookie(), headers.get('X-One')], host.name).to.deep.equal([
          ['a=1', 'b=2'],
          '1',
        ]);
      });
    }
  });

  it('a Fastify instance, which is a plain object, without a path', async () => {
    const fastify = Fastify();
    fastify.get('/in', async () => 'in');
    await withServer(mount(fastify), async (server) => {
      expect((await rawRequest(server, '/in')).body).to.equal('in');
    });
  });

  it('express.static(): its directory redirect stays below the mount, and the mount is a directory', async () => {
    const files = express.static('test', { index: false });
    for (const host of [...hosts, alone]) {
      await withServer(
        host.of(mount({ '/files': files, '/': show as Application }) as never),
        async (server) => {
          expect((await rawRequest(server, '/files/cases')).headers.location, host.name).to.equal(
            '/files/cases/',
          );
          expect((await rawRequest(server, '/files/setup.ts')).status).to.equal(200);
          expect((await rawRequest(server, '/files//evil.example')).headers.location ?? '').to.not.match(
            /^\/[/\\]/,
          );
        },
      );
    }
  });

  class Handler {
    handle(): void {}
  }
  const mistakes: readonly (readonly [given: RegExp, application: unknown])[] = [
    [/got undefined$/, undefined],
    [/got null$/, null],
    [/got "\.\/app\.js"$/, './app.js'],
    [/got an array of 2 \(put the handlers into one express\.Router\(\)\)/, [show, show]],
    [/got an instance of Promise \(await it first\)/, Promise.resolve(show)],
    [/got the function Handler, a class/, Handler],
    [/got an anonymous function, a generator/, (() => function* () {})()],
    [
      /got the function onError of 4 parameters, an error handler/,
      function onError(_e: unknown, _q: unknown, _s: unknown, _n: unknown) {},
    ],
    [/got an instance of Handler$/, new Handler()],
    [/got a plain object$/, { listen: () => {} }],
    [/got 42$/, 42],
  ];
  for (const [given, application] of mistakes) {
    it(`refuses what is none: ${given.source}`, () => {
      const makers = [
        () => mount('/foo', application as never),
        () => mount({ '/foo': application as never }),
        () => mount(new MountTable<Application>().set('/foo', application as never)),
        () => normalized(application as never),
      ];
      for (const make of makers) {
        expect(make).to.throw(ConfigurationError, given).with.property('code', 'ERR_MOUNT_APPLICATION');
      }
    });
  }

  it('refuses what is set in a mounted table later', () => {
    const table = new MountTable<Application>();
    mount(table);
    expect(() => table.set('/foo', 42 as never)).to.throw(ConfigurationError, /of "\/foo" must be/);
    expect(table.size).to.equal(0);
  });

  const calls: readonly (readonly [code: string, message: RegExp, make: () => unknown])[] = [
    [
      'ERR_MOUNT_APPLICATION',
      /one application \(put handlers into one express/,
      () => mount('/foo', show as never, show as never),
    ],
    [
      'ERR_MOUNT_APPLICATION',
      /one application .* got 3/,
      () => (mount as (...all: unknown[]) => unknown)('/foo', show, {}, show),
    ],
    [
      'ERR_MOUNT_OPTION',
      /must have its own options/,
      () => (mount as (...all: unknown[]) => unknown)(new MountTable(), {}),
    ],
    [
      'ERR_MOUNT_OPTION',
      /"trailingSlash"|one of order/,
      () => mount('/foo', show as never, { traillingSlash: 'add' } as never),
    ],
    ['ERR_MOUNT_PATH', /write '\/foo'/, () => mount({ foo: show as never })],
    ['ERR_MOUNT_DUPLICATE', /must differ/, () => mount({ '/foo': show as never, '/foo/': show as never })],
    [
      'ERR_MOUNT_OPTION',
      /one of encodedSlashes, got "slashes"/,
      () => normalized(show as never, { slashes: 'keep' } as never),
    ],
  ];
  for (const [code, message, make] of calls) {
    it(`refuses a call of mount() that means nothing: ${message.source}`, () => {
      expect(make).to.throw(ConfigurationError, message).with.property('code', code);
    });
  }

  it('changes the table for the next request, not for the one in flight', async () => {
    const table = new MountTable<Application>();
    table.set('/foo', (req, res) => {
      table.delete('/foo');
      table.set(pattern('/:any'), (_req, other) => other.end('new'));
      setImmediate(() => show(req, res));
    });
    await withServer(alone.of(mount(table) as never), async (server) => {
      expect((await rawRequest(server, '/foo/x')).body).to.equal('["/foo","/x","/foo/x"]');
      expect((await rawRequest(server, '/foo/x')).body).to.equal('new');
      table.set('/foo', (_req, res) => res.end('again'));
      expect((await rawRequest(server, '/foo/x')).body).to.equal('again');
      table.set('/foo', (_req, res) => res.end('replaced'));
      expect((await rawRequest(server, '/foo/x')).body).to.equal('replaced');
    });
  });
});
