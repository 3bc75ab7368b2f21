/**
 * Which peers are proxies of ours: proxy-addr's forms, made into one question.
 *
 * Rules of this file: what is not surely trusted is not trusted; a hop count is no answer, since whoever connects is hop 0.
 */

import proxyAddr from 'proxy-addr';
import { ConfigurationError, show } from '../errors.js';
import { remembering } from './remember.js';

/**
 * Addresses and networks (`'10.0.0.0/8'`), the names `'loopback'`, `'linklocal'` and `'uniquelocal'`, `'unix'` for peers at a
 * Unix socket, a list of these, or a function that answers `true`.
 */
export type Trust = string | readonly string[] | ((address: string, hop: number) => boolean);

/** Whether the proxy at an address is trusted; hop 0 is the peer itself. */
export type IsTrusted = (address: string, hop: number) => boolean;

/** The address of peers that have none. */
export const unixAddress = 'unix';

/** How many addresses are remembered: the proxies, and the clients of the last moments. */
const mostRemembered = 1000;

/** Makes a function of the option. @throws {ConfigurationError} ERR_PROXY_OPTION. */
export function compileTrust(trust: Trust): IsTrusted {
  if (typeof trust === 'function') return (address, hop) => trust(address, hop) === true;
  if (typeof trust === 'number') {
    const rule =
      'the option trust must say which peers are proxies: a hop count trusts whoever connects, and lets each client choose its prefix and host';
    throw new ConfigurationError(
      'ERR_PROXY_OPTION',
      `${rule} (write addresses or networks, or (address, hop) => hop < ${trust} where nobody else can connect), got ${trust}`,
    );
  }
  const named = typeof trust === 'string' ? trust.split(',').map((name) => name.trim()) : trust;
  if (!Array.isArray(named) || !named.every((name) => typeof name === 'string' && name !== '')) {
    throw refuse(trust);
  }
  const isUnixTrusted = named.includes(unixAddress);
  let isTrusted: IsTrusted;
  try {
    isTrusted = proxyAddr.compile(named.filter((name) => name !== unixAddress));
  } catch (error) {
    throw refuse(trust, error);
  }
  return remembering(mostRemembered, (address) =>
    address === unixAddress ? isUnixTrusted : isTrusted(address, 0),
  );
}

function refuse(trust: unknown, cause?: unknown): ConfigurationError {
  const rule =
    "the option trust must be addresses, networks such as '10.0.0.0/8', 'loopback', 'linklocal', 'uniquelocal', 'unix', a list of these, or a function";
  const given =
    typeof trust === 'string' ? show(trust) : Array.isArray(trust) ? trust.map(show) : show(trust);
  return new ConfigurationError('ERR_PROXY_OPTION', `${rule}, got ${given}`, { cause });
}
