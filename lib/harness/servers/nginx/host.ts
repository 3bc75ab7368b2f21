/**
 * Which server of a configuration a request is for (nginx.org/en/docs/http/server_names.html, request_processing.html).
 *
 * Rules of this file: a connection that no server listens for is everyone's, since a configuration is often written for another
 * port than the one of a test.
 */

import type { ClientConnection } from '../../model.js';
import type { Listen, Site, VirtualServer } from './configuration.js';

function candidates(
  { servers }: Site,
  { localAddress, localPort }: ClientConnection,
): readonly VirtualServer[] {
  const at = (address: string): readonly VirtualServer[] =>
    servers.filter(({ listens }) => listens.some((listen) => isAt(listen, address, localPort)));
  const [own, all] = [at(localAddress), at('*')];
  return own.length > 0 ? own : all.length > 0 ? all : servers;
}

function isAt(listen: Listen, address: string, port: number): boolean {
  return listen.port === port && (listen.address === address || listen.address === `[${address}]`);
}

/** The one that answers where no name fits. */
export function defaultServer(site: Site, connection: ClientConnection): VirtualServer {
  const there = candidates(site, connection);
  const isDefault = ({ listens }: VirtualServer): boolean =>
    listens.some(
      (listen) => listen.isDefault && (listen.port === connection.localPort || there === site.servers),
    );
  return there.find(isDefault) ?? (there[0] as VirtualServer);
}

/** The one with the name; the host in lower case. */
export function serverFor(site: Site, connection: ClientConnection, host: string): VirtualServer | undefined {
  const there = candidates(site, connection);
  return serverNamed(there, host) ?? there.find((server) => patternIn(server, host) !== undefined);
}

/** The expression by which a server was found, so that it leaves its captures. */
export function patternFor(site: Site, connection: ClientConnection, host: string): RegExp | undefined {
  const there = candidates(site, connection);
  if (serverNamed(there, host) !== undefined) return undefined;
  return there.map((server) => patternIn(server, host)).find((pattern) => pattern !== undefined);
}

function patternIn({ patterns }: VirtualServer, host: string): RegExp | undefined {
  return host === '' ? undefined : patterns.find((pattern) => pattern.test(host));
}

function serverNamed(there: readonly VirtualServer[], host: string): VirtualServer | undefined {
  const named = (name: string): VirtualServer | undefined => there.find(({ names }) => names.includes(name));
  const exact = named(host) ?? named(`.${host}`);
  if (exact !== undefined) return exact;
  const labels = host.split('.');
  for (let from = 1; from < labels.length; from++) {
    const end = labels.slice(from).join('.');
    const found = named(`*.${end}`) ?? named(`.${end}`);
    if (found !== undefined) return found;
  }
  for (let to = labels.length - 1; to > 0; to--) {
    const found = named(`${labels.slice(0, to).join('.')}.*`);
    if (found !== undefined) return found;
  }
  return undefined;
}
