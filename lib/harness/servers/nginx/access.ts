/**
 * nginx's `allow` and `deny`: the first that fits decides.
 *
 * Rules of this file: nothing that fits is allowed.
 */

import { BlockList, isIP } from 'node:net';
import type { Setting } from './configuration.js';
import type { RequestState } from './request.js';

/** Whether the client may. */
export function isAllowed({ connection, location }: RequestState): boolean {
  const rules = location.scope.nearest('allow') ?? [];
  const first = rules.find((rule) => fits(rule, connection.remoteAddress));
  return first === undefined || first.name === 'allow';
}

function fits({ parameters }: Setting, address: string): boolean {
  const [network = '', bits] = (parameters[0] ?? '').split('/');
  if (network === 'all') return true;
  const family = (text: string): 'ipv4' | 'ipv6' => (isIP(text) === 6 ? 'ipv6' : 'ipv4');
  if (isIP(network) === 0 || isIP(address) === 0) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits ?? (isIP(network) === 6 ? 128 : 32)), family(network));
  return list.check(address, family(address));
}
