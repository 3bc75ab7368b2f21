/**
 * `createConnection()`: the codec of a protocol, from either side.
 *
 * Rules of this file: bytes in, events out, events in, bytes out. Sockets, clocks and what a request means are others' business.
 */

import { ConfigurationError, show } from '../errors.js';
import { AjpClient } from './ajp/client.js';
import { AjpResponder } from './ajp/responder.js';
import { CgiClient } from './cgi/client.js';
import { CgiResponder } from './cgi/responder.js';
import type { Connection } from './events.js';
import { FastcgiClient } from './fastcgi/client.js';
import { FastcgiResponder } from './fastcgi/responder.js';
import { type ProtocolOptions, type ResolvedLimits, resolveLimits } from './limits.js';
import { ScgiClient } from './scgi/client.js';
import { ScgiResponder } from './scgi/responder.js';
import { UwsgiClient } from './uwsgi/client.js';
import { UwsgiResponder } from './uwsgi/responder.js';

type Codec = new (limits: ResolvedLimits, options: ProtocolOptions) => Connection;

/** The gateway protocols that there are codecs of. */
export type Protocol = 'fastcgi' | 'scgi' | 'uwsgi' | 'ajp' | 'cgi';

interface Codecs {
  readonly responder: Codec;
  readonly client: Codec;
  /** Options that no other protocol has. */
  readonly options: readonly (keyof ProtocolOptions)[];
}

const codecs: Readonly<Record<Protocol, Codecs>> = {
  fastcgi: { responder: FastcgiResponder, client: FastcgiClient, options: [] },
  scgi: { responder: ScgiResponder, client: ScgiClient, options: [] },
  uwsgi: { responder: UwsgiResponder, client: UwsgiClient, options: [] },
  ajp: { responder: AjpResponder, client: AjpClient, options: ['secret', 'attributes', 'packetSize'] },
  cgi: { responder: CgiResponder, client: CgiClient, options: ['environ', 'isNonParsed'] },
};

/**
 * One connection of a gateway protocol, without a socket: `receive()` makes events of bytes, `send()` bytes of events.
 * `'responder'` is the application's side, `'client'` the front server's.
 *
 * - `'fastcgi'`: FastCGI 1.0.
 * - `'scgi'`: SCGI (protocol.txt of 2008); one request a connection, whose id is 0, and whose answer ends with the connection.
 * - `'uwsgi'`: the requests with variables (modifier1 0, 5, 7, 30) of uWSGI's protocol; one a connection, as with SCGI.
 * - `'cgi'`: CGI/1.1 (RFC 3875); the bytes are those of the process's input and output. The responder needs `environ`, and
 *   begins at the first `receive()`, of whatever: call it with no bytes at once. `receive(null)` is the end of the input.
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
 * @throws {ConfigurationError} ERR_PROTOCOL_OPTION: no such protocol, side, limit or option; CGI without `environ`.
 */
export function createConnection(
  protocol: Protocol,
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
