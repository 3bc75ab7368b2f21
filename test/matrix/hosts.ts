/** All hosts, in the order of docs/hosts.md. */

import type { Host } from './host.js';
import { h2cHost, h2Host, http1OnH2Host, httpHost, httpsHost } from './hosts/alone.js';
import { connectHost, connectHttp2Host, express4Host, express5Host } from './hosts/express.js';
import { fastifyHost, fastifyHttp2Host } from './hosts/fastify.js';
import { h3Host, h3MiddlewareHost, honoHost, honoMiddlewareHost, honoNodeServerHost } from './hosts/fetch.js';
import { koaHost, koaHttp2Host } from './hosts/koa.js';

export const hosts: readonly Host[] = [
  httpHost,
  httpsHost,
  h2cHost,
  h2Host,
  http1OnH2Host,
  express5Host,
  express4Host,
  connectHost,
  connectHttp2Host,
  koaHost,
  koaHttp2Host,
  fastifyHost,
  fastifyHttp2Host,
  honoHost,
  honoNodeServerHost,
  honoMiddlewareHost,
  h3Host,
  h3MiddlewareHost,
];
