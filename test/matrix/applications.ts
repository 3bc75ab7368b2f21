/** All kinds of applications, in the order of docs/applications.md. */

import { connectKind } from './applications/connect.js';
import { express4Kind, express5Kind, routerKind } from './applications/express.js';
import { fastifyKind } from './applications/fastify.js';
import { fetchHandlerKind, fetchObjectKind, h3Kind, honoKind } from './applications/fetch.js';
import { koaCallbackKind, koaKind } from './applications/koa.js';
import { asyncFunctionKind, functionKind, mountKind, serverKind } from './applications/node.js';
import type { Kind } from './kind.js';

export const kinds: readonly Kind[] = [
  functionKind,
  asyncFunctionKind,
  serverKind,
  mountKind,
  express5Kind,
  express4Kind,
  routerKind,
  connectKind,
  koaKind,
  koaCallbackKind,
  fastifyKind,
  honoKind,
  h3Kind,
  fetchObjectKind,
  fetchHandlerKind,
];
