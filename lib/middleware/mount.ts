/**
 * `mount()` for Express, Connect and `http.createServer()`.
 *
 * Rules of this file: the table decides (mount/semantics.ts), a visit changes and restores (visit.ts); what is left
 * is to tell a host from no host.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { AnyRequest } from '../bridge/request.js';
import type { MountOptions } from '../mount/options.js';
import type { Pattern } from '../mount/pattern.js';
import type { Found } from '../mount/semantics.js';
import type { MountTable } from '../mount/table.js';
import { answer, answerServerOptions, redirect } from './answer.js';
import type { Application, Next } from './application.js';
import { find, mountedOf, redirection, tableOf } from './dispatch.js';
import { announced } from './express.js';
import { type UpgradeListener, upgradeListener } from './upgrade.js';
import { visit } from './visit.js';

/** What `mount()` returns: a middleware of Express and Connect, and a request listener of each server of Node. */
export type Middleware = (
  req: IncomingMessage | Http2ServerRequest,
  res: ServerResponse | Http2ServerResponse,
  next?: Next,
) => void | Promise<void>;

/** The middleware of a table of mounts, and what takes upgrades for the same table. */
export interface MountMiddleware extends Middleware {
  /** For `server.on('upgrade', middleware.upgrade)`: WebSockets and others reach the same applications. */
  readonly upgrade: UpgradeListener;
}

/**
 * Mounts applications below paths, as Apache's WSGIScriptAlias does: `req.baseUrl` is what was consumed (the script
 * name), `req.url` the rest (the path info and the query). docs/mounting.md says how, in full.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { mount } from 'mountpoint';
 *
 * const blog = express();
 * blog.get('/:year', (req, res) => res.send(`${req.baseUrl} + ${req.url}`)); // GET /blog/2026: /blog + /2026
 * const app = express();
 * app.use(mount('/blog', blog));
 * ```
 * @throws {ConfigurationError} ERR_MOUNT_PATH, ERR_MOUNT_HOST, ERR_MOUNT_DUPLICATE, ERR_MOUNT_APPLICATION,
 * ERR_MOUNT_OPTION: before any request.
 */
export function mount<P>(
  path: Pattern<P>,
  application: Application<P>,
  options?: MountOptions,
): MountMiddleware;
export function mount(table: MountTable<Application>): MountMiddleware;
export function mount(application: Application, options?: MountOptions): MountMiddleware;
export function mount(table: Readonly<Record<string, Application>>, options?: MountOptions): MountMiddleware;
// Last, as it is the one whose mismatch the compiler tells.
export function mount(path: string, application: Application, options?: MountOptions): MountMiddleware;
export function mount(...parameters: readonly [unknown, ...unknown[]]): MountMiddleware {
  const table = tableOf(...parameters);
  const middleware = (req: AnyRequest, res: ServerResponse, next?: Next): void | Promise<void> => {
    if (req.url === '*' && req.method === 'OPTIONS') {
      return next === undefined ? answerServerOptions(res) : next();
    }
    let found: Found<Application> | undefined;
    try {
      found = find(table, req, next !== undefined);
    } catch (error) {
      return next === undefined ? answer(req, res, error) : next(error);
    }
    if (found === undefined) return next === undefined ? answer(req, res) : next();
    const location = redirection(table, found, req);
    if (location !== undefined) return redirect(res, location);
    const mounted = mountedOf(found, req);
    return visit(found, req, res, next, mounted.handle, table.options.rewrite);
  };
  // Requests of HTTP/2 have all members that are used, if not the type.
  const face = Object.assign(middleware as Middleware, { upgrade: upgradeListener(table) });
  return announced(face, table);
}
