/**
 * What can be mounted, and how each kind is called.
 *
 * Rules of this file: anything else throws where it is mounted, and the message says what was given and what to write.
 */

import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { MountedRequest } from '../bridge/request.js';
import { ConfigurationError, show } from '../errors.js';
import type { Params } from '../mount/pattern.js';

/** Gives the request back: to the host, which goes on with what comes next, or answers the error. */
export type Next = (error?: unknown) => void;

/** An application as a function: an Express app or router, a Connect app, `express.static()`, a `RequestListener`. */
export type Handler<P = Params> = {
  // A method's parameters are compared both ways, so that handlers of Express's own Request and Response fit.
  handler(req: MountedRequest<P>, res: ServerResponse, next: Next): unknown;
}['handler'];

/** What can be mounted. */
export type Application<P = Params> = Handler<P> | HttpServer | HttpsServer | Http2Server | Http2SecureServer;

/** An application of Express, or of whatever has the members by which Express tells one. */
export interface ExpressLike {
  (req: unknown, res: unknown, next: Next): unknown;
  handle: unknown;
  set: unknown;
  emit(event: 'mount', parent: unknown): unknown;
  parent?: ExpressLike;
  mountpath?: string | readonly string[];
  path?(): string;
}

/** An application ready to be called. */
export interface Mounted {
  readonly handle: Handler<never>;
  /** Set for an Express application, which is told of its first host. */
  readonly express: ExpressLike | undefined;
}

/** Whether Express would take it for an application rather than a handler. */
export function isExpress(value: unknown): value is ExpressLike {
  const members = value as { handle?: unknown; set?: unknown; emit?: unknown } | undefined;
  return typeof value === 'function' && [members?.handle, members?.set, members?.emit].every(isFunction);
}

/** Makes an application ready to be called. @throws {ConfigurationError} ERR_MOUNT_APPLICATION: none can be made of it. */
export function prepareApplication(application: unknown, where: string): Mounted {
  if (typeof application === 'function') {
    const reason = whyNotHandler(application);
    if (reason !== undefined) throw notMountable(where, reason);
    return {
      handle: application as Handler<never>,
      express: isExpress(application) ? application : undefined,
    };
  }
  if (isServer(application)) {
    const handle: Handler = (req, res, next) => {
      if (!application.emit('request', req, res)) next();
    };
    return { handle, express: undefined };
  }
  throw notMountable(where, `${show(application)}${advice(application)}`);
}

interface Emitter {
  emit(event: 'request', req: unknown, res: unknown): boolean;
}

/** An `http.Server` or one of its kind: it listens, and emits requests. */
function isServer(value: unknown): value is Emitter {
  const members = value as { emit?: unknown; listen?: unknown; listenerCount?: unknown } | null | undefined;
  return (
    typeof value === 'object' && [members?.emit, members?.listen, members?.listenerCount].every(isFunction)
  );
}

function whyNotHandler(fn: { readonly length: number; readonly prototype?: unknown }): string | undefined {
  if (/^class\b/.test(Function.prototype.toString.call(fn)))
    return `${show(fn)}, a class (mount an instance's handler)`;
  if (/^(?:Async)?GeneratorFunction$/.test(fn.constructor.name)) return `${show(fn)}, a generator`;
  if (fn.length > 3)
    return `${show(fn)} of ${fn.length} parameters, an error handler (give it to the host's use())`;
  return undefined;
}

function advice(value: unknown): string {
  if (Array.isArray(value)) return ' (put the handlers into one express.Router())';
  const members = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (isFunction(members.then)) return ' (await it first)';
  if (isFunction(members.callback)) return ' (for Koa, mount app.callback())';
  if (isFunction(members.fetch)) return ' (Fetch handlers cannot be mounted yet)';
  if (isFunction(members.ready) && isFunction(members.routing)) {
    return ' (for Fastify, await app.ready() and mount app.routing)';
  }
  return '';
}

function notMountable(where: string, given: string): ConfigurationError {
  const kinds =
    'a function (req, res, next) (such as an Express app or router, or a Connect app) or an http.Server';
  return new ConfigurationError(
    'ERR_MOUNT_APPLICATION',
    `the application of ${where} must be ${kinds}, got ${given}`,
  );
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
