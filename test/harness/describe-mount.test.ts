/** `describeMount()`: what it finds in a sample application, and what it does not. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigurationError } from '../../lib/errors.js';
import { type DescribeOptions, describeMount, type TestRunner } from '../../lib/harness/index.js';
import type { Application } from '../../lib/index.js';
import { type Mistake, mistakes, routes, sample } from './sample.js';

/** Runs a suite, and returns what each test of it failed with. */
async function failuresOf(
  make: () => Application,
  options: Partial<DescribeOptions> = {},
): Promise<{ readonly count: number; readonly failures: readonly string[] }> {
  const tests: { name: string; test: () => Promise<void> }[] = [];
  const afters: (() => void)[] = [];
  const runner: TestRunner = {
    describe: (_name, define) => define(),
    it: (name, test) => void tests.push({ name, test }),
    after: (run) => void afters.push(run),
  };
  describeMount('a sample', make, { routes, runner, ...options });
  const failures: string[] = [];
  for (const { name, test } of tests) {
    await test().catch((error: Error) => failures.push(`${name}: ${error.message}`));
  }
  const { log } = console;
  console.log = () => undefined;
  try {
    for (const run of afters) run();
  } finally {
    console.log = log;
  }
  return { count: tests.length, failures };
}

/** What is said of each mistake. */
const said: Readonly<Record<Mistake, { readonly message: RegExp; readonly fix: RegExp }>> = {
  redirect: { message: /redirects to \/items, which is not below \/foo/, fix: /urlFor\(req/ },
  cookie: { message: /sets the cookie session=1; Path=\/, which/, fix: /path: req\.baseUrl/ },
  link: { message: /has a link to \/login, which is not below/, fix: /urlFor\(req/ },
  'original-url': { message: /answers 404, at the root 200/, fix: /by req\.url .*not by req\.originalUrl/ },
  prefix: { message: /where a client makes a prefix or a host up/, fix: /behindProxy\(app, \{ trust \}\)/ },
};

describe('describeMount()', function () {
  this.timeout(60_000);

  it('finds nothing in an application that is right, behind all front servers', async () => {
    const { count, failures } = await failuresOf(() => sample());
    expect(failures).to.deep.equal([]);
    expect(count).to.be.above(20 * 3 * 4);
  });

  for (const mistake of mistakes) {
    it(`finds the mistake ${mistake}, and says how to mend it`, async () => {
      const { failures } = await failuresOf(() => sample(mistake), {
        frontServers: ['nginx/fastcgi', 'apache/http', 'lighttpd/scgi'],
      });
      const { message, fix } = said[mistake];
      const [first = ''] = failures.filter((each) => message.test(each));
      expect(first, failures[0]).to.match(message).and.match(fix);
      // Nothing is wrong at the root, unless a client is believed.
      const atRoot = failures.filter((each) => / at \/:/.test(each));
      expect(atRoot.length > 0).to.equal(mistake === 'prefix');
    });
  }

  it('gives each request an application of its own where they are to be fresh', async () => {
    const counting = (): Application => {
      let count = 0;
      return (_req, res) => res.end(String(++count));
    };
    const few = { routes: ['/'], frontServers: ['nginx/http'], mounts: ['/foo'] } as const;
    expect((await failuresOf(counting, few)).failures).to.have.lengthOf(1);
    expect((await failuresOf(counting, { ...few, fresh: true })).failures).to.deep.equal([]);
  });

  it('takes a configuration that strips the mount', async () => {
    const nginx = {
      server: 'nginx',
      configuration:
        'location "{{mount}}/" { proxy_pass http://{{upstream}}/; proxy_set_header Host $host; }',
    } as const;
    const { failures } = await failuresOf(() => sample(), {
      ...{ frontServers: [nginx], mounts: ['/foo', '/a b/c'], target: 'stripped' },
    });
    expect(failures).to.deep.equal([]);
  });

  it('writes a page with the matrix, and what is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mountpoint-report-'));
    try {
      const report = join(folder, 'report.html');
      await failuresOf(() => sample('link'), { frontServers: ['nginx/fastcgi'], report });
      const page = readFileSync(report, 'utf8');
      expect(page).to.contain('<th>GET /items?page=2</th>');
      expect(page).to.match(/<td class="wrong">2 of 3<\/td>/);
      expect(page).to.contain('link to /login, which is not below /foo');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('throws where it is called wrongly', () => {
    const call = (options: unknown) => () => describeMount('x', () => sample(), options as never);
    expect(call({ routes: [] })).to.throw(ConfigurationError, /routes must be a list of paths/);
    expect(call(undefined)).to.throw();
    const routes = ['/'];
    expect(call({ routes, mounts: [] })).to.throw(ConfigurationError, /mounts must be a list/);
    expect(call({ routes, mounts: ['foo'] })).to.throw(ConfigurationError, /"foo"/);
    expect(call({ routes, frontServers: [] })).to.throw(ConfigurationError, /frontServers must be a list/);
    expect(call({ routes, frontServers: ['iis'] })).to.throw(ConfigurationError, /got "iis"/);
    expect(call({ routes, frontservers: [] })).to.throw(ConfigurationError, /got "frontservers"/);
    expect(call({ routes: [{ path: '/', vary: true }] })).to.throw(ConfigurationError, /got "vary"/);
    expect(call({ routes: ['x'] })).to.throw(ConfigurationError, /begins with '\/', got "x"/);
  });
});
