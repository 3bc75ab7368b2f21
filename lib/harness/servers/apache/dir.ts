/**
 * mod_dir: DirectoryIndex, DirectorySlash, FallbackResource; and mod_autoindex, as far as it refuses.
 *
 * Source: `modules/mappers/mod_dir.c` of Apache 2.4.
 */

import { optionsOf } from './cgi.js';
import type { Configuration } from './configuration.js';
import { type ApacheModule, type ApacheRequest, everyOf, type HookResult, isOn, lastOf } from './module.js';
import { escapeUri } from './normal.js';
import { originOf } from './variables.js';

export const dir: ApacheModule = {
  name: 'dir_module',
  directives: [
    'DirectoryIndex',
    'DirectorySlash',
    'DirectoryCheckHandler',
    'DirectoryIndexRedirect',
    'FallbackResource',
  ],
  hooks: (configuration) => ({
    fixups: (request) => {
      if (!configuration.hasModule('dir_module')) return undefined;
      if (request.kind === 'folder') return index(request, configuration);
      return request.kind === undefined && request.handler === undefined && !request.isProxy
        ? fallBack(request)
        : undefined;
    },
  }),
};

function index(request: ApacheRequest, _configuration: Configuration): HookResult {
  const query = request.args === undefined ? '' : `?${request.args}`;
  if (!request.uri.endsWith('/')) {
    if (!isOn(request, 'DirectorySlash', true) || request.isSubrequest) return undefined;
    const location = `${originOf(request)}${escapeUri(request.uri)}/${query}`;
    return { kind: 'refused', status: 301, location };
  }
  if (isOn(request, 'DirectoryCheckHandler') && request.handler !== 'httpd/unix-directory') return undefined;
  const lines = everyOf(request, 'DirectoryIndex');
  const names: string[] = [];
  for (const { args } of lines) {
    if (args.length === 1 && args[0]?.toLowerCase() === 'disabled') names.length = 0;
    else names.push(...args);
  }
  if (lines.length === 0) names.push('index.html');
  for (const name of names) {
    const uri = name.startsWith('/') ? name : escapeUri(request.uri) + name;
    if (become(request, uri + query)) return undefined;
  }
  return fallBack(request);
}

function fallBack(request: ApacheRequest): undefined {
  const path = lastOf(request, 'FallbackResource')?.args[0];
  if (path === undefined || path.toLowerCase() === 'disabled') return;
  become(request, request.args === undefined ? path : `${path}?${request.args}`);
}

/** `ap_internal_fast_redirect()`: the request becomes one for another path, if there is a file. */
function become(request: ApacheRequest, uri: string): boolean {
  const { other, isRefused } = request.lookUp(uri);
  if (isRefused || (other.kind !== 'file' && other.handler !== 'proxy-server')) return false;
  const { filename, pathInfo, kind, handler, forcedHandler, context, isProxy, usedPathInfo, directives } =
    other;
  Object.assign(request, {
    filename,
    pathInfo,
    kind,
    handler,
    forcedHandler,
    context,
    isProxy,
    usedPathInfo,
    directives,
  });
  request.uri = other.uri;
  request.args = other.args;
  for (const [name, value] of other.env) if (!request.env.has(name)) request.env.set(name, value);
  return true;
}

export const autoindex: ApacheModule = {
  name: 'autoindex_module',
  directives: [],
  ignored: [
    'IndexOptions',
    'IndexIgnore',
    'HeaderName',
    'ReadmeName',
    'AddIcon',
    'AddIconByType',
    'AddIconByEncoding',
    'DefaultIcon',
  ],
  hooks: (configuration) => ({
    handler: (request) => {
      const { handler, method } = request;
      if (handler !== 'httpd/unix-directory' || !configuration.hasModule('autoindex_module'))
        return undefined;
      if (method !== 'GET' && method !== 'HEAD') return undefined;
      return optionsOf(request).has('indexes') ? 200 : 403;
    },
  }),
};
