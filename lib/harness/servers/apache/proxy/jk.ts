/**
 * mod_jk as a module of the model.
 *
 * Source: `jk_translate()`, `jk_map_to_storage()`, `jk_handler()` and `init_ws_service()` of mod_jk 1.2.48;
 * `ajp_marshal_into_msgb()` of its AJP13.
 *
 * Rules of this file: workers are those of `workers.properties` and JkWorkerProperty; one that nothing names is refused when a
 * request comes for it, as it is there.
 */

import type { AjpMessage, Pairs, Passed } from '../../../model.js';
import type { Configuration } from '../configuration.js';
import { fieldOf } from '../fields.js';
import type { ApacheModule, ApacheRequest } from '../module.js';
import { escapeUri } from '../normal.js';
import { addCommonVariables, serverNameOf, serverPortOf } from '../variables.js';
import { bareName, codedFields, methodOf } from './ajp.js';
import { unreadable } from './body.js';
import { encodePath } from './encode.js';
import { type Mount, servletPath, workerOfPath } from './jk-map.js';
import { type Options, readMounts, readOptions } from './jk-settings.js';
import { type Workers, workersOf } from './jk-workers.js';

const handlerName = 'jakarta-servlet';
/** What the path was before parameters were taken out, and who is to get the request. */
const notes = { uri: 'mod_jk orig_uri', worker: 'JK_WORKER_NAME' } as const;

const methods = new Set(
  `OPTIONS GET HEAD POST PUT DELETE TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ACL REPORT VERSION-CONTROL CHECKIN
  CHECKOUT UNCHECKOUT SEARCH MKWORKSPACE UPDATE LABEL MERGE BASELINE-CONTROL MKACTIVITY`.split(/\s+/),
);

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const jk: ApacheModule = {
  name: 'jk_module',
  directives: words(`
    JkEnvVar JkMount JkMountCopy JkMountFile JkOptions JkUnMount JkWorkerIndicator JkWorkerProperty JkWorkersFile
  `),
  ignored: words(`
    JkCERTCHAINPrefix JkCERTSIndicator JkCIPHERIndicator JkExtractSSL JkHTTPSIndicator JkKEYSIZEIndicator JkLogFile JkLogLevel
    JkLogStampFormat JkMountFileReload JkRequestLogFormat JkSESSIONIndicator JkShmFile JkShmSize JkSSLPROTOCOLIndicator
    JkWatchdogInterval
  `),
  hooks: (configuration) => {
    const workers = workersOf(configuration);
    const mounts = new Map(
      configuration.servers.map((server, index) => [server, readMounts(server, index === 0, configuration)]),
    );
    const options = new Map(configuration.servers.map((server) => [server, readOptions(server)]));
    const map = (request: ApacheRequest): number | 'done' | undefined => {
      if (request.isProxy || request.handler === handlerName || request.env.has('no-jk')) return undefined;
      const own = mounts.get(request.server) ?? [];
      if (own.length === 0) return undefined;
      const path = servletPath(request.uri);
      if (path === undefined) return 400;
      const { rejectsUnsafe } = options.get(request.server) as Options;
      const worker = rejectsUnsafe && /[%\\]/.test(path) ? undefined : workerOfPath(own, path);
      if (worker === undefined) return undefined;
      request.notes.set(notes.uri, request.uri);
      request.notes.set(notes.worker, worker);
      request.uri = path;
      request.handler = handlerName;
      return 'done';
    };
    return {
      translateName: map,
      mapToStorage: (request) => {
        if (request.notes.has(notes.worker)) return 'done';
        // A path that was rewritten to a file is looked at once more.
        return map(request);
      },
      handler: (request) =>
        request.handler === handlerName
          ? handle(
              request,
              workers,
              mounts.get(request.server) ?? [],
              options.get(request.server) as Options,
              configuration,
            )
          : undefined,
    };
  },
};

function handle(
  request: ApacheRequest,
  workers: Workers,
  mounts: readonly Mount[],
  options: Options,
  configuration: Configuration,
): Passed | number | undefined {
  if (request.env.has('no-jk')) return undefined;
  const indicator = configuration.every('JkWorkerIndicator')[0]?.args[0] ?? 'JK_WORKER_NAME';
  let name = request.notes.get(notes.worker) ?? request.env.get(indicator)?.replace(/;.*/s, '');
  if (name === undefined) {
    const path = servletPath(request.uri);
    if (path === undefined) return 400;
    name = workerOfPath(mounts, path);
    if (name === undefined) return undefined;
    request.notes.set(notes.uri, request.uri);
    request.uri = path;
  }
  const worker = workers.get(name);
  if (request.isProxy || worker === undefined) return 500;
  const { env, connection, headersIn, protocol } = request;
  const unread = unreadable(request);
  if (unread !== undefined) return unread;
  const { method, stored } = methodOf(request.method, methods);
  const variables = variablesOf(request, configuration);
  const route = worker.route ?? env.get('JK_ROUTE');
  const attributes: Pairs = [
    ...(worker.secret === undefined ? [] : [['secret', worker.secret] as const]),
    ...(request.args === undefined ? [] : [['query_string', request.args] as const]),
    ...(route === undefined || route === '' ? [] : [['jvm_route', route] as const]),
    ...stored,
    [
      '@AJP_REMOTE_PORT',
      options.isLocal ? '0' : (env.get('JK_REMOTE_PORT') ?? String(connection.remotePort)),
    ],
    ['@AJP_LOCAL_ADDR', env.get('JK_LOCAL_ADDR') ?? connection.localAddress],
    ['@JK_LB_ACTIVATION', 'ACT'],
    ...variables,
  ];
  const remote = options.isLocal ? connection.localAddress : connection.remoteAddress;
  const message: AjpMessage = {
    ...{ method, protocol, attributes, isSsl: connection.isEncrypted },
    reqUri: uriOf(request, options),
    remoteAddr: env.get('JK_REMOTE_ADDR') ?? remote,
    remoteHost: env.get('JK_REMOTE_HOST') ?? null,
    serverName: env.get('JK_LOCAL_NAME') ?? bareName(serverNameOf(request)),
    serverPort: Number(env.get('JK_LOCAL_PORT') ?? serverPortOf(request)),
    headers: codedFields(withLength(headersIn), true),
  };
  return { kind: 'ajp', message };
}

function uriOf(request: ApacheRequest, { uri }: Options): string {
  const path = request.notes.get(notes.uri) ?? request.uri;
  switch (uri) {
    case 'compat':
      return path;
    case 'unparsed':
      return request.unparsedUri.replace(/\?.*/s, '');
    case 'escaped':
      return escapeUri(path);
    case 'proxy':
      return encodePath(path);
  }
}

/** Without a length a container would wait for a body. */
function withLength(headers: Pairs): Pairs {
  const isThere = fieldOf(headers, 'content-length') !== undefined;
  const isChunked = fieldOf(headers, 'transfer-encoding') !== undefined;
  return isThere || isChunked ? headers : [...headers, ['content-length', '0']];
}

/** JkEnvVar. */
function variablesOf(request: ApacheRequest, configuration: Configuration): Pairs {
  const asked = request.server.directives.filter(({ name }) => name === 'jkenvvar');
  if (asked.length === 0) return [];
  addCommonVariables(request, configuration);
  const defaults = new Map(asked.map(({ args: [name = '', value] }) => [name, value]));
  return [...defaults].flatMap(([name, otherwise]) => {
    const value = request.env.get(name) ?? otherwise;
    return value === undefined ? [] : [[`@${name}`, value] as const];
  });
}
