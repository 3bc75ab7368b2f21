/**
 * The front servers of the benchmark `gateway`: one process each, which all its contenders share.
 *
 * Rules of this file: nothing is logged, nothing is kept in files; an answer of 64 KiB fits into the buffers of every protocol.
 */

import { apacheParameters, moduleDirective } from '../../test/live/apache.js';
import { frontServers } from '../../test/live/front-server.js';
import { whichever } from '../../test/live/program.js';
import { type LiveServer, type Place, startServer } from '../../test/live/server.js';
import type { FrontName, Route } from './contenders.js';

/** A route, and the directives that lead there. */
export interface Passed {
  readonly route: Route;
  readonly directives: readonly string[];
  /** More sockets behind nginx that the route leads to, each when those before it do not answer. */
  readonly spares?: readonly string[];
}

const nginxBuffers = ['proxy', 'fastcgi', 'scgi', 'uwsgi'].flatMap((protocol) => [
  `${protocol}_temp_path temp;`,
  `${protocol}_max_temp_file_size 0;`,
  `${protocol}_buffers 16 16k;`,
  `${protocol}_buffer_size 16k;`,
]);

function nginxConfiguration(passed: readonly Passed[], { port }: Place): readonly string[] {
  const upstreams = passed.map(({ route: { id, socket }, spares = [] }) => {
    // None is given up: another one comes back in its place.
    const servers = [socket, ...spares].map((path) => `server unix:${path} max_fails=0;`);
    return `upstream ${id} { ${servers.join(' ')} keepalive 64; keepalive_requests 10000000; }`;
  });
  const locations = passed.map(
    ({ route: { mount }, directives }) => `location ${mount}/ { ${directives.join(' ')} }`,
  );
  return [
    'daemon off; master_process off; pid pid; error_log error.log;',
    'events { worker_connections 2048; }',
    'http {',
    ...['access_log off;', 'client_body_temp_path temp;', 'keepalive_requests 10000000;', ...nginxBuffers],
    ...upstreams,
    `server { listen 127.0.0.1:${port};`,
    ...locations,
    '} }',
  ];
}

const apacheModules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'proxy_fcgi', 'proxy_ajp'];

function apacheConfiguration(passed: readonly Passed[], { port, folder }: Place): readonly string[] {
  return [
    `ServerRoot ${folder}`,
    ...apacheModules.map(moduleDirective),
    ...['StartServers 1', 'ServerLimit 1', 'ThreadsPerChild 64', 'MaxRequestWorkers 64'],
    ...[
      'ServerName localhost',
      `PidFile ${folder}/pid`,
      `Listen 127.0.0.1:${port}`,
      'MaxKeepAliveRequests 0',
    ],
    ...[`DocumentRoot ${folder}/root`, `ErrorLog ${folder}/error.log`],
    ...passed.flatMap(({ directives }) => directives),
  ];
}

const configurations = { nginx: nginxConfiguration, apache: apacheConfiguration } as const;

const parametersOf = { nginx: frontServers.nginx.parameters, apache: apacheParameters } as const;

/** Starts a front server that leads to all these. */
export async function startFront(name: FrontName, passed: readonly Passed[]): Promise<LiveServer> {
  const { program } = frontServers[name];
  const found = whichever([program]);
  if (found === undefined) throw new Error(`${program} is not installed: npm run servers:install`);
  return startServer({
    program: found,
    parameters: parametersOf[name],
    files: (place) => ({
      'server.conf': `${configurations[name](passed, place).join('\n')}\n`,
      'root/': '',
      'temp/': '',
    }),
  });
}
