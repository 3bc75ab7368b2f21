/**
 * What can be mounted, and how each kind is called.
 *
 * Rules of this file: anything else throws where it is mounted, and the message says what was given and what to write.
 */

import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { MountedRequest } from '../bridge/request.js';
import { ConfigurationError, show } from '../errors.js';
import type { Params } from '../mount/pattern.js';
import { type ExpressLike, isExpress } from './express.js';
import { type FetchApplication, fetchHandler, isFetchApplication } from './fetch.js';

/** Gives the request back: to the host, which goes on with what comes next, or answers the error. */
export type Next = (error?: unknown) => void;

/** An application as a function: an Express app or router, a Connect app, `express.static()`, a `RequestListener`. */
export type Handler<P = Params> = {
  // A method's parameters are compared both ways, so that handlers of Express's own Request and Response fit.
  handler(req: MountedRequest<P>, res: ServerResponse, next: Next): unknown;
}['handler'];

/** What takes a connection that changes its protocol, such as a WebSocket: a server's `upgrade` listener. */
export type UpgradeHandler = {
  handler(req: MountedRequest, socket: Duplex, head: Buffer, next: Next): unknown;
}['handler'];

/** A Koa application, as far as it is looked at. */
export interface KoaApplication {
  readonly middleware: readonly unknown[];
  callback(): (req: IncomingMessage, res: ServerResponse) => unknown;
  createContext(req: IncomingMessage, res: ServerResponse): unknown;
}

/** A Fastify instance, as far as it is looked at. */
export interface FastifyApplication {
  ready(): PromiseLike<unknown>;
  routing(req: IncomingMessage, res: ServerResponse): unknown;
}

/** What can be mounted. */
export type Application<P = Params> =
  | Handler<P>
  | (HttpServer | HttpsServer | Http2Server | Http2SecureServer)
  | KoaApplication
  | FastifyApplication
  | FetchApplication;

/** An application ready to be called. */
export interface Mounted {
  readonly handle: Handler<never>;
  /** Takes upgrades, where the application does, or lets them go on. */
  readonly upgrade: ((req: IncomingMessage, socket: Duplex, head: Buffer, next: Next) => unknown) | undefined;
  /** Set for an Express application, which is told of its first host. */
  readonly express: ExpressLike | undefined;
  /** Set for a Koa application, which shares its context with a Koa host. */
  readonly koa: KoaApplication | undefined;
}

/** Makes an application ready to be called. @throws {ConfigurationError} ERR_MOUNT_APPLICATION: none can be made of it. */
export function prepareApplication(application: unknown, where: string): Mounted {
  const upgrade = upgradeOf(application);
  const express = isExpress(application) ? application : undefined;
  if (typeof application === 'function') {
    const reason = whyNotHandler(application);
    if (reason !== undefined) throw notMountable(where, reason);
    return { handle: application as Handler<never>, upgrade, express, koa: undefined };
  }
  if (isKoa(application)) return { handle: koaHandler(application), upgrade, express, koa: application };
  if (isFastify(application))
    return { handle: fastifyHandler(application), upgrade, express, koa: undefined };
  if (isServer(application)) return { handle: serverHandler(application), upgrade, express, koa: undefined };
  if (isFetchApplication(application)) {
    const handle = fetchHandler((request) => application.fetch(request));
    return { handle, upgrade, express, koa: undefined };
  }
  throw notMountable(where, `${show(application)}${advice(application)}`);
}

interface Emitter {
  emit(event: string, ...values: unknown[]): boolean;
}

/** An `http.Server` or one of its kind: it listens, and emits requests. */
function isServer(value: unknown): value is Emitter {
  return hasMethods(value, 'emit', 'listen', 'listenerCount');
}

function serverHandler(server: Emitter): Handler {
  return (req, res, next) => {
    if (!server.emit('request', req, res)) next();
  };
}

function isKoa(value: unknown): value is KoaApplication {
  return (
    hasMethods(value, 'callback', 'createContext', 'use') &&
    Array.isArray((value as KoaApplication).middleware)
  );
}

/** Koa's own callback, with contexts that know the mount: `ctx.mountPath`, as koa-mount sets it, and `ctx.originalUrl`. */
function koaHandler(application: KoaApplication): Handler {
  const inner: KoaApplication = Object.create(application, {
    createContext: {
      value: (req: MountedRequest, res: ServerResponse) => {
        const context = application.createContext(req, res) as { request: object };
        Object.assign(context.request, { originalUrl: req.originalUrl });
        return Object.assign(context, {
          mountPath: req.baseUrl,
          originalUrl: req.originalUrl,
          params: req.params ?? {},
        });
      },
    },
  });
  // Not before a request: Koa adds its own error listener where the user has none yet.
  let callback: Handler | undefined;
  return (req, res, next) => {
    callback ??= inner.callback() as Handler;
    return callback(req, res, next);
  };
}

export function isFastify(value: unknown): value is FastifyApplication {
  return hasMethods(value, 'ready', 'routing', 'inject');
}

function fastifyHandler(application: FastifyApplication): Handler {
  let isReady = false;
  return (req, res) => {
    if (isReady) return application.routing(req, res);
    return application.ready().then(() => {
      isReady = true;
      application.routing(req, res);
    });
  };
}

/** How an application takes upgrades: a server by its listeners, anything else by an `upgrade(req, socket, head)` of its own. */
function upgradeOf(application: unknown): Mounted['upgrade'] {
  if (isServer(application)) {
    return (req, socket, head, next) => {
      if (!application.emit('upgrade', req, socket, head)) next();
    };
  }
  const own = (application as { upgrade?: unknown } | null | undefined)?.upgrade;
  if (typeof own !== 'function') return undefined;
  return (req, socket, head, next) => own.call(application, req, socket, head, next);
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
  return hasMethods(value, 'then') ? ' (await it first)' : '';
}

function notMountable(where: string, given: string): ConfigurationError {
  const kinds =
    'a function (req, res, next) (such as an Express app or router, or a Connect app), an http.Server, a Koa or Fastify application, or an object with fetch()';
  return new ConfigurationError(
    'ERR_MOUNT_APPLICATION',
    `the application of ${where} must be ${kinds}, got ${given}`,
  );
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}
