/** Fastify as host: `mount()` of `mountpoint/fastify`. */

import Fastify, { type FastifyInstance } from 'fastify';
import { mount } from '../../../lib/middleware/fastify.js';
import { type Host, mountPath, note, outside } from '../host.js';

function host(name: string, protocol: Host['protocol'], make: () => FastifyInstance): Host {
  const serve: Host['serve'] = async (application) => {
    const fastify = make();
    fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    fastify.addHook('onRequest', async (request, reply) => note(request.raw, reply.raw));
    await fastify.register(mount(mountPath, application));
    fastify.setErrorHandler((error, request, reply) => {
      const answer = outside(request.raw, reply.raw, { error });
      return reply.code(500).send(answer);
    });
    fastify.all('/*', (request, reply) => {
      return outside(request.raw, reply.raw, { body: typeof request.body === 'string' ? request.body : '' });
    });
    await fastify.ready();
    return fastify.server;
  };
  return { name, protocol, around: 'host', serve };
}

export const fastifyHost = host('Fastify', 'http', () => Fastify());
export const fastifyHttp2Host = host('Fastify, HTTP/2', 'h2c', () => {
  return Fastify({ http2: true }) as unknown as FastifyInstance;
});
