/**
 * Fetch handlers as applications, through srvx's Node adapter.
 *
 * Rules of this file: the handler sees the rest of the path, as below `mount` of Hono and h3; the request it gets
 * carries Node's own as `request.runtime.node.req`, for `environ()` and `urlFor()`.
 */

import type { ServerResponse } from 'node:http';
import { toNodeHandler } from 'srvx/node';
import type { MountedRequest } from '../bridge/request.js';
import { ConfigurationError, RequestTargetError, show } from '../errors.js';

/** A handler of the Fetch standard's requests. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** An object with such a handler: a Hono or h3 application, a module of a worker. */
export interface FetchApplication {
  fetch(request: Request, ...rest: never[]): Response | Promise<Response>;
}

/**
 * Makes an application of a Fetch handler. An object with a `fetch()` method needs no wrapping; a bare function does,
 * since it would be taken for `(req, res, next)`.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { fetchHandler, mount } from 'mountpoint';
 *
 * const hello = fetchHandler((request) => new Response(new URL(request.url).pathname)); // GET /hello/x: /x
 * createServer(mount('/hello', hello)).listen(8000);
 * ```
 * @throws {ConfigurationError} ERR_MOUNT_APPLICATION: not a function.
 */
export function fetchHandler(handler: FetchHandler): (req: MountedRequest, res: ServerResponse) => unknown {
  if (typeof handler !== 'function') {
    const rule = 'the handler of fetchHandler() must be a function (request) => Response';
    throw new ConfigurationError('ERR_MOUNT_APPLICATION', `${rule}, got ${show(handler)}`);
  }
  // A function of our own: srvx keeps its adapter on the function that it is given.
  const handle = toNodeHandler((request) => handler(request));
  return (req, res) => {
    // The URL standard resolves dot segments and takes a backslash for a slash: the handler would see another path than
    // the guards before it.
    const question = req.url.indexOf('?');
    const path = question === -1 ? req.url : req.url.slice(0, question);
    if (/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) {
      const rule = 'hold no dot segment before a Fetch handler, whose URL would resolve it';
      throw new RequestTargetError(
        'ERR_TARGET_NOT_NORMAL',
        `a request target must ${rule}, got ${show(req.url)}`,
        req.url,
      );
    }
    if (path.includes('\\')) req.url = path.replaceAll('\\', '%5C') + req.url.slice(path.length);
    const { writeHead } = res;
    // srvx gives a flat list. Where the host has set headers, Node 20 keeps of a name that comes twice only the last.
    res.writeHead = (...parameters: readonly unknown[]) =>
      writeHead.apply(res, parameters.map((each) => (isFlat(each) ? grouped(each) : each)) as never);
    return handle(req as never, res as never);
  };
}

/** A list of pairs is the host's: where the handler fails, it is the host that writes the head. */
function isFlat(value: unknown): value is readonly string[] {
  return Array.isArray(value) && !Array.isArray(value[0]);
}

/** A flat list of names and values, each name once. */
function grouped(list: readonly string[]): readonly (string | readonly string[])[] {
  const values = new Map<string, string[]>();
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] as string;
    values.set(name, [...(values.get(name) ?? []), list[index + 1] as string]);
  }
  return [...values].flatMap(([name, all]) => [name, all.length === 1 ? (all[0] as string) : all]);
}

/** Whether it is an object with a `fetch()` method. */
export function isFetchApplication(value: unknown): value is FetchApplication {
  return (
    typeof value === 'object' && value !== null && typeof (value as { fetch?: unknown }).fetch === 'function'
  );
}
