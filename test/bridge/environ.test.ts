/** `environ(req)` and the URLs made of it, for requests of every origin. */

import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { expect } from 'chai';
import express from 'express';
import { headerVariables } from '../../lib/environ/variables.js';
import {
  ArgumentError,
  applicationUri,
  environ,
  type MountedRequest,
  mount,
  requestUri,
  urlFor,
} from '../../lib/index.js';
import { rawRequest, withServer } from '../support/raw.js';

/** A request as far as these functions look. */
function requestOf(parts: object): MountedRequest {
  return {
    method: 'GET',
    url: '/',
    headers: {},
    rawHeaders: [],
    httpVersion: '1.1',
    socket: {},
    ...parts,
  } as never;
}

describe('environ()', () => {
  it('has every variable of a plain request', async () => {
    let seen: object = {};
    const listener = createServer((req, res) => {
      seen = { ...environ(req) };
      res.end();
    });
    await withServer(listener, async (server) => {
      const headers = [
        'Host: Example.com:8080',
        'Content-Type: text/plain',
        'Content-Length: 0',
        'X-One: 1',
        'X-One: 2',
      ];
      await rawRequest(server, '/a%20b?c=%20d', {
        method: 'POST',
        headers: [...headers, 'Cookie: a=1', 'Cookie: b=2'],
      });
    });
    const { REMOTE_PORT, SERVER_PORT, ...rest } = seen as Record<string, string>;
    expect(Number(REMOTE_PORT) * Number(SERVER_PORT)).to.be.greaterThan(0);
    expect(rest).to.deep.equal({
      GATEWAY_INTERFACE: 'CGI/1.1',
      REQUEST_METHOD: 'POST',
      REQUEST_URI: '/a%20b?c=%20d',
      REQUEST_SCHEME: 'http',
      SCRIPT_NAME: '',
      PATH_INFO: '/a b',
      QUERY_STRING: 'c=%20d',
      SERVER_NAME: 'example.com',
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_SOFTWARE: 'mountpoint',
      REMOTE_ADDR: '127.0.0.1',
      CONTENT_TYPE: 'text/plain',
      CONTENT_LENGTH: '0',
      HTTP_HOST: 'Example.com:8080',
      HTTP_X_ONE: '1, 2',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_CONNECTION: 'close',
    });
  });

  it('never has HTTP_PROXY, and no variable that two fields could have made', () => {
    const headers = {
      proxy: 'http://evil',
      'x-a': '1',
      x_a: '2',
      'content-type': 't',
      content_type: 'u',
      ':path': '/',
    };
    expect({ ...headerVariables({ ...headers, 'set-cookie': ['a', 'b'], gone: undefined }) }).to.deep.equal({
      HTTP_X_A: '1',
      CONTENT_TYPE: 't',
      HTTP_SET_COOKIE: 'a, b',
    });
    expect(headerVariables({ __proto__: 'x' })).to.not.have.property('HTTP___PROTO__');
  });

  const splits: readonly (readonly [parts: object, scriptName: string, pathInfo: string])[] = [
    [{ url: '/' }, '', '/'],
    [{ url: '/x?/y' }, '', '/x'],
    [{ url: '?q' }, '', '/'],
    [{ url: 'http://h/x' }, '', '/x'],
    [{ url: '/', baseUrl: '/foo', originalUrl: '/foo' }, '/foo', ''],
    [{ url: '/?q', baseUrl: '/foo', originalUrl: '/foo?q' }, '/foo', ''],
    [{ url: '/', baseUrl: '/foo', originalUrl: 'http://h/foo' }, '/foo', ''],
    [{ url: '/', baseUrl: '/foo', originalUrl: '/foo/' }, '/foo', '/'],
    [{ url: '/', baseUrl: '/foo' }, '/foo', '/'],
    [{ url: '/x', baseUrl: '/foo', originalUrl: '/foo' }, '/foo', '/x'],
    [{ url: '/%C3%A9/a%2Fb/%ff/%zz', baseUrl: '/f%20o' }, '/f o', '/é/a%2Fb/%FF/%zz'],
    [{ url: '/a%0ab/%E2%80%A8/%00' }, '', '/a\nb/\u2028/%00'],
  ];
  for (const [parts, scriptName, pathInfo] of splits) {
    it(`${JSON.stringify(parts)}: ${JSON.stringify([scriptName, pathInfo])}`, () => {
      const { SCRIPT_NAME, PATH_INFO } = environ(requestOf(parts));
      expect([SCRIPT_NAME, PATH_INFO]).to.deep.equal([scriptName, pathInfo]);
    });
  }

  it('is right below Express, a router of it, and mounts, after a rewrite too', async () => {
    const seen: unknown[] = [];
    const sub = express().use('/sub', (req, res) => {
      const before = environ(req);
      req.url = '/other';
      const after = environ(req);
      seen.push([before.SCRIPT_NAME, before.PATH_INFO, after.PATH_INFO, before.REQUEST_URI]);
      res.end();
    });
    const app = express().use('/api', express.Router().use(mount('/m', sub)));
    await withServer(app, async (server) => {
      await rawRequest(server, '/api/m/sub');
      await rawRequest(server, '/api/m/sub/');
    });
    expect(seen).to.deep.equal([
      ['/api/m/sub', '', '/other', '/api/m/sub'],
      ['/api/m/sub', '/', '/other', '/api/m/sub/'],
    ]);
  });

  it('knows its server by the socket where the host is malformed or missing', () => {
    const server = (parts: object) => {
      const { SERVER_NAME, SERVER_PORT, HTTPS, REQUEST_SCHEME, HTTP_HOST } = environ(requestOf(parts));
      return [SERVER_NAME, SERVER_PORT, HTTPS, REQUEST_SCHEME, HTTP_HOST];
    };
    const socket = { localAddress: '::1', localPort: 8000, encrypted: true };
    expect(server({ socket })).to.deep.equal(['[::1]', '8000', 'on', 'https', undefined]);
    expect(server({ headers: { host: 'a b' }, socket: { localAddress: '10.0.0.1' } })).to.deep.equal([
      '10.0.0.1',
      '80',
      undefined,
      'http',
      'a b',
    ]);
    expect(server({ headers: { host: 'h:81' } })).to.deep.equal(['h', '81', undefined, 'http', 'h:81']);
    expect(server({ socket: { encrypted: true } })).to.deep.equal([
      'localhost',
      '443',
      'on',
      'https',
      undefined,
    ]);
    expect(server({ headers: { host: 'other' }, originalUrl: 'http://H:1/x' })).to.deep.equal([
      'h',
      '1',
      undefined,
      'http',
      'H:1',
    ]);
    expect(server({ headers: { ':authority': 'h2.example', host: 'other' }, socket: undefined })[0]).to.equal(
      'h2.example',
    );
    expect(
      environ(requestOf({ socket: undefined, url: undefined, method: undefined, httpVersion: undefined })),
    ).to.include({
      REMOTE_ADDR: '',
      REQUEST_URI: '',
      REQUEST_METHOD: 'GET',
      SERVER_PROTOCOL: 'HTTP/1.1',
    });
  });

  it('of HTTP/2 has no pseudo-header, and the authority for its host', async () => {
    const { connect } = await import('node:http2');
    let seen: Record<string, unknown> = {};
    const server = createHttp2Server((req, res) => {
      mount('/foo', (inner, response) => {
        seen = { ...environ(inner) };
        response.end();
      })(req as never, res as never);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connect(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
    await new Promise((resolve) =>
      client.request({ ':path': '/foo/x', 'x-a': '1' }).resume().on('close', resolve),
    );
    client.close();
    server.close();
    expect(seen).to.include({
      SCRIPT_NAME: '/foo',
      PATH_INFO: '/x',
      SERVER_PROTOCOL: 'HTTP/2.0',
      HTTP_X_A: '1',
    });
    expect(Object.keys(seen).filter((name) => name.includes(':'))).to.deep.equal([]);
    expect(seen.HTTP_HOST).to.match(/^127\.0\.0\.1:\d+$/);
  });
});

describe('URLs', () => {
  const bare = { url: '/?q', baseUrl: '/foo', originalUrl: '/foo?q', headers: { host: 'h.example:8080' } };
  const rows: readonly (readonly [parts: object, application: string, request: string])[] = [
    [bare, 'http://h.example:8080/foo', 'http://h.example:8080/foo?q'],
    [{ ...bare, originalUrl: '/foo/?q' }, 'http://h.example:8080/foo', 'http://h.example:8080/foo/?q'],
    [{ url: '/', headers: { host: 'h' } }, 'http://h/', 'http://h/'],
    [{ url: '/', headers: { host: 'h:80' } }, 'http://h/', 'http://h/'],
    [{ url: '/x', headers: { host: 'H:443' }, socket: { encrypted: true } }, 'https://h/', 'https://h/x'],
    [
      { url: '/a"<b>\xe9?"\xe9 ', baseUrl: '/x y', headers: { host: 'h' } },
      'http://h/x%20y',
      'http://h/x%20y/a%22%3Cb%3E%E9?%22%E9%20',
    ],
    [
      {
        url: '/x',
        headers: { host: 'evil"><script>' },
        socket: { localAddress: '127.0.0.1', localPort: 81 },
      },
      'http://127.0.0.1:81/',
      'http://127.0.0.1:81/x',
    ],
    [{ url: 'http://abs.example/x', headers: { host: 'h' } }, 'http://abs.example/', 'http://abs.example/x'],
  ];
  for (const [parts, application, request] of rows) {
    it(`${JSON.stringify(parts)}`, () => {
      expect([applicationUri(requestOf(parts)), requestUri(requestOf(parts))]).to.deep.equal([
        application,
        request,
      ]);
    });
  }

  const links: readonly (readonly [base: string | undefined, path: string | undefined, link: string])[] = [
    ['/foo', '/x', '/foo/x'],
    ['/foo', 'x', '/foo/x'],
    ['/foo', '', '/foo'],
    ['/foo', undefined, '/foo'],
    ['/foo', '/', '/foo/'],
    ['', '/', '/'],
    ['', '', '/'],
    [undefined, '/x', '/x'],
    ['/foo', '?q=1', '/foo?q=1'],
    ['', '#top', '/#top'],
    ['/foo', '/x?a=b c&d=é#é', '/foo/x?a=b%20c&d=%C3%A9#%C3%A9'],
    ['/f\xc3\xb6"', '/a b/é/%20', '/f%C3%B6%22/a%20b/%C3%A9/%20'],
    ['/foo', '/a/../b', '/foo/b'],
    ['', '//evil.example', '/evil.example'],
    ['', '/\\evil.example', '/%5Cevil.example'],
    ['//evil.example', '/x', '/evil.example/x'],
    ['/\\evil.example', '/x', '/%5Cevil.example/x'],
    ['/foo', '//x?//y', '/foo/x?//y'],
  ];
  for (const [base, path, link] of links) {
    it(`urlFor(${JSON.stringify(path)}) below ${JSON.stringify(base)} is ${link}`, () => {
      expect(urlFor(requestOf({ baseUrl: base }), path)).to.equal(link);
    });
  }

  for (const path of [
    'https://evil.example/',
    'javascript:alert(1)',
    '/../x',
    '/a/../../x',
    '/%zz',
    '/%00',
    '\ud800',
    42,
  ]) {
    it(`urlFor(${JSON.stringify(path)}) is a mistake of its caller`, () => {
      expect(() => urlFor(requestOf({ baseUrl: '/foo' }), path as string))
        .to.throw(ArgumentError, /the path of urlFor\(\) must/)
        .with.property('code', 'ERR_ARGUMENT_PATH');
    });
  }

  for (const value of [undefined, null, {}, { headers: null }, 'req']) {
    it(`no function takes ${JSON.stringify(value)} for a request`, () => {
      for (const use of [environ, applicationUri, requestUri, urlFor]) {
        expect(() => use(value as never)).to.throw(ArgumentError, /an http\.IncomingMessage, got/);
      }
    });
  }
});
