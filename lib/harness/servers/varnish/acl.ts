/**
 * `acl`: addresses by name (`vcc_acl.c`).
 *
 * Rules of this file: of the entries that an address is in, the narrowest says what it is.
 */

import { BlockList, isIPv6 } from 'node:net';
import type { Reader } from './tokens.js';

/** Whether an address is in a list. */
export type Acl = (address: string) => boolean;

interface Entry {
  readonly width: number;
  readonly isIn: boolean;
  readonly holds: (address: string) => boolean;
}

/** Reads what stands between the braces. */
export function readAcl(reader: Reader): Acl {
  const entries: Entry[] = [];
  reader.expect('{');
  while (!reader.skip('}')) {
    const isIn = !reader.skip('!');
    const isBracketed = reader.skip('(');
    const { line } = reader.token;
    const name = reader.string();
    const mask = reader.skip('/') ? Number(reader.take().text) : undefined;
    if (isBracketed) reader.expect(')');
    reader.expect(';');
    const addresses = name === 'localhost' ? ['127.0.0.1', '::1'] : [name];
    entries.push(...addresses.map((address) => entryOf(reader, address, mask, isIn, line)));
  }
  entries.sort((one, other) => other.width - one.width);
  return (address) => entries.find(({ holds }) => holds(address))?.isIn === true;
}

function entryOf(
  reader: Reader,
  address: string,
  mask: number | undefined,
  isIn: boolean,
  line: number,
): Entry {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const width = mask ?? (family === 'ipv6' ? 128 : 32);
  const list = new BlockList();
  try {
    list.addSubnet(address, width, family);
  } catch {
    return reader.refuse(address, line);
  }
  return { width, isIn, holds: (each) => list.check(each, isIPv6(each) ? 'ipv6' : 'ipv4') };
}
