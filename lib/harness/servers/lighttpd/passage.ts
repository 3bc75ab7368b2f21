/**
 * The way of one request through the modules of lighttpd 1.4.69 (http_response_prepare()): first by its path, then by the file
 * that the path means.
 *
 * Rules of this file: modules are asked in the order in which they are loaded, those that rewrite before all others; what one of
 * them rewrites begins again at the top.
 */

import type { Passed } from '../../model.js';
import { isOfCore } from './directives.js';
import { takeEnvironment } from './environment.js';
import { byFile } from './file-modules.js';
import { findFile } from './files.js';
import { joinPath } from './path.js';
import { findHandler, isDenied, redirectOf } from './path-modules.js';
import { retake, type Transit } from './request.js';
import { rewriteOf } from './rewrite.js';
import { Scope } from './scope.js';
import { newState, type Server, type State } from './state.js';
import { booleanOf, integerOf, pairsOf, textOf } from './values.js';

/** The status of a connection that is closed without an answer. */
const noAnswer = 0;

/** A status, where that is all of the answer. */
function refused(status: number, location?: string): Passed {
  return { kind: 'refused', status, ...(location !== undefined && { location }) };
}

export function pass(server: Server, transit: Transit): Passed {
  const state = newState(server, transit);
  for (;;) {
    const passed = attempt(state);
    if (passed === 'again') continue;
    if (passed.kind !== 'refused' || passed.status < 400) return passed;
    const handler = errorHandler(state, passed.status);
    if (handler === undefined) return refused(state.firstError || passed.status);
    state.firstError = passed.status;
    transit.environment.set('REDIRECT_STATUS', String(passed.status));
    if (!retake(transit, handler, server.parseOptions)) return refused(400);
  }
}

/** What answers in place of an error; once. */
function errorHandler(state: State, status: number): string | undefined {
  const { scope, transit } = state;
  if (state.firstError !== 0) return undefined;
  const general = scope.get('server.error-handler');
  const absent = scope.get('server.error-handler-404');
  if (general === undefined) return absent && (status === 404 || status === 403) ? textOf(absent) : undefined;
  // The older directive leaves the request as it is.
  transit.method = 'GET';
  transit.bodyLength = 0;
  state.rewriting = { count: 0, isFinished: false };
  return textOf(general);
}

function attempt(state: State): Passed | 'again' {
  const { server, transit } = state;
  reset(state);
  const http11 = state.scope.get('server.protocol-http11');
  if (http11 !== undefined && !booleanOf(http11)) transit.version = 'HTTP/1.0';
  const largest = state.scope.get('server.max-request-size');
  if (largest !== undefined && integerOf(largest) > 0 && transit.bodyLength > integerOf(largest) * 1024) {
    return refused(413);
  }
  const rewritten = rewriteOf(state, 'path');
  if (rewritten !== undefined) return begin(state, rewritten);
  for (const module of server.modules) {
    const stopped = byPath(state, module);
    if (stopped !== undefined) return stopped;
  }
  if (transit.method === 'OPTIONS' && transit.path === '*') return refused(200);
  // Whoever took it answers, without a file.
  if (transit.method === 'CONNECT') return state.handler?.() ?? refused(405);
  return throughFile(state);
}

/** Everything is looked at anew. */
function reset(state: State): void {
  state.scope = new Scope(state.server.scopes, state.ask);
  state.handler = undefined;
  state.scope.settle(isOfCore);
}

/** Reads a rewritten target; what is none ends the connection without an answer. */
function begin({ server, transit }: State, target: string | 'error'): Passed | 'again' {
  if (target === 'error') return refused(noAnswer);
  return retake(transit, target, server.parseOptions) ? 'again' : refused(400);
}

function byPath(state: State, module: string): Passed | 'again' | undefined {
  const { transit } = state;
  switch (module) {
    case 'mod_setenv':
      takeEnvironment(state);
      return undefined;
    case 'mod_access':
      return isDenied(state) ? refused(403) : undefined;
    case 'mod_redirect': {
      const redirect = redirectOf(state);
      return redirect && refused(redirect.status, redirect.location);
    }
    default: {
      const found = findHandler(state, module, 'path');
      if (found === undefined) return undefined;
      if ('handler' in found) {
        state.handler = found.handler;
        return undefined;
      }
      takeEnvironment(state);
      const { documentRoot } = found;
      if (documentRoot === undefined) return 'again';
      Object.assign(transit.file, { root: documentRoot, base: documentRoot });
      transit.file.name = joinPath(documentRoot, transit.path);
      return fromFile(state);
    }
  }
}

function throughFile(state: State): Passed | 'again' {
  const { server, transit, scope } = state;
  const setting = scope.get('server.document-root');
  const root = setting === undefined ? '' : textOf(setting);
  const lowers = scope.get('server.force-lowercase-filenames');
  const isLower = lowers !== undefined && booleanOf(lowers);
  const name = joinPath(root, isLower ? transit.path.toLowerCase() : transit.path);
  Object.assign(transit.file, { root, base: root, name });
  for (const module of server.modules) {
    if (module === 'mod_alias' && !alias(state)) return refused(403);
    if (module !== 'mod_rewrite' || state.handler !== undefined) continue;
    if (server.files.at(transit.file.name) === 'file') continue;
    const rewritten = rewriteOf(state, 'file');
    if (rewritten !== undefined) return begin(state, rewritten);
  }
  return state.handler === undefined ? fromFile(state) : state.handler();
}

/** Puts another folder or file in the place of the beginning of the path; `false` where that would lead out of it. */
function alias({ scope, transit: { file } }: State): boolean {
  const setting = scope.get('alias.url');
  const base = file.base.replace(/\/$/, '');
  const path = file.name.slice(base.length);
  const found = setting && pairsOf(setting).find(([prefix]) => path.startsWith(prefix));
  if (found === undefined) return true;
  const [prefix, place] = found;
  const rest = path.slice(prefix.length);
  if (/^\.\.?(?:\/|$)/.test(rest) && prefix !== '' && !prefix.endsWith('/') && place.endsWith('/'))
    return false;
  Object.assign(file, { base: place, name: place + rest });
  return true;
}

function fromFile(state: State): Passed | 'again' {
  const { server, transit } = state;
  const found = findFile(transit, server.files);
  if (typeof found === 'object') {
    return found.status === 301 ? refused(301, folderLocation(state)) : refused(found.status);
  }
  for (const module of server.modules) {
    const answer = byFile(state, module, found);
    if (typeof answer === 'number') return refused(answer);
    if (answer === 'again') return 'again';
    if (answer !== undefined) return answer();
  }
  if (transit.method === 'OPTIONS') return refused(200);
  return refused(['GET', 'HEAD', 'QUERY', 'POST'].includes(transit.method) ? 403 : 501);
}

function folderLocation({ server, transit }: State): string {
  const { path, query, host, connection } = transit;
  const scheme = connection.isEncrypted ? 'https' : 'http';
  const before = server.redirectsAbsolutely && host !== undefined ? `${scheme}://${host}` : '';
  const encoded = path.replace(
    /[^-0-9A-Za-z._~/!()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `${before}${encoded}/${query === '' ? '' : `?${query}`}`;
}
