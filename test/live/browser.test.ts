/**
 * A browser follows the redirects and links of a site below `/foo`, come to with and without the trailing slash: no link
 * leaves `/foo`, and its cookie comes back only there.
 */

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { type Application, type MountOptions, mount } from '../../lib/index.js';
import { close, listen } from '../support/raw.js';
import { type Browser, openBrowser, programs } from './browser.js';
import { describeLive } from './program.js';
import { aware, makeSite, unaware } from './site.js';
import { Tab } from './tab.js';

const outside = (_req: IncomingMessage, res: ServerResponse): void => {
  res.setHeader('Content-Type', 'text/html');
  res.end('<title>outside</title><link rel="icon" href="data:,">');
};

const hosts: Readonly<Record<string, (site: Application, options: MountOptions) => RequestListener>> = {
  'in Express': (site, options) =>
    express()
      .use(mount('/foo', site, options))
      .use(outside) as never,
  alone: (site, options) => mount({ '/foo': site, '/': outside as Application }, options),
};

/** Where a visit begins, where it lands, and whether relative links hold there: see trailingSlash in docs/mounting.md. */
const visits: Readonly<
  Record<'add' | 'keep' | 'remove', readonly (readonly [start: string, lands: string, holds: boolean])[]>
> = {
  add: [
    ['/foo', '/foo/', true],
    ['/foo/', '/foo/', true],
    ['/foo?q=/', '/foo/?q=/', true],
  ],
  keep: [
    ['/foo', '/foo', false],
    ['/foo/', '/foo/', true],
  ],
  remove: [
    ['/foo', '/foo', false],
    ['/foo/', '/foo', false],
    ['/foo/?q', '/foo?q', false],
  ],
};

const sites = { 'knows its mount': aware, 'does not, with rewrite: true': unaware };
const modes = ['add', 'keep', 'remove'] as const;
const cases = Object.entries(hosts).flatMap(([where, host]) =>
  Object.entries(sites).flatMap(([knowledge, absolute]) =>
    modes.map((trailingSlash) => {
      const name = `and a site that ${knowledge}, ${where}, trailingSlash: '${trailingSlash}'`;
      return { name, host, absolute, trailingSlash };
    }),
  ),
);

describeLive('a browser', programs, function (program) {
  this.timeout(120_000);
  let browser: Browser | undefined;

  before(async () => {
    browser = await openBrowser(program);
  });
  after(() => browser?.close());

  for (const { name, host, absolute, trailingSlash } of cases) {
    describe(name, () => {
      const targets: string[] = [];
      let server: Server;
      let tab: Tab;

      before(async () => {
        const site = makeSite(absolute) as Application;
        const listener = host(site, { trailingSlash, rewrite: absolute === unaware });
        server = await listen((req, res) => {
          targets.push(req.url ?? '');
          listener(req, res);
        });
      });
      after(() => close(server));

      beforeEach(async () => {
        const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        tab = await Tab.open((browser as Browser).context, origin);
        targets.length = 0;
      });
      afterEach(() => tab.close());

      const holds = async () => {
        for (const path of await tab.references()) expect(path).to.match(/^\/foo(?:[/?#]|$)/);
        for (const width of await tab.pictures()) expect(width).to.equal(8);
      };

      for (const [start, lands, isHolding] of visits[trailingSlash]) {
        it(`${start} lands on ${lands}, whose relative links ${isHolding ? 'hold' : 'lead beside it'}`, async () => {
          await tab.goto(start);
          expect(await tab.place()).to.deep.equal([lands, 'home']);
          const [relative, ...rest] = await tab.references();
          expect(relative).to.equal(isHolding ? '/foo/second.html' : '/second.html');
          expect(rest).to.deep.equal(absolute === aware ? ['/foo/second.html'] : []);
          if (isHolding) await tab.follow('#relative', '/foo/second.html', 'second');
          else if (absolute === aware) await tab.follow('#absolute', '/foo/second.html', 'second');
        });
      }

      it('its links hold from page to page, through redirects and back', async () => {
        const home = trailingSlash === 'remove' ? '/foo' : '/foo/';
        await tab.goto('/foo/second.html');
        await holds();
        await tab.follow('#self', '/foo/second.html?q#f', 'second');
        await tab.follow('#deep', '/foo/deep/third.html', 'third');
        await holds();
        await tab.follow('#back', '/foo/second.html', 'second');
        await tab.follow('#deep', '/foo/deep/third.html', 'third');
        await tab.follow('#old', '/foo/second.html', 'second');
        await tab.follow('#home', home, 'home');
        await tab.page.goBack();
        await tab.follow('#deep', '/foo/deep/third.html', 'third');
        await tab.follow('#up', home, 'home');
        expect(targets.filter((target) => !/^\/foo(?:[/?]|$)/.test(target))).to.deep.equal([]);
      });

      it('its login leads to its page, and its cookie comes back below /foo only', async () => {
        await tab.goto('/foo/second.html');
        await tab.page.fill('input', 'ada');
        await tab.follow('button', '/foo/welcome', 'welcome ada');
        await holds();
        for (const path of ['/', '/foobar', '/welcome']) {
          expect(await tab.goto(path), path).to.equal(undefined);
        }
        expect(await tab.goto('/foo/welcome')).to.equal('name=ada');
        expect(await tab.place()).to.deep.equal(['/foo/welcome', 'welcome ada']);
      });
    });
  }
});
