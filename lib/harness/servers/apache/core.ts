/**
 * The core as a module: the document root, what has no file, the handler by SetHandler, and the files themselves.
 *
 * Source: `server/core.c` and `modules/http/http_core.c` of Apache 2.4.
 *
 * Rules of this file: its hooks are the last of all; a file that Apache would send is an answer of its own, 200.
 */

import { checkRequire } from './access.js';
import { conditionOf } from './condition.js';
import { coreDirectives, ignoredDirectives } from './directives.js';
import type { ApacheModule, ApacheRequest } from './module.js';
import { lastOf } from './module.js';

const knownMethods = new Set(
  `GET HEAD PUT POST DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK VERSION-CONTROL
  CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE`.split(/\s+/),
);

/** What comes first of the core: requests without a file, and SetHandler. */
export const coreFirst: ApacheModule = {
  name: 'core_module',
  directives: [],
  hooks: () => ({
    mapToStorage: ({ method, uri, isProxy, directives }) => {
      if (uri === '*') return 200;
      if (method !== 'TRACE' || isProxy) return undefined;
      const word = directives.findLast(({ name }) => name === 'traceenable')?.args[0];
      return word?.toLowerCase() === 'off' ? 405 : 200;
    },
    fixups: setHandler,
  }),
};

/** `core_override_type()`. */
function setHandler(request: ApacheRequest): undefined {
  const handler = lastOf(request, 'SetHandler')?.args[0];
  if (handler !== undefined && handler.toLowerCase() !== 'none') request.handler = handler;
  const accepts = lastOf(request, 'AcceptPathInfo')?.args[0]?.toLowerCase();
  if (request.usedPathInfo === 'default' && accepts !== undefined && accepts !== 'default') {
    request.usedPathInfo = accepts === 'on' ? 'accept' : 'reject';
  }
  return undefined;
}

const longestPath = 4096;

export const coreLast: ApacheModule = {
  name: 'core_module',
  directives: coreDirectives,
  ignored: ignoredDirectives,
  hooks: (configuration) => {
    configuration.every('Require').forEach(checkRequire);
    configuration.every('If', 'ElseIf').forEach(conditionOf);
    return {
      translateName: (request) => {
        // `ap_core_translate()`; what is no path is refused.
        if (!request.uri.startsWith('/')) return 400;
        request.filename = request.server.documentRoot + request.uri;
        // `apr_filepath_merge()` knows APR_PATH_MAX.
        return request.filename.length > longestPath ? 403 : 'done';
      },
      handler: serveFile,
    };
  },
};

/** `default_handler()`. */
function serveFile({ method, kind, pathInfo, usedPathInfo }: ApacheRequest): number {
  if (method === 'GET' || method === 'HEAD' || method === 'POST') {
    if (kind !== 'file') return 404;
    return pathInfo !== '' && usedPathInfo !== 'accept' ? 404 : 200;
  }
  if (!knownMethods.has(method)) return 501;
  return method === 'OPTIONS' ? 200 : 405;
}
