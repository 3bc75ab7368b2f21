/** What an Express sub-application learns of its first host: parent, mountpath, the mount event, settings. */

import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import { type Application, MountTable, mount, pattern } from '../../lib/index.js';
import { rawRequest, withServer } from '../support/raw.js';

for (const [name, make] of [
  ['Express 5', express],
  ['Express 4', express4],
] as const) {
  describe(`${name} sub-application`, () => {
    it('is told when its mount is used, before any request', () => {
      const parents: unknown[] = [];
      const app = make();
      const sub = make().on('mount', (parent) => parents.push(parent));
      app.use(mount('/foo', sub));
      expect(parents).to.deep.equal([app]);
      expect((sub as { parent?: unknown }).parent).to.equal(app);
      expect([sub.mountpath, sub.path()]).to.deep.equal(['/foo', '/foo']);
    });

    const paths: readonly (readonly [
      expected: string | string[],
      use: (app: express.Express, sub: express.Express) => unknown,
    ])[] = [
      ['/', (app, sub) => app.use(mount(sub))],
      ['/foo', (app, sub) => app.use(mount({ '/foo/': sub }))],
      ['/foo', (app, sub) => app.use(mount('//h.example/foo', sub))],
      ['/t/:tenant', (app, sub) => app.use(mount(pattern('/t/:tenant'), sub))],
      ['/api/foo', (app, sub) => app.use('/api', mount('/foo', sub))],
      ['/api', (app, sub) => app.use('/api/', mount(sub))],
      [['/a/foo', '/b/foo'], (app, sub) => app.use(['/a', '/b'], mount('/foo', sub))],
      ['/a/b', (app, sub) => app.use(mount('/a', mount('/b', sub)))],
    ];
    for (const [expected, use] of paths) {
      it(`knows its path: ${expected}`, () => {
        const sub = make();
        use(make(), sub);
        expect(sub.mountpath).to.deep.equal(expected);
      });
    }

    it('keeps the first host it had', () => {
      const [first, second, sub] = [make(), make(), make()];
      first.use(mount('/one', sub));
      second.use(mount('/two', sub));
      expect([(sub as { parent?: unknown }).parent, sub.mountpath]).to.deep.equal([first, '/one']);
    });

    it('inherits settings: trust proxy, its own, protocol and address are right', async () => {
      const app = make().set('trust proxy', 'loopback').set('shop', 'of books');
      const sub = make();
      sub.get(
        '/',
        (req, res) => void res.json([req.ip, req.protocol, req.hostname, sub.get('shop'), req.app === sub]),
      );
      app.use(mount('/foo', sub));
      await withServer(app, async (server) => {
        const headers = [
          'Host: inner',
          'X-Forwarded-For: 203.0.113.9',
          'X-Forwarded-Proto: https',
          'X-Forwarded-Host: outer.example',
        ];
        const { body } = await rawRequest(server, '/foo', { headers });
        expect(JSON.parse(body)).to.deep.equal(['203.0.113.9', 'https', 'outer.example', 'of books', true]);
      });
    });

    it('is told at its first request where its mount stands in a router, or came later', async () => {
      const [app, inRouter, later, nested] = [make(), make(), make(), make()];
      for (const sub of [inRouter, later, nested])
        sub.get('/', (req, res) => void res.json([sub.path(), req.app === sub]));
      const router = make
        .Router()
        .use(mount('/foo', inRouter))
        .use(mount('/deep', mount('/er', nested)));
      app.use('/api', router);
      const table = new MountTable<Application>();
      app.use(mount(table));
      table.set('/later', later);
      await withServer(app, async (server) => {
        expect((await rawRequest(server, '/api/foo')).body).to.equal('["/api/foo",true]');
        expect((await rawRequest(server, '/later')).body).to.equal('["/later",true]');
        expect((await rawRequest(server, '/api/deep/er')).body).to.equal('["/api/deep/er",true]');
      });
    });

    it('has no parent where there is no Express host', async () => {
      const sub = make();
      sub.get(
        '/',
        (_req, res) => void res.json([sub.path(), (sub as { parent?: unknown }).parent === undefined]),
      );
      await withServer(mount('/foo', sub), async (server) => {
        expect((await rawRequest(server, '/foo')).body).to.equal('["",true]');
      });
    });
  });
}
