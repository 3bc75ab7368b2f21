/**
 * `behindProxy(app, options)`: scheme, host, client address and prefix are those that the client used.
 *
 * In Express a middleware cannot change the base of the layers behind it; what stands around a whole application can. The
 * request is shown otherwise before the application runs (proxied-request.ts), so that it needs no setting.
 *
 * Rules of this file: only a trusted peer is believed; what it says wrongly is 400, with the reason in the log; what is
 * shown otherwise is put back before a host hears anything.
 */

import type { ServerResponse } from 'node:http';
import type { AnyRequest } from '../bridge/request.js';
import { type ConfigurationError, ForwardedError } from '../errors.js';
import type { MountTable } from '../mount/table.js';
import { answer, answerServerOptions } from './answer.js';
import type { Application, Next } from './application.js';
import { find, mountedOf, tableOf } from './dispatch.js';
import { announced } from './express.js';
import type { Middleware, MountMiddleware } from './mount.js';
import { look, showAs } from './proxied-request.js';
import { type ProxyOptions, type ProxyPlan, resolveProxyOptions } from './proxy-options.js';
import { refuseUpgrade, type UpgradeListener, upgradeListener } from './upgrade.js';
import { visit } from './visit.js';

/**
 * Wraps a whole application that stands behind a reverse proxy: below `prefix`, with the scheme, host and address of the
 * client, in `req.baseUrl`, `req.originalUrl`, `req.protocol`, `req.hostname`, `req.ip`, in redirects of `express.static`,
 * in `environ(req)` and `urlFor(req)`. Of peers that are not trusted nothing is believed.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import express from 'express';
 * import { behindProxy } from 'mountpoint';
 *
 * const app = express();
 * app.get('/', (req, res) => {
 *   res.send(`${req.protocol}://${req.hostname}${req.baseUrl} for ${req.ip}`); // https://example.com/shop for 203.0.113.7
 * });
 * createServer(behindProxy(app, { trust: 'loopback', prefix: '/shop' })).listen(8000);
 * ```
 * @throws {ConfigurationError} ERR_PROXY_OPTION, ERR_MOUNT_APPLICATION: before any request.
 */
export function behindProxy(application: Application, options: ProxyOptions): MountMiddleware {
  const plan = resolveProxyOptions(options);
  const { rewrite, isPassing } = plan;
  const root = tableOf('/', application, { rewrite });
  const tables = new Tables(application, plan, root);
  const middleware = (req: AnyRequest, res: ServerResponse, next?: Next): void | Promise<void> => {
    if (req.url === '*' && req.method === 'OPTIONS') {
      return next === undefined ? answerServerOptions(res) : next();
    }
    let undo: (() => void) | undefined;
    const leave: Next | undefined =
      next &&
      ((error) => {
        undo?.();
        undo = undefined;
        if (error === undefined) next();
        else next(error);
      });
    let found: ReturnType<typeof find>;
    try {
      const seen = look(req, plan);
      const table = tables.of(seen.keptPrefix);
      undo = showAs(req, seen, next !== undefined);
      found = find(table, req, next !== undefined);
      if (found === undefined && isPassing) found = find(root, req, next !== undefined);
    } catch (error) {
      if (leave !== undefined) return leave(error);
      if (error instanceof ForwardedError) console.error(String(error));
      return answer(req, res, error);
    }
    if (found === undefined) return leave === undefined ? answer(req, res) : leave();
    return visit(found, req, res, leave, mountedOf(found, req).handle, rewrite);
  };
  const upgrade: UpgradeListener = (req: AnyRequest, socket, head, next) => {
    let undo: (() => void) | undefined;
    const leave: Next = (error) => {
      undo?.();
      undo = undefined;
      if (next === undefined) refuseUpgrade(socket, error);
      else if (error === undefined) next();
      else next(error);
    };
    let table: MountTable<Application>;
    try {
      const seen = look(req, plan);
      table = tables.of(seen.keptPrefix);
      undo = showAs(req, seen, next !== undefined);
      if (isPassing && find(table, req, next !== undefined) === undefined) table = root;
    } catch (error) {
      if (next === undefined && error instanceof ForwardedError) console.error(String(error));
      return leave(error);
    }
    upgradeListener(table)(req, socket, head, next && leave);
  };
  const face = Object.assign(middleware as Middleware, { upgrade });
  return announced(face, tables.of(plan.isKept ? plan.prefix : ''));
}

/** The tables by prefix: one for the root, and one for each prefix that is kept. */
class Tables {
  readonly #application: Application;
  readonly #plan: ProxyPlan;
  readonly #tables = new Map<string, MountTable<Application>>();

  constructor(application: Application, plan: ProxyPlan, root: MountTable<Application>) {
    this.#application = application;
    this.#plan = plan;
    this.#tables.set('', root);
  }

  of(prefix: string): MountTable<Application> {
    const known = this.#tables.get(prefix);
    if (known !== undefined) return known;
    const { rewrite } = this.#plan;
    let table: MountTable<Application>;
    try {
      table = tableOf(prefix, this.#application, { rewrite });
    } catch (error) {
      const rule = `a forwarded prefix must be one that can be mounted: ${(error as ConfigurationError).message}`;
      throw new ForwardedError('ERR_FORWARDED_PREFIX', rule);
    }
    // One that a proxy sends comes again; those that somebody makes up are not kept for ever.
    if (this.#tables.size > 100)
      for (const old of [...this.#tables.keys()].slice(2)) this.#tables.delete(old);
    this.#tables.set(prefix, table);
    return table;
  }
}
