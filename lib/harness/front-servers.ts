/**
 * The front servers that an application can be tested behind: by name, each with the configuration that the live tests run, or with
 * a configuration of one's own.
 *
 * Rules of this file: a front server is one row; its configuration is a file of `data/config`, with placeholders for the mount.
 */

import { ConfigurationError, show } from '../errors.js';
import type { GatewayProtocol } from '../gateway/options.js';
import { parseMountPath } from '../mount/mount-path.js';
import type { FrontServerModel } from './model.js';
import { mountValues, type TrailingSlash } from './mount-values.js';
import { readData } from './package-data.js';
import { interpreters } from './servers/index.js';

/** A front server as it really behaves. */
export interface FrontServer {
  readonly server: ServerName;
  /** The version that was recorded. */
  readonly version: string;
  /** What it speaks with the application. */
  readonly protocol: GatewayProtocol;
  /** Whether the mount is still in the path that it sends. */
  readonly target: 'kept' | 'stripped';
  /** Its configuration, a file of `data/config/<server>`. */
  readonly file: string;
}

export type ServerName = 'nginx' | 'apache' | 'lighttpd' | 'haproxy' | 'caddy' | 'h2o' | 'varnish';

const versions: Readonly<Record<ServerName, string>> = {
  nginx: '1.22.1',
  apache: '2.4.71',
  lighttpd: '1.4.69',
  haproxy: '2.6.12',
  caddy: '2.6.2',
  h2o: '2.2.5',
  varnish: '7.1.1',
};

function row(
  server: ServerName,
  protocol: GatewayProtocol,
  file: string,
  target: FrontServer['target'] = 'kept',
): FrontServer {
  return { server, version: versions[server], protocol, target, file };
}

/** Front servers by name: `<server>/<protocol>`, with what is special about their configuration behind it. */
export const frontServers = {
  'nginx/http': row('nginx', 'http', 'http'),
  'nginx/fastcgi': row('nginx', 'fastcgi', 'fastcgi'),
  'nginx/fastcgi-split': row('nginx', 'fastcgi', 'fastcgi-split'),
  'nginx/fastcgi-explicit': row('nginx', 'fastcgi', 'fastcgi-explicit'),
  'nginx/scgi': row('nginx', 'scgi', 'scgi'),
  'nginx/uwsgi': row('nginx', 'uwsgi', 'uwsgi'),
  'apache/http': row('apache', 'http', 'http-canon'),
  'apache/fastcgi': row('apache', 'fastcgi', 'fastcgi'),
  'apache/fcgid': row('apache', 'fastcgi', 'fcgid'),
  'apache/scgi': row('apache', 'scgi', 'scgi'),
  'apache/uwsgi': row('apache', 'uwsgi', 'uwsgi-proxypass'),
  'apache/ajp': row('apache', 'ajp', 'ajp-open'),
  'apache/cgi': row('apache', 'cgi', 'cgi'),
  'lighttpd/http': row('lighttpd', 'http', 'http'),
  'lighttpd/fastcgi': row('lighttpd', 'fastcgi', 'fastcgi'),
  'lighttpd/scgi': row('lighttpd', 'scgi', 'scgi'),
  'lighttpd/uwsgi': row('lighttpd', 'uwsgi', 'uwsgi'),
  'haproxy/http': row('haproxy', 'http', 'http'),
  'haproxy/fastcgi': row('haproxy', 'fastcgi', 'fastcgi'),
  'caddy/http': row('caddy', 'http', 'http'),
  'caddy/fastcgi': row('caddy', 'fastcgi', 'fastcgi'),
  'h2o/http': row('h2o', 'http', 'http'),
  'h2o/fastcgi': row('h2o', 'fastcgi', 'fastcgi'),
  'varnish/http': row('varnish', 'http', 'http'),
} as const satisfies Readonly<Record<string, FrontServer>>;

export type FrontServerName = keyof typeof frontServers;

/** A front server of one's own: what stands in its configuration for the application, as its `location` or `<Location>`. */
export interface OwnFrontServer {
  readonly server: ServerName;
  /** In the server's own language. `{{upstream}}` stands for the application's address. */
  readonly configuration: string;
}

/** A name of `frontServers`, or a configuration of one's own. */
export type FrontServerChoice = FrontServerName | OwnFrontServer;

/** Where an application is mounted. */
export interface FrontServerOptions {
  /** Default `'/'`. */
  readonly mount?: string;
  /** Whether the mount is still in the path; what the front server of this name does, unless it is told. */
  readonly target?: 'kept' | 'stripped' | 'rewritten';
  /** Whether the configuration writes the mount with a slash at its end. Default `''`. */
  readonly trailingSlash?: TrailingSlash;
}

/** A front server that is ready to take requests. @internal */
export interface ResolvedFrontServer {
  readonly name: string;
  readonly model: FrontServerModel;
  readonly mount: string;
  readonly target: 'kept' | 'stripped' | 'rewritten';
}

/** Makes a front server of a name and options. @throws {ConfigurationError} @internal */
export function resolveFrontServer(
  choice: FrontServerChoice,
  options: FrontServerOptions,
): ResolvedFrontServer {
  const { mount = '/', trailingSlash = '' } = options;
  parseMountPath(mount);
  const { server, site, target, name } = chosen(choice);
  const interpret = interpreters[server];
  if (interpret === undefined) throw unknown(choice);
  const values = valuesOf(mount, trailingSlash);
  const text = fill(indented(configurationText(server, 'server'), '{{site}}', site.trimEnd()), values);
  const model = interpret({ [`${server}.conf`]: text }, { exists });
  return { name, model, mount, target: options.target ?? target };
}

function chosen(choice: FrontServerChoice): {
  readonly server: ServerName;
  readonly site: string;
  readonly target: FrontServer['target'];
  readonly name: string;
} {
  if (typeof choice === 'string') {
    if (!Object.hasOwn(frontServers, choice)) throw unknown(choice);
    const { server, file, target } = frontServers[choice];
    return { server, site: configurationText(server, file), target, name: choice };
  }
  const { server, configuration } = choice ?? {};
  if (!Object.hasOwn(versions, server) || typeof configuration !== 'string') throw unknown(choice);
  return { server, site: configuration, target: 'kept', name: `${server}, configured` };
}

function unknown(choice: unknown): ConfigurationError {
  const names = Object.keys(frontServers).join(', ');
  const rule = `a front server must be one of ${names}, or { server, configuration }`;
  return new ConfigurationError('ERR_HARNESS_FRONT_SERVER', `${rule}, got ${show(choice)}`);
}

/** Values that no test looks at: nothing listens, and nothing is written. */
function valuesOf(mount: string, slash: TrailingSlash): Readonly<Record<string, string>> {
  return {
    ...{ port: '80', folder: '/srv/front-server', script: '/srv/front-server/script' },
    ...{ upstream: '127.0.0.1:9000', upstreamHost: '127.0.0.1', upstreamPort: '9000', secret: 'secret' },
    ...{ module: 'cgid', backendType: 'GENERIC' },
    ...mountValues(mount, slash),
  };
}

/** The script that the front server starts is there, and the folder in which nothing is. */
function exists(path: string): 'file' | 'folder' | undefined {
  if (path === '/srv/front-server/script') return 'file';
  return /^\/srv\/front-server(?:\/root)?\/?$/.test(path) ? 'folder' : undefined;
}

/** The text of a file of `data/config/<server>`. @internal */
export function configurationText(server: string, file: string): string {
  return readData('config', server, `${file}.conf`).toString();
}

/** Puts lines in the place of a line, as far indented as that is. @internal */
export function indented(text: string, mark: string, lines: string): string {
  const all = text.split('\n').flatMap((line) => {
    if (line.trim() !== mark) return line;
    const indent = line.slice(0, line.indexOf(mark));
    return lines.split('\n').map((inner) => (inner === '' ? '' : indent + inner));
  });
  return all.join('\n');
}

/** Puts values in the place of placeholders; each must have one. @internal */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (placeholder, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    const rule = 'a configuration must hold no placeholder but those of docs/harness.md';
    throw new ConfigurationError('ERR_HARNESS_CONFIGURATION', `${rule}, got ${show(placeholder)}`);
  });
}
