/**
 * Where a front server does not hand a target on as it is: it answers by itself, or makes another of it.
 *
 * Rules of this file: data, each with its cause. What is not so any more is an error too.
 */

import type { TrailingSlash } from '../../lib/harness/mount-values.js';
import type { FrontServerName } from './front-server.js';
import { compat, escapedAgain, fooOnly, type GatewayRow, type Mount, proxied } from './gateway-rows.js';
import type { TargetName } from './gateway-targets.js';

/** Some of the configurations of a front server. */
export interface Scope {
  readonly server: FrontServerName;
  /** All, unless they are told. */
  readonly files?: readonly string[];
  readonly values?: GatewayRow['values'];
  readonly mounts?: readonly Mount[];
  readonly slash?: TrailingSlash;
}

/** What a front server answers itself, though the target is the mount's; each has to be so. */
export interface Refusal extends Scope {
  readonly targets: readonly TargetName[];
  readonly status: number;
  readonly because: string;
}

/** Targets of which a front server makes others: below the mount, what it passes on; each has to be so. */
export interface Alteration extends Scope {
  readonly arrives: Partial<Readonly<Record<TargetName, string>>>;
  readonly because: string;
}

/** A path that ends with a slash does not take the bare mount. */
const slash = { slash: '/', targets: ['bare', 'query'] } as const;
const below = { mounts: ['/foo', '/a b/c'] } as const;
const passed = [
  ...['fastcgi', 'fastcgi-generic', 'scgi', 'uwsgi-pathless', 'uwsgi-proxypass', 'ajp-open', 'http-canon'],
];
const mapped = [
  ...['fastcgi-sethandler', 'fcgid', 'fcgid-alias', 'cgi-fcgi', 'scgi-sethandler', 'uwsgi', 'cgi', 'jk'],
];
const slashed = ['encoded slash', 'encoded slash in lower case'] as const;

export const refusals: readonly Refusal[] = [
  { server: 'nginx', ...slash, ...below, status: 301, because: 'it redirects to the slash' },
  { server: 'apache', ...slash, ...below, status: 404, because: 'it is a file that is not there' },
  {
    ...{ server: 'apache', files: ['fcgid-alias'], ...slash, ...below, status: 403 },
    because: 'it is a file that is not there, and for mod_fcgid one that it must not run',
  },
  {
    ...{ server: 'apache', files: passed, targets: ['percent sign'], status: 400 },
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
    ...{ server: 'haproxy', files: ['fastcgi', 'fastcgi-path-info'], targets: ['8 KB'], status: 500 },
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
  {
    ...{ server: 'apache', files: ['uwsgi-pathless', 'uwsgi-proxypass'], status: 500 },
    targets: [...slashed, 'escape of an escape'],
    because: 'mod_proxy_uwsgi takes %2F for a mistake where AllowEncodedSlashes leaves it',
  },
  {
    ...{ server: 'apache', files: ['jk'], mounts: ['/'], targets: ['path parameter of dots'], status: 400 },
    because: 'mod_jk takes path parameters away before it looks for dots, as Tomcat does',
  },
  {
    ...{ server: 'apache', files: ['jk'], ...below, targets: ['path parameter of dots'], status: 404 },
    because: 'without the path parameter it is out of the mount',
  },
  ...[proxied, compat, escapedAgain].map(
    (of): Refusal => ({
      ...{ server: 'apache', files: ['jk'], ...of, targets: slashed, status: 404 },
      because: 'AllowEncodedSlashes is Off: with any other value %2F would arrive as / or %252F',
    }),
  ),
  {
    ...{ server: 'apache', files: ['jk'], ...compat, ...fooOnly, status: 400 },
    targets: ['percent sign', 'encoded ? and #'],
    because: 'ForwardURICompat decodes the path, so that %25 begins an escape, and # is in no target',
  },
  {
    ...{ server: 'varnish', ...below, status: 404, because: 'it compares what was sent' },
    targets: ['the mount, escaped', 'the mount, behind a double slash', 'from elsewhere'],
  },
];

export const alterations: readonly Alteration[] = [
  {
    ...{ server: 'apache', files: ['ajp-open', 'http-canon'], arrives: { 'escape of an escape': '/a%2Fb' } },
    because: 'ProxyPass decodes once too often where AllowEncodedSlashes is NoDecode, but for nocanon',
  },
  {
    ...{ server: 'apache', files: ['jk'], ...compat, arrives: { 'escape of an escape': '/a%2Fb' } },
    because: 'ForwardURICompat decodes the path',
  },
  {
    ...{ server: 'apache', files: ['jk'], ...escapedAgain },
    arrives: {
      ...{ 'encoded ? and #': '/a%3fb%23c', 'UTF-8': '/%c3%a9', 'latin-1, encoded': '/%e9' },
      'latin-1, a raw byte': '/%e9',
    },
    because: 'ForwardURIEscaped decodes, and encodes in lower case',
  },
  {
    ...{ server: 'lighttpd', files: ['http'] },
    arrives: { 'encoded slash in lower case': '/a%2Fb', 'malformed escape': '/a%25zz' },
    because: 'mod_proxy sends the normal form',
  },
  {
    ...{ server: 'lighttpd', files: ['http'], mounts: ['/'] },
    arrives: { 'out of the mount': '/x', 'out of the mount, encoded': '/x', 'out and in again': '/x' },
    because: 'mod_proxy sends the normal form',
  },
  {
    ...{ server: 'lighttpd', files: ['ajp'], mounts: ['/'], arrives: { plain: '/x' } },
    because: 'mod_ajp13 sends SCRIPT_NAME alone, the first segment here',
  },
  {
    ...{ server: 'lighttpd', files: ['ajp'], mounts: ['/foo'], arrives: { plain: '' } },
    because: 'mod_ajp13 sends SCRIPT_NAME alone: what is below the mount is lost',
  },
  {
    ...{ server: 'h2o', files: ['http'], mounts: ['/'] },
    arrives: {
      ...{ 'path parameter of the mount': '/;p/x', 'the mount, and an encoded slash': '/%2Fx' },
      ...{ 'the mount, and more': '/', 'absolute-form': '/http://site.example/x' },
    },
    because: 'it takes what does not begin with a slash for a path',
  },
  {
    ...{ server: 'h2o', files: ['http'], ...below, slash: '/' },
    arrives: { 'the mount, and an encoded slash': '/x' },
    because: 'it decodes to find the mount, and puts the path of its own configuration in its place',
  },
];
