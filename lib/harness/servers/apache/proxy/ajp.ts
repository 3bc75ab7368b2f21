/**
 * mod_proxy_ajp: the FORWARD_REQUEST of a request that goes on.
 *
 * Source: `ajp_marshal_into_msgb()` and `sc_for_req_header()` of Apache 2.4.
 */

import type { AjpMessage, Pairs, Passed } from '../../../model.js';
import type { ApacheRequest } from '../module.js';
import { serverNameOf } from '../variables.js';
import { parseBackend } from './backend.js';
import { routeNote } from './balancers.js';
import type { Worker } from './workers.js';

const methods = new Set(
  `OPTIONS GET HEAD POST PUT DELETE TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK VERSION-CONTROL CHECKIN
  CHECKOUT UNCHECKOUT MKWORKSPACE UPDATE LABEL MERGE BASELINE-CONTROL MKACTIVITY REPORT`.split(/\s+/),
);

/** Names that have a code, which the other side reads in lower case. */
const codedNames = new Set(
  `accept accept-charset accept-encoding accept-language authorization connection content-type content-length cookie
  cookie2 host pragma referer user-agent`.split(/\s+/),
);

/** A method as it is on the wire, and what has no code as an attribute. */
export function methodOf(
  method: string,
  known: ReadonlySet<string> = methods,
): { method: string; stored: Pairs } {
  if (known.has(method)) return { method, stored: [] };
  return { method: '(stored)', stored: [['stored_method', method]] };
}

/** Fields as the other side reads their names; mod_jk does not find the codes of `Accept-…`. */
export function codedFields(headers: Pairs, isJk = false): Pairs {
  return headers.map(([name, value]) => {
    const lower = name.toLowerCase();
    const isCoded = codedNames.has(lower) && !(isJk && lower.startsWith('accept-'));
    return [isCoded ? lower : name, value];
  });
}

/** An address of IPv6 stands without its brackets. */
export function bareName(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1');
}

export function passAjp(request: ApacheRequest, url: string, worker: Worker | undefined): Passed | number {
  const backend = parseBackend(url);
  if (backend === undefined) return 400;
  const { headersIn, connection, protocol, env } = request;
  const { method, stored } = methodOf(request.method);
  const mark = backend.path.indexOf('?');
  const secret = worker?.parameters.get('secret');
  const route = request.notes.get(routeNote);
  const attributes: Pairs = [
    ...(secret === undefined ? [] : [['secret', secret] as const]),
    ...(mark === -1 ? [] : [['query_string', backend.path.slice(mark + 1)] as const]),
    ...(route === undefined ? [] : [['jvm_route', route] as const]),
    ...stored,
    ['@AJP_REMOTE_PORT', String(connection.remotePort)],
    ['@AJP_LOCAL_ADDR', connection.localAddress],
    ...[...env].flatMap(([name, value]) =>
      name.startsWith('AJP_') ? [[`@${name.slice(4)}`, value] as const] : [],
    ),
  ];
  const message: AjpMessage = {
    ...{ method, protocol, remoteAddr: connection.remoteAddress, remoteHost: null },
    reqUri: `/${mark === -1 ? backend.path : backend.path.slice(0, mark)}`,
    serverName: bareName(serverNameOf(request)),
    serverPort: connection.localPort,
    isSsl: connection.isEncrypted,
    headers: codedFields(headersIn),
    attributes,
  };
  return { kind: 'ajp', message };
}
