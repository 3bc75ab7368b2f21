/**
 * The modules of front servers that speak a gateway protocol, as configured in `data/config`.
 *
 * Rules of this file: data. Another protocol is another row.
 */

import type { TrailingSlash } from '../../lib/harness/mount-values.js';
import type { GatewayProtocol, ServeOptions } from '../../lib/index.js';
import type { FrontServerName } from './front-server.js';
import type { TargetName } from './gateway-targets.js';

export const mounts = ['/', '/foo', '/a b/c'] as const;

export type Mount = (typeof mounts)[number];

/**
 * How the application comes to run: `spawned` by the front server, with a socket as its file descriptor 0, or for each request;
 * `bridged`: it listens, and a CGI program connects for each request; `wrapped`: fcgiwrap starts it for each request.
 */
type Start = 'listening' | 'spawned' | 'bridged' | 'wrapped';

export interface GatewayRow {
  readonly protocol: GatewayProtocol;
  readonly server: FrontServerName;
  /** `data/config/<server>/<file>.conf` */
  readonly file: string;
  /** What stands for placeholders that are this file's own. */
  readonly values?: Readonly<Record<string, string>>;
  readonly options?: Partial<ServeOptions>;
  readonly start?: Start;
  readonly scriptName?: string;
  /** All, unless they are told. */
  readonly targets?: readonly TargetName[];
  readonly mounts?: readonly Mount[];
  readonly slashes?: readonly TrailingSlash[];
}

const fastcgi = { protocol: 'fastcgi' } as const;
const scgi = { protocol: 'scgi' } as const;
const uwsgi = { protocol: 'uwsgi' } as const;
const ajp = { protocol: 'ajp' } as const;
const http = { protocol: 'http' } as const;
const cgi = { protocol: 'cgi', start: 'spawned' } as const;
export const secret = { options: { ajp: { secret: 'sesame' } }, values: { secret: 'sesame' } } as const;
/** `nocanon` compares a path as it was sent: a mount with a space in it cannot be written. */
const plainMounts = { mounts: ['/', '/foo'] } as const;
/** What mod_jk makes of a path, by its JkOptions. */
export const unparsed = { values: { uri: 'ForwardURICompatUnparsed', slashes: 'NoDecode' } } as const;
export const proxied = { values: { uri: 'ForwardURIProxy', slashes: 'Off' } } as const;
export const compat = { values: { uri: 'ForwardURICompat', slashes: 'Off' } } as const;
export const escapedAgain = { values: { uri: 'ForwardURIEscaped', slashes: 'Off' } } as const;
export const fooOnly = { mounts: ['/foo'], slashes: [''] } as const;
/** A process for each request takes its time: what can go wrong between a path and variables, not each spelling of it. */
const few = {
  targets: [
    ...['bare', 'slash', 'plain', 'space', 'encoded slash', 'percent sign', 'escape of an escape'],
    ...['double slash', 'dot dot', 'out of the mount', 'query', 'encoded ? and #', 'UTF-8'],
    ...['latin-1, encoded', 'the mount, and more'],
  ] as readonly TargetName[],
} as const;
/** Where a regular expression stands for the path, a slash at its end says nothing. */
const byPattern = { slashes: [''] } as const;

export const gatewayRows: readonly GatewayRow[] = [
  { ...fastcgi, ...byPattern, server: 'nginx', file: 'fastcgi' },
  { ...fastcgi, server: 'nginx', file: 'fastcgi-prefix' },
  { ...fastcgi, server: 'nginx', file: 'fastcgi-split' },
  { ...fastcgi, ...byPattern, server: 'nginx', file: 'fastcgi-explicit' },
  { ...fastcgi, server: 'apache', file: 'fastcgi' },
  { ...fastcgi, server: 'apache', file: 'fastcgi-generic' },
  { ...fastcgi, server: 'apache', file: 'fastcgi-sethandler', values: { backendType: 'FPM' } },
  { ...fastcgi, server: 'apache', file: 'fastcgi-sethandler', values: { backendType: 'GENERIC' } },
  { ...fastcgi, server: 'apache', file: 'fcgid', start: 'spawned' },
  { ...fastcgi, server: 'apache', file: 'fcgid-alias', start: 'spawned' },
  { ...fastcgi, server: 'apache', file: 'cgi-fcgi', start: 'bridged' },
  { ...fastcgi, server: 'lighttpd', file: 'fastcgi' },
  { ...fastcgi, server: 'lighttpd', file: 'fastcgi-root', mounts: ['/'] },
  { ...fastcgi, server: 'lighttpd', file: 'fastcgi-spawned', start: 'spawned' },
  { ...fastcgi, ...byPattern, server: 'haproxy', file: 'fastcgi' },
  { ...fastcgi, server: 'haproxy', file: 'fastcgi-path-info' },
  { ...fastcgi, ...byPattern, server: 'caddy', file: 'fastcgi' },
  { ...fastcgi, server: 'caddy', file: 'fastcgi-split', mounts: ['/foo', '/a b/c'] },
  { ...fastcgi, server: 'h2o', file: 'fastcgi' },
  { ...scgi, ...byPattern, server: 'nginx', file: 'scgi' },
  { ...scgi, server: 'nginx', file: 'scgi-prefix' },
  { ...scgi, ...byPattern, server: 'nginx', file: 'scgi-explicit' },
  { ...uwsgi, ...byPattern, server: 'nginx', file: 'uwsgi' },
  { ...uwsgi, server: 'nginx', file: 'uwsgi-prefix' },
  { ...uwsgi, ...byPattern, server: 'nginx', file: 'uwsgi-explicit' },
  { ...uwsgi, server: 'nginx', file: 'uwsgi-modifier' },
  { ...scgi, server: 'apache', file: 'scgi' },
  { ...scgi, server: 'apache', file: 'scgi-sethandler' },
  { ...uwsgi, server: 'apache', file: 'uwsgi' },
  { ...uwsgi, server: 'apache', file: 'uwsgi-pathless' },
  { ...uwsgi, server: 'apache', file: 'uwsgi-proxypass' },
  { ...scgi, server: 'lighttpd', file: 'scgi' },
  { ...uwsgi, server: 'lighttpd', file: 'uwsgi' },
  { ...uwsgi, ...byPattern, server: 'uwsgi', file: 'uwsgi' },
  { ...ajp, ...secret, ...plainMounts, server: 'apache', file: 'ajp' },
  { ...ajp, server: 'apache', file: 'ajp-open' },
  { ...ajp, server: 'apache', file: 'jk', ...unparsed },
  { ...ajp, server: 'apache', file: 'jk', ...proxied },
  { ...ajp, server: 'apache', file: 'jk', ...compat, ...fooOnly },
  { ...ajp, server: 'apache', file: 'jk', ...escapedAgain, ...fooOnly },
  {
    ...ajp,
    ...byPattern,
    server: 'lighttpd',
    file: 'ajp',
    mounts: ['/', '/foo'],
    targets: ['bare', 'query', 'plain'],
  },
  { ...cgi, ...fooOnly, server: 'apache', file: 'cgi', values: { module: 'cgid' } },
  { ...cgi, ...few, server: 'apache', file: 'cgi', values: { module: 'cgid' }, mounts: ['/', '/a b/c'] },
  { ...cgi, ...few, server: 'apache', file: 'cgi', values: { module: 'cgi' } },
  { ...cgi, ...few, server: 'apache', file: 'cgi', values: { module: 'cgid' }, scriptName: 'nph-script' },
  { ...cgi, ...few, server: 'lighttpd', file: 'cgi' },
  { ...cgi, ...few, ...byPattern, server: 'nginx', file: 'fcgiwrap', start: 'wrapped' },
  { ...http, ...byPattern, server: 'nginx', file: 'http' },
  { ...http, server: 'nginx', file: 'http-prefix' },
  { ...http, ...plainMounts, server: 'apache', file: 'http' },
  { ...http, server: 'apache', file: 'http-canon' },
  { ...http, server: 'lighttpd', file: 'http' },
  { ...http, ...byPattern, server: 'haproxy', file: 'http' },
  { ...http, ...byPattern, server: 'caddy', file: 'http' },
  { ...http, server: 'h2o', file: 'http' },
  { ...http, ...byPattern, server: 'varnish', file: 'http' },
  { ...http, ...byPattern, server: 'uwsgi', file: 'http' },
];
