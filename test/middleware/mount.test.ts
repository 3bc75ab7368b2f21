/** `mount()` in its hosts and alone: paths, refusals, hosts, redirects of the bare mount, guards. */

import { expect } from 'chai';
import express from 'express';
import fc from 'fast-check';
import {
  type Application,
  environ,
  fetchHandler,
  type MountedRequest,
  mount,
  type Next,
  normalized,
} from '../../lib/index.js';
import { parseTarget } from '../../lib/path/target.js';
import { alone, express5Host, hosts } from '../support/hosts.js';
import { type RawAnswer, rawRequest, withServer } from '../support/raw.js';
import { rawTargets } from '../support/targets.js';

const show: Application = (req, res) => {
  const { SCRIPT_NAME, PATH_INFO } = environ(req);
  res.end(Buffer.from(JSON.stringify([req.baseUrl, req.url, req.originalUrl, SCRIPT_NAME, PATH_INFO])));
};

async function views(
  listener: Parameters<typeof withServer>[0],
  target: string,
  headers?: readonly string[],
): Promise<unknown> {
  return withServer(listener, async (server) => {
    const answer = await rawRequest(server, target, headers && { headers });
    if (answer.status !== 200) return answer.headers.location ?? answer.status;
    return JSON.parse(Buffer.from(answer.body, 'latin1').toString('utf8'));
  });
}

describe('mount() in a host', () => {
  const rows: readonly (readonly [target: string, view: unknown])[] = [
    ['/foo', ['/foo', '/', '/foo', '/foo', '']],
    ['/foo/', ['/foo', '/', '/foo/', '/foo', '/']],
    ['/foo?q', ['/foo', '/?q', '/foo?q', '/foo', '']],
    ['/foo/?', ['/foo', '/?', '/foo/?', '/foo', '/']],
    ['/foo/a%20b/%C3%A9', ['/foo', '/a%20b/%C3%A9', '/foo/a%20b/%C3%A9', '/foo', '/a b/é']],
    ['/foo/../x/%zz', ['/foo', '/../x/%zz', '/foo/../x/%zz', '/foo', '/../x/%zz']],
    ['/foo/x//y', ['/foo', '/x//y', '/foo/x//y', '/foo', '/x//y']],
    ['http://other.example/foo/x', ['/foo', '/x', 'http://other.example/foo/x', '/foo', '/x']],
    ['/foo//x', 400],
    ['/%66oo/x', 404],
    ['//foo/x', 404],
    ['/x/../foo', 404],
    ['/FOO', 404],
    ['/foobar', 404],
  ];
  for (const host of hosts) {
    for (const [target, view] of rows) {
      it(`${host.name}: ${target}`, async () => {
        expect(await views(host.of(mount('/foo', show) as never), target)).to.deep.equal(view);
      });
    }

    it(`${host.name}: refusals go to its error handler, with their status`, async () => {
      let seen: unknown;
      const listener = host.of(
        mount('/foo', show, { nonNormal: 'normalize' }) as never,
        ((error: Error & { status: number }, _req: unknown, res: { end(): void }, _next: Next) => {
          seen = [error.status, error.name];
          res.end();
        }) as never,
      );
      await withServer(listener, (server) => rawRequest(server, '/bar/%zz'));
      expect(seen).to.deep.equal([400, 'RequestTargetError']);
    });
  }

  it('lets OPTIONS * go on, as those hosts do not route it at all', () => {
    const req = { url: '*', method: 'OPTIONS', headers: {}, rawHeaders: [] };
    for (const middleware of [mount(show), normalized(show)]) {
      const calls: unknown[][] = [];
      middleware(req as never, {} as never, (...parameters: unknown[]) => calls.push(parameters));
      expect(calls).to.deep.equal([[]]);
    }
  });

  it('counts what Express has consumed, and knows a bare mount below it', async () => {
    const app = express();
    app.use('/api', express.Router().use(mount('/', show), mount('/v1', show)));
    expect(await views(app, '/api')).to.deep.equal(['/api', '/', '/api', '/api', '']);
    expect(await views(app, '/api/')).to.deep.equal(['/api', '/', '/api/', '/api', '/']);
    const only = express().use('/api', express.Router().use(mount('/v1', show)));
    expect(await views(only, '/api/v1?q')).to.deep.equal(['/api/v1', '/?q', '/api/v1?q', '/api/v1', '']);
  });

  it('a mount in a mount is one mount of both, the bare one too', async () => {
    const listener = mount('/a', mount({ '/': show, '/b': mount('/', mount('/c', show)) }));
    expect(await views(listener, '/x/../a')).to.deep.equal(['/a', '/', '/x/../a', '/a', '']);
    expect(await views(listener, '/a/')).to.deep.equal(['/a', '/', '/a/', '/a', '/']);
    expect(await views(listener, '//a/b/c')).to.deep.equal(['/a/b/c', '/', '//a/b/c', '/a/b/c', '']);
    expect(await views(listener, '/a/b/c/?')).to.deep.equal(['/a/b/c', '/?', '/a/b/c/?', '/a/b/c', '/']);
    expect(await views(listener, '/a/b')).to.equal(404);
  });

  it("nonNormal: 'reject' refuses below the mount only", async () => {
    const listener = express5Host.of(mount('/foo', show, { nonNormal: 'reject' }) as never, show as never);
    expect(await views(listener, '/%66oo')).to.equal(400);
    expect(await views(listener, '/bar//x')).to.deep.equal(['', '/bar//x', '/bar//x', '', '/bar//x']);
  });
});

describe('mount() alone', () => {
  const rows: readonly (readonly [target: string, view: unknown])[] = [
    ['//foo//%61/./b/../c?q=//', ['/foo', '/a/c?q=//', '//foo//%61/./b/../c?q=//', '/foo', '/a/c']],
    ['/foo/%2e', ['/foo', '/', '/foo/%2e', '/foo', '/']],
    ['/foo//', ['/foo', '/', '/foo//', '/foo', '/']],
    ['/foo//evil.example', ['/foo', '/evil.example', '/foo//evil.example', '/foo', '/evil.example']],
    ['/foo/%2F', ['/foo', '/%2F', '/foo/%2F', '/foo', '/%2F']],
    ['/bar', 404],
    ['/foo/%zz', 400],
    ['/..', 400],
    ['/foo#x', 400],
    ['/foo/%00', 404],
    ['http://u@h/foo', 400],
  ];
  for (const [target, view] of rows) {
    it(target, async () => expect(await views(mount('/foo', show), target)).to.deep.equal(view));
  }

  it('answers OPTIONS * with nothing', async () => {
    const answer = await withServer(mount(show), (server) => rawRequest(server, '*', { method: 'OPTIONS' }));
    expect([answer.status, answer.body, answer.headers['content-length']]).to.deep.equal([200, '', '0']);
    const get = await withServer(mount(show), (server) => rawRequest(server, '*', { method: 'POST' }));
    expect(get.status).to.equal(400);
  });
});

describe('mount() by host', () => {
  const at =
    (name: string): Application =>
    (_req, res) =>
      res.end(JSON.stringify(name));
  const table = {
    '/': at('any'),
    '//a.example/': at('a'),
    '//*.example/x': at('wildcard x'),
    '//[::1]:8080/': at('ipv6'),
    '//p.example:80/': at('port 80'),
  };
  const rows: readonly (readonly [target: string, headers: readonly string[], answer: unknown])[] = [
    ['/', ['Host: a.example'], 'a'],
    ['/', ['host: A.EXAMPLE.:99'], 'a'],
    ['/x', ['Host: b.example'], 'wildcard x'],
    ['/', ['Host: b.example'], 'any'],
    ['/', ['Host: [0::1]:8080'], 'ipv6'],
    ['/', ['Host: p.example'], 'port 80'],
    ['/', ['Host: p.example:'], 'port 80'],
    ['/', ['Host: p.example:81'], 'any'],
    ['http://a.example/', ['Host: other'], 'a'],
    ['/', ['Host: other', 'X-Forwarded-Host: a.example'], 'any'],
    ['/', ['Host: a.example', 'Host: b.example'], 400],
    ['/', ['Host: a.example', 'host: a.example'], 400],
    ['/', ['Host: a b'], 400],
    ['/', ['Host: u@a.example'], 400],
    ['/', ['Host:'], 400],
  ];
  for (const host of [alone, ...hosts]) {
    for (const [target, headers, answer] of rows) {
      it(`${host.name}: ${target}, ${headers.join(', ')}: ${answer}`, async () => {
        expect(await views(host.of(mount(table) as never), target, headers)).to.equal(answer);
      });
    }
  }

  it('keeps the host of an absolute-form target for mounts inside', async () => {
    const listener = mount('/foo', mount(table));
    expect(await views(listener, 'http://a.example/foo/x', ['Host: other'])).to.equal('a');
  });

  it('does not look at hosts where no mount names one', async () => {
    expect(await views(mount(at('any')), '/', ['Host: a b'])).to.equal('any');
  });
});

describe('trailingSlash', () => {
  const add = mount('/foo', show, { trailingSlash: 'add' });
  const remove = mount('/foo', show, { trailingSlash: 'remove' });
  const view = (...parts: string[]) => parts;
  const rows: readonly (readonly [
    name: string,
    listener: Parameters<typeof views>[0],
    target: string,
    expected: unknown,
  ])[] = [
    ["'add'", add, '/foo', '/foo/'],
    ["'add'", add, '/foo?q=/', '/foo/?q=/'],
    ["'add'", add, '//%66oo', '/foo/'],
    ["'add'", add, '/foo/', view('/foo', '/', '/foo/', '/foo', '/')],
    ["'add'", add, '/foo/x', view('/foo', '/x', '/foo/x', '/foo', '/x')],
    ["'remove'", remove, '/foo/', '/foo'],
    ["'remove'", remove, '/foo/?q', '/foo?q'],
    ["'remove'", remove, '/foo', view('/foo', '/', '/foo', '/foo', '')],
    ["'remove'", remove, '/foo/x/', view('/foo', '/x/', '/foo/x/', '/foo', '/x/')],
    ["'add' at the root", mount('/', show, { trailingSlash: 'add' }), '/', view('', '/', '/', '', '/')],
    [
      "'remove' at the root",
      mount('/', show, { trailingSlash: 'remove' }),
      '/?q',
      view('', '/?q', '/?q', '', '/'),
    ],
    [
      "'add' inside Express",
      express().use('/api', mount('/', show, { trailingSlash: 'add' })),
      '/api',
      '/api/',
    ],
    [
      "'add' inside Express",
      express().use('/api', mount('/foo', show, { trailingSlash: 'add' })),
      '/api/foo?q',
      '/api/foo/?q',
    ],
    [
      "'remove' inside Express",
      express().use('/api', mount('/', show, { trailingSlash: 'remove' })),
      '/api/',
      '/api',
    ],
    [
      "'add' of a path that is not ASCII",
      mount('/é "', show, { trailingSlash: 'add' }),
      '/%c3%A9%20"',
      '/%c3%A9%20%22/',
    ],
  ];
  for (const [name, listener, target, expected] of rows) {
    it(`${name}: ${target}`, async () => expect(await views(listener, target)).to.deep.equal(expected));
  }

  it('does not turn in circles for an absolute-form target', async () => {
    const app = express().use('/foo', mount('/', show, { trailingSlash: 'remove' }));
    expect(await views(app, 'http://h/foo?q')).to.deep.equal(['/foo', '/?q', 'http://h/foo?q', '/foo', '']);
  });

  it('is a 308 without a body, for any method', async () => {
    const answer = await withServer(add, (server) => rawRequest(server, '/foo', { method: 'DELETE' }));
    expect([answer.status, answer.body]).to.deep.equal([308, '']);
  });
});

describe('guards of a host', () => {
  /** What a guard on `/admin` does not let through, and what reaches the site instead. */
  async function reached(
    wrap: (app: express.Express) => Parameters<typeof withServer>[0],
    targets: readonly string[],
  ) {
    const urls: string[] = [];
    const app = express();
    app.use('/admin', (_req, res) => void res.sendStatus(403));
    const site: Application = (req, res) => {
      urls.push(req.baseUrl + req.url);
      res.end();
    };
    app.use(mount('/', site));
    const answers: RawAnswer[] = [];
    await withServer(wrap(app), async (server) => {
      for (const target of targets) answers.push(await rawRequest(server, target));
    });
    return { urls, statuses: answers.map(({ status }) => status) };
  }

  const spellings = [
    '/admin',
    '/admin/x',
    '//admin',
    '/%61dmin',
    '/x/../admin',
    '/./admin',
    '/x//../admin/y',
    'http://h//admin',
  ];

  it('are not got round by a mount: a spelling that the guard missed reaches the site as it was sent', async () => {
    const { urls } = await reached((app) => app, spellings);
    expect(urls).to.deep.equal(['/%61dmin', '/x/../admin', '/./admin', '/x//../admin/y']);
  });

  it('mean each spelling inside normalized()', async () => {
    const { urls, statuses } = await reached((app) => normalized(app), spellings);
    expect(urls).to.deep.equal([]);
    expect(statuses).to.deep.equal(spellings.map(() => 403));
  });

  it('are not got round by a target with a host that other parsers read otherwise', async () => {
    const { urls } = await reached(
      (app) => app,
      ['http://h;/admin', "http://h'/admin", 'http://;/admin', 'http://h#/admin'],
    );
    expect(urls).to.deep.equal([]);
  });

  it('are not got round by a Fetch handler, whose URL resolves dots and backslashes', async () => {
    const seen: string[] = [];
    const site = fetchHandler((request) => {
      seen.push(new URL(request.url).pathname);
      return new Response('');
    });
    const app = express();
    app.use('/admin', (_req, res) => void res.sendStatus(403));
    app.use(mount('/', site));
    const targets = [
      '/x/../admin',
      '/./admin',
      '/%2e/admin',
      '/x\\..\\admin',
      '/.\\admin',
      '/x/.%2e\\admin?a\\b',
    ];
    for (const listener of [app, normalized(app)]) {
      await withServer(listener, async (server) => {
        for (const target of targets) await rawRequest(server, target);
      });
    }
    expect(seen.length).to.be.greaterThan(0);
    expect(seen.filter((path) => path.startsWith('/admin'))).to.deep.equal([]);
  });

  it('of Express deny whatever reaches a mount, spelled as the mount hands it on', () => {
    // A raw prefix guard, as `app.use('/admin', …)` compares: without case, on a segment boundary.
    const denies = (url: string) => /^\/admin(?:[/?]|$)/i.test(parseTarget(url).path);
    fc.assert(
      fc.property(rawTargets, fc.constantFrom('/', '/a', '/foo', '/x'), (target, key) => {
        if (denies(target)) return;
        let handed: string | undefined;
        const req = { url: target, headers: {}, rawHeaders: [], method: 'GET' };
        mount(key, (inner: MountedRequest) => {
          handed = inner.baseUrl + inner.url;
        })(req as never, {} as never, () => undefined);
        if (handed !== undefined) expect(denies(handed), handed).to.equal(false);
      }),
      { numRuns: 5000 },
    );
  });

  it('normalized() refuses what it cannot mend, and inside a host what it would come too late for', async () => {
    const inside = normalized(show);
    expect(await views(inside, '/%zz')).to.equal(400);
    expect(await views(inside, '/%00')).to.equal(404);
    expect(await views(inside, '//%61?q')).to.deep.equal(['', '/a?q', '//%61?q', '', '/a']);
    expect(await views(inside, 'http://h')).to.deep.equal(['', '/', 'http://h', '', '/']);
    expect(await views(normalized(show, { encodedSlashes: 'decode' }), '/a%2Fb')).to.deep.equal([
      '',
      '/a/b',
      '/a%2Fb',
      '',
      '/a/b',
    ]);
    expect(await views(normalized(show, { encodedSlashes: 'reject' }), '/a%2Fb')).to.equal(404);
    const options = await withServer(inside, (server) => rawRequest(server, '*', { method: 'OPTIONS' }));
    expect(options.status).to.equal(200);
    for (const host of hosts) {
      const listener = host.of(normalized(show) as never);
      expect(await views(listener, '/a//b')).to.equal(400);
      expect(await views(listener, '/%61')).to.equal(400);
      expect(await views(listener, '/%zz')).to.equal(400);
      expect(await views(listener, '/a%20b')).to.deep.equal(['', '/a%20b', '/a%20b', '', '/a b']);
    }
  });
});
