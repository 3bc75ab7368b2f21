/** `inject()` and `recorded()`: an application is asked without a socket. */

import { expect } from 'chai';
import express from 'express';
import Koa from 'koa';
import { ArgumentError, ConfigurationError } from '../../lib/errors.js';
import { inject, recorded } from '../../lib/harness/index.js';
import { type Application, environ } from '../../lib/index.js';

const echo: Application = (req, res) => {
  const { SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ(req as never);
  res.setHeader('X-Method', req.method ?? '');
  res.end(JSON.stringify([req.baseUrl, req.url, SCRIPT_NAME, PATH_INFO, QUERY_STRING]));
};

describe('inject()', () => {
  it('asks at the root', async () => {
    const { status, headers, text } = await inject(echo, { url: '/a%20b?c' });
    expect([status, headers['x-method'], text]).to.deep.equal([200, 'GET', '["","/a%20b?c","","/a b","c"]']);
  });

  it('asks below a mount, which is the url where none is given', async () => {
    expect((await inject(echo, { mount: '/foo', url: '/foo/x' })).json()).to.deep.equal([
      '/foo',
      '/x',
      '/foo',
      '/x',
      '',
    ]);
    expect((await inject(echo, { mount: '/a b' })).json()).to.deep.equal(['/a%20b', '/', '/a b', '', '']);
  });

  it('is answered as by the gateway outside the mount, and where a target is refused', async () => {
    expect((await inject(echo, { mount: '/foo', url: '/bar' })).status).to.equal(404);
    expect((await inject(echo, { mount: '/foo', url: '/foo/%zz' })).status).to.equal(400);
  });

  it('takes bodies of text, of bytes, and others as JSON', async () => {
    const app = express();
    app.use(express.json(), express.text());
    app.post('/', (req, res) => void res.json(req.body));
    const post = { method: 'POST', url: '/' } as const;
    expect((await inject(app, { ...post, body: { a: [1] } })).json()).to.deep.equal({ a: [1] });
    const text = { 'Content-Type': 'text/plain' };
    expect((await inject(app, { ...post, body: 'hello', headers: text })).json()).to.equal('hello');
    expect((await inject(app, { ...post, body: Buffer.from('hi'), headers: text })).json()).to.equal('hi');
  });

  it('shows header fields that came twice, and cookies as a list', async () => {
    const app: Application = (req, res) => {
      res.setHeader('Set-Cookie', ['a=1', 'b=2']);
      res.end(`${req.headers.accept} ${req.headers.host}`);
    };
    const answer = await inject(app, { headers: { Accept: ['a/a', 'b/b'], Host: 'h' } });
    expect(answer.headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
    expect(answer.text).to.equal('a/a, b/b h');
  });

  it('lets variables be set and taken out', async () => {
    const app: Application = (req, res) =>
      res.end(`${req.socket.remoteAddress} ${environ(req).REMOTE_USER} ${req.url}`);
    const variables = { REMOTE_ADDR: '192.0.2.1', REMOTE_USER: 'alice', REQUEST_URI: '/b' };
    expect((await inject(app, { url: '/a', environ: variables })).text).to.equal('192.0.2.1 alice /b');
  });

  it('asks other kinds of applications', async () => {
    const koa = new Koa();
    koa.use((ctx) => {
      ctx.body = ctx.url;
    });
    expect((await inject(koa, { mount: '/foo', url: '/foo/x' })).text).to.equal('/x');
    const fetching = { fetch: (request: Request) => new Response(new URL(request.url).pathname) };
    expect((await inject(fetching, { mount: '/foo', url: '/foo/x' })).text).to.equal('/x');
  });

  it('rejects where the application breaks its answer off', async () => {
    const app: Application = (_req, res) => void res.write('a', () => res.destroy());
    const error = await inject(app).catch((thrown: Error) => thrown);
    expect(error).to.be.an('error').with.property('message', 'the application broke its answer off');
  });

  it('rejects what is no application, and what is no request', async () => {
    const wrong = await inject(5 as never).catch((thrown: unknown) => thrown);
    expect(wrong).to.be.instanceOf(ConfigurationError).and.include({ code: 'ERR_MOUNT_APPLICATION' });
    for (const request of [{ path: '/x' }, { body: new Map([['a', 1]]) }]) {
      const error = await inject(echo, request as never).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ArgumentError).and.include({ code: 'ERR_ARGUMENT_REQUEST' });
    }
    const none = await inject(echo, 5 as never).catch((thrown: unknown) => thrown);
    expect(none).to.be.instanceOf(ArgumentError).and.include({ code: 'ERR_ARGUMENT_REQUEST' });
  });
});

describe('recorded()', () => {
  const rows: readonly (readonly [name: string, id: string, base: string, url: string])[] = [
    ['apache.fcgid.foo', 'bar', '/foo', '/bar'],
    ['nginx.fastcgi.foo', 'enc-slash', '/foo', '/a%2Fb'],
    ['nginx.http.foo-uri', 'query', '/foo', '/bar?a=b%2Fc&d'],
    ['apache.proxy_ajp.nested', 'query', '/a/b', '/bar?a=b%2Fc&d'],
    ['lighttpd.scgi.nested', 'bar', '/a/b', '/bar'],
    ['haproxy.http.root', 'utf8', '', '/foo/%C3%A9'],
  ];
  for (const [name, id, base, url] of rows) {
    it(`replays ${name} ${id}`, async () => {
      expect((await inject(echo, recorded(name, id))).json()).to.include.members([base, url]);
    });
  }

  it('replays the body', async () => {
    const app = express();
    app.use(express.text({ type: () => true }), (req, res) => void res.send(req.body));
    expect((await inject(app, recorded('apache.cgid.foo-passauth', 'post'))).text).to.equal('hello=world');
  });

  it('knows no other names, and nothing that did not reach the application', () => {
    expect(() => recorded('nginx.foo', 'bar')).to.throw(
      ArgumentError,
      /must be one of .*nginx\.fastcgi\.foo/,
    );
    expect(() => recorded('nginx.fastcgi.foo', 'baz')).to.throw(ArgumentError, /must be one of mount, /);
    expect(() => recorded('nginx.fastcgi.foo', 'bad-percent')).to.throw(
      ArgumentError,
      /not been answered with 400/,
    );
  });
});
