/**
 * h2o 2.2.
 *
 * Its documentation, and where that is silent its source.
 *
 * Rules of this file: a host with a port, or with none and the port of the scheme, takes what names it; all else is the first host's.
 * Of the paths of a host the longest that ends at a slash of the path takes a request.
 */

import { ConfigurationError } from '../../../errors.js';
import { foldAscii } from '../../../path/percent.js';
import type { Interpreter, Passed, Surroundings } from '../../model.js';
import { type Configuration, type Host, type PathConfiguration, readConfiguration } from './configuration.js';
import { passFastcgi } from './fastcgi.js';
import { escaped, normalDestination } from './path.js';
import { passHttp } from './proxy.js';
import { type H2oRequest, readRequest } from './request.js';

export const h2o: Interpreter = (files, surroundings) => {
  const configuration = readConfiguration(Object.values(files).join('\n'));
  if (configuration.hosts.length === 0) {
    throw new ConfigurationError(
      'ERR_HARNESS_CONFIGURATION',
      'a configuration of h2o must have hosts, got none',
    );
  }
  return {
    pass: (given, connection) => {
      const request = readRequest(given, connection);
      if (typeof request === 'number') return { kind: 'refused', status: request };
      return passThrough(configuration, request, surroundings);
    },
  };
};

function passThrough(configuration: Configuration, request: H2oRequest, surroundings: Surroundings): Passed {
  const host = hostOf(configuration, request);
  const path = host.paths.find((each) => takes(each, request.normal.path));
  for (const handler of path === undefined ? [] : path.handlers) {
    if (path === undefined) break;
    const { target, normal, method } = request;
    switch (handler.kind) {
      case 'proxy':
        return passHttp(handler, path, host, configuration.globals, request);
      case 'fastcgi':
        return passFastcgi(path, host, configuration.globals, request);
      case 'redirect': {
        const location = normalDestination(handler.url, path.path, target, normal);
        return { kind: 'refused', status: handler.status, location };
      }
      case 'file':
        return { kind: 'refused', status: 200 };
      case 'files': {
        const answer = fileAnswer(handler.folder, path, request, surroundings);
        if (answer === undefined) break;
        const isFound = answer.kind === 'refused' && answer.status === 200;
        return isFound && !['GET', 'HEAD'].includes(method) ? { kind: 'refused', status: 405 } : answer;
      }
    }
  }
  return { kind: 'refused', status: 404 };
}

function hostOf({ hosts }: Configuration, { authority, connection }: H2oRequest): Host {
  const there = hosts.filter(({ ports }) => ports.includes(connection.localPort));
  const all = there.length > 0 ? there : hosts;
  const [first] = all as readonly [Host];
  if (authority === undefined || all.length === 1) return first;
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^/:]+))(?::(\d+))?$/.exec(authority) ?? [];
  const name = foldAscii(bracketed ?? plain ?? '');
  const usual = connection.isEncrypted ? 443 : 80;
  const port = digits === undefined ? usual : Number(digits);
  const found = all.find((host) => {
    if ((host.port ?? usual) !== port) return false;
    return host.name.startsWith('*')
      ? name.endsWith(host.name.slice(1)) && name.length >= host.name.length
      : host.name === name;
  });
  return found ?? first;
}

function takes({ path }: PathConfiguration, normal: string): boolean {
  if (!normal.startsWith(path)) return false;
  return path.endsWith('/') || normal.length === path.length || normal[path.length] === '/';
}

/** The answer of `file.dir`; none where there is no such file. */
function fileAnswer(
  folder: string,
  { path }: PathConfiguration,
  { normal, target }: H2oRequest,
  { exists }: Surroundings,
): Passed | undefined {
  const query = normal.queryAt === undefined ? '' : target.slice(normal.queryAt);
  const slashed = (text: string): Passed => {
    return { kind: 'refused', status: 301, location: `${escaped(text)}/${query}` };
  };
  // Whether or not there is such a folder.
  if (normal.path === path && !path.endsWith('/')) return slashed(path);
  const name = `${folder.replace(/\/$/, '')}/${normal.path.slice(path.length).replace(/^\//, '')}`;
  const kind = exists?.(name.replace(/\/$/, ''));
  if (kind === undefined) return undefined;
  if (kind === 'file') return { kind: 'refused', status: 200 };
  if (!name.endsWith('/')) return slashed(normal.path);
  return exists?.(`${name}index.html`) === 'file' ? { kind: 'refused', status: 200 } : undefined;
}
