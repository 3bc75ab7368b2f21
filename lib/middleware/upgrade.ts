/**
 * Upgrades below mounts: WebSockets and other protocols, dispatched as requests are.
 *
 * Rules of this file: the same table, the same split; a connection that nobody takes is answered and closed, unless a
 * `next` says that others may take it.
 */

import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnyRequest } from '../bridge/request.js';
import { RequestTargetError } from '../errors.js';
import type { MountTable } from '../mount/table.js';
import type { Application, Next } from './application.js';
import { find, mountedOf } from './dispatch.js';
import { enter, restore, shownUrl } from './visit.js';

/** A listener of a server's `upgrade` event. */
export type UpgradeListener = (req: IncomingMessage, socket: Duplex, head: Buffer, next?: Next) => void;

/** The upgrade listener of a table of applications. */
export function upgradeListener(table: MountTable<Application>): UpgradeListener {
  return (req: AnyRequest, socket, head, next) => {
    const leave: Next = next ?? ((error) => refuseUpgrade(socket, error));
    try {
      const found = find(table, req, next !== undefined);
      const mounted = found && mountedOf(found, req);
      if (found === undefined || mounted?.upgrade === undefined) return leave();
      const { url = '', baseUrl } = req;
      const shown = shownUrl(found);
      const forget = enter(req, found, shown);
      if (mounted.upgrade(req, socket, head)) return;
      restore(req, found, shown, url, baseUrl, forget);
      leave();
    } catch (error) {
      leave(error);
    }
  };
}

/** Answers an upgrade that nobody takes, in HTTP/1.1, which is what is spoken until it is taken. */
function refuseUpgrade(socket: Duplex, error: unknown): void {
  const isRefused = error instanceof RequestTargetError;
  if (error !== undefined && !isRefused) console.error(error);
  const status = error === undefined ? 404 : isRefused ? error.status : 500;
  // The client may be gone already.
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
