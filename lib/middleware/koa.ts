/**
 * `mountpoint/koa`: `mount()` as a Koa middleware.
 *
 * Rules of this file: a Koa application shares the context with its host, falls through to what comes next, and gets
 * the request back when that returns, as below koa-mount; anything else is called with Node's request and response.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnyRequest } from '../bridge/request.js';
import { ConfigurationError, show } from '../errors.js';
import type { MountOptions } from '../mount/options.js';
import type { Pattern } from '../mount/pattern.js';
import type { Found } from '../mount/semantics.js';
import type { MountTable } from '../mount/table.js';
import { isGoingOn } from './answer.js';
import type { Application, KoaApplication, Next } from './application.js';
import { find, mountedOf, redirection, tableOf } from './dispatch.js';
import { enter, restore, rewriteBelow, shownUrl, visit } from './visit.js';

/** A Koa context, as far as it is looked at. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  status: number;
  body: unknown;
  respond?: boolean | undefined;
  set(field: string, value: string): void;
  /** What was consumed so far, of all mounts. */
  mountPath?: string | undefined;
  params?: unknown;
  /** Hears of what fails when the answer is long sent. */
  readonly app?: { emit(event: 'error', error: unknown, context: unknown): unknown };
}

/** What `mount()` of `mountpoint/koa` returns, for `app.use()`. */
export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<unknown>;

type Composed = (context: KoaContext, next: () => Promise<unknown>) => Promise<unknown>;

/**
 * Mounts applications below paths of a Koa application. The parameters are those of `mount()` of `mountpoint`; Koa
 * applications see `ctx.mountPath`, `ctx.path`, `ctx.url` and `ctx.params` of their mount.
 *
 * @example
 * ```ts
 * import Koa from 'koa';
 * import { mount } from 'mountpoint/koa';
 *
 * const blog = new Koa().use((ctx) => {
 *   ctx.body = `${ctx.mountPath} + ${ctx.path}`; // GET /blog/2026: /blog + /2026
 * });
 * const app = new Koa();
 * app.use(mount('/blog', blog));
 * ```
 * @throws {ConfigurationError} as `mount()` of `mountpoint`.
 */
export function mount<P>(
  path: Pattern<P>,
  application: Application<P>,
  options?: MountOptions,
): KoaMiddleware;
export function mount(table: MountTable<Application>): KoaMiddleware;
export function mount(application: Application, options?: MountOptions): KoaMiddleware;
export function mount(table: Readonly<Record<string, Application>>, options?: MountOptions): KoaMiddleware;
// Last, as it is the one whose mismatch the compiler tells.
export function mount(path: string, application: Application, options?: MountOptions): KoaMiddleware;
export function mount(...parameters: readonly [unknown, ...unknown[]]): KoaMiddleware {
  const table = tableOf(...parameters);
  const composed = new WeakMap<KoaApplication, Composed>();
  // Koa makes a rejection of what is thrown here.
  return (context, next) => {
    const req: AnyRequest = context.req;
    if (req.url === '*' && req.method === 'OPTIONS') return next();
    const found = find(table, req, true);
    if (found === undefined) return next();
    const location = redirection(table, found, req);
    if (location !== undefined) {
      context.set('Location', location);
      context.status = 308;
      context.body = '';
      return Promise.resolve();
    }
    const { koa } = mountedOf(found, req);
    if (koa === undefined) return visitNode(table, found, context, next);
    let run = composed.get(koa);
    if (run === undefined) {
      run = compose(koa, found.entry.key);
      composed.set(koa, run);
    }
    return visitKoa(table, found, context, next, run);
  };
}

/** One middleware of all those of a Koa application, made at its first request. */
function compose(application: KoaApplication, where: string): Composed {
  const { compose: own } = application as { compose?: (middleware: readonly unknown[]) => Composed };
  if (own !== undefined) return own.call(application, application.middleware);
  const rule = 'a Koa application in a Koa host must have compose(), as those of Koa 3 do';
  throw new ConfigurationError(
    'ERR_MOUNT_APPLICATION',
    `${rule}, got ${show(application)} at ${show(where)}`,
  );
}

async function visitKoa(
  table: MountTable<Application>,
  found: Found<Application>,
  context: KoaContext,
  next: () => Promise<unknown>,
  run: Composed,
): Promise<unknown> {
  const req: AnyRequest = context.req;
  const { url = '', baseUrl } = req;
  const outside = { mountPath: context.mountPath, params: context.params };
  const shown = shownUrl(found);
  let leave: (() => void) | undefined;
  const come = (): void => {
    const forget = enter(req, found, shown);
    const unwrap = table.options.rewrite ? rewriteBelow(req, context.res) : undefined;
    assign(context, {
      mountPath: req.baseUrl,
      params: found.params === undefined ? outside.params : req.params,
    });
    leave = () => {
      leave = undefined;
      unwrap?.();
      restore(req, found, shown, url, baseUrl, forget);
      assign(context, outside);
    };
  };
  come();
  try {
    return await run(context, async () => {
      leave?.();
      const result = await next();
      come();
      return result;
    });
  } finally {
    leave?.();
  }
}

/** Sets what a context knows of mounts. */
function assign(context: KoaContext, known: { mountPath: string | undefined; params: unknown }): void {
  context.mountPath = known.mountPath;
  if (context.params !== known.params) context.params = known.params;
}

async function visitNode(
  table: MountTable<Application>,
  found: Found<Application>,
  context: KoaContext,
  next: () => Promise<unknown>,
): Promise<unknown> {
  const { req, res, respond } = context;
  const { handle } = mountedOf(found, req);
  const { statusCode } = res;
  const isPassed = await new Promise<boolean>((resolve, reject) => {
    let isOver = false;
    const leave: Next = (error) => {
      // Koa says 404 until something else is said, and answers what a middleware throws.
      context.respond = respond;
      if (!res.headersSent) res.statusCode = statusCode;
      if (isOver && !isGoingOn(error)) context.app?.emit('error', error, context);
      if (isGoingOn(error)) resolve(true);
      else reject(error);
    };
    res.once('close', () => {
      isOver = true;
      resolve(false);
    });
    context.respond = false;
    res.statusCode = 200;
    visit(found, req, res, leave, handle, table.options.rewrite);
  });
  return isPassed ? next() : undefined;
}
