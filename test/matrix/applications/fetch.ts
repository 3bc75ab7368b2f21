/** Applications in the words of the Fetch standard: Hono, h3, an object with `fetch()`, a function. */

import type { IncomingMessage } from 'node:http';
import { H3 } from 'h3';
import { Hono } from 'hono';
import { setCookie } from 'hono/cookie';
import { fetchHandler, type MountedRequest, urlFor } from '../../../lib/index.js';
import { answerOf, cookie, type Kind, rejected, type Tell, thrown } from '../kind.js';

/** Node's request behind one of Fetch: `request.runtime.node.req`. */
function nodeOf(request: Request): MountedRequest {
  return (request as Request & { runtime: { node: { req: IncomingMessage } } }).runtime.node
    .req as MountedRequest;
}

/** What all of them answer to anything else: the url lacks the mount. */
async function seenBy(request: Request): Promise<object> {
  const { pathname, search } = new URL(request.url);
  const { baseUrl: base, originalUrl: original } = nodeOf(request);
  const { method } = request;
  return answerOf(nodeOf(request), {
    base,
    rest: pathname + search,
    original,
    method,
    body: await request.text(),
  });
}

/** A promise that is never kept, for a client that goes. */
function wait(request: Request, tell: Tell): Promise<never> {
  request.signal.addEventListener('abort', () => tell('gone'));
  tell('arrived');
  return new Promise(() => {});
}

export const honoKind: Kind = {
  name: 'Hono',
  make: (tell) => {
    const app = new Hono();
    app.onError((error, context) => context.text(error.message, 500));
    app.all('/redirect', (context) => context.redirect(urlFor(nodeOf(context.req.raw), '/there')));
    app.all('/cookie', (context) => {
      setCookie(context, cookie.name, cookie.value, { path: nodeOf(context.req.raw).baseUrl });
      return context.body(null);
    });
    app.all('/throw', () => {
      throw thrown();
    });
    app.all('/reject', () => Promise.reject(rejected()));
    app.all('/pass', (context) => context.notFound());
    app.all('/gone', (context) => wait(context.req.raw, tell));
    app.all('/*', async (context) => context.json(await seenBy(context.req.raw)));
    return app;
  },
};

export const h3Kind: Kind = {
  name: 'h3',
  make: (tell) => {
    const app = new H3({ silent: true });
    app.all('/redirect', ({ req, res }) => {
      res.status = 302;
      res.headers.set('Location', urlFor(nodeOf(req), '/there'));
      return '';
    });
    app.all('/cookie', ({ req, res }) => {
      res.headers.append('Set-Cookie', `${cookie.name}=${cookie.value}; Path=${nodeOf(req).baseUrl}`);
      return '';
    });
    app.all('/throw', () => {
      throw thrown();
    });
    app.all('/reject', () => Promise.reject(rejected()));
    app.all('/pass', () => new Response(null, { status: 404 }));
    app.all('/gone', ({ req }) => wait(req, tell));
    app.all('/**', ({ req }) => seenBy(req));
    return app;
  },
};

function handler(tell: Tell): (request: Request) => Response | Promise<Response> {
  return (request) => {
    const { baseUrl } = nodeOf(request);
    switch (new URL(request.url).pathname) {
      case '/redirect':
        return new Response(null, { status: 302, headers: { Location: `${baseUrl}/there` } });
      case '/cookie':
        return new Response(null, {
          headers: { 'Set-Cookie': `${cookie.name}=${cookie.value}; Path=${baseUrl}` },
        });
      case '/throw':
        throw thrown();
      case '/reject':
        return Promise.reject(rejected());
      case '/pass':
        return new Response(null, { status: 404 });
      case '/gone':
        return wait(request, tell);
      default:
        return seenBy(request).then((seen) => Response.json(seen));
    }
  };
}

export const fetchObjectKind: Kind = { name: '{ fetch }', make: (tell) => ({ fetch: handler(tell) }) };

export const fetchHandlerKind: Kind = {
  name: 'fetchHandler()',
  make: (tell) => fetchHandler(handler(tell)),
};
