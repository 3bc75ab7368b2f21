/**
 * Where lighttpd listens: `server.bind` and `server.port`, and each `$SERVER["socket"]`.
 *
 * Rules of this file: a socket is `address:port`, as `$SERVER["socket"]` compares it; one at all addresses is `0.0.0.0:port`
 * or `[::]:port`.
 */

import type { ClientConnection } from '../../model.js';
import type { Context } from './contexts.js';
import { integerOf, textOf } from './values.js';

/** The port where a configuration names none. */
export function defaultPortOf([whole]: readonly Context[]): number {
  const setting = whole?.settings.get('server.port');
  return setting === undefined ? 80 : integerOf(setting);
}

/** The first is that of the whole configuration. */
export function socketsOf(contexts: readonly Context[]): readonly string[] {
  const whole = contexts[0]?.settings;
  const bind = whole?.get('server.bind');
  const number = defaultPortOf(contexts);
  const address = bind === undefined ? '' : textOf(bind);
  const named = contexts.flatMap(({ condition }) =>
    condition?.variable === 'SERVER' && condition.operator === '==' ? [condition.operand] : [],
  );
  const main = address.startsWith('/') ? address : socketOf(address, number);
  return [main, ...named.map((each) => socketOf(each, number))];
}

/** A socket as a configuration may write it: without an address, or without a port. */
export function socketOf(written: string, defaultPort: number): string {
  const [, address = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(written) ?? [undefined, written];
  const host = address === '' || address === '*' ? '0.0.0.0' : address === '[]' ? '[::]' : address;
  return `${host}:${port || defaultPort}`;
}

/** At which socket a connection came in; where none has its port, at the first. */
export function socketAt(sockets: readonly string[], { localAddress, localPort }: ClientConnection): string {
  const address = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
  const wildcard = localAddress.includes(':') ? '[::]' : '0.0.0.0';
  const found = [address, wildcard]
    .map((each) => `${each}:${localPort}`)
    .find((each) => sockets.includes(each));
  return found ?? (sockets[0] as string);
}
