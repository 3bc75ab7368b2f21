/** Applications in the words of Express, and a router of Express in those of `node:http`. */

import type { Express, Request, RequestHandler, Response } from 'express';
import express from 'express';
import express4 from 'express4';
import type { MountedRequest } from '../../../lib/index.js';
import { answerOf, cookie, type Kind, rejected, type Tell, thrown } from '../kind.js';
import { redirect, setCookie, show, wait } from './node.js';

function fill(app: Express, reject: RequestHandler, tell: Tell): Express {
  app.all('/redirect', (req, res) => res.redirect(`${req.baseUrl}/there`));
  app.all('/cookie', (req, res) => {
    res.cookie(cookie.name, cookie.value, { path: req.baseUrl }).end();
  });
  app.all('/throw', () => {
    throw thrown();
  });
  app.all('/reject', reject);
  // Past all that is left of this application.
  app.all('/pass', (_req, _res, next) => next('router'));
  app.all('/gone', (_req, res) => wait(res, tell));
  app.use(express.text({ type: '*/*' }), (req: Request, res: Response) => {
    const { baseUrl: base, url: rest, originalUrl: original, method, body = '' } = req;
    res.json(answerOf(req, { base, rest, original, method, body: typeof body === 'string' ? body : '' }));
  });
  return app;
}

export const express5Kind: Kind = {
  name: 'Express 5',
  make: (tell) => fill(express(), () => Promise.reject(rejected()), tell),
};

export const express4Kind: Kind = {
  name: 'Express 4',
  // Express 4 looks at no promise: each handler hands its rejection on.
  make: (tell) => fill(express4(), (_req, _res, next) => void Promise.reject(rejected()).catch(next), tell),
};

export const routerKind: Kind = {
  name: 'express.Router()',
  make: (tell) => {
    const router = express.Router();
    router.all('/redirect', redirect as never);
    router.all('/cookie', setCookie as never);
    router.all('/throw', () => {
      throw thrown();
    });
    router.all('/reject', () => Promise.reject(rejected()));
    router.all('/gone', (_req, res) => wait(res, tell));
    router.all('/pass', (_req, _res, next) => next('router'));
    router.use((req, res) => show(req as unknown as MountedRequest, res));
    return router;
  },
};
