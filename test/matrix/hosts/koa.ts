/** Koa as host: `mount()` of `mountpoint/koa`. */

import { createServer, type RequestListener } from 'node:http';
import { createServer as createH2cServer } from 'node:http2';
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { mount } from '../../../lib/middleware/koa.js';
import { type Host, mountPath, note, outside } from '../host.js';

/** What Koa keeps in its context. */
const contextOf = ({ url, path, originalUrl, mountPath: mounted, params, status, respond }: Koa.Context) => {
  return { context: { url, path, originalUrl, mounted, params, status, respond } };
};

function host(name: string, protocol: Host['protocol'], create: (listener: RequestListener) => Server): Host {
  const serve: Host['serve'] = (application) => {
    const app = new Koa();
    app.silent = true;
    app.use(async (ctx, next) => {
      note(ctx.req, ctx.res, contextOf(ctx));
      try {
        await next();
      } catch (error) {
        const answer = outside(ctx.req, ctx.res, { error, more: contextOf(ctx) });
        ctx.status = 500;
        ctx.body = answer;
      }
    });
    app.use(mount(mountPath, application));
    app.use(async (ctx) => {
      ctx.body = outside(ctx.req, ctx.res, { body: await text(ctx.req), more: contextOf(ctx) });
    });
    return create(app.callback());
  };
  return { name, protocol, around: 'host', serve };
}

export const koaHost = host('Koa', 'http', createServer);
export const koaHttp2Host = host('Koa, HTTP/2', 'h2c', (listener) => createH2cServer(listener as never));
