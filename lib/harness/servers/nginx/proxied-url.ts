/**
 * What `proxy_pass` names (ngx_parse_url, ngx_http_proxy_set_vars).
 *
 * Rules of this file: `Host` has the port only where the scheme does not imply it; a socket of this machine is `localhost`.
 */

import type { ProxiedUrl } from './configuration.js';

/** `undefined`: no URL of `proxy_pass`. */
export function readProxiedUrl(url: string): ProxiedUrl | undefined {
  const [, scheme, rest = ''] = /^(https?):\/\/(.+)$/is.exec(url) ?? [];
  if (scheme === undefined) return undefined;
  const ownPort = scheme.length === 5 ? '443' : '80';
  if (/^unix:/i.test(rest)) {
    const [, path = '', uri = ''] = /^unix:([^:]*)(?::(.*))?$/is.exec(rest) ?? [];
    return { host: `unix:${path}`, hostHeader: 'localhost', port: '', uri };
  }
  const end = rest.search(/[/?]/);
  const [authority, uri] = end < 0 ? [rest, ''] : [rest.slice(0, end), rest.slice(end)];
  const [whole, host = '', port] = /^(\[[0-9a-fA-F:.]*\]|[^:]*)(?::([0-9]+))?$/.exec(authority) ?? [];
  if (whole === undefined || host === '') return undefined;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
  const isImplied = port === undefined || Number(port) === Number(ownPort);
  return { host, hostHeader: isImplied ? host : `${host}:${port}`, port: port ?? ownPort, uri };
}

/** Whether a host is an address, so that no resolver has to be asked. */
export function isAddress(host: string): boolean {
  return /^(?:unix:|\[|\d+\.\d+\.\d+\.\d+$)/.test(host);
}
