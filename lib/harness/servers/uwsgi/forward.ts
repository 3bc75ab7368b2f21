/**
 * What `route-run = http:<address>` sends on (`uwsgi_to_http()` in `proto/http.c`, `plugins/router_http`).
 *
 * Rules of this file: names are made of the variables, so all have one spelling; the version is always HTTP/1.0.
 */

import type { Passed } from '../../model.js';
import type { Variable } from './variables.js';

/** What a route puts in the place of what the client sent. */
export interface Replaced {
  readonly host: string | undefined;
  readonly uri: string | undefined;
}

/** Fields that are of one connection. */
const left = new Set(['CONNECTION', 'KEEP_ALIVE', 'TE', 'TRAILER']);

/** The request as the other server gets it. `host` and `uri` take the place of the client's. */
export function forward(variables: readonly Variable[], { host, uri }: Replaced): Passed {
  const named = new Map(variables);
  const of = (name: string): string => named.get(name) ?? '';
  const fields = variables.flatMap(([name, value]): Variable[] => {
    const field = name.startsWith('HTTP_') ? name.slice(5) : '';
    const isReplaced = field === 'X_FORWARDED_FOR' || (field === 'HOST' && host !== undefined);
    return field === '' || left.has(field) || isReplaced ? [] : [[fieldName(field), value]];
  });
  const length = Number.parseInt(of('CONTENT_LENGTH'), 10);
  const addresses = [of('HTTP_X_FORWARDED_FOR'), of('REMOTE_ADDR')].filter((each) => each !== '');
  const headers: readonly Variable[] = [
    ...fields,
    ...(host === undefined ? [] : ([['Host', host]] as const)),
    ...(of('CONTENT_TYPE') === '' ? [] : ([['Content-Type', of('CONTENT_TYPE')]] as const)),
    ...(length > 0 ? ([['Content-Length', String(length)]] as const) : []),
    ['Connection', 'close'],
    ['X-Forwarded-For', addresses.join(', ')],
  ];
  const target = uri || of('REQUEST_URI');
  const message = { method: of('REQUEST_METHOD'), target, version: 'HTTP/1.0', headers };
  return { kind: 'http', message };
}

/** What is first, and first behind a `-`, stays as it is, be it a `_`. */
function fieldName(field: string): string {
  return field.replace(/(.)([^_]*)(_?)/g, (_, first: string, rest: string, end: string) => {
    return first + rest.toLowerCase() + (end === '' ? '' : '-');
  });
}
