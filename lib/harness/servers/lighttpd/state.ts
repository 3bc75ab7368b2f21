/**
 * What is known of a request on its way, beside the request itself.
 *
 * Rules of this file: a variable of a condition is asked for as it is at that moment.
 */

import type { Pairs, Passed } from '../../model.js';
import type { Files } from './files.js';
import type { ParseOptions } from './path.js';
import type { Transit } from './request.js';
import { type Ask, Scope, type Scopes } from './scope.js';
import { socketAt } from './sockets.js';
import { textOf } from './values.js';

/** A configuration, read. */
export interface Server {
  readonly scopes: Scopes;
  readonly modules: readonly string[];
  readonly parseOptions: ParseOptions;
  readonly files: Files;
  readonly sockets: readonly string[];
  readonly forcesHttp10: boolean;
  readonly redirectsAbsolutely: boolean;
}

/** What `setenv.*` said when it was asked. */
export interface Environment {
  readonly variables: { readonly added: Pairs; readonly replaced: Pairs };
  readonly answers: { readonly added: Pairs; readonly replaced: Pairs };
}

export type Handler = () => Passed;

export interface State {
  readonly server: Server;
  readonly transit: Transit;
  readonly ask: Ask;
  /** Where the connection came in. */
  readonly socket: string;
  scope: Scope;
  /** Who answers, once somebody took it. */
  handler: Handler | undefined;
  environment: Environment | undefined;
  rewriting: { count: number; isFinished: boolean };
  /** Modules whose authorizer has allowed the request. */
  readonly authorized: Set<string>;
  /** The status in whose place an error handler runs; 0 for none. */
  firstError: number;
}

export function newState(server: Server, transit: Transit): State {
  const socket = socketAt(server.sockets, transit.connection);
  const ask: Ask = (variable, field) => answerOf(transit, socket, variable, field);
  return {
    ...{ server, transit, ask, socket, handler: undefined, environment: undefined, firstError: 0 },
    ...{ scope: new Scope(server.scopes, ask), authorized: new Set() },
    rewriting: { count: 0, isFinished: false },
  };
}

function answerOf(transit: Transit, socket: string, variable: string, field: string): string | undefined {
  if (variable === 'SERVER') return socket;
  if (variable === 'REQUEST_HEADER') return transit.fields.get(field);
  const { connection } = transit;
  switch (field) {
    case 'url':
      return transit.path;
    case 'host':
      return transit.host;
    case 'querystring':
    case 'query-string':
      return transit.query;
    case 'remoteip':
    case 'remote-ip':
      return connection.remoteAddress;
    case 'request-method':
      return transit.method;
    case 'scheme':
      return connection.isEncrypted ? 'https' : 'http';
    case 'useragent':
      return transit.fields.get('User-Agent');
    case 'language':
      return transit.fields.get('Accept-Language');
    default:
      return transit.fields.get(field);
  }
}

/** The name by which the server was asked for. */
export function serverNameOf({ scope, transit }: State): string | undefined {
  const setting = scope.get('server.name');
  return (setting && textOf(setting)) || transit.host;
}

export function serverTagOf({ scope }: State): string {
  const setting = scope.get('server.tag');
  return setting === undefined ? 'lighttpd/1.4.69' : textOf(setting);
}
