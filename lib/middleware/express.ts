/**
 * Express's own way of mounting an application: `parent`, `mountpath`, the `mount` event, inherited settings.
 *
 * Rules of this file: an application learns of its first host only, as early as that host can be known.
 */

import type { AnyRequest } from '../bridge/request.js';
import type { MountTable } from '../mount/table.js';
import type { Application, Next } from './application.js';

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

/** Whether Express would take it for an application rather than a handler. */
export function isExpress(value: unknown): value is ExpressLike {
  const members = value as { handle?: unknown; set?: unknown; emit?: unknown } | undefined;
  if (typeof value !== 'function') return false;
  return [members?.handle, members?.set, members?.emit].every((member) => typeof member === 'function');
}

/**
 * Gives a middleware the members by which Express's `use()` tells a sub-application, so that Express announces its
 * own application, and each mounted Express application hears of it before the first request.
 */
export function announced<Face extends (...parameters: never[]) => unknown>(
  middleware: Face,
  table: MountTable<Application>,
): Face {
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

/** The same where the host was not announced: the mount stands in a router, or the application came later. */
export function adoptByRequest(application: ExpressLike, req: AnyRequest, consumed: string): void {
  const host = (req as { app?: unknown }).app;
  if (!isExpress(host) || host === application) return;
  const hostPath = host.path?.() ?? '';
  const { baseUrl = '' } = req;
  const inside = baseUrl.startsWith(hostPath) ? baseUrl.slice(hostPath.length) : baseUrl;
  adopt(application, host, inside + consumed || '/');
}

function adopt(application: ExpressLike, parent: ExpressLike, mountpath: string | readonly string[]): void {
  if (application.parent !== undefined) return;
  application.mountpath = mountpath;
  application.parent = parent;
  application.emit('mount', parent);
}

function joinMountPath(outer: string | readonly string[], key: string): string | readonly string[] {
  if (typeof outer !== 'string') return outer.map((path) => joinMountPath(path, key) as string);
  const inner = key.replace(/^\/\/[^/]*/, '').replace(/\/+$/, '');
  const joined = outer.replace(/\/+$/, '') + inner;
  return joined === '' ? '/' : joined;
}
