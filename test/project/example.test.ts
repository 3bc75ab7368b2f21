/**
 * examples/site.js: it starts, prints where to go, and its pages show what the applications saw.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { get, linesUntil } from './visitor.js';

/** A request target, and what the page shows of it. */
interface Row {
  readonly target: string;
  readonly status?: number;
  readonly title: string;
  readonly scriptName: string;
  readonly pathInfo: string;
  readonly baseUrl?: string;
  readonly url: string;
  readonly params?: string;
}

const rows: readonly Row[] = [
  { target: '/', title: 'The site', scriptName: '', pathInfo: '/', url: '/' },
  {
    target: '/blogs',
    status: 404,
    title: 'The site has no such page',
    scriptName: '',
    pathInfo: '/blogs',
    url: '/blogs',
  },
  {
    target: '/<b>',
    status: 404,
    title: 'The site has no such page',
    scriptName: '',
    pathInfo: '/<b>',
    url: '/<b>',
  },
  { target: '/blog', title: 'The blog', scriptName: '/blog', pathInfo: '', url: '/' },
  { target: '/blog/', title: 'The blog', scriptName: '/blog', pathInfo: '/', url: '/' },
  {
    target: '/blog//2026',
    title: 'The post 2026',
    scriptName: '/blog',
    pathInfo: '/2026',
    url: '/2026',
    params: '{"post":"2026"}',
  },
  { target: '/%62log', title: 'The blog', scriptName: '/blog', pathInfo: '', url: '/' },
  { target: '/x/../blog', title: 'The blog', scriptName: '/blog', pathInfo: '', url: '/' },
  {
    target: '/blog/a%2Fb',
    title: 'The post a/b',
    scriptName: '/blog',
    pathInfo: '/a%2Fb',
    url: '/a%2Fb',
    params: '{"post":"a/b"}',
  },
  {
    target: '/t/acme',
    title: 'Tenant acme',
    scriptName: '/t/acme',
    pathInfo: '',
    url: '/',
    params: '{"tenant":"acme"}',
  },
  {
    target: '/t/acme/',
    title: 'Tenant acme',
    scriptName: '/t/acme',
    pathInfo: '/',
    url: '/',
    params: '{"tenant":"acme"}',
  },
  {
    target: '/t/caf%C3%A9/menu?day=1',
    title: 'Tenant café',
    scriptName: '/t/café',
    pathInfo: '/menu',
    baseUrl: '/t/caf%C3%A9',
    url: '/menu?day=1',
    params: '{"tenant":"café"}',
  },
  {
    target: '/%zz',
    status: 400,
    title: '400 ERR_TARGET_ESCAPE',
    scriptName: '',
    pathInfo: '/%zz',
    url: '/%zz',
  },
];

function start(port: string): ChildProcess {
  return spawn(process.execPath, ['examples/site.js'], { env: { ...process.env, PORT: port } });
}

describe('examples/site.js', () => {
  let child: ChildProcess | undefined;
  let lines: readonly string[] = [];
  let port = 0;

  before(async () => {
    child = start('0');
    lines = await linesUntil(child, /^Ctrl\+C/);
    port = Number(/:(\d+)\//.exec(lines.join('\n'))?.[1]);
  });

  after(() => child?.kill());

  it('prints the mount table and where to go', () => {
    const mounts = lines.slice(1, lines.indexOf('')).map((line) => line.trim().split(' ')[0]);
    expect(mounts).to.deep.equal(['/', '/blog', '/api', '/t/:tenant']);
    for (const target of ['/', '/blog//2026', '/%62log', '/x/../blog', '/t/acme/', '/api?x=1', '/%zz']) {
      expect(
        lines.some((line) => line.includes(`http://127.0.0.1:${port}${target} `)),
        target,
      ).to.equal(true);
    }
  });

  for (const { target, status = 200, title, scriptName, pathInfo, url, params = '{}', ...more } of rows) {
    it(`${target} is ${title}`, async () => {
      const answer = await get(port, target);
      expect(answer.status).to.equal(status);
      expect(answer.headers['content-type']).to.equal('text/html; charset=utf-8');
      expect(answer.body).to.contain(`<h1>${escaped(title)}</h1>`);
      const seen = [...answer.body.matchAll(/<tr><th>(.*)<\/th><td><code>(.*)<\/code><\/td><\/tr>/g)];
      expect(seen.map(([, name, value]) => [name, value])).to.deep.include.members([
        ['script name', escaped(`"${scriptName}"`)],
        ['path info', escaped(`"${pathInfo}"`)],
        ['req.baseUrl', escaped(`"${more.baseUrl ?? scriptName}"`)],
        ['req.url', escaped(`"${url}"`)],
        ['req.originalUrl', escaped(`"${target}"`)],
        ['req.params', escaped(params)],
      ]);
      expect(answer.body).to.not.contain('<b>');
    });
  }

  it('links each page with the others', async () => {
    const { body } = await get(port, '/t/acme');
    const targets = [...body.matchAll(/<a href="([^"]*)">/g)].map(([, target]) => target);
    expect(targets).to.include.members([
      '/',
      '/blog//2026',
      '/%62log',
      '/x/../blog',
      '/t/acme/',
      '/api?x=1',
      '/%zz',
    ]);
  });

  it('links inside the blog by its own mount', async () => {
    expect((await get(port, '/blog')).body).to.contain('<a href="/blog/2026">');
  });

  it('/api answers in JSON', async () => {
    const { headers, body } = await get(port, '/api?x=1');
    expect(headers['content-type']).to.equal('application/json');
    expect(JSON.parse(body)).to.deep.equal({
      'script name': '/api',
      'path info': '',
      'query string': 'x=1',
      'req.baseUrl': '/api',
      'req.url': '/?x=1',
      'req.originalUrl': '/api?x=1',
      'req.params': {},
    });
  });
});

describe('examples/site.js where it cannot listen', () => {
  const failing = async (port: string): Promise<readonly [code: number, message: string]> => {
    const child = start(port);
    if (child.stderr === null) throw new Error('the output must be a pipe');
    const [message, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    return [code, message];
  };

  it('says in one line to choose another port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    try {
      expect(await failing(String(port))).to.deep.equal([
        1,
        `Port ${port} is in use: choose another, as in PORT=3001 npm start\n`,
      ]);
    } finally {
      taken.close();
    }
  });

  it('says what PORT must be', async () => {
    expect(await failing('http')).to.deep.equal([1, 'PORT must be a number up to 65535, got http\n']);
  });
});

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] as string);
}
