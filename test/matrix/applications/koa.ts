/** Applications in the words of Koa: the application itself, and its callback, which is a function like any other. */

import { text } from 'node:stream/consumers';
import Koa from 'koa';
import type { MountedRequest } from '../../../lib/index.js';
import { answerOf, cookie, type Kind, rejected, type Tell, thrown } from '../kind.js';
import { wait } from './node.js';

/** What a Koa application knows of its mount. */
interface Place {
  readonly base: string;
  readonly original: string;
}

function makeKoa(placeOf: (context: Koa.Context) => Place, tell: Tell): Koa {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx, next) => {
    const { base, original } = placeOf(ctx);
    switch (ctx.path) {
      case '/redirect':
        return ctx.redirect(`${base}/there`);
      case '/cookie':
        ctx.cookies.set(cookie.name, cookie.value, { path: base, httpOnly: false });
        ctx.body = '';
        return;
      case '/throw':
        throw thrown();
      case '/reject':
        return Promise.reject(rejected());
      case '/pass':
        return next();
      case '/gone':
        return new Promise((resolve) => {
          wait(ctx.res, tell);
          ctx.res.once('close', resolve);
        });
      default:
        ctx.body = answerOf(ctx.req, {
          base,
          rest: ctx.url,
          original,
          method: ctx.method,
          body: await text(ctx.req),
        });
    }
  });
  return app;
}

export const koaKind: Kind = {
  name: 'Koa',
  make: (tell) => {
    const app = makeKoa(({ mountPath, originalUrl }) => ({ base: mountPath, original: originalUrl }), tell);
    return app;
  },
};

export const koaCallbackKind: Kind = {
  name: 'Koa callback()',
  make: (tell) => {
    // Koa makes these contexts itself, and their `originalUrl` of what it gets.
    const placeOf = ({ req }: Koa.Context): Place => {
      const { baseUrl, originalUrl } = req as MountedRequest;
      return { base: baseUrl, original: originalUrl };
    };
    return makeKoa(placeOf, tell).callback();
  },
};
