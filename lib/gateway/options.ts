/**
 * Options of `serve()`, what they are when nobody says, and what is wrong with them.
 *
 * Rules of this file: a mistake throws here, before anything is opened.
 */

import { isIP } from 'node:net';
import { type HeaderOptions, requestHeaders } from '../environ/headers.js';
import { ConfigurationError, show } from '../errors.js';
import { type EnvironOptions, type EnvironSplit, environSplitter } from '../fixup/environ.js';
import { compileTrust } from '../fixup/trust.js';
import { createConnection, type Protocol } from '../protocol/connection.js';
import type { Limits, ProtocolOptions } from '../protocol/limits.js';
import type { Authorizer } from './authorizer.js';
import { longestTimer } from './clock.js';
import type { ListenAddress, SocketOptions } from './listen.js';

/** What a front server speaks. */
export type GatewayProtocol = 'http' | Protocol;

/** Limits of a gateway, and of each of its connections. */
export interface GatewayLimits extends Limits {
  /** Connections at once, of each address that is listened on. Default 16 384. */
  readonly maxConnections?: number;
  /** Bytes of bodies that wait to be read, of one connection that carries several requests. Default 1 048 576. */
  readonly maxBufferedBytes?: number;
}

/** How long a gateway waits, in milliseconds; 0: for ever. */
export interface GatewayTimeouts {
  /** For the first byte of a connection. Default 5000. Over HTTP it counts as `headers`. */
  readonly firstByte?: number;
  /** For the parameters of a request, from its first byte on. Default 60 000. */
  readonly headers?: number;
  /** For all of a request, its body too. Default 300 000. */
  readonly request?: number;
  /** For the next request of a connection that is kept. Default 75 000: longer than front servers keep theirs. */
  readonly idle?: number;
}

/** What only AJP has. */
export type AjpOptions = Pick<ProtocolOptions, 'secret' | 'attributes' | 'packetSize'>;

/** Options of `serve()`. */
export interface ServeOptions extends EnvironOptions, HeaderOptions, SocketOptions {
  /**
   * What the front server speaks; several: the first byte of each connection tells. `'auto'`: CGI or FastCGI where a web
   * server started this process for that, else HTTP. Default `'http'`.
   */
  readonly protocol?: GatewayProtocol | 'auto' | readonly GatewayProtocol[];
  /**
   * Where to listen: a path, `'host:port'`, `'unix:/path'`, a port of 127.0.0.1, `{ fd: 0 }`, `'systemd'` (the sockets that it
   * hands over; `'systemd:name'`: those of that name), or several of these. A must, but for CGI.
   */
  readonly listen?: ListenAddress | readonly ListenAddress[];
  /**
   * Who may connect by a gateway protocol over TCP: addresses, networks, `'loopback'` (default, unless FCGI_WEB_SERVER_ADDRS in
   * the environment says otherwise), a list of these, or a function. Over HTTP anybody may.
   */
  readonly allowedClients?: string | readonly string[] | ((address: string) => boolean);
  readonly limits?: GatewayLimits;
  readonly timeouts?: GatewayTimeouts;
  /** AJP: `secret` (a must unless only this machine can connect), `attributes`, `packetSize`. */
  readonly ajp?: AjpOptions;
  /** FastCGI: answers a front server that asks whether a request may go on; without it, such a front server is refused. */
  readonly authorizer?: Authorizer;
  /**
   * Gets what is refused and broken, a line each. Default: standard error. `'front-server'`: what is about one request goes to its
   * front server's log, where the protocol can tell it (FastCGI).
   */
  readonly log?: ((message: string) => void) | 'front-server';
}

/** Options that were looked at. @internal */
export interface ResolvedOptions {
  readonly protocols: readonly GatewayProtocol[];
  readonly split: (variables: Readonly<Record<string, string | undefined>>) => EnvironSplit | undefined;
  readonly mount: string;
  /** Whether the mount is still in REQUEST_URI. */
  readonly isKept: boolean;
  readonly collisions: NonNullable<HeaderOptions['collisions']>;
  readonly isAllowed: (address: string) => boolean;
  /** What a connection of this protocol is made with. */
  readonly codecOptions: (protocol: Protocol) => ProtocolOptions;
  readonly maxRequests: number;
  readonly maxConnections: number;
  readonly maxBufferedBytes: number;
  readonly timeouts: Required<GatewayTimeouts>;
  readonly hasSecret: boolean;
  readonly authorizer: Authorizer | undefined;
  readonly log: (message: string) => void;
  readonly logsToFrontServer: boolean;
}

export const gatewayProtocols: readonly GatewayProtocol[] = [
  'http',
  'fastcgi',
  'scgi',
  'uwsgi',
  'ajp',
  'cgi',
];

const defaultTimeouts: Required<GatewayTimeouts> = {
  firstByte: 5000,
  headers: 60_000,
  request: 300_000,
  idle: 75_000,
};

/** Lines in ten seconds that standard error gets: what clients can cause must not fill a disk. */
const mostLines = 100;
const logWindow = 10_000;

/** Writes to standard error, but not without end. */
function consoleLog(): (message: string) => void {
  let begun = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (message) => {
    const now = performance.now();
    if (now - begun > logWindow) {
      if (count > mostLines) console.error(`${count - mostLines} more lines in ${logWindow / 1000} s`);
      begun = now;
      count = 0;
    }
    if (++count <= mostLines) console.error(message);
  };
}

/** Checks options, and fills in the defaults. @throws {ConfigurationError} @internal */
export function resolveServeOptions(
  options: Omit<ServeOptions, 'listen' | keyof SocketOptions>,
  protocols: readonly GatewayProtocol[],
  environment: Readonly<Record<string, string | undefined>>,
): ResolvedOptions {
  const { protocol: _, log = consoleLog(), collisions, allowedClients, ...others } = options;
  const { limits = {}, timeouts = {}, ajp = {}, authorizer, ...environOptions } = others;
  if (typeof log !== 'function' && log !== 'front-server') {
    throw mistake("the option log must be a function or 'front-server'", log);
  }
  if (authorizer !== undefined && typeof authorizer !== 'function') {
    throw mistake('the option authorizer must be a function', authorizer);
  }
  for (const [name, value] of Object.entries({ limits, timeouts, ajp })) {
    if (typeof value !== 'object' || value === null)
      throw mistake(`the option ${name} must be an object`, value);
  }
  if (authorizer !== undefined && !protocols.includes('fastcgi')) {
    throw mistake(
      "the option protocol must have 'fastcgi' where there is an authorizer",
      protocols.join(', '),
    );
  }
  const { maxConnections = 16_384, maxBufferedBytes = 1_048_576, ...codecLimits } = limits;
  checkNumber('limits.maxConnections', maxConnections, 1);
  checkNumber('limits.maxBufferedBytes', maxBufferedBytes, 1);
  requestHeaders([], collisions === undefined ? {} : { collisions });
  const codecOptions = (protocol: Protocol): ProtocolOptions =>
    protocol === 'ajp' ? { ...codecLimits, ...ajp } : codecLimits;
  // Looked at now, not when somebody connects; whatever is spoken.
  for (const protocol of ['fastcgi', 'ajp'] as const) {
    createConnection(protocol, 'responder', codecOptions(protocol));
  }
  if (Object.keys(ajp).length > 0 && !protocols.includes('ajp')) {
    throw mistake("the option protocol must have 'ajp' where the option ajp is set", protocols.join(', '));
  }
  return {
    protocols,
    split: environSplitter({ mount: '/', ...environOptions }),
    mount: environOptions.mount ?? '/',
    isKept: (environOptions.target ?? 'kept') === 'kept',
    collisions: collisions ?? 'refuse',
    isAllowed: allowed(allowedClients ?? addressesOf(environment) ?? 'loopback'),
    codecOptions,
    maxRequests: codecLimits.maxRequests ?? 1,
    maxConnections,
    maxBufferedBytes,
    timeouts: resolveTimeouts(timeouts),
    hasSecret: ajp.secret !== undefined,
    authorizer,
    log: log === 'front-server' ? consoleLog() : log,
    logsToFrontServer: log === 'front-server',
  };
}

function resolveTimeouts(timeouts: GatewayTimeouts): Required<GatewayTimeouts> {
  for (const [name, value] of Object.entries(timeouts)) {
    if (!Object.hasOwn(defaultTimeouts, name)) {
      throw mistake(`the option timeouts must have ${Object.keys(defaultTimeouts).join(', ')}`, name);
    }
    if (value !== undefined) checkNumber(`timeouts.${name}`, value, 0, longestTimer);
  }
  const given = Object.entries(timeouts).filter(([, value]) => value !== undefined);
  return { ...defaultTimeouts, ...Object.fromEntries(given) };
}

function checkNumber(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw mistake(
    `the option ${name} must be an integer from ${least} on${most === longestTimer ? ` up to ${most}` : ''}`,
    value,
  );
}

/** FastCGI specification section 3.2: who may connect, as the environment says: IPv4 addresses with commas between. */
function addressesOf({
  FCGI_WEB_SERVER_ADDRS: given,
}: Readonly<Record<string, string | undefined>>): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const addresses = given.split(',').map((address) => address.trim());
  if (addresses.every((address) => isIP(address) !== 0)) return addresses;
  throw mistake('FCGI_WEB_SERVER_ADDRS in the environment must be addresses with commas between', given);
}

function allowed(clients: NonNullable<ServeOptions['allowedClients']>): (address: string) => boolean {
  try {
    const isTrusted = compileTrust(clients);
    return (address) => isTrusted(address, 0);
  } catch (error) {
    const rule =
      "the option allowedClients must be addresses, networks, 'loopback', a list of these, or a function";
    throw new ConfigurationError('ERR_GATEWAY_OPTION', `${rule}, got ${show(clients)}`, { cause: error });
  }
}

/** A mistake of whoever calls `serve()`. */
export function mistake(rule: string, given: unknown, cause?: unknown): ConfigurationError {
  return new ConfigurationError('ERR_GATEWAY_OPTION', `${rule}, got ${show(given)}`, { cause });
}
