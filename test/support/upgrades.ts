/** Applications that take upgrades, and servers that hand them on to a mount. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Application, environ, type MountedRequest, type mount, type Next } from '../../lib/index.js';

export type Upgrade = (req: MountedRequest, socket: Duplex, head: Buffer, next: Next) => unknown;

export const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** What an application sees of an upgrade: the same as of a request. */
export function viewOf(req: IncomingMessage): readonly unknown[] {
  const { baseUrl, url, originalUrl, params } = req as MountedRequest;
  const { SCRIPT_NAME, PATH_INFO } = environ(req);
  return [
    baseUrl,
    url,
    originalUrl,
    SCRIPT_NAME,
    PATH_INFO,
    ...(params === undefined ? [] : [{ ...params }]),
  ];
}

/** An application that answers requests with its view, and takes upgrades so. */
export const taking = (upgrade: Upgrade): Application =>
  Object.assign(
    (req: MountedRequest, res: { end(text: string): void }) => res.end(JSON.stringify(viewOf(req))),
    {
      upgrade,
    },
  ) as Application;

/** An application that takes none. */
export const quiet: Application = (_req, res) => res.end();

/** A server whose requests and upgrades go to one mount; with `next`, the mount stands in a host that has the rest. */
export function serverOf(
  mounted: ReturnType<typeof mount>,
  next?: (req: IncomingMessage, error: unknown) => void,
): Server {
  const server = createServer(mounted);
  if (next === undefined) return server.on('upgrade', mounted.upgrade);
  return server.on('upgrade', (req, socket, head) => {
    mounted.upgrade(req, socket, head, (error) => {
      next(req, error);
      socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
  });
}
