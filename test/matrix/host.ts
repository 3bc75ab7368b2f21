/**
 * A host, and what it says of a request that was not taken: what it sees of it, and whether that is what it saw before.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Application } from '../../lib/index.js';

/** The mount point of all cells. */
export const mountPath = '/app';

export interface Host {
  readonly name: string;
  /** What its server speaks; `h2c` is HTTP/2 without TLS, by prior knowledge. */
  readonly protocol: 'http' | 'https' | 'h2c' | 'h2';
  /**
   * Who answers what lies outside the mount: the host itself, which also gets what the application lets go; nobody,
   * where the mount stands alone; another application beside it in the table.
   */
  readonly around: 'host' | 'nobody' | 'neighbour';
  /** A server with the application at `/app`, not yet listening. */
  serve(application: Application): Server | Promise<Server>;
}

/** What a host, or the neighbour of a mount, answers. */
export interface Outside {
  readonly by: 'host' | 'neighbour';
  readonly url: string;
  readonly base: string;
  /** Whether it is the request that it was before the mount (rule 13). */
  readonly isRestored: boolean;
  readonly body: string;
  /** The message of what failed. */
  readonly error: string | undefined;
}

const traces = new WeakMap<IncomingMessage, object>();

/** All that an application could have changed; `more` is what a host keeps elsewhere. */
function traceOf(req: IncomingMessage, res: ServerResponse, more: object): object {
  const { url, baseUrl, params } = req as IncomingMessage & { baseUrl?: unknown; params?: unknown };
  const prototypes = [Object.getPrototypeOf(req), Object.getPrototypeOf(res)];
  return { url, baseUrl, params, prototypes, status: res.statusCode, ...more };
}

/** Before the mount. */
export function note(req: IncomingMessage, res: ServerResponse, more: object = {}): void {
  traces.set(req, traceOf(req, res, more));
}

/** After it. */
export function outside(
  req: IncomingMessage,
  res: ServerResponse,
  { body = '', error, more = {} }: { body?: string; error?: unknown; more?: object } = {},
): Outside {
  const before = traces.get(req) as { url: string; baseUrl?: string };
  const after = traceOf(req, res, more) as { url: string; baseUrl?: string; prototypes: object[] };
  return {
    by: 'host',
    url: after.url,
    base: after.baseUrl ?? '',
    isRestored:
      isDeepStrictEqual({ ...before, prototypes: [] }, { ...after, prototypes: [] }) &&
      samePrototypes(before, after),
    body,
    error: error instanceof Error ? error.message : undefined,
  };
}

function samePrototypes(before: object, after: object): boolean {
  const [one, other] = [before, after].map((trace) => (trace as { prototypes: object[] }).prototypes);
  return one?.every((prototype, index) => prototype === other?.[index]) === true;
}
