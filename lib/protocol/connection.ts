/**
 * `createConnection()`: the codec of a protocol, from either side.
 *
 * Rules of this file: bytes in, events out, events in, bytes out. Sockets, clocks and what a request means are others' business.
 */

import { ConfigurationError, show } from '../errors.js';
import { AjpClient } from './ajp/client.js';
import { AjpResponder } from './ajp/responder.js';
import type { Connection } from './events.js';
import { FastcgiClient } from './fastcgi/client.js';
import { FastcgiResponder } from './fastcgi/responder.js';
import { type ProtocolOptions, type ResolvedLimits, resolveLimits } from './limits.js';

type Codec = new (limits: ResolvedLimits, options: ProtocolOptions) => Connection;

interface Protocol {
  readonly responder: Codec;
  readonly client: Codec;
  /** Options that no other protocol has. */
  readonly options: readonly (keyof ProtocolOptions)[];
}

const codecs: Readonly<Record<string, Protocol>> = {
  fastcgi: { responder: FastcgiResponder, client: FastcgiClient, options: [] },
  ajp: { responder: AjpResponder, client: AjpClient, options: ['secret', 'attributes', 'packetSize'] },
};

/**
 * One connection of a gateway protocol, without a socket: `receive()` makes events of bytes, `send()` bytes of events.
 * `'responder'` is the application's side, `'client'` the front server's.
 *
 * @example
 * ```ts
 * import { createConnection } from 'mountpoint/protocol';
 *
 * const frontServer = createConnection('fastcgi', 'client');
 * const application = createConnection('fastcgi', 'responder');
 * const asked = frontServer.send([
 *   { type: 'begin', id: 1, environ: [['REQUEST_URI', '/foo']] },
 *   { type: 'end', id: 1 },
 * ]);
 * const [begin] = asked.flatMap((bytes) => application.receive(bytes));
 * begin?.type; // → 'begin'
 * const answered = application.send([
 *   { type: 'head', id: 1, status: 204, headers: [] },
 *   { type: 'end', id: 1 },
 * ]);
 * const [head] = answered.flatMap((bytes) => frontServer.receive(bytes));
 * head?.type === 'head' && head.status; // → 204
 * ```
 * @throws {ConfigurationError} ERR_PROTOCOL_OPTION: no such protocol, side, limit or option.
 */
export function createConnection(
  protocol: 'fastcgi' | 'ajp',
  side: 'responder' | 'client',
  options: ProtocolOptions = {},
): Connection {
  const found = Object.hasOwn(codecs, protocol) ? codecs[protocol] : undefined;
  if (found === undefined) {
    const rule = `the protocol must be one of ${Object.keys(codecs).map(show).join(', ')}`;
    throw new ConfigurationError('ERR_PROTOCOL_OPTION', `${rule}, got ${show(protocol)}`);
  }
  if (side !== 'responder' && side !== 'client') {
    throw new ConfigurationError(
      'ERR_PROTOCOL_OPTION',
      `the side must be "responder" or "client", got ${show(side)}`,
    );
  }
  return new found[side](resolveLimits(options, found.options), options);
}
