/**
 * The modules of front servers that speak a gateway protocol, as configured in `test/live/config`, and the targets that each is
 * asked for.
 *
 * Rules of this file: data. Another protocol is another row.
 */

import type { GatewayProtocol, ServeOptions } from '../../lib/index.js';
import type { FrontServerName } from './front-server.js';
import type { TrailingSlash } from './mount-values.js';

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
  /** `test/live/config/<server>/<file>.conf` */
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
];

/** Targets, of a mount as it stands in a URL; `''` for the root. One character a byte. */
export const targets = {
  bare: (mount) => mount || '/',
  slash: (mount) => `${mount}/`,
  plain: (mount) => `${mount}/x/y`,
  space: (mount) => `${mount}/a%20b`,
  'encoded slash': (mount) => `${mount}/a%2Fb`,
  'encoded slash in lower case': (mount) => `${mount}/a%2fb`,
  'percent sign': (mount) => `${mount}/a%25b`,
  'escape of an escape': (mount) => `${mount}/a%252Fb`,
  'double slash at first': (mount) => `${mount}//x`,
  'double slash': (mount) => `${mount}/a//b`,
  dot: (mount) => `${mount}/./x`,
  'dot dot': (mount) => `${mount}/a/../x`,
  'encoded dot dot': (mount) => `${mount}/a/%2e%2E/x`,
  'dot dot at last': (mount) => `${mount}/a/b/..`,
  'out of the mount': (mount) => `${mount}/../x`,
  'out of the mount, encoded': (mount) => `${mount}/%2e%2e/x`,
  'out and in again': (mount) => `${mount}/..${mount}/x`,
  'from elsewhere': (mount) => `/x/..${mount}/y`,
  'dots behind an encoded slash': (mount) => `${mount}/x%2F..%2F..%2Fy`,
  'path parameter': (mount) => `${mount}/a;b=c`,
  'path parameter of dots': (mount) => `${mount}/..;/x`,
  'path parameter of the mount': (mount) => `${mount};p/x`,
  query: (mount) => `${mount || '/'}?q=1`,
  'empty query': (mount) => `${mount}/?`,
  'strange query': (mount) => `${mount}/x?a=%2F&b=c+d?e/../f`,
  'encoded ? and #': (mount) => `${mount}/a%3Fb%23c`,
  'UTF-8': (mount) => `${mount}/%C3%A9`,
  'latin-1, encoded': (mount) => `${mount}/%E9`,
  'latin-1, a raw byte': (mount) => `${mount}/\xe9`,
  'needless escapes': (mount) => `${mount}/%7E%61%2D`,
  'sub-delimiters': (mount) => `${mount}/a+b~c'(d)!*:@&=$,`,
  backslash: (mount) => `${mount}/a%5C..%5Cb`,
  NUL: (mount) => `${mount}/a%00b`,
  'malformed escape': (mount) => `${mount}/a%zz`,
  'a script': (mount) => `${mount}/x.php/y`,
  '8 KB': (mount) => mount + '/123456789abcdef'.repeat(500),
  'the mount, escaped': (mount) => `${mount.replace('/', '/%').replace(/%./, escaped)}/x`,
  'the mount, and an encoded slash': (mount) => `${mount}%2Fx`,
  'the mount, behind a double slash': (mount) => `/${mount}/x`,
  'the mount, and more': (mount) => `${mount}x`,
  'the mount, in capitals': (mount) => `${mount.toUpperCase()}/x`,
  'absolute-form': (mount) => `http://site.example${mount}/x`,
} as const satisfies Readonly<Record<string, (mount: string) => string>>;

function escaped(text: string): string {
  return `%${text.charCodeAt(1).toString(16)}`;
}

export type TargetName = keyof typeof targets;

/** Targets that Node's own HTTP server refuses, and what is to be seen instead. */
export const notOverHttp: Partial<Readonly<Record<TargetName, TargetName>>> = {
  // RFC 9112 has no such byte in a target. What gets it through a front server sees that byte.
  'latin-1, a raw byte': 'latin-1, encoded',
};

/** What a front server answers itself, though the target is the mount's; each has to be so. */
export interface Refusal {
  readonly server: FrontServerName;
  /** All, unless they are told. */
  readonly files?: readonly string[];
  readonly values?: GatewayRow['values'];
  readonly mounts?: readonly Mount[];
  readonly slash?: TrailingSlash;
  readonly targets: readonly TargetName[];
  readonly status: number;
  readonly because: string;
}

/** A path that ends with a slash does not take the bare mount. */
const slash = { slash: '/', targets: ['bare', 'query'] } as const;
const below = { mounts: ['/foo', '/a b/c'] } as const;
const mapped = ['fastcgi-sethandler', 'fcgid', 'fcgid-alias', 'cgi-fcgi'];

export const refusals: readonly Refusal[] = [
  { server: 'nginx', ...slash, ...below, status: 301, because: 'it redirects to the slash' },
  { server: 'apache', ...slash, ...below, status: 404, because: 'it is a file that is not there' },
  {
    ...{ server: 'apache', files: ['fcgid-alias'], ...slash, ...below, status: 403 },
    because: 'it is a file that is not there, and for mod_fcgid one that it must not run',
  },
  {
    ...{ server: 'apache', files: ['fastcgi', 'fastcgi-generic'], targets: ['percent sign'], status: 400 },
    because: 'ProxyPass decodes once, to "%b", and takes this for a malformed escape',
  },
  {
    ...{ server: 'apache', files: mapped, targets: ['8 KB'], status: 403 },
    because: 'the path is mapped to a file, whose name is too long (AH00127)',
  },
  {
    ...{ server: 'apache', files: ['fastcgi-sethandler'], values: { backendType: 'FPM' }, mounts: ['/'] },
    ...{ targets: ['encoded ? and #'], status: 403 },
    because: 'there is no ? in SCRIPT_FILENAME, which is the first segment here (AH10414)',
  },
  { server: 'lighttpd', ...slash, ...below, status: 404, because: 'it is a file that is not there' },
  { server: 'haproxy', ...slash, ...below, status: 503, because: 'no backend takes it' },
  {
    ...{ server: 'haproxy', ...below, status: 503, because: 'it compares what was sent' },
    targets: ['the mount, escaped', 'the mount, behind a double slash', 'from elsewhere'],
  },
  {
    ...{ server: 'haproxy', targets: ['8 KB'], status: 500 },
    because: 'the path is in three parameters, and all have to fit into a buffer of 16 KB',
  },
  {
    ...{ server: 'haproxy', targets: ['latin-1, a raw byte'], status: 400 },
    because: 'RFC 9112 has no such byte',
  },
  { server: 'caddy', ...slash, ...below, status: 200, because: 'what nothing takes is an empty 200' },
  { server: 'h2o', ...slash, ...below, status: 404, because: 'no path takes it' },
  {
    ...{ server: 'h2o', ...below, targets: ['the mount, behind a double slash'], status: 404 },
    because: 'it resolves dots, but merges no slashes',
  },
  {
    ...{ server: 'h2o', ...below, targets: ['absolute-form'], status: 404 },
    because: 'it knows no absolute-form: the path is /http://...',
  },
];
