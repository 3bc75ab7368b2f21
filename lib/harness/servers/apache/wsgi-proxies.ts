/**
 * WSGITrustedProxies and WSGITrustedProxyHeaders: what mod_wsgi takes from the fields of proxies.
 *
 * Source: `wsgi_process_proxy_headers()` of `src/server/mod_wsgi.c`, mod_wsgi 4.9.4.
 *
 * Rules of this file: of the fields that say the same the one that is named last counts; the others are taken away.
 */

import { type ApacheRequest, everyOf } from './module.js';
import { isWithin } from './network.js';

/** Fields that say the same. */
const groups: readonly (readonly string[])[] = [
  ['HTTP_X_FORWARDED_FOR', 'HTTP_X_CLIENT_IP', 'HTTP_X_REAL_IP'],
  [
    ...[
      'HTTP_X_FORWARDED_HTTPS',
      'HTTP_X_FORWARDED_PROTO',
      'HTTP_X_FORWARDED_SCHEME',
      'HTTP_X_FORWARDED_SSL',
    ],
    ...['HTTP_X_HTTPS', 'HTTP_X_SCHEME'],
  ],
  ['HTTP_X_FORWARDED_HOST', 'HTTP_X_HOST'],
  ['HTTP_X_SCRIPT_NAME', 'HTTP_X_FORWARDED_SCRIPT_NAME'],
];

/** Changes the variables of a request by what trusted proxies say. */
export function trustProxies(request: ApacheRequest): void {
  const named = everyOf(request, 'WSGITrustedProxyHeaders')
    .flatMap(({ args }) => args)
    .map((field) => `HTTP_${field.toUpperCase().replaceAll('-', '_')}`);
  if (named.length === 0) return;
  const { env, connection } = request;
  const proxies = everyOf(request, 'WSGITrustedProxies').flatMap(({ args }) => args);
  const isTrusted = proxies.length === 0 || proxies.some((each) => isWithin(connection.remoteAddress, each));
  for (const group of groups) {
    const trusted = isTrusted ? named.filter((name) => group.includes(name) && env.has(name)) : [];
    const last = trusted.at(-1);
    if (last !== undefined) apply(last, env.get(last) as string, request, proxies);
    if (!group.some((name) => named.includes(name))) continue;
    for (const name of group) if (name !== last) env.delete(name);
  }
  const port = env.get('HTTP_X_FORWARDED_PORT');
  if (isTrusted && port !== undefined && named.includes('HTTP_X_FORWARDED_PORT'))
    env.set('SERVER_PORT', port);
  const server = env.get('HTTP_X_FORWARDED_SERVER');
  if (isTrusted && server !== undefined && named.includes('HTTP_X_FORWARDED_SERVER')) {
    env.set('SERVER_NAME', server);
  }
}

function apply(name: string, value: string, { env }: ApacheRequest, proxies: readonly string[]): void {
  switch (name) {
    case 'HTTP_X_FORWARDED_FOR': {
      const addresses = value.split(',').map((each) => each.trim());
      const client = addresses.findLast((each) => !proxies.some((proxy) => isWithin(each, proxy)));
      // Without a list of proxies it is the first that is said.
      env.set('REMOTE_ADDR', (proxies.length === 0 ? addresses[0] : client) ?? (addresses[0] as string));
      break;
    }
    case 'HTTP_X_CLIENT_IP':
    case 'HTTP_X_REAL_IP':
      env.set('REMOTE_ADDR', value);
      break;
    case 'HTTP_X_FORWARDED_HOST':
    case 'HTTP_X_HOST':
      env.set('HTTP_HOST', value);
      break;
    case 'HTTP_X_SCRIPT_NAME':
    case 'HTTP_X_FORWARDED_SCRIPT_NAME':
      // As it comes: it is neither decoded nor looked at.
      env.set('SCRIPT_NAME', value);
      break;
    default: {
      const isSecure = /^(?:https|on|1|true|yes)$/i.test(value);
      env.set('wsgi.url_scheme', isSecure ? 'https' : 'http');
    }
  }
}
