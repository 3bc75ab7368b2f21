/**
 * The front servers: how each is started, and with which configurations.
 *
 * Rules of this file: a server is one row of `frontServers`. Its configurations are files,
 * `data/config/<server>/<name>.conf`, which documentation shows as they are; `server.conf` beside them is what a
 * test needs around them: one process in the foreground, all that it writes in its folder, no port but one. In both,
 * `{{port}}`, `{{folder}}`, `{{upstream}}` (`host:port` of the application), `{{upstreamHost}}` and `{{upstreamPort}}` are
 * replaced, and `{{site}}` of server.conf by the configuration; in those for gateway protocols the mount too, as
 * mount-values.ts has it, and `{{script}}`, a program that the front server starts itself.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { configurationText, fill, indented } from '../../lib/harness/front-servers.js';
import { mountValues, type TrailingSlash } from '../../lib/harness/mount-values.js';
import { apacheParameters } from './apache.js';
import { whichever } from './program.js';
import { type LiveServer, type Place, type ServerPlan, startServer } from './server.js';

interface FrontServer {
  readonly program: string;
  /** What makes it print its version. */
  readonly askVersion: readonly string[];
  readonly parameters: ServerPlan['parameters'];
  readonly environment?: ServerPlan['environment'];
}

const configurationIn = ({ folder }: Place) => join(folder, 'server.conf');

export const frontServers = {
  apache: { program: 'apache2', askVersion: ['-v'], parameters: apacheParameters },
  nginx: {
    program: 'nginx',
    askVersion: ['-v'],
    // -e: what it says before it has read where its log is.
    parameters: (place) => ['-p', place.folder, '-e', 'error.log', '-c', configurationIn(place)],
  },
  haproxy: {
    program: 'haproxy',
    askVersion: ['-v'],
    parameters: (place) => ['-db', '-f', configurationIn(place)],
  },
  caddy: {
    program: 'caddy',
    askVersion: ['version'],
    parameters: (place) => ['run', '--adapter', 'caddyfile', '--config', configurationIn(place)],
    environment: ({ folder }) => ({
      GOMAXPROCS: '1',
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      XDG_DATA_HOME: folder,
    }),
  },
  lighttpd: {
    program: 'lighttpd',
    askVersion: ['-v'],
    parameters: (place) => ['-D', '-f', configurationIn(place)],
  },
  h2o: {
    program: 'h2o',
    askVersion: ['--version'],
    parameters: (place) => ['--mode', 'worker', '--conf', configurationIn(place)],
  },
  varnish: {
    program: 'varnishd',
    askVersion: ['-V'],
    parameters: (place) => [
      ...['-F', '-f', configurationIn(place), '-n', join(place.folder, 'state')],
      ...['-a', `127.0.0.1:${place.port}`, '-T', 'none', '-j', 'none'],
      ...['-s', 'malloc,16m', '-l', '2m', '-p', 'thread_pools=1', '-p', 'thread_pool_min=5'],
    ],
  },
  /** Its HTTP router alone. */
  uwsgi: {
    program: 'uwsgi',
    askVersion: ['--version'],
    parameters: (place) => ['--ini', configurationIn(place)],
  },
} as const satisfies Readonly<Record<string, FrontServer>>;

export type FrontServerName = keyof typeof frontServers;

/** Those that can stand before the world: uWSGI's router passes all on as it is, and says of nobody who asked. */
export type ProxyName = Exclude<FrontServerName, 'uwsgi'>;

export const proxyNames = Object.keys(frontServers).filter((name): name is ProxyName => name !== 'uwsgi');

/**
 * What each configuration does with a target. The first three stand before the world: they append to X-Forwarded-For,
 * -Proto and -Host, or replace them, so that nothing that a client made up comes last there.
 */
export const configurations = {
  /** `/app`, kept: the application gets `/app/x`. */
  kept: { mount: '/app', target: 'kept', sendsPrefix: false },
  /** `/app`, stripped: the application gets `/x`, and knows of `/app` by its own configuration. */
  stripped: { mount: '/app', target: 'stripped', sendsPrefix: false },
  /** `/app`, stripped, with `X-Forwarded-Prefix: /app` in place of what the client sent. */
  prefixed: { mount: '/app', target: 'stripped', sendsPrefix: true },
  /** Behind another front server at 127.0.0.1: all targets as they are; only X-Forwarded-For grows, where it can be so. */
  inner: { mount: '', target: 'kept', sendsPrefix: false },
} as const;

export type ConfigurationName = keyof typeof configurations;

export const configurationNames = Object.keys(configurations) as readonly ConfigurationName[];

/** The version of the installed server, for messages. */
export function versionOf(name: FrontServerName): string {
  const { program, askVersion } = frontServers[name];
  const { stdout, stderr } = spawnSync(whichever([program]) ?? program, askVersion, { encoding: 'utf8' });
  const said = `${stdout}${stderr}`;
  return /\d+\.\d+[\w.+~-]*/.exec(said)?.[0] ?? said;
}

/** What a front server is started with. */
export interface FrontServerOptions {
  /** `host:port` of the application, or of the next front server. */
  readonly upstream: string;
  /** Where a gateway protocol's application is. Default `/app`. */
  readonly mount?: string;
  readonly slash?: TrailingSlash;
  /** The text of the program that the front server starts itself, and its name. */
  readonly script?: string;
  readonly scriptName?: string;
  /** More placeholders, and what stands for them. */
  readonly values?: Readonly<Record<string, string>>;
}

/** Starts a front server with a configuration: one of `configurations`, or one for a gateway protocol (gateway-rows.ts). */
export async function startFrontServer(
  name: FrontServerName,
  configuration: string,
  { upstream, mount = '/app', slash = '', script, scriptName = 'script', values }: FrontServerOptions,
): Promise<LiveServer> {
  const server: FrontServer = frontServers[name];
  const program = whichever([server.program]);
  if (program === undefined) throw new Error(`${server.program} is not installed: npm run servers:install`);
  const [upstreamHost = '', upstreamPort = ''] = upstream.split(':');
  const text = ({ port, folder }: Place) => {
    const site = configurationText(name, configuration).trimEnd();
    return fill(indented(configurationText(name, 'server'), '{{site}}', site), {
      ...{
        port: String(port),
        folder,
        upstream,
        upstreamHost,
        upstreamPort,
        script: join(folder, scriptName),
      },
      ...mountValues(mount, slash),
      ...values,
    });
  };
  return startServer({
    program,
    parameters: server.parameters,
    ...(server.environment && { environment: server.environment }),
    files: (place) => ({
      ...{ 'server.conf': text(place), 'root/': '' },
      ...(script !== undefined && { [scriptName]: script }),
    }),
  });
}
