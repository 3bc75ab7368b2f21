/**
 * Addresses and networks, as directives name them.
 *
 * Rules of this file: networks are those of IPv4; an address of IPv6 is only itself.
 */

/** Whether an address is one, or in a network. */
export function isWithin(address: string, network: string): boolean {
  const [base = '', length = '32'] = network.split('/');
  const [one, other, mask] = [numberOf(address), numberOf(base), numberOf(length)];
  if (one === undefined || other === undefined) return address === base;
  const size = mask === undefined ? 2 ** (32 - Number(length)) : 2 ** 32 - mask;
  return Math.floor(one / size) === Math.floor(other / size);
}

function numberOf(address: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  return parts?.reduce((sum, part) => sum * 256 + part, 0);
}
