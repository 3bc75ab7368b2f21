/**
 * Hono and h3: beside the mount in one table, as they have no `next` of Node; through srvx, as `{ fetch }` goes, or
 * through `@hono/node-server`. h3 calls middleware of Node itself, and is a host as Express is.
 */

import { createServer, type IncomingMessage } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { fromNodeHandler, H3 } from 'h3';
import { toNodeHandler } from 'h3/node';
import { Hono } from 'hono';
import { type Application, mount } from '../../../lib/index.js';
import { type Host, mountPath, note, type Outside, outside } from '../host.js';

/** What the neighbour says. */
async function neighbour(request: Request): Promise<Outside> {
  const { pathname, search } = new URL(request.url);
  const body = await request.text();
  return { by: 'neighbour', url: pathname + search, base: '', isRestored: true, body, error: undefined };
}

function beside(name: string, make: () => Application): Host {
  return {
    name,
    protocol: 'http',
    around: 'neighbour',
    serve: (application) => createServer(mount({ '/': make(), [mountPath]: application })),
  };
}

const hono = (): Hono =>
  new Hono().all('/*', async (context) => context.json(await neighbour(context.req.raw)));

export const honoHost = beside('Hono', hono);

export const honoNodeServerHost = beside('Hono of @hono/node-server', () => {
  return getRequestListener(hono().fetch, { overrideGlobalObjects: false });
});

export const h3Host = beside('h3', () => new H3().all('/**', ({ req }) => neighbour(req)));

export const h3MiddlewareHost: Host = {
  name: 'h3, fromNodeHandler()',
  protocol: 'http',
  around: 'host',
  serve: (application) => {
    const app = new H3({
      silent: true,
      onError: (error, event) => {
        const { req, res } = nodeOf(event);
        return Response.json(outside(req, res, { error }), { status: 500 });
      },
    });
    app.use((event) => {
      const { req, res } = nodeOf(event);
      note(req, res);
    });
    app.use(fromNodeHandler(mount(mountPath, application)));
    app.all('/**', async (event) => {
      const { req, res } = nodeOf(event);
      return outside(req, res, { body: await event.req.text() });
    });
    return createServer(toNodeHandler(app) as never);
  },
};

export const honoMiddlewareHost: Host = {
  name: 'Hono of @hono/node-server, through its env',
  protocol: 'http',
  around: 'host',
  serve: (application) => {
    const app = new Hono<{ Bindings: HttpBindings }>();
    const middleware = mount(mountPath, application);
    app.onError((error, { env }) =>
      Response.json(outside(env.incoming, env.outgoing, { error }), { status: 500 }),
    );
    app.use(async ({ env: { incoming, outgoing } }, next) => {
      note(incoming, outgoing);
      const isPassed = await new Promise<boolean>((resolve, reject) => {
        outgoing.once('close', () => resolve(false));
        middleware(incoming, outgoing, (error) => (error ? reject(error) : resolve(true)));
      });
      return isPassed ? next() : RESPONSE_ALREADY_SENT;
    });
    app.all('/*', async ({ req, env, json }) =>
      json(outside(env.incoming, env.outgoing, { body: await req.text() })),
    );
    return createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  },
};

function nodeOf(event: { readonly runtime?: unknown }): { req: IncomingMessage; res: never } {
  return (event.runtime as { node: { req: IncomingMessage; res: never } }).node;
}
