/** `mountpoint/koa`: what is Koa's own about it; all else is in the matrix. */

import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import Koa from 'koa';
import { mount } from '../../lib/index.js';
import { mount as mountInKoa } from '../../lib/middleware/koa.js';
import { rawRequest, withServer } from '../support/raw.js';

describe('mountpoint/koa', () => {
  it("tells Koa's own listener of what fails when the answer is long sent", async () => {
    const late = new Error('late');
    const heard: unknown[] = [];
    const app = new Koa().use(
      mountInKoa('/foo', async (_req, res) => {
        res.end('sent');
        await wait(30);
        throw late;
      }),
    );
    app.on('error', (error) => heard.push(error));
    await withServer(app.callback(), async (server) => {
      expect((await rawRequest(server, '/foo')).body).to.equal('sent');
      await wait(80);
    });
    expect(heard).to.deep.equal([late]);
  });

  it("takes a falsy error for none, as Express's next() does", async () => {
    for (const nothing of [undefined, null, 0, '', 'route', 'router']) {
      const app = new Koa().use(mountInKoa('/foo', (_req, _res, next) => next(nothing)));
      app.use((context) => {
        context.body = `${context.url} ${context.status}`;
      });
      await withServer(app.callback(), async (server) => {
        expect((await rawRequest(server, '/foo/x')).body).to.equal('/foo/x 404');
      });
    }
  });

  it('gives the context back to a Koa application when what came next returns', async () => {
    const seen: unknown[] = [];
    const inner = new Koa().use(async (context, next) => {
      seen.push([context.path, context.mountPath]);
      await next();
      seen.push([context.path, context.mountPath]);
    });
    const app = new Koa().use(mountInKoa('/foo', inner)).use((context) => {
      seen.push([context.path, context.mountPath]);
      context.body = 'next';
    });
    await withServer(app.callback(), (server) => rawRequest(server, '/foo/x'));
    expect(seen).to.deep.equal([
      ['/x', '/foo'],
      ['/foo/x', undefined],
      ['/x', '/foo'],
    ]);
  });

  it("leaves a mounted application's errors to the listener that its user adds later", async () => {
    const heard: unknown[] = [];
    const inner = new Koa().use(() => {
      throw new Error('inside');
    });
    const listener = mount('/foo', inner);
    inner.on('error', (error) => heard.push(error));
    await withServer(listener, async (server) => {
      expect((await rawRequest(server, '/foo')).status).to.equal(500);
    });
    expect([heard.length, inner.listenerCount('error')]).to.deep.equal([1, 1]);
  });
});
