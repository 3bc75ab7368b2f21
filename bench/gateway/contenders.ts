/**
 * Who is measured by the benchmark `gateway`: an application, and how a front server reaches it.
 *
 * Rules of this file: a contender is one row, and is compared with its peer, which is behind the same front server. What a
 * front server is told is the least with which it keeps connections, or does not, as the row says.
 */

import type { GatewayProtocol } from '../../lib/index.js';

/** What serves: `serve()` by a protocol, or what others have. */
export type ApplicationName = `serve ${GatewayProtocol}` | 'node:http' | 'node-fastcgi' | 'php-fpm';

export type FrontName = 'nginx' | 'apache';

/** What a front server passes on, and to whom. */
export interface Route {
  /** A word that is no other's: the name of an nginx `upstream`. */
  readonly id: string;
  readonly mount: string;
  /** The path of the Unix socket. */
  readonly socket: string;
  /** A program that the application is, where it is a file. */
  readonly script: string;
}

interface Contender {
  readonly front: FrontName;
  readonly application: ApplicationName;
  /** Directives of the front server: inside the `location` of nginx, at the top of Apache's. */
  readonly pass: (route: Route) => readonly string[];
  readonly peer: string;
}

const proxyPass = ({ id }: Route): readonly string[] => [
  `proxy_pass http://${id};`,
  'proxy_http_version 1.1;',
  'proxy_set_header Connection "";',
];

/** A connection for each request, as SCGI and uwsgi have it. */
const proxyPassClosing = ({ id }: Route): readonly string[] => [`proxy_pass http://${id};`];

const fastcgiPass = ({ id, script }: Route): readonly string[] => [
  'include /etc/nginx/fastcgi_params;',
  `fastcgi_param SCRIPT_FILENAME ${script};`,
  `fastcgi_pass ${id};`,
  'fastcgi_keep_conn on;',
];

const cgiLikePass =
  (protocol: 'scgi' | 'uwsgi') =>
  ({ id }: Route): readonly string[] => [`include /etc/nginx/${protocol}_params;`, `${protocol}_pass ${id};`];

/** mod_proxy's way to a Unix socket. */
const apachePass =
  (scheme: string, parameters = '') =>
  ({ id, mount, socket }: Route): readonly string[] => [
    // The host of the URL is the worker's name, and no two may share one.
    `ProxyPass ${mount} unix:${socket}|${scheme}://${id}${mount} ${parameters}`,
  ];

const table = {
  http: { front: 'nginx', application: 'serve http', pass: proxyPass, peer: 'http' },
  fastcgi: { front: 'nginx', application: 'serve fastcgi', pass: fastcgiPass, peer: 'http' },
  'node:http': { front: 'nginx', application: 'node:http', pass: proxyPass, peer: 'http' },
  'node-fastcgi': { front: 'nginx', application: 'node-fastcgi', pass: fastcgiPass, peer: 'http' },
  'php-fpm': { front: 'nginx', application: 'php-fpm', pass: fastcgiPass, peer: 'http' },
  'http closing': {
    front: 'nginx',
    application: 'serve http',
    pass: proxyPassClosing,
    peer: 'http closing',
  },
  scgi: { front: 'nginx', application: 'serve scgi', pass: cgiLikePass('scgi'), peer: 'http closing' },
  uwsgi: { front: 'nginx', application: 'serve uwsgi', pass: cgiLikePass('uwsgi'), peer: 'http closing' },
  'http by Apache': {
    front: 'apache',
    application: 'serve http',
    pass: apachePass('http'),
    peer: 'http by Apache',
  },
  'fastcgi by Apache': {
    front: 'apache',
    application: 'serve fastcgi',
    pass: apachePass('fcgi', 'enablereuse=on'),
    peer: 'http by Apache',
  },
  ajp: {
    front: 'apache',
    application: 'serve ajp',
    pass: apachePass('ajp'),
    peer: 'http by Apache',
  },
} as const satisfies Readonly<Record<string, Contender>>;

export type ContenderName = keyof typeof table;

export const contenders: Readonly<Record<ContenderName, Contender & { readonly peer: ContenderName }>> =
  table;

export const contenderNames = Object.keys(contenders) as readonly ContenderName[];

/** Bodies of answers: what is asked for below the mount, and how many bytes come. */
export const bodies = {
  '12 bytes': { path: '/hello', length: 12 },
  '64 KiB': { path: '/big', length: 65_536 },
} as const satisfies Readonly<Record<string, { readonly path: string; readonly length: number }>>;

export type BodyName = keyof typeof bodies;

export const bodyNames = Object.keys(bodies) as readonly BodyName[];

/** What is to be reached. */
export interface Goal {
  readonly of: ContenderName;
  readonly beside: ContenderName;
  readonly body: BodyName;
  readonly measure: 'requests/s' | 'CPU a request';
  /** The ratio of the two: at most so much of CPU, at least so many requests. */
  readonly limit: number;
}

export const goals: readonly Goal[] = [
  { of: 'fastcgi', beside: 'http', body: '12 bytes', measure: 'CPU a request', limit: 1 },
  { of: 'fastcgi', beside: 'node:http', body: '12 bytes', measure: 'CPU a request', limit: 1 },
  { of: 'fastcgi', beside: 'http', body: '64 KiB', measure: 'CPU a request', limit: 1.05 },
  { of: 'fastcgi', beside: 'node:http', body: '64 KiB', measure: 'CPU a request', limit: 1.05 },
  { of: 'fastcgi', beside: 'node-fastcgi', body: '12 bytes', measure: 'requests/s', limit: 8 },
  { of: 'scgi', beside: 'http closing', body: '12 bytes', measure: 'requests/s', limit: 0.8 },
  { of: 'uwsgi', beside: 'http closing', body: '12 bytes', measure: 'requests/s', limit: 0.8 },
  { of: 'ajp', beside: 'http by Apache', body: '12 bytes', measure: 'requests/s', limit: 0.95 },
  { of: 'fastcgi', beside: 'php-fpm', body: '12 bytes', measure: 'requests/s', limit: 1.7 },
];
