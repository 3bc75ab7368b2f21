/**
 * The FORWARD_REQUEST that mod_ajp13 of lighttpd 1.4.69 sends.
 *
 * Rules of this file: the path goes without what came after the script's name. Names that the protocol has a code for are in
 * lower case, as they are read.
 */

import type { AjpMessage, Pairs } from '../../model.js';
import type { Transit } from './request.js';
import { withoutPort } from './variables.js';

/** Methods that the protocol has a code for, and this server too. */
const methods = new Set(
  `OPTIONS GET HEAD POST PUT DELETE TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ACL REPORT VERSION-CONTROL CHECKIN
  CHECKOUT UNCHECKOUT SEARCH MKWORKSPACE UPDATE LABEL MERGE BASELINE-CONTROL MKACTIVITY`.split(/\s+/),
);

const coded = new Set([
  ...['accept', 'accept-charset', 'accept-encoding', 'accept-language', 'authorization', 'connection'],
  ...['content-type', 'content-length', 'cookie', 'cookie2', 'host', 'pragma', 'referer', 'user-agent'],
]);

/** The message, or `undefined` where the protocol has no word for the method. */
export function ajpMessage(
  transit: Transit,
  serverName: string | undefined,
  serverPort: number,
): AjpMessage | undefined {
  const { method, version, path, connection, fields } = transit;
  if (!methods.has(method)) return undefined;
  const length: Pairs =
    fields.get('Content-Length') === undefined ? [['content-length', String(transit.bodyLength)]] : [];
  return {
    ...{ method, protocol: version, reqUri: path },
    ...{ remoteAddr: connection.remoteAddress, remoteHost: null },
    serverName: withoutPort(serverName ?? '') || null,
    ...{ serverPort, isSsl: connection.isEncrypted },
    headers: [
      ...length,
      ...fields
        .pairs()
        .map(([name, value]) => [coded.has(name.toLowerCase()) ? name.toLowerCase() : name, value] as const),
    ],
    attributes: attributesOf(transit),
  };
}

function attributesOf({ environment, query }: Transit): Pairs {
  const named: Pairs = [
    ['remote_user', environment.get('REMOTE_USER') ?? ''],
    ['auth_type', environment.get('AUTH_TYPE') ?? ''],
    ['query_string', query],
    ['secret', environment.get('AJP13_SECRET') ?? ''],
  ];
  return named.filter(([, value]) => value !== '');
}
