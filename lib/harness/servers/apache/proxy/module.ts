/**
 * mod_proxy as a module of the model, with the modules of its schemes.
 *
 * Source: `proxy_trans()`, `proxy_map_location()`, `proxy_fixup()` and `proxy_handler()` of Apache 2.4.
 *
 * Rules of this file: where a request leads, its URL's scheme decides; what a scheme's module is not loaded for is refused.
 */

import type { Passed } from '../../../model.js';
import type { Configuration } from '../configuration.js';
import { fieldOf, withField } from '../fields.js';
import { type ApacheModule, type ApacheRequest, type HookResult, lastOf } from '../module.js';
import { misconfigured } from '../read.js';
import { passAjp } from './ajp.js';
import { type Aliases, aliasesByServer } from './aliases.js';
import { isUnknownHost, parseBackend } from './backend.js';
import { balance } from './balancers.js';
import { canonicalise } from './canonical.js';
import { ignoredProxyDirectives, proxyDirectives } from './directives.js';
import { fixedVariablesOf } from './fixed.js';
import { passFcgi, passScgi, passUwsgi } from './gateways.js';
import { passHttp } from './http.js';
import { translate } from './match.js';
import { relayOf } from './reverse.js';
import { addProxySections, proxySectionOf } from './sections.js';
import { type Worker, workerFor } from './workers.js';

/** The module of each scheme. */
const schemes: Readonly<Record<string, string>> = {
  ...{
    http: 'proxy_http_module',
    https: 'proxy_http_module',
    ws: 'proxy_http_module',
    wss: 'proxy_http_module',
  },
  ...{ fcgi: 'proxy_fcgi_module', scgi: 'proxy_scgi_module', uwsgi: 'proxy_uwsgi_module' },
  ...{ ajp: 'proxy_ajp_module', balancer: 'proxy_balancer_module' },
};

export const proxy: ApacheModule = {
  name: 'proxy_module',
  directives: proxyDirectives,
  ignored: ignoredProxyDirectives,
  hooks: (configuration) => {
    const aliases = aliasesByServer(configuration);
    for (const directive of configuration.every('ProxyRequests')) {
      const isForward = /^on$/i.test(directive.args[0] ?? '');
      if (isForward) throw misconfigured('be no proxy of clients', directive);
    }
    configuration.every('ProxyFCGISetEnvIf').forEach(fixedVariablesOf);
    for (const { sections } of configuration.servers) sections.forEach(proxySectionOf);
    const loaded = new Set(
      Object.keys(schemes).filter((scheme) => configuration.hasModule(schemes[scheme] as string)),
    );
    const of = ({ server }: ApacheRequest): Aliases => aliases.get(server) as Aliases;
    const translated = (request: ApacheRequest, isEncoded: boolean): HookResult =>
      request.isProxy ? 'done' : translate(request, of(request), isEncoded);
    return {
      preTranslateName: (request) => translated(request, true),
      translateName: (request) => translated(request, false),
      mapToStorage: ({ isProxy }) => (isProxy ? 'done' : undefined),
      fixups: (request) => {
        if (!request.isProxy || !request.filename?.startsWith('proxy:')) return undefined;
        addProxySections(request);
        const result = canonicalise(request, loaded);
        return typeof result === 'number' ? result : undefined;
      },
      handler: (request) => handle(request, of(request), loaded, configuration),
    };
  },
};

function handle(
  request: ApacheRequest,
  aliases: Aliases,
  loaded: ReadonlySet<string>,
  configuration: Configuration,
): Passed | number | undefined {
  const { handler } = request;
  if (!request.isProxy && handler?.startsWith('proxy:')) {
    const { filename } = request;
    request.isProxy = true;
    request.filename = handler + (filename ?? '');
    const result = canonicalise(request, loaded);
    if (typeof result === 'number') return result;
    if (result === 'unknown') {
      request.isProxy = false;
      request.filename = filename;
      return undefined;
    }
  } else if (!request.isProxy || !request.filename?.startsWith('proxy:')) {
    return undefined;
  }
  const forwards = countForwards(request);
  if (forwards !== undefined) return forwards;
  const passed = send(request, aliases, loaded, configuration);
  if (typeof passed === 'number') return passed;
  const relay = relayOf(request, passed);
  return relay === undefined ? passed : { ...passed, relay };
}

/** Max-Forwards: one less, and none is the end. */
function countForwards(request: ApacheRequest): number | undefined {
  const written = fieldOf(request.headersIn, 'max-forwards');
  const { method } = request;
  if (written !== undefined) {
    if (!/^[ \t]*[+]?\d{1,18}$/.test(written)) return 400;
    if (Number(written) === 0) {
      if (method === 'TRACE') return refusedTrace(request) ?? 200;
      return method === 'OPTIONS' ? 200 : 400;
    }
    request.headersIn = withField(request.headersIn, 'Max-Forwards', String(Number(written) - 1));
  } else {
    const most = request.server.directives.findLast(({ name }) => name === 'proxymaxforwards')?.args[0];
    if (most !== undefined && Number(most) >= 0) {
      request.headersIn = withField(request.headersIn, 'Max-Forwards', most);
    }
  }
  return method === 'TRACE' ? refusedTrace(request) : undefined;
}

/** TraceEnable. */
function refusedTrace(request: ApacheRequest): number | undefined {
  const traces = lastOf(request, 'TraceEnable')?.args[0]?.toLowerCase() ?? 'on';
  if (traces === 'off') return 405;
  return traces !== 'extended' && request.client.body !== undefined ? 413 : undefined;
}

/** Finds the worker, and gives the request to the module of its scheme. */
function send(
  request: ApacheRequest,
  aliases: Aliases,
  loaded: ReadonlySet<string>,
  configuration: Configuration,
): Passed | number {
  const { filename = '' } = request;
  let url = filename.slice(6);
  let worker: Worker | undefined;
  const isBalanced = /^balancer:/i.test(url);
  if (isBalanced) {
    const chosen = balance(request, url, aliases.balancers, loaded);
    if (typeof chosen === 'number') return chosen;
    ({ url, worker } = chosen);
  } else {
    worker = workerFor(aliases.workers, url);
    // The worker for what has none keeps no connection.
    if (worker === undefined) request.env.set('proxy-nokeepalive', '1');
  }
  const backend = parseBackend(url);
  if (backend === undefined) return 400;
  if (!loaded.has(backend.scheme)) return 500;
  // Of a host with a mark or a hash the URL cannot be taken apart again.
  if (isUnknownHost(backend)) return /[?#]/.test(backend.host) ? 400 : 500;
  switch (backend.scheme) {
    case 'fcgi':
      return passFcgi(request, worker, configuration);
    case 'scgi':
      return passScgi(request, configuration);
    case 'uwsgi':
      return passUwsgi(request, url, isBalanced, configuration);
    case 'ajp':
      return passAjp(request, url, worker);
    default:
      return passHttp(request, url, worker, configuration);
  }
}
