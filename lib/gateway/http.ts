/**
 * The HTTP side of a gateway: Node's own server, whose requests are shown below the mount.
 *
 * Rules of this file: all that is about HTTP is Node's; what a request is for is decided as for every protocol.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnyRequest } from '../bridge/request.js';
import { stepFor } from './clock.js';
import type { ResolvedOptions } from './options.js';
import { placeOf, putAt } from './request.js';

/** What is served, and what answers where nothing is. @internal */
export interface Served {
  readonly handle: (req: IncomingMessage, res: ServerResponse) => void;
  /** Answers a request that is for no application, and one that is refused. */
  readonly refuse: (req: IncomingMessage, res: ServerResponse, error?: unknown) => void;
  /** Takes upgrades, where the application does. */
  readonly upgrade: ((req: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined;
  readonly refuseUpgrade: (socket: Duplex, error: unknown) => void;
}

/** What a server needs to know of its gateway. */
export interface HttpOptions extends Pick<ResolvedOptions, 'split' | 'isKept' | 'timeouts'> {
  readonly outside: (target: string) => void;
  readonly isClosing: () => boolean;
}

/** An HTTP server that listens nowhere yet. */
export function createHttpSide(served: Served, options: HttpOptions): Server {
  const { handle, refuse, upgrade, refuseUpgrade } = served;
  const { split, isKept, timeouts, outside, isClosing } = options;
  /** Shows a request as the application is to see it; `false` where it is for another mount. */
  const present = (req: AnyRequest): boolean => {
    const { method = 'GET', url = '', headers } = req;
    const host = headers.host === undefined ? {} : { HTTP_HOST: headers.host };
    const found = split({ REQUEST_METHOD: method, REQUEST_URI: url, ...host });
    if (found === undefined) {
      outside(url);
      return false;
    }
    putAt(req, placeOf({ REQUEST_URI: url }, found, isKept));
    return true;
  };
  // Else Node looks at these two times every 30 seconds.
  const step = stepFor(Math.min(...[timeouts.headers, timeouts.request].filter((time) => time > 0)));
  const checking = step === 0 ? {} : { connectionsCheckingInterval: Math.ceil(step) };
  const server = createServer(checking, (req, res) => {
    if (isClosing()) res.setHeader('Connection', 'close');
    try {
      if (!present(req)) return refuse(req, res);
    } catch (error) {
      return refuse(req, res, error);
    }
    handle(req, res);
  });
  server.headersTimeout = timeouts.headers;
  server.requestTimeout = timeouts.request;
  server.keepAliveTimeout = timeouts.idle;
  if (upgrade !== undefined) {
    server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      try {
        if (!present(req)) return refuseUpgrade(socket, undefined);
      } catch (error) {
        return refuseUpgrade(socket, error);
      }
      upgrade(req, socket, head);
    });
  }
  return server;
}
