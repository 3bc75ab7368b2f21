/**
 * Caddy 2.6.
 *
 * Its documentation of the Caddyfile, and where that is silent its source and Go's: what is refused, what a URL is, and which fields
 * a client writes, is Go's doing.
 *
 * Rules of this file: of the sites that listen at the port of the connection, the most specific one whose host matches gets a
 * request; what none wants is answered with 200 and nothing.
 */

import { ConfigurationError } from '../../../errors.js';
import type { ClientConnection, Interpreter } from '../../model.js';
import { guarded, readBlock } from './directives.js';
import { cleanPath } from './go-path.js';
import { hostTest, pathTest, type Test } from './matchers.js';
import { buildSubroute, emptyAnswer, type Handler, subroute } from './routes.js';
import { readSites } from './segments.js';
import { readRequest, type State } from './state.js';

interface Address {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

interface Site {
  readonly addresses: readonly Address[];
  readonly matches: Test;
  readonly handler: Handler;
}

export const caddy: Interpreter = (files, surroundings) => {
  const sites = readSites(Object.values(files).join('\n')).map(({ addresses, segments }): Site => {
    const parsed = addresses.map(parseAddress);
    const handler = guarded(subroute(buildSubroute(readBlock(segments, new Map()))));
    return { addresses: parsed, matches: matcherOf(parsed), handler };
  });
  if (sites.length === 0) {
    throw new ConfigurationError('ERR_HARNESS_CONFIGURATION', 'a Caddyfile must have a site, got none');
  }
  const sorted = sites.sort((one, other) => specificity(other) - specificity(one));
  return {
    pass: (request, connection) => {
      const state = readRequest(request, connection, surroundings);
      if (typeof state === 'number') return { kind: 'refused', status: state };
      const site = sitesAt(sorted, connection).find(({ matches }) => matches(state));
      return site === undefined ? emptyAnswer : site.handler(state, () => emptyAnswer);
    },
  };
};

function sitesAt(sites: readonly Site[], { localPort }: ClientConnection): readonly Site[] {
  const there = sites.filter(({ addresses }) => addresses.some(({ port }) => port === localPort));
  return there.length > 0 ? there : sites;
}

/** `http://example.com:8080/path`, all of it optional. */
function parseAddress(text: string): Address {
  const [, scheme = '', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/.exec(text) ?? [];
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: port === undefined ? (scheme === 'http' ? 80 : 443) : Number(port),
    path: slash < 0 ? '' : rest.slice(slash),
  };
}

function matcherOf(addresses: readonly Address[]): Test {
  const tests = addresses.map(({ host, path }): Test => {
    const isHost = host === '' ? () => true : hostTest([host]);
    const isPath = path === '' || path === '/' ? () => true : pathTest([path]);
    return (state: State) => isHost(state) && isPath(state);
  });
  return (state) => tests.some((test) => test(state));
}

/** A name is more than a name with a star, and that is more than none; longer ones are more than shorter ones. */
function specificity({ addresses }: Site): number {
  const longest = Math.max(...addresses.map(({ host }) => host.replace(/\*/g, '').length));
  const isOpen = addresses.some(({ host }) => host === '' || host.includes('*'));
  const path = Math.max(...addresses.map(({ path: each }) => cleanPath(each, true).length));
  return (longest === 0 ? 0 : isOpen ? 1e6 : 2e6) + longest * 1000 + path;
}
