/**
 * The `Location` of nginx's own redirects: absolute, unless `absolute_redirect` is off (ngx_http_header_filter_module.c).
 */

import type { RequestState } from './request.js';

/** A path as a URL of this server. */
export function absolute(location: string, request: RequestState): string {
  const { connection, host, server } = request;
  const { scope } = request.location;
  if (!location.startsWith('/') || !scope.isOn('absolute_redirect', true)) return location;
  const isNamed = scope.isOn('server_name_in_redirect', false);
  const literal = connection.localAddress.includes(':')
    ? `[${connection.localAddress}]`
    : connection.localAddress;
  const name = isNamed ? (server.names[0] ?? '') : host === '' ? literal : host;
  const [scheme, ownPort] = connection.isEncrypted ? ['https', 443] : ['http', 80];
  const hasPort = scope.isOn('port_in_redirect', true) && connection.localPort !== ownPort;
  return `${scheme}://${name}${hasPort ? `:${connection.localPort}` : ''}${location}`;
}
