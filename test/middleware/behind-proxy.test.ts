/**
 * `behindProxy()` over the wire: what each kind of application sees behind a trusted proxy, and behind anybody else.
 */

import { createServer } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import {
  type Application,
  behindProxy,
  environ,
  type MountedRequest,
  mount,
  type ProxyOptions,
} from '../../lib/index.js';
import { rawRequest, withServer } from '../support/raw.js';

/** What an application says of a request, in its own words; `-` for what it has no word for. */
interface Said {
  readonly scheme: string;
  readonly host: string;
  readonly address: string | undefined;
  readonly base: string;
  readonly rest: string;
  readonly target: string;
}

const said = (req: MountedRequest): Said => {
  const { REQUEST_SCHEME, HTTP_HOST = '', REMOTE_ADDR, REQUEST_URI } = environ(req);
  const { baseUrl, url } = req;
  return {
    scheme: REQUEST_SCHEME,
    host: HTTP_HOST,
    address: REMOTE_ADDR,
    base: baseUrl,
    rest: url,
    target: REQUEST_URI,
  };
};

const plain: Application = (req, res) => res.end(JSON.stringify(said(req)));

function expressOf(create: typeof express): Application {
  const app = create();
  // Below a router, so that base and url are its own.
  const router = create.Router();
  router.use((req, res) => {
    const { protocol, headers, ip, baseUrl, url, originalUrl } = req;
    const answer: Said = {
      ...{ scheme: protocol, host: headers.host ?? '', address: ip },
      ...{ base: baseUrl, rest: url, target: originalUrl },
    };
    res.json(answer);
  });
  app.use('/', router);
  return app as unknown as Application;
}

const koa = new Koa().use((context) => {
  const { protocol, host, ip, url, originalUrl } = context;
  const { mountPath } = context as { mountPath?: string };
  context.body = { scheme: protocol, host, address: ip, base: mountPath, rest: url, target: originalUrl };
});

const fastify = Fastify();
fastify.all('*', async (req) => {
  const { protocol, host, ip, url, originalUrl, raw } = req;
  return {
    ...{ scheme: protocol, host, address: ip },
    ...{ base: (raw as MountedRequest).baseUrl, rest: url, target: originalUrl },
  };
});

const hono = new Hono().all('*', (context) => {
  const { protocol, host, pathname, search } = new URL(context.req.url);
  const { runtime } = context.req.raw as unknown as { runtime: { node: { req: MountedRequest } } };
  const { baseUrl, originalUrl, socket } = runtime.node.req;
  const answer: Said = {
    ...{ scheme: protocol.slice(0, -1), host, address: socket.remoteAddress },
    ...{ base: baseUrl, rest: pathname + search, target: originalUrl },
  };
  return context.json(answer);
});

const applications: Readonly<Record<string, Application>> = {
  'a plain handler': plain,
  'Express 5': expressOf(express),
  'Express 4': expressOf(express4 as unknown as typeof express),
  Koa: koa,
  Fastify: fastify as unknown as Application,
  Hono: hono as unknown as Application,
  'an http.Server': createServer((req, res) => void plain(req as never, res, () => {})),
  'a mount': mount('/', plain),
};

/** Options, a target and headers; what is said, or a status. */
interface Row {
  readonly name: string;
  readonly options: ProxyOptions;
  readonly target: string;
  readonly headers?: readonly string[];
  readonly said: Said | number;
}

const loopback = { trust: 'loopback' } as const;
const stranger = { trust: '10.0.0.0/8' } as const;
const header = { prefix: { header: 'X-Forwarded-Prefix' } } as const;

/** What the client used. */
const client = { scheme: 'https', host: 'site.example', address: '203.0.113.7' } as const;
/** The connection as it is. */
const bare = { scheme: 'http', host: 'inner.example', address: '127.0.0.1' } as const;

const forwarded = [
  'X-Forwarded-For: 203.0.113.7',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: site.example',
];

const rows: readonly Row[] = [
  {
    name: 'no prefix',
    options: loopback,
    target: '/a?b',
    headers: forwarded,
    said: { ...client, base: '', rest: '/a?b', target: '/a?b' },
  },
  {
    name: 'a prefix that is kept',
    options: { ...loopback, prefix: '/app' },
    target: '/app/a?b',
    headers: forwarded,
    said: { ...client, base: '/app', rest: '/a?b', target: '/app/a?b' },
  },
  {
    name: 'a prefix that is kept, alone',
    options: { ...loopback, prefix: '/app/' },
    target: '/app',
    headers: forwarded,
    said: { ...client, base: '/app', rest: '/', target: '/app' },
  },
  {
    name: 'a prefix that is kept and escaped',
    options: { ...loopback, prefix: '/my app' },
    target: '/my%20app/a%2Fb',
    headers: forwarded,
    said: { ...client, base: '/my%20app', rest: '/a%2Fb', target: '/my%20app/a%2Fb' },
  },
  {
    name: 'a prefix that is kept, in another spelling',
    options: { ...loopback, prefix: '/app' },
    target: '//%61pp/x/../a',
    headers: forwarded,
    said: { ...client, base: '/app', rest: '/a', target: '/%61pp/x/../a' },
  },
  { name: 'outside', options: { ...loopback, prefix: '/app' }, target: '/apple', said: 404 },
  {
    name: 'outside, passed',
    options: { ...loopback, prefix: '/app', outside: 'pass' },
    target: '/health',
    said: { ...bare, base: '', rest: '/health', target: '/health' },
  },
  {
    name: 'inside, where others are passed',
    options: { ...loopback, prefix: '/app', outside: 'pass' },
    target: '/app/health',
    said: { ...bare, base: '/app', rest: '/health', target: '/app/health' },
  },
  {
    name: 'a prefix that is stripped',
    options: { ...loopback, prefix: '/app', target: 'stripped' },
    target: '/a?b',
    headers: forwarded,
    said: { ...client, base: '/app', rest: '/a?b', target: '/app/a?b' },
  },
  {
    name: 'a prefix that is stripped and escaped',
    options: { ...loopback, prefix: '/my app/é', target: 'stripped' },
    target: '/a',
    headers: forwarded,
    said: { ...client, base: '/my%20app/%C3%A9', rest: '/a', target: '/my%20app/%C3%A9/a' },
  },
  {
    name: 'a prefix that is stripped, then something like another host',
    options: { ...loopback, prefix: '/app', target: 'stripped' },
    target: '//evil.example/%2e%2e',
    headers: forwarded,
    said: { ...client, base: '/app', rest: '/', target: '/app//evil.example/%2e%2e' },
  },
  {
    name: 'something like another host',
    options: loopback,
    target: '//evil.example/a\\b?c\\d',
    headers: forwarded,
    said: { ...client, base: '', rest: '/evil.example/a%5Cb?c\\d', target: '/evil.example/a%5Cb?c\\d' },
  },
  {
    name: 'something that browsers take for another host',
    options: loopback,
    target: '/\\evil.example',
    headers: forwarded,
    said: { ...client, base: '', rest: '/%5Cevil.example', target: '/%5Cevil.example' },
  },
  {
    name: 'a prefix in a field',
    options: { ...loopback, ...header },
    target: '/a?b',
    headers: [...forwarded, 'X-Forwarded-Prefix: /app/'],
    said: { ...client, base: '/app', rest: '/a?b', target: '/app/a?b' },
  },
  {
    name: 'a prefix in a field that came twice',
    options: { ...loopback, ...header },
    target: '/a',
    headers: [...forwarded, 'X-Forwarded-Prefix: //evil.example', 'x-forwarded-prefix: /b, /app'],
    said: { ...client, base: '/app', rest: '/a', target: '/app/a' },
  },
  {
    name: 'no prefix in the field',
    options: { ...loopback, ...header },
    target: '/a',
    headers: [...forwarded, 'X-Forwarded-Prefix: /'],
    said: { ...client, base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'a prefix in a field, kept',
    options: { ...loopback, ...header, target: 'kept' },
    target: '/app/a',
    headers: [...forwarded, 'X-Forwarded-Prefix: /app'],
    said: { ...client, base: '/app', rest: '/a', target: '/app/a' },
  },
  {
    name: 'a prefix in a field, kept, and outside',
    options: { ...loopback, ...header, target: 'kept' },
    target: '/apple',
    headers: [...forwarded, 'X-Forwarded-Prefix: /app'],
    said: 404,
  },
  {
    name: 'a prefix in a field, kept, that no mount has',
    options: { ...loopback, ...header, target: 'kept' },
    target: '/:x/a',
    headers: ['X-Forwarded-Prefix: /:x'],
    said: 400,
  },
  {
    name: 'the whole target in a field',
    options: { ...loopback, prefix: { header: 'X-Forwarded-Uri' } },
    target: '/a,b?c',
    headers: [...forwarded, 'X-Forwarded-Uri: /app/a,b?c'],
    said: { ...client, base: '/app', rest: '/a,b?c', target: '/app/a,b?c' },
  },
  {
    name: 'the whole target in a field, of which nothing is left',
    options: { ...loopback, prefix: { header: 'x-original-uri' } },
    target: '/',
    headers: [...forwarded, 'X-Original-URI: /app?c'],
    said: { ...client, base: '/app', rest: '/', target: '/app/' },
  },
  {
    name: 'the whole target in a field, another one',
    options: { ...loopback, prefix: { header: 'x-envoy-original-path' } },
    target: '/b',
    headers: ['X-Envoy-Original-Path: /app/a'],
    said: 400,
  },
  ...['//evil.example', '/\\evil.example', '/app/%2e%2e', '/app%252f%252fevil', 'https://evil.example'].map(
    (value) => ({
      name: `the prefix ${value}`,
      options: { ...loopback, ...header },
      target: '/a',
      headers: [`X-Forwarded-Prefix: ${value}`],
      said: 400,
    }),
  ),
  {
    name: 'the host evil.example/a',
    options: loopback,
    target: '/a',
    headers: ['X-Forwarded-Host: evil.example/a'],
    said: 400,
  },
  {
    name: 'the scheme ftp',
    options: loopback,
    target: '/a',
    headers: ['X-Forwarded-Proto: ftp'],
    said: 400,
  },
  {
    name: 'the client <script>',
    options: loopback,
    target: '/a',
    headers: ['X-Forwarded-For: <script>'],
    said: 400,
  },
  {
    name: 'a hidden client',
    options: loopback,
    target: '/a',
    headers: ['X-Forwarded-For: 203.0.113.7, unknown'],
    said: { ...bare, address: '', base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'lists, of which the client made up all but the last',
    options: { ...loopback, ...header },
    target: '/a',
    headers: [
      'X-Forwarded-For: 127.0.0.9, 198.51.100.1, 203.0.113.7',
      'X-Forwarded-Proto: http, https',
      'X-Forwarded-Host: evil.example, site.example',
      'X-Forwarded-Prefix: /evil, /app',
    ],
    said: { ...client, base: '/app', rest: '/a', target: '/app/a' },
  },
  {
    name: 'two proxies, of which the inner one adds to the lists',
    options: { ...loopback, lists: 'hops' },
    target: '/a',
    headers: [
      'X-Forwarded-For: 198.51.100.1, 203.0.113.7, 127.0.0.2',
      'X-Forwarded-Proto: ftp, https, http',
      'X-Forwarded-Host: evil.example, site.example, 127.0.0.2:8080',
    ],
    said: { ...client, base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'a port',
    options: loopback,
    target: '/a',
    headers: [...forwarded, 'X-Forwarded-Port: 8443'],
    said: { ...client, host: 'site.example:8443', base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'a port beside that of the host',
    options: loopback,
    target: '/a',
    headers: [...forwarded, 'X-Forwarded-Host: site.example:8443', 'X-Forwarded-Port: 443'],
    said: { ...client, host: 'site.example:8443', base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'the port of the scheme',
    options: loopback,
    target: '/a',
    headers: ['X-Forwarded-Proto: https', 'X-Forwarded-Port: 443'],
    said: { ...bare, scheme: 'https', base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'an absolute target, and nothing else',
    options: loopback,
    target: 'http://site.example:81/a?b',
    said: { ...bare, host: 'site.example:81', base: '', rest: '/a?b', target: '/a?b' },
  },
  {
    name: 'an absolute target of a stranger',
    options: { ...stranger, prefix: '/app', target: 'stripped' },
    target: 'http://site.example/a?b',
    said: { ...bare, host: 'site.example', base: '/app', rest: '/a?b', target: '/app/a?b' },
  },
  {
    name: 'an absolute target',
    options: loopback,
    target: 'http://evil.example/a?b',
    headers: forwarded,
    said: { ...client, base: '', rest: '/a?b', target: '/a?b' },
  },
  {
    name: 'Forwarded',
    options: { ...loopback, headers: 'forwarded' },
    target: '/a',
    headers: [
      'Forwarded: for=198.51.100.1;host=evil.example;proto=http',
      'Forwarded: for="203.0.113.7:1234";host=site.example;proto=https',
      'Forwarded: for=127.0.0.2;by=127.0.0.1',
      'X-Forwarded-Host: evil.example',
    ],
    said: { ...client, base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'Forwarded, where X-Forwarded-* is believed',
    options: loopback,
    target: '/a',
    headers: [...forwarded, 'Forwarded: for=198.51.100.1;host=evil.example'],
    said: { ...client, base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'names with a _',
    options: { ...loopback, ...header },
    target: '/a',
    headers: ['X_Forwarded_Prefix: /evil', 'Script_Name: /evil', 'X_Forwarded_Host: evil.example'],
    said: { ...bare, base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'a stranger that says all of it',
    options: { ...stranger, ...header },
    target: '/a',
    headers: [...forwarded, 'X-Forwarded-Prefix: /evil', 'X-Forwarded-Port: 1'],
    said: { ...bare, base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'a stranger that says nonsense',
    options: { ...stranger, ...header },
    target: '/a',
    headers: ['X-Forwarded-Prefix: //evil', 'X-Forwarded-Host: a b', 'X-Forwarded-Proto: ftp'],
    said: { ...bare, base: '', rest: '/a', target: '/a' },
  },
  {
    name: 'a stranger, and a configured prefix',
    options: { ...stranger, prefix: '/app', target: 'stripped' },
    target: '/a',
    headers: forwarded,
    said: { ...bare, base: '/app', rest: '/a', target: '/app/a' },
  },
];

async function ask(
  application: Application,
  { options, target, headers = [] }: Omit<Row, 'said'>,
): Promise<Said | number> {
  const listener = behindProxy(application, options);
  return withServer(createServer(listener), async (server) => {
    const answer = await rawRequest(server, target, { headers: ['Host: inner.example', ...headers] });
    if (answer.status !== 200) return answer.status;
    // Some have nothing for an address that is hidden.
    return { address: '', ...JSON.parse(answer.body) };
  });
}

describe('behindProxy()', () => {
  const { error } = console;
  let logged: unknown[] = [];
  beforeEach(() => {
    logged = [];
    console.error = (...values) => logged.push(...values);
  });
  afterEach(() => {
    console.error = error;
  });
  after(() => fastify.close());

  for (const [kind, application] of Object.entries(applications)) {
    describe(`around ${kind}`, () => {
      for (const row of rows) {
        it(row.name, async () => {
          expect(await ask(application, row)).to.deep.equal(row.said);
          expect(logged.length > 0, 'logged').to.equal(row.said === 400);
        });
      }
    });
  }
});
