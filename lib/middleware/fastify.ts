/**
 * `mountpoint/fastify`: `mount()` as a Fastify plugin.
 *
 * Rules of this file: mounts are asked in Fastify's `onRequest` hook, before its routes, bodies unread; what they do
 * not take goes on to the routes.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MountOptions } from '../mount/options.js';
import type { Pattern } from '../mount/pattern.js';
import type { MountTable } from '../mount/table.js';
import { isGoingOn } from './answer.js';
import type { Application } from './application.js';
import { mount as mountInNode } from './mount.js';

/** A Fastify instance, as far as it is looked at. */
export interface FastifyHost {
  addHook(name: 'onRequest', hook: OnRequest): unknown;
}

type OnRequest = (
  request: { readonly raw: IncomingMessage },
  reply: { readonly raw: ServerResponse },
  done: (error?: Error) => void,
) => void;

/** What `mount()` of `mountpoint/fastify` returns, for `fastify.register()`. */
export type FastifyPlugin = (instance: FastifyHost, options: unknown, done: (error?: Error) => void) => void;

/**
 * Mounts applications below paths of a Fastify instance, in front of its routes. The parameters are those of
 * `mount()` of `mountpoint`.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import Fastify from 'fastify';
 * import { mount } from 'mountpoint/fastify';
 *
 * const legacy = express().get('/:id', (req, res) => void res.send(`${req.baseUrl} + ${req.url}`));
 * const fastify = Fastify();
 * await fastify.register(mount('/legacy', legacy)); // GET /legacy/1: /legacy + /1
 * ```
 * @throws {ConfigurationError} as `mount()` of `mountpoint`.
 */
export function mount<P>(
  path: Pattern<P>,
  application: Application<P>,
  options?: MountOptions,
): FastifyPlugin;
export function mount(table: MountTable<Application>): FastifyPlugin;
export function mount(application: Application, options?: MountOptions): FastifyPlugin;
export function mount(table: Readonly<Record<string, Application>>, options?: MountOptions): FastifyPlugin;
// Last, as it is the one whose mismatch the compiler tells.
export function mount(path: string, application: Application, options?: MountOptions): FastifyPlugin;
export function mount(...parameters: readonly [unknown, ...unknown[]]): FastifyPlugin {
  const middleware = mountInNode(...(parameters as readonly [Application]));
  const plugin: FastifyPlugin = (instance, _options, done) => {
    instance.addHook('onRequest', (request, reply, next) => {
      middleware(request.raw, reply.raw, (error) => next(errorOf(error)));
    });
    done();
  };
  return Object.assign(plugin, {
    // The instance that registers it is the host, not an encapsulated one (what fastify-plugin sets).
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'mountpoint',
  });
}

/** Fastify answers an error's `statusCode`; Express's words for going on are no errors. */
function errorOf(error: unknown): Error | undefined {
  if (isGoingOn(error)) return undefined;
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}
