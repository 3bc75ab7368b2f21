/**
 * Upgrades below mounts: WebSockets and other protocols, dispatched as requests are.
 *
 * Rules of this file: the same table, the same split; a connection that nobody takes is answered and closed, unless a
 * `next` says that others may take it.
 */

import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnyRequest } from '../bridge/request.js';
import { ForwardedError, RequestTargetError } from '../errors.js';
import type { Found } from '../mount/semantics.js';
import type { MountTable } from '../mount/table.js';
import { isGoingOn } from './answer.js';
import type { Application, Handler, Next } from './application.js';
import { find, mountedOf } from './dispatch.js';
import { visit } from './visit.js';

/** A listener of a server's `upgrade` event. */
export type UpgradeListener = (req: IncomingMessage, socket: Duplex, head: Buffer, next?: Next) => void;

/** The upgrade listener of a table of applications. */
export function upgradeListener(table: MountTable<Application>): UpgradeListener {
  return (req: AnyRequest, socket, head, next) => {
    const leave: Next = next ?? ((error) => refuseUpgrade(socket, error));
    let found: Found<Application> | undefined;
    try {
      found = find(table, req, next !== undefined);
    } catch (error) {
      return leave(error);
    }
    const upgrade = found && mountedOf(found, req).upgrade;
    if (found === undefined || upgrade === undefined) return leave();
    const handle: Handler<never> = (_req, _socket, go) => upgrade(req, socket, head, go);
    try {
      // What a visit does to a response, it does to the socket, which stands in its place.
      visit(found, req, socket as never, leave, handle, false);
    } catch (error) {
      if (next !== undefined) throw error;
      refuseUpgrade(socket, error);
    }
  };
}

/** Answers an upgrade that nobody takes, in HTTP/1.1, which is what is spoken until it is taken. */
export function refuseUpgrade(socket: Duplex, given: unknown): void {
  const error = isGoingOn(given) ? undefined : given;
  const isRefused = error instanceof RequestTargetError || error instanceof ForwardedError;
  if (error !== undefined && !isRefused) console.error(error);
  const status = error === undefined ? 404 : isRefused ? error.status : 500;
  // The client may be gone already, or stay: it is not waited for.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
