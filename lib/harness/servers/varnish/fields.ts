/**
 * Which fields pass on (`tbl/http_headers.h`).
 *
 * Rules of this file: names are lower case.
 */

import { foldAscii } from '../../../path/percent.js';
import type { Field } from './transaction.js';

const set = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** Those that a Connection may not name. */
export const known = set(
  `accept accept-charset accept-encoding accept-language age allow authorization cache-control
content-encoding content-language content-length content-location content-md5 content-range content-type cookie date etag expect
expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma
proxy-authenticate proxy-authorization range referer retry-after server set-cookie user-agent vary via www-authenticate warning
x-forwarded-for`.replace(/\n/g, ' '),
);

/** Of one connection, not of a request. */
const hops = set('connection keep-alive te trailer transfer-encoding upgrade http2-settings accept-ranges');

/** Of a client, not of an answer that others get too. */
const personal = set(
  'cache-control content-range if-match if-modified-since if-none-match if-range if-unmodified-since proxy-authenticate ' +
    'proxy-authorization range',
);

export function tokensOfConnection(headers: readonly Field[]): readonly string[] {
  return headers
    .filter(([name]) => foldAscii(name) === 'connection')
    .flatMap(([, value]) => value.split(','))
    .map((token) => foldAscii(token.trim()));
}

/** The fields that go to a backend, by what becomes of the request. */
export function filtered(headers: readonly Field[], how: 'pass' | 'fetch' | 'pipe'): readonly Field[] {
  const named = tokensOfConnection(headers);
  return headers.filter(([name]) => {
    const key = foldAscii(name);
    if (named.includes(key)) return false;
    if (how === 'pipe') return key !== 'connection';
    return !hops.has(key) && !(how === 'fetch' && personal.has(key));
  });
}

/** The fields of an answer that go on to the client. */
export function answered(headers: readonly Field[]): readonly Field[] {
  const named = tokensOfConnection(headers);
  return headers.filter(([name]) => {
    const key = foldAscii(name);
    return !named.includes(key) && (!hops.has(key) || key === 'accept-ranges');
  });
}
