/**
 * The way of a request through nginx: rewrite rules of the server, a location, its rewrite rules, again where they changed the URI;
 * then who may, `try_files`, and whatever answers (ngx_http_core_module.c).
 *
 * Rules of this file: a request ends at a location that passes it on, or with an answer of nginx.
 */

import { isAllowed } from './access.js';
import type { Location } from './configuration.js';
import { locate } from './locate.js';
import { bodyLength, type RequestState } from './request.js';
import { type Refusal, runCodes } from './rewrite.js';
import { runScript } from './script.js';
import { answerFile } from './static.js';
import { escapeUri } from './target.js';
import { tryFiles } from './try-files.js';

/** `'passed'`: to the handler of the request. */
export type Outcome = Refusal | 'passed';

/** Where a part of the way leads: on to another URI, or to a named location. */
export type Turn =
  | { readonly kind: 'uri'; readonly uri: string; readonly args: string }
  | { readonly kind: 'named'; readonly name: string };

/** The whole way. */
export function route(request: RequestState): Outcome {
  let outcome = walk(request, undefined);
  while (outcome !== 'passed') {
    const turn = errorPage(request, outcome);
    if (turn === undefined || 'status' in turn) return turn ?? outcome;
    outcome = walk(request, turn);
  }
  return outcome;
}

function walk(request: RequestState, start: Turn | undefined): Outcome {
  let turn = start;
  for (;;) {
    let isNamed = false;
    if (turn !== undefined) {
      if (--request.changesLeft === 0) return { status: 500, isFinal: true };
      const refused = follow(turn, request);
      if (refused !== undefined) return refused;
      isNamed = turn.kind === 'named';
    }
    const end = pass(request, isNamed);
    if (end === 'passed' || 'status' in end) return end;
    turn = end;
  }
}

/** ngx_http_internal_redirect, ngx_http_named_location. */
function follow(turn: Turn, request: RequestState): Refusal | undefined {
  request.split = undefined;
  request.isInternal = true;
  if (turn.kind === 'named') {
    const location = request.server.named.get(turn.name);
    if (location === undefined) return { status: 500, isFinal: true };
    request.location = location;
    enter(location, request);
    return undefined;
  }
  request.uri = turn.uri;
  request.args = turn.args;
  request.isUnparsedValid = false;
  request.isLocationValid = true;
  request.addsUriToAlias = false;
  return undefined;
}

/** The phases of one URI. */
function pass(request: RequestState, isNamed: boolean): Outcome | Turn {
  if (!isNamed) {
    request.location = request.server.root;
    const refused = runCodes(request.server.root.codes, request);
    if (refused !== undefined) return refused;
  }
  for (let isFound = isNamed; ; isFound = false) {
    if (!isFound) {
      const refused = find(request);
      if (refused !== undefined) return refused;
    }
    request.isUriChanged = false;
    const refused = runCodes(request.location.kind === 'server' ? [] : request.location.codes, request);
    if (refused !== undefined) return refused;
    if (!request.isUriChanged) break;
    if (--request.changesLeft === 0) return { status: 500, isFinal: true };
  }
  if (!isAllowed(request)) return { status: 403 };
  const turn = tryFiles(request);
  if (turn !== undefined) return turn;
  if (request.handler === undefined) return answerFile(request);
  request.split = undefined;
  return tooLarge(request) ? { status: 413 } : 'passed';
}

/** ngx_http_core_find_config_phase. */
function find(request: RequestState): Refusal | undefined {
  const isRedirect = locate(request);
  if (!request.isInternal && request.location.scope.nearest('internal') !== undefined) return { status: 404 };
  enter(request.location, request);
  if (tooLarge(request)) return { status: 413 };
  if (!isRedirect) return undefined;
  const query = request.args === '' ? '' : `?${request.args}`;
  return { status: 301, location: escapeUri(request.location.name) + query };
}

/** ngx_http_update_location_config. */
function enter(location: Location, request: RequestState): void {
  request.handler = location.pass && location;
  if (location.limit === undefined) return;
  const { methods, location: limited } = location.limit;
  const isFree = methods.includes(request.method) || (request.method === 'HEAD' && methods.includes('GET'));
  if (isFree) return;
  request.location = { ...limited, codes: location.codes };
  if (limited.pass !== undefined) request.handler = limited;
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function tooLarge(request: RequestState): boolean {
  const [setting] = request.location.scope.nearest('client_max_body_size') ?? [];
  const [, digits = '1', unit = 'm'] = /^(\d+)([kmg]?)$/i.exec(setting?.parameters[0] ?? '1m') ?? [];
  const limit = Number(digits) * (units[unit.toLowerCase()] ?? 1);
  return limit > 0 && bodyLength(request) > limit;
}

/** ngx_http_send_error_page. */
function errorPage(request: RequestState, { status, isFinal = false }: Refusal): Refusal | Turn | undefined {
  const { scope } = request.location;
  const isSecond = request.errorStatus !== undefined && !scope.isOn('recursive_error_pages', false);
  if (isFinal || isSecond || status < 300) return undefined;
  for (const { parameters, scripts } of scope.nearest('error_page') ?? []) {
    if (!parameters.includes(String(status))) continue;
    const [given] = parameters.filter((parameter) => parameter.startsWith('=')).map((each) => each.slice(1));
    request.errorStatus = given === undefined ? status : Number(given);
    const script = scripts.at(-1);
    const uri = script === undefined ? '' : runScript(script, request);
    if (uri.startsWith('@')) return { kind: 'named', name: uri };
    if (!uri.startsWith('/')) {
      const isRedirect = [301, 302, 303, 307, 308].includes(Number(given));
      return { status: isRedirect ? Number(given) : 302, location: uri };
    }
    if (request.method !== 'HEAD') request.method = 'GET';
    const [path = '', ...rest] = uri.split('?');
    return { kind: 'uri', uri: path, args: rest.join('?') };
  }
  return undefined;
}
