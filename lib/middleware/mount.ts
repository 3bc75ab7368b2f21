/**
 * `mount()` for Express, Connect and `http.createServer()`.
 *
 * Rules of this file: the table decides (mount/semantics.ts), a visit changes and restores (visit.ts); what is left is
 * to tell a host from no host, and to tell an Express application of the one that it is in.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AnyRequest, countHosts, hostOf, isBareRequest, schemeOf } from '../bridge/request.js';
import { localReference } from '../environ/url.js';
import { ConfigurationError, show } from '../errors.js';
import type { MountOptions } from '../mount/options.js';
import { Pattern } from '../mount/pattern.js';
import { type Found, refuse } from '../mount/semantics.js';
import { MountTable } from '../mount/table.js';
import type { MountEntry } from '../mount/tree.js';
import { answer, answerServerOptions, redirect } from './answer.js';
import {
  type Application,
  type ExpressLike,
  isExpress,
  type Mounted,
  type Next,
  prepareApplication,
} from './application.js';
import { Visit } from './visit.js';

/** What `mount()` returns: a middleware of Express and Connect, and a request listener of `http.createServer()`. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next?: Next) => void | Promise<void>;

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
export function mount<P>(path: Pattern<P>, application: Application<P>, options?: MountOptions): Middleware;
export function mount(path: string, application: Application, options?: MountOptions): Middleware;
export function mount(table: MountTable<Application>): Middleware;
export function mount(application: Application, options?: MountOptions): Middleware;
export function mount(table: Readonly<Record<string, Application>>, options?: MountOptions): Middleware;
export function mount(first: unknown, ...rest: readonly unknown[]): Middleware {
  return middlewareOf(tableOf(first, rest));
}

function tableOf(first: unknown, rest: readonly unknown[]): MountTable<Application> {
  if (first instanceof MountTable) {
    if (rest.length === 0) return first;
    throw new ConfigurationError(
      'ERR_MOUNT_OPTION',
      'a MountTable must have its own options, got mount(table, options)',
    );
  }
  if (typeof first === 'string' || first instanceof Pattern) {
    const [application, options, ...more] = rest;
    if (more.length > 0 || typeof options === 'function') {
      const rule = 'mount() must take one application (put handlers into one express.Router())';
      throw new ConfigurationError('ERR_MOUNT_APPLICATION', `${rule}, got ${rest.length}`);
    }
    return new MountTable<Application>(options as MountOptions).add(first, application as Application);
  }
  const table = new MountTable<Application>(rest[0] as MountOptions);
  if (!isRecord(first)) return table.add('/', first as Application);
  for (const [key, application] of Object.entries(first)) table.add(key, application as Application);
  return table;
}

/** Whether it is a table rather than an application: a plain object. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  return isPlain && !('fetch' in value && typeof value.fetch === 'function');
}

function middlewareOf(table: MountTable<Application>): Middleware {
  table.checkValues((application, key) => prepareApplication(application, show(key)));
  const middleware = (req: AnyRequest, res: ServerResponse, next?: Next): void | Promise<void> => {
    const { url = '' } = req;
    if (url === '*' && req.method === 'OPTIONS') {
      return next === undefined ? answerServerOptions(res) : next();
    }
    let found: Found<Application> | undefined;
    try {
      found = find(table, req, url, next !== undefined);
    } catch (error) {
      return next === undefined ? answer(req, res, error) : next(error);
    }
    if (found === undefined) return next === undefined ? answer(req, res) : next();
    return enter(table, found, req, res, next);
  };
  return announced(middleware, table);
}

function find(
  table: MountTable<Application>,
  req: AnyRequest,
  url: string,
  isHosted: boolean,
): Found<Application> | undefined {
  const nonNormal = table.options.nonNormal ?? (isHosted ? 'keep' : 'normalize');
  return table.find(url, table.hasHosts ? askedHost(req) : undefined, nonNormal, isBareRequest(req));
}

/** The host with its port, which is the scheme's where none was sent. */
function askedHost(req: AnyRequest): string | undefined {
  const host = hostOf(req);
  if (countHosts(req) > 1) throw refuse('ERR_TARGET_HOST', String(host));
  if (host === undefined || /:\d+$/.test(host)) return host;
  return `${host.replace(/:$/, '')}:${schemeOf(req) === 'https' ? 443 : 80}`;
}

function enter(
  table: MountTable<Application>,
  found: Found<Application>,
  req: AnyRequest,
  res: ServerResponse,
  next: Next | undefined,
): void | Promise<void> {
  const { target, script, pathEnd } = found;
  const isBare = script.length === pathEnd;
  const { trailingSlash } = table.options;
  if (trailingSlash !== 'keep') {
    const location = redirection(found, (req.baseUrl ?? '') + script, trailingSlash);
    if (location !== undefined) return redirect(res, location);
  }
  const mounted = mountedOf(found.entry);
  if (mounted.express !== undefined && mounted.express.parent === undefined) {
    adoptByRequest(mounted.express, req, script);
  }
  const url = isBare ? `/${target.slice(pathEnd)}` : target.slice(script.length);
  return new Visit(req, res, next, script, url, isBare, found.params).run(mounted.handle);
}

/** Where a bare mount is redirected to: the full base, with or without its slash, and the query. */
function redirection(
  found: Found<Application>,
  baseUrl: string,
  trailingSlash: 'add' | 'remove',
): string | undefined {
  const { target, script, pathEnd } = found;
  const query = target.slice(pathEnd);
  if (baseUrl === '') return undefined;
  if (trailingSlash === 'add')
    return script.length === pathEnd ? localReference(`${baseUrl}/${query}`) : undefined;
  const isSlash = pathEnd === script.length + 1;
  return isSlash ? localReference(baseUrl + query) : undefined;
}

function mountedOf(entry: MountEntry<Application>): Mounted {
  entry.slot ??= prepareApplication(entry.value, show(entry.key));
  return entry.slot as Mounted;
}

/**
 * Gives a middleware the members by which Express's `use()` tells a sub-application, so that Express announces its
 * own application, and each mounted Express application hears of it before the first request.
 */
function announced(middleware: Middleware, table: MountTable<Application>): Middleware {
  const face = Object.assign(middleware, {
    handle: middleware,
    set: () => face,
    emit: (_event: 'mount', parent: ExpressLike) => {
      for (const [key, application] of table.entries()) {
        if (isExpress(application)) adopt(application, parent, joinMountPath(face.mountpath, key));
      }
      return true;
    },
    mountpath: '/' as string | readonly string[],
  });
  return face;
}

/** Tells an Express application of its first host. */
function adopt(application: ExpressLike, parent: ExpressLike, mountpath: string | readonly string[]): void {
  if (application.parent !== undefined) return;
  application.mountpath = mountpath;
  application.parent = parent;
  application.emit('mount', parent);
}

/** The same where the host was not announced: the mount stands in a router, or the application came later. */
function adoptByRequest(application: ExpressLike, req: AnyRequest, consumed: string): void {
  const host = (req as { app?: unknown }).app;
  if (!isExpress(host) || host === application) return;
  const hostPath = host.path?.() ?? '';
  const { baseUrl = '' } = req;
  const inside = baseUrl.startsWith(hostPath) ? baseUrl.slice(hostPath.length) : baseUrl;
  adopt(application, host, inside + consumed || '/');
}

function joinMountPath(outer: string | readonly string[], key: string): string | readonly string[] {
  if (typeof outer !== 'string') return outer.map((path) => joinMountPath(path, key) as string);
  const inner = key.replace(/^\/\/[^/]*/, '').replace(/\/+$/, '');
  const joined = outer.replace(/\/+$/, '') + inner;
  return joined === '' ? '/' : joined;
}
