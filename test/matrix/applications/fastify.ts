/** An application in the words of Fastify. */

import Fastify from 'fastify';
import type { MountedRequest } from '../../../lib/index.js';
import { answerOf, cookie, type Kind, rejected, thrown } from '../kind.js';

export const fastifyKind: Kind = {
  name: 'Fastify',
  make: (tell) => {
    const app = Fastify();
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    app.addHook('onRequest', (request, _reply, done) => {
      if (request.url === '/gone') tell('arrived');
      done();
    });
    app.addHook('onRequestAbort', (_request, done) => {
      tell('gone');
      done();
    });
    app.all('/redirect', (request, reply) => reply.redirect(`${baseOf(request)}/there`));
    app.all('/cookie', (request, reply) => {
      return reply.header('Set-Cookie', `${cookie.name}=${cookie.value}; Path=${baseOf(request)}`).send();
    });
    app.all('/throw', () => {
      throw thrown();
    });
    app.all('/reject', () => Promise.reject(rejected()));
    app.all('/pass', (_request, reply) => reply.callNotFound());
    app.all('/gone', () => new Promise(() => {}));
    app.all('/*', (request) => {
      const { url: rest, originalUrl: original, method, body } = request;
      return answerOf(request.raw, {
        base: baseOf(request),
        rest,
        original,
        method,
        body: typeof body === 'string' ? body : '',
      });
    });
    return app;
  },
};

function baseOf(request: { readonly raw: object }): string {
  return (request.raw as MountedRequest).baseUrl;
}
