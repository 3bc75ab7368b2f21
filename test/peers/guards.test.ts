/**
 * Two parsers, two paths (Tomcat's `..;/`, `%2e%2e`, `%2F`, `//`): whatever a client writes around a mount point, no mount
 * inside Express is reached past a guard of Express, and inside `normalized()` both see the path that `resolve()` sees.
 */

import { expect } from 'chai';
import express from 'express';
import {
  type Application,
  type Middleware,
  type MountOptions,
  MountTable,
  mount,
  normalized,
  pattern,
  RequestTargetError,
} from '../../lib/index.js';
import { rawRequest, withServer } from '../support/raw.js';

// What comes before a segment, the segment, and what comes behind.
const before = '|/|/.|/%2e|/x/..|/x/%2e%2e|/..|/;|/%2F|/public|/public/..|/public/..;|/%5C'.split('|');
const spelled =
  'admin|%61dmin|ADMIN|admin;x|admin%2F|admin%0A|admin.|admin%5C|admin%00|./admin|public|public%2F..%2Fadmin|public\\..\\admin';
const behind = '|/|/x|//x|/../public|/../admin/x|/..%2Fadmin|?/admin'.split('|');
const targets = before.flatMap((start) =>
  spelled.split('|').flatMap((name) => behind.map((end) => `${start}/${name}${end}`)),
);

const names = ['admin', 'public'];
const report =
  (name: string): Application =>
  (_req, res) =>
    res.end(name);

function mountOf(options: MountOptions): Middleware {
  return mount(Object.fromEntries(names.map((name) => [`/${name}`, report(name)])), options);
}

/** Answers with the parameter where it is one of the names. */
const byParameter = mount(pattern('/:name'), ({ params: { name } }, res, next) => {
  const known = names.find((other) => other === name.toLowerCase());
  if (known === undefined) next();
  else res.end(known);
});

const mounts: Readonly<Record<string, Middleware>> = {
  'the defaults': mountOf({}),
  'caseSensitive: false': mountOf({ caseSensitive: false }),
  "slashes: 'keep'": mountOf({ slashes: 'keep' }),
  "encodedSlashes: 'decode'": mountOf({ encodedSlashes: 'decode' }),
  "encodedSlashes: 'reject'": mountOf({ encodedSlashes: 'reject' }),
  "nonNormal: 'reject'": mountOf({ nonNormal: 'reject' }),
  'a pattern': byParameter,
};

describe('guards and mounts', function () {
  this.timeout(60_000);

  for (const [how, middleware] of Object.entries(mounts)) {
    it(`${how}: no mount inside Express is reached past a guard of its path, by ${targets.length} spellings`, async () => {
      let guarded = '';
      const app = express();
      for (const name of names) {
        app.use(`/${name}`, (_req, _res, next) => {
          guarded = name;
          next();
        });
      }
      app.use(middleware);
      let reached = 0;
      await withServer(app, async (server) => {
        for (const target of targets) {
          guarded = '';
          const { status, body } = await rawRequest(server, target);
          if (status !== 200) continue;
          expect(body, target).to.equal(guarded);
          reached++;
        }
      });
      expect(reached).to.be.greaterThan(10);
    });
  }

  it('inside normalized(Express) a guard stops all spellings of its path, and the mount takes all of its own', async () => {
    const app = express();
    app.use('/admin', (_req, res) => void res.sendStatus(403));
    app.use(mountOf({}));
    const table = new MountTable<string>();
    for (const name of names) table.set(`/${name}`, name);
    const found = { admin: 0, public: 0 };
    await withServer(normalized(app), async (server) => {
      for (const target of targets) {
        const { status, body } = await rawRequest(server, target);
        const expected = resolve(table, target);
        if (expected === 'admin') expect(status, target).to.equal(403);
        else if (expected === 'public') expect(body, target).to.equal('public');
        else expect(status, target).to.not.equal(200);
        if (expected === 'admin' || expected === 'public') found[expected]++;
      }
    });
    expect(found.admin).to.be.greaterThan(50);
    expect(found.public).to.be.greaterThan(50);
  });
});

function resolve(table: MountTable<string>, target: string): string | undefined {
  try {
    return table.resolve(target)?.value;
  } catch (error) {
    if (error instanceof RequestTargetError) return undefined;
    throw error;
  }
}
