/**
 * Modules that look at the path of a request: who may ask for it, where it has moved, which application it belongs to.
 *
 * Rules of this file: a module only says what it found; what becomes of that is passage.ts's. What takes a prefix splits the path
 * at once.
 */

import type { Pairs, Passed } from '../../model.js';
import { ajpMessage } from './ajp.js';
import { type Backend, type Extension, findBackend, readExtensions, splitPath } from './backends.js';
import { giveVariables } from './environment.js';
import { proxiedMessage, readForwarded } from './proxy.js';
import { type RelayOptions, relayOf } from './relay.js';
import { Remap, readHeaderOptions } from './remap.js';
import { partsOf } from './rewrite.js';
import { type Handler, type State, serverNameOf, serverTagOf } from './state.js';
import { applyRules, readRules } from './substitution.js';
import { booleanOf, integerOf, pairsOf, type Setting, textOf, textsOf } from './values.js';
import { variablesOf } from './variables.js';

/** `url.access-allow` and `url.access-deny`: ends of paths. */
export function isDenied({ scope, transit }: State): boolean {
  const isNamed = (setting: Setting): boolean => textsOf(setting).some((end) => transit.path.endsWith(end));
  const allowed = scope.get('url.access-allow');
  if (allowed !== undefined && textsOf(allowed).length > 0) return !isNamed(allowed);
  const denied = scope.get('url.access-deny');
  return denied !== undefined && isNamed(denied);
}

export function redirectOf(
  state: State,
): { readonly status: number; readonly location?: string } | undefined {
  const { scope, server } = state;
  const found = scope.find(['url.redirect']);
  const setting = found?.settings.get('url.redirect');
  if (found === undefined || setting === undefined) return undefined;
  const rules = readRules(setting, server.parseOptions.has('url-normalize'));
  const replaced = applyRules(rules, found.captures, partsOf(state));
  if (replaced === 'error') return { status: 0 };
  const code = scope.get('url.redirect-code');
  const status = code === undefined ? 301 : integerOf(code);
  return replaced && { status: status >= 100 && status < 1000 ? status : 301, location: replaced.text };
}

const servers: Readonly<Record<string, string>> = {
  mod_fastcgi: 'fastcgi',
  mod_scgi: 'scgi',
  mod_ajp13: 'ajp13',
  mod_proxy: 'proxy',
};

/** Who answers, or the authorizer's document root where it only allows. */
export type Found = { readonly handler: Handler } | { readonly documentRoot: string | undefined };

/** What a module for applications says of a path, or of the file that it means. */
export function findHandler(state: State, module: string, by: 'path' | 'file'): Found | undefined {
  const name = servers[module];
  const setting = name === undefined ? undefined : state.scope.get(`${name}.server`);
  if (name === undefined || setting === undefined || state.handler !== undefined) return undefined;
  const asksForFiles = module === 'mod_fastcgi' || module === 'mod_scgi';
  if (by === 'file' && !asksForFiles) return undefined;
  const found = match(state, module, readExtensions(setting, asksForFiles), by);
  if (found === undefined || (by === 'path' && found.backend.checksLocal)) return undefined;
  const { backend, key } = found;
  if (backend.isAuthorizer) {
    state.authorized.add(module);
    return { documentRoot: backend.documentRoot };
  }
  if (by === 'path') {
    const [scriptName, pathInfo] = splitPath(state.transit.path, key, backend);
    state.transit.path = scriptName;
    if (pathInfo !== '') state.transit.pathInfo = pathInfo;
  }
  return { handler: () => answer(state, module, backend) };
}

function match(state: State, module: string, extensions: readonly Extension[], by: 'path' | 'file') {
  const { scope, transit, authorized } = state;
  const mapping = scope.get(`${servers[module]}.map-extensions`);
  const mapped = mapping === undefined ? [] : pairsOf(mapping);
  const names = { path: transit.path, name: by === 'path' ? transit.path : transit.file.name };
  const authorizer = authorized.has(module)
    ? undefined
    : findBackend(extensions, mapped, names, 'authorizer');
  return authorizer ?? findBackend(extensions, mapped, names, 'responder');
}

function answer(state: State, module: string, backend: Backend): Passed {
  switch (module) {
    case 'mod_fastcgi':
      return environAnswer(state, 'fastcgi', backend);
    case 'mod_scgi': {
      const setting = state.scope.get('scgi.protocol');
      return environAnswer(state, setting && textOf(setting) === 'uwsgi' ? 'uwsgi' : 'scgi', backend);
    }
    case 'mod_ajp13':
      return ajpAnswer(state);
    default:
      return httpAnswer(state, backend);
  }
}

/** What a program or an application gets as variables. */
export function environAnswer(
  state: State,
  protocol: 'fastcgi' | 'scgi' | 'uwsgi' | 'cgi',
  backend: Backend | undefined,
): Passed {
  giveVariables(state);
  const environ = variablesOf(state.transit, {
    ...{ serverName: serverNameOf(state), serverTag: serverTagOf(state), socket: state.socket },
    ...{ documentRoot: backend?.documentRoot, isErrorHandler: state.firstError !== 0 },
    // By the others these two are not sent.
    ...(protocol === 'fastcgi' && {
      hasBrokenScriptFilename: backend?.hasBrokenScriptFilename ?? false,
      stripped: backend?.stripped ?? '',
    }),
  });
  const relay = relayOf(relayOptions(state, protocol));
  const keeps = protocol === 'fastcgi' ? { keepConnection: false } : {};
  // SCGI's own word of itself comes last.
  const version: Pairs = protocol === 'scgi' ? [['SCGI', '1']] : [];
  return { kind: 'environ', protocol, environ: [...environ, ...version], ...keeps, relay };
}

function ajpAnswer(state: State): Passed {
  if (state.transit.connection.isEncrypted) giveVariables(state);
  const port = Number(state.socket.slice(state.socket.lastIndexOf(':') + 1));
  const message = ajpMessage(state.transit, serverNameOf(state), port);
  if (message === undefined) return { kind: 'refused', status: 400 };
  return { kind: 'ajp', message, relay: relayOf(relayOptions(state, 'ajp')) };
}

function httpAnswer(state: State, { label }: Backend): Passed {
  const { scope, transit, server } = state;
  const headers = readHeaderOptions(scope.get('proxy.header'), server.forcesHttp10);
  // What is a tunnel from then on is no request.
  if (transit.method === 'CONNECT') return { kind: 'refused', status: headers.connects ? 200 : 405 };
  const remap = new Remap(headers, transit.host, transit.connection.isEncrypted);
  const replaces = scope.get('proxy.replace-http-host');
  const message = proxiedMessage(transit, {
    ...{ headers, remap, forwarded: readForwarded(scope.get('proxy.forwarded')) },
    replacedHost: replaces !== undefined && booleanOf(replaces) ? label : '',
  });
  return { kind: 'http', message, relay: relayOf({ ...relayOptions(state, 'http'), remap }) };
}

function relayOptions(state: State, protocol: RelayOptions['protocol']): RelayOptions {
  const { scope, transit, environment } = state;
  const { added = [], replaced = [] } = environment?.answers ?? {};
  const ranges = scope.get('server.range-requests');
  const streamed = scope.get('server.stream-response-body');
  const cutsRanges =
    ['GET', 'HEAD'].includes(transit.method) &&
    transit.version === 'HTTP/1.1' &&
    (ranges === undefined || booleanOf(ranges)) &&
    (streamed === undefined || integerOf(streamed) === 0);
  return { protocol, serverTag: serverTagOf(state), added, replaced, cutsRanges };
}
