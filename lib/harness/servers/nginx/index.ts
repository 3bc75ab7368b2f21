/**
 * The model of nginx 1.22: its own configuration language, and what it makes of a request.
 */

import type { ClientConnection, ClientRequest, Interpreter, Passed } from '../../model.js';
import { absolute } from './absolute.js';
import { buildSite } from './build.js';
import type { Site } from './configuration.js';
import { environOf } from './environ.js';
import { readHead } from './head.js';
import { messageOf } from './proxy.js';
import { relayOf } from './relay.js';
import type { RequestState } from './request.js';
import type { Refusal } from './rewrite.js';
import { route } from './route.js';

export const nginx: Interpreter = (files, surroundings) => {
  const site = buildSite(files, surroundings);
  return { pass: (request, connection) => passThrough(site, request, connection) };
};

function passThrough(site: Site, client: ClientRequest, connection: ClientConnection): Passed {
  const request = readHead(client, connection, site);
  if ('status' in request) return { kind: 'refused', status: request.status };
  const outcome = route(request);
  const pass = request.handler?.pass;
  if (outcome !== 'passed' || pass === undefined) return refused(outcome, request);
  if (pass.protocol === 'http') {
    const message = messageOf(request, pass);
    if ('status' in message) return refused(message, request);
    return { kind: 'http', message, relay: relayOf(request, pass) };
  }
  const passed = environOf(request, pass.protocol);
  return 'status' in passed ? refused(passed, request) : { ...passed, relay: relayOf(request, pass) };
}

function refused(outcome: Refusal | 'passed', request: RequestState): Passed {
  if (outcome === 'passed') return { kind: 'refused', status: 404 };
  const { errorStatus } = request;
  const status = errorStatus === undefined || errorStatus === 0 ? outcome.status : errorStatus;
  if (outcome.location === undefined) return { kind: 'refused', status };
  return { kind: 'refused', status: outcome.status, location: absolute(outcome.location, request) };
}
