/**
 * The variables of a request (`plugins/http/http.c`, `proto/http.c`).
 *
 * Rules of this file: order is that of the real one; fields whose names are the same but for case, `-` and `_` become one.
 */

import type { ClientConnection, ClientRequest } from '../../model.js';
import { pathInfoOf } from './path.js';

export type Variable = readonly [name: string, value: string];

/** What is said of the socket, between the request line and the fields. */
export interface Listener {
  readonly kind: 'router' | 'socket';
  readonly hostName: string;
  /** As the configuration writes it. */
  readonly port: string;
  /** Whether `SCRIPT_NAME` is left to what runs applications. */
  readonly isScriptNameManaged: boolean;
  /** Whether `Host` is the name of the server. */
  readonly isNamedByHost: boolean;
}

/** Variables; `undefined` where the connection is closed without an answer. */
export function variablesOf(
  request: ClientRequest,
  connection: ClientConnection,
  listener: Listener,
): readonly Variable[] | undefined {
  const fields = fieldsOf(request);
  if (fields === undefined) return undefined;
  const isRouter = listener.kind === 'router';
  const host = fields.find(([name]) => name === 'HTTP_HOST')?.[1];
  // A router looks for a backend by Host.
  if (isRouter && host !== undefined && (host === '' || host.length > 255)) return undefined;
  const { method, target, version } = request;
  const query = target.indexOf('?');
  const uri: Variable = ['REQUEST_URI', target];
  const path: Variable = ['PATH_INFO', pathInfoOf(query < 0 ? target : target.slice(0, query))];
  const isNamedByHost = isRouter && listener.isNamedByHost;
  return [
    ['REQUEST_METHOD', method],
    ...(query < 0 ? [uri, path] : [path, uri]),
    ['QUERY_STRING', query < 0 ? '' : target.slice(query + 1)],
    ['SERVER_PROTOCOL', version],
    ...when(isRouter || !listener.isScriptNameManaged, ['SCRIPT_NAME', '']),
    ...when(!isNamedByHost, ['SERVER_NAME', listener.hostName]),
    ['SERVER_PORT', listener.port],
    ...when(isRouter, ['UWSGI_ROUTER', 'http']),
    ['REMOTE_ADDR', connection.remoteAddress],
    ...when(isRouter, ['REMOTE_PORT', String(connection.remotePort)]),
    ...fields.flatMap((field) => [
      ...when(isNamedByHost && field[0] === 'HTTP_HOST', ['SERVER_NAME', field[1]]),
      field,
    ]),
  ];
}

function when(condition: boolean, variable: Variable): readonly Variable[] {
  return condition ? [variable] : [];
}

function fieldsOf({ headers }: ClientRequest): readonly Variable[] | undefined {
  const fields = new Map<string, string>();
  for (const [name, value] of headers) {
    if (name === '') return undefined;
    const folded = name.replace(/[a-z]+/g, (letters) => letters.toUpperCase()).replaceAll('-', '_');
    const key = /^CONTENT_(?:LENGTH|TYPE)$/.test(folded) ? folded : `HTTP_${folded}`;
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return [...fields];
}
