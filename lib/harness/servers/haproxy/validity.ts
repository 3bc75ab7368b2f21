/**
 * What HAProxy refuses before any rule sees it, and what it puts right as it reads (`h1.c`).
 *
 * Rules of this file: what is refused is refused with 400.
 */

import { foldAscii } from '../../../path/percent.js';
import { type Field, partsOf, type Transaction } from './transaction.js';

/** Whether a request may pass; its fields are put right. */
export function admit(transaction: Transaction): boolean {
  const { target, headers } = transaction;
  // What is seen of ASCII, but for a fragment; a path, or a whole URI.
  if (!/^(?:[/*]|[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*(?:\/|$))/.test(target)) return false;
  if (!/^[!-~]+$/.test(target) || target.includes('#')) return false;
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(transaction.method)) return false;
  if (headers.some(([name]) => !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))) return false;
  if (!isHostRight(target, transaction.valuesOf('host'))) return false;
  if (!isLengthRight(transaction.valuesOf('content-length'))) return false;
  transaction.headers = cleaned(headers);
  withoutDefaultPort(transaction);
  transaction.received = { method: transaction.method, target: transaction.target };
  return true;
}

/** All the same, and the same as in an absolute target. */
function isHostRight(target: string, hosts: readonly string[]): boolean {
  const { authority } = partsOf(target);
  const [host] = hosts;
  if (host === undefined) return true;
  if (!hosts.every((each) => foldAscii(each) === foldAscii(host))) return false;
  const named = authority?.slice(authority.lastIndexOf('@') + 1);
  if (named === undefined || named === '') return true;
  // The port that the scheme has anyway may be left out on either side.
  const short = (text: string): string => foldAscii(text).replace(defaultPortOf(target), '');
  return short(named) === short(host);
}

function isLengthRight(values: readonly string[]): boolean {
  const lengths = values.flatMap((value) => value.split(',')).map((each) => each.trim());
  return lengths.every((each) => /^\d+$/.test(each) && Number(each) === Number(lengths[0]));
}

/** A field that may stand once stands once; what a Connection says of keeping it is no business of the other side. */
function cleaned(headers: readonly Field[]): Field[] {
  const isFirst = (index: number, name: string): boolean =>
    headers.findIndex(([each]) => each === name) === index;
  return headers.flatMap(([name, value], index): Field[] => {
    if (name === 'host' || name === 'content-length') {
      const single = name === 'content-length' ? (value.split(',')[0] as string).trim() : value;
      return isFirst(index, name) ? [[name, single]] : [];
    }
    if (name !== 'connection') return [[name, value]];
    const kept = value
      .split(',')
      .map((token) => token.trim())
      .filter((token) => token !== '' && !['close', 'keep-alive'].includes(foldAscii(token)));
    const isChanged = kept.length !== value.split(',').length;
    return kept.length === 0 ? [] : [[name, isChanged ? kept.join(',') : value]];
  });
}

/** RFC 3986 section 6.2.3, of absolute targets only: `http://host:80/` is `http://host/`, and so is its Host. */
function withoutDefaultPort(transaction: Transaction): void {
  const { before, authority } = partsOf(transaction.target);
  const host = authority?.replace(defaultPortOf(before), '');
  if (authority === undefined || host === undefined || host === authority) return;
  transaction.target =
    before.slice(0, before.length - authority.length) + host + transaction.target.slice(before.length);
  transaction.headers = transaction.headers.map(([name, value]) => [name, name === 'host' ? host : value]);
}

function defaultPortOf(target: string): RegExp {
  return foldAscii(target).startsWith('https:') ? /:(?:443)?$/ : /:(?:80)?$/;
}
