/** Applications in the words of `node:http`: functions, an `http.Server`, another mount. */

import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type MountedRequest, mount, type Next } from '../../../lib/index.js';
import { answerOf, cookie, type Kind, rejected, type Tell, thrown } from '../kind.js';

type Listener = (req: MountedRequest, res: ServerResponse, next?: Next) => unknown;

/** What is answered to anything else, shared with the other words for a function of Node. */
export async function show(req: MountedRequest, res: ServerResponse): Promise<void> {
  const { baseUrl: base, url: rest, originalUrl: original, method = '' } = req;
  const seen = { base, rest, original, method, body: await text(req) };
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify(answerOf(req, seen)));
}

export function notFound(res: ServerResponse): void {
  res.statusCode = 404;
  res.end();
}

/** `/gone`: a response is closed when it is sent, or when nobody is left to take it. */
export function wait(res: ServerResponse, tell: Tell): void {
  res.once('close', () => tell('gone'));
  tell('arrived');
}

export function redirect(req: MountedRequest, res: ServerResponse): void {
  res.writeHead(302, { Location: `${req.baseUrl}/there` }).end();
}

export function setCookie(req: MountedRequest, res: ServerResponse): void {
  res.setHeader('Set-Cookie', `${cookie.name}=${cookie.value}; Path=${req.baseUrl}`);
  res.end();
}

export const pathOf = (req: MountedRequest): string => req.url.replace(/\?.*/, '');

function listener(tell: Tell): Listener {
  return (req, res, next) => {
    switch (pathOf(req)) {
      case '/redirect':
        return redirect(req, res);
      case '/cookie':
        return setCookie(req, res);
      case '/throw':
        throw thrown();
      case '/reject':
        return Promise.reject(rejected());
      case '/pass':
        return next === undefined ? notFound(res) : next();
      case '/gone':
        return wait(res, tell);
      default:
        return show(req, res);
    }
  };
}

export const functionKind: Kind = { name: 'function', make: (tell) => listener(tell) };

export const asyncFunctionKind: Kind = {
  name: 'async function',
  make: (tell) => {
    const handle = listener(tell);
    return async (req, res, next) => {
      await null;
      await handle(req, res, next);
    };
  },
};

export const serverKind: Kind = {
  name: 'http.Server',
  make: (tell) => {
    const handle = listener(tell);
    // A listener of an event has no next.
    return createServer((req, res) => void handle(req as MountedRequest, res));
  },
};

export const mountKind: Kind = {
  name: 'another mount',
  make: (tell) => mount({ '/': functionKind.make(tell), '/elsewhere': (_req, res) => res.end() }),
};
