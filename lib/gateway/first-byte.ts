/**
 * Which protocol a connection speaks, by its first byte, where several are served on one address.
 *
 * Rules of this file: no two protocols begin with the same byte, so one is enough; what begins none of those that are served
 * is closed, with a logged reason.
 */

import type { Socket } from 'node:net';
import type { GatewayProtocol } from './options.js';

const starts: readonly (readonly [protocol: GatewayProtocol, isStart: (byte: number) => boolean])[] = [
  // FCGI_VERSION_1.
  ['fastcgi', (byte) => byte === 1],
  // modifier1 of a request with variables.
  ['uwsgi', (byte) => byte === 0 || byte === 5 || byte === 7 || byte === 30],
  // 0x1234.
  ['ajp', (byte) => byte === 0x12],
  // The length of a netstring.
  ['scgi', (byte) => byte >= 0x31 && byte <= 0x39],
  // A method; empty lines may come before it (RFC 9112 section 2.2).
  [
    'http',
    (byte) => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 13 || byte === 10,
  ],
];

/** The protocol of a first byte, if it is among those that are served. */
export function protocolOf(byte: number, served: readonly GatewayProtocol[]): GatewayProtocol | undefined {
  const [protocol] = starts.find(([, isStart]) => isStart(byte)) ?? [];
  return protocol !== undefined && served.includes(protocol) ? protocol : undefined;
}

/** Waits for the first bytes of a connection; `undefined`: it ended before, or took longer than `timeout` milliseconds. */
export function firstBytesOf(socket: Socket, timeout: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const timer = timeout > 0 ? setTimeout(() => settle(undefined), timeout).unref() : undefined;
    const settle = (bytes: Buffer | undefined): void => {
      clearTimeout(timer);
      socket.off('readable', look).off('end', gone).off('close', gone).off('error', gone);
      resolve(bytes);
    };
    const look = (): void => {
      const bytes: Buffer | null = socket.read();
      if (bytes !== null) settle(bytes);
    };
    const gone = (): void => settle(undefined);
    socket.on('readable', look).on('end', gone).on('close', gone).on('error', gone);
  });
}
