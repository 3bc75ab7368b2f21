/**
 * A request that goes through `mount()`, and what its application hears: `environ()`, `applicationUri()`, `requestUri()`
 * and `urlFor()`. No socket: a row may name any server.
 */

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import {
  type Application,
  applicationUri,
  type Environ,
  environ,
  type MountedRequest,
  type MountOptions,
  requestUri,
  urlFor,
} from '../../lib/index.js';
import { type Answer, type Mounts, mountsOf, refusalOf } from './ask.js';

export interface UrlQuestion {
  readonly mounts: Mounts;
  readonly options?: MountOptions;
  /** Raw, with query. */
  readonly target: string;
  readonly host?: string | undefined;
  /** The server's own name and port. */
  readonly server?: { readonly name: string; readonly port?: number | undefined } | undefined;
  readonly isEncrypted?: boolean;
}

/** What an application hears. */
export interface Heard {
  readonly app: string;
  readonly params: MountedRequest['params'];
  readonly environ: Environ;
  readonly applicationUri: string;
  readonly requestUri: string;
  /** Scheme and host of both. */
  readonly origin: string;
  /** The URL of a link. */
  readonly url: (path: string) => string;
}

/** `heard` where an application ran, else `answer`. */
export interface HeardAnswer {
  readonly heard?: Heard | undefined;
  readonly answer?: Answer;
}

export function hear({
  mounts,
  options,
  target,
  host,
  server,
  isEncrypted = false,
}: UrlQuestion): HeardAnswer {
  let heard: Heard | undefined;
  const applicationOf =
    (app: string): Application =>
    (req) => {
      const [origin = ''] = /^[a-z]+:\/\/[^/]*/.exec(applicationUri(req)) ?? [];
      heard = {
        app,
        params: req.params,
        environ: environ(req),
        applicationUri: applicationUri(req),
        requestUri: requestUri(req),
        origin,
        url: (path) => origin + urlFor(req, path),
      };
    };
  const socket = new Socket().destroy();
  Object.defineProperty(socket, 'localAddress', { value: server?.name });
  Object.defineProperty(socket, 'localPort', { value: server?.port });
  const req = new IncomingMessage(Object.assign(socket, { encrypted: isEncrypted })) as MountedRequest;
  Object.assign(req, { method: 'GET', url: target });
  if (host !== undefined) req.headers.host = host;
  const res = new ServerResponse(req);
  res.setHeader('X-Asked', 'yes');
  let passed: Answer | undefined;
  const middleware = mountsOf(mounts, { nonNormal: 'normalize', ...options }, applicationOf);
  middleware(req, res, (error?: unknown) => {
    passed = error === undefined ? { status: 404 } : refusalOf(error);
  });
  if (heard !== undefined) return { heard };
  const location = res.getHeader('location');
  return {
    answer: passed ?? { status: res.statusCode, ...(typeof location === 'string' && { location }) },
  };
}
