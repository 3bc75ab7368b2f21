/**
 * uWSGI 2.0: its router of HTTP, and its own sockets of HTTP with applications.
 *
 * Its manual, and where that is silent its source: `plugins/http/http.c`, `proto/http.c`, `core/protocol.c`, `core/utils.c`.
 *
 * Rules of this file: a configuration is an ini file or a command line; a router without `http-to` sends to its own workers.
 */

import { ConfigurationError, show } from '../../../errors.js';
import type { Interpreter, Passed } from '../../model.js';
import { type Applications, runApplication } from './application.js';
import { forward, type Replaced } from './forward.js';
import { type Options, readOptions } from './read.js';
import { type Listener, type Variable, variablesOf } from './variables.js';

export const uwsgi: Interpreter = (files, surroundings) => {
  const options = readOptions(files);
  const listeners = listenersOf(options, surroundings.hostName ?? 'localhost');
  const applications = applicationsOf(options);
  const added = valuesOf(options, 'http-var').flatMap((each): Variable[] => {
    const at = each.indexOf('=');
    return at < 0 ? [] : [[each.slice(0, at), each.slice(at + 1)]];
  });
  const route = routeOf(options);
  const work = (environ: readonly Variable[]): Passed =>
    route === undefined ? runApplication(environ, applications) : forward(environ, route);
  const isSentOn = options.has('http-to');
  return {
    pass: (request, connection): Passed => {
      const named = listeners.find(({ port }) => port === String(connection.localPort));
      const listener = named ?? (listeners[0] as Listener);
      const variables = variablesOf(request, connection, listener);
      if (variables === undefined) return { kind: 'refused', status: 0 };
      if (listener.kind === 'socket') return work(variables);
      const environ = [...variables, ...added];
      return isSentOn ? { kind: 'environ', protocol: 'uwsgi', environ } : work(environ);
    },
  };
};

/** `http:<address>`, with a host and a target for the other server behind commas. */
function routeOf(options: Options): Replaced | undefined {
  const [route] = valuesOf(options, 'route-run');
  if (route === undefined) return undefined;
  // What it translates is not known here.
  if (route.startsWith('http:') && !route.includes('$')) {
    const [, host, uri] = /^[^,]*(?:,([^,]*)(?:,(.*))?)?$/.exec(route) ?? [];
    return { host, uri };
  }
  throw new ConfigurationError(
    'ERR_HARNESS_CONFIGURATION',
    `a route-run of uWSGI must be one of http: without variables, got ${show(route)}`,
  );
}

function valuesOf(options: Options, name: string): readonly string[] {
  return options.get(name) ?? [];
}

function listenersOf(options: Options, hostName: string): readonly Listener[] {
  const make = (kind: Listener['kind'], address: string): Listener => ({
    ...{ kind, hostName },
    port: /:(\d+)$/.exec(address)?.[1] ?? (kind === 'socket' ? '80' : ''),
    isScriptNameManaged: options.has('manage-script-name'),
    isNamedByHost: options.has('http-server-name-as-http-host'),
  });
  const listeners = [
    ...valuesOf(options, 'http').map((address) => make('router', address)),
    ...['http-socket', 'http11-socket'].flatMap((name) =>
      valuesOf(options, name).map((address) => make('socket', address)),
    ),
  ];
  if (listeners.length > 0) return listeners;
  throw new ConfigurationError(
    'ERR_HARNESS_CONFIGURATION',
    'a configuration of uWSGI must have a socket of HTTP, got none',
  );
}

function applicationsOf(options: Options): Applications {
  const mounted = valuesOf(options, 'mount').map((each) => {
    const mount = each.slice(0, Math.max(each.indexOf('='), 0));
    if (mount.startsWith('/')) return mount;
    throw new ConfigurationError(
      'ERR_HARNESS_CONFIGURATION',
      `a mount of uWSGI must begin with a slash, got ${show(each)}`,
    );
  });
  const plain = [...valuesOf(options, 'wsgi-file'), ...valuesOf(options, 'module')].slice(0, 1).map(() => '');
  return {
    mounts: [...plain, ...mounted],
    isManaged: options.has('manage-script-name'),
    hasDefault: !options.has('no-default-app'),
  };
}
