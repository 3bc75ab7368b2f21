/**
 * The limits of a connection: how much a peer may have us keep, each with its one default.
 *
 * Rules of this file: whatever a peer says of lengths is compared with one of these before it is believed.
 */

import { ConfigurationError, show } from '../errors.js';

/** Limits of one connection. */
export interface Limits {
  /** Bytes of the parameters of one request, names and values. Default 65 536. */
  readonly maxParamsBytes?: number;
  /** How many parameters one request has. Default 500. */
  readonly maxParams?: number;
  /** How many requests are under way at once, where a protocol can multiplex. Default 1. */
  readonly maxRequests?: number;
  /** Bytes of the head of one answer, which the client half reads. Default 65 536. */
  readonly maxHeadBytes?: number;
}

export type ResolvedLimits = Required<Limits>;

const defaults: ResolvedLimits = {
  maxParamsBytes: 65_536,
  maxParams: 500,
  maxRequests: 1,
  maxHeadBytes: 65_536,
};

/** Checks limits and fills in the defaults. @throws {ConfigurationError} ERR_PROTOCOL_OPTION */
export function resolveLimits(limits: Limits = {}): ResolvedLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaults, name)) {
      const rule = `a limit must be one of ${Object.keys(defaults).join(', ')}`;
      throw new ConfigurationError('ERR_PROTOCOL_OPTION', `${rule}, got ${show(name)}`);
    }
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new ConfigurationError(
        'ERR_PROTOCOL_OPTION',
        `the limit ${name} must be a positive integer, got ${show(value)}`,
      );
    }
  }
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}
