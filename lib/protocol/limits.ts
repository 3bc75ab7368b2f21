/**
 * The limits of a connection: how much a peer may have us keep, each with its one default.
 *
 * Rules of this file: whatever a peer says of lengths is compared with one of these before it is believed.
 */

import { ConfigurationError, show } from '../errors.js';
import type { Environ } from './events.js';

/** Limits of one connection. */
export interface Limits {
  /** Bytes of the parameters of one request, names and values. Default 65 536. */
  readonly maxParamsBytes?: number;
  /** How many parameters one request has. Default 10 000: more than a front server's own limits let a client send. */
  readonly maxParams?: number;
  /** How many requests are under way at once, where a protocol can multiplex. Default 1. */
  readonly maxRequests?: number;
  /** Bytes of the head of one answer, which the client half reads. Default 65 536. */
  readonly maxHeadBytes?: number;
}

/** What one connection is made with: limits, and what only one protocol has. */
export interface ProtocolOptions extends Limits {
  /** AJP: what the front server must know, compared in constant time. */
  readonly secret?: string;
  /** AJP: names of request attributes that are taken beside the known ones. */
  readonly attributes?: readonly string[];
  /** AJP: bytes of a packet, as the front server's own option says: 8192 (default) to 65 536. */
  readonly packetSize?: number;
  /** CGI, where it is a must: the environment of the process. */
  readonly environ?: Environ;
  /** CGI: the answer is a whole one of HTTP/1.1, which the front server sends as it is. */
  readonly isNonParsed?: boolean;
}

export type ResolvedLimits = Required<Limits>;

/** The rule that a request with too many bytes of parameters breaks. */
export function bytesRule({ maxParamsBytes }: ResolvedLimits): string {
  return `parameters must have at most ${maxParamsBytes} bytes (maxParamsBytes)`;
}

/** The rule that a request with too many parameters breaks. */
export function countRule(maxParams: number): string {
  return `a request must have at most ${maxParams} parameters (maxParams)`;
}

const defaults: ResolvedLimits = {
  maxParamsBytes: 65_536,
  maxParams: 10_000,
  maxRequests: 1,
  maxHeadBytes: 65_536,
};

/**
 * Checks limits and fills in the defaults; `own`: names of options that the protocol has for itself, and checks.
 * @throws {ConfigurationError} ERR_PROTOCOL_OPTION
 */
export function resolveLimits(options: ProtocolOptions = {}, own: readonly string[] = []): ResolvedLimits {
  const limits = Object.entries(options).filter(([name]) => !own.includes(name));
  for (const [name, value] of limits) {
    if (!Object.hasOwn(defaults, name)) {
      const rule = `a limit must be one of ${[...Object.keys(defaults), ...own].join(', ')}`;
      throw new ConfigurationError('ERR_PROTOCOL_OPTION', `${rule}, got ${show(name)}`);
    }
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new ConfigurationError(
        'ERR_PROTOCOL_OPTION',
        `the limit ${name} must be a positive integer, got ${show(value)}`,
      );
    }
  }
  const given = limits.filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}
