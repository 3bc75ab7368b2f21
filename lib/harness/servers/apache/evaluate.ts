/**
 * Conditions and texts in the language of Apache's expressions, evaluated for a request.
 *
 * Source: `util_expr_eval.c` of Apache 2.4: `ap_expr_eval_cond()`, `request_var_names`, `string_func_providers`.
 *
 * Rules of this file: what there is not is an empty text; what an expression finds is kept for `$1`.
 */

import type { Condition, Piece } from './conditions.js';
import { fieldOf } from './fields.js';
import type { ApacheRequest } from './module.js';
import { escapeUri } from './normal.js';
import { matchesStars } from './read.js';
import { schemeOf, serverNameOf, serverPortOf } from './variables.js';

/** What `$0` to `$9` are: what the last expression that matched found. */
export interface Found {
  groups: readonly (string | undefined)[];
  /** For tests of files; without it no file is there. */
  readonly exists?: ((path: string) => 'file' | 'folder' | undefined) | undefined;
}

export function evaluate(
  condition: Condition,
  request: ApacheRequest,
  found: Found = { groups: [] },
): boolean {
  const text = (pieces: readonly Piece[]): string => textOf(pieces, request, found);
  switch (condition.kind) {
    case 'constant':
      return condition.value;
    case 'not':
      return !evaluate(condition.of, request, found);
    case 'and':
      return evaluate(condition.left, request, found) && evaluate(condition.right, request, found);
    case 'or':
      return evaluate(condition.left, request, found) || evaluate(condition.right, request, found);
    case 'in': {
      const word = text(condition.word);
      return condition.list.some((each) => text(each) === word);
    }
    case 'match': {
      const groups = condition.expression.exec(text(condition.word));
      if (groups !== null) found.groups = groups;
      return (groups !== null) !== condition.isNot;
    }
    case 'unary':
      return isUnary(condition.operator, text(condition.word), found.exists);
    case 'binary':
      return compare(condition.operator, text(condition.left), text(condition.right));
  }
}

function isUnary(operator: string, text: string, exists: Found['exists']): boolean {
  switch (operator) {
    case 'n':
      return text !== '';
    case 'z':
      return text === '';
    case 'T':
      return !/^(?:|0|off|false|no)$/i.test(text);
    case 'f':
    case 's':
    case 'F':
      return exists?.(text) === 'file';
    case 'd':
      return exists?.(text) === 'folder';
    case 'e':
      return exists?.(text) !== undefined;
    default:
      return false;
  }
}

function compare(operator: string, left: string, right: string): boolean {
  const order = left < right ? -1 : Number(left > right);
  const difference = Number.parseInt(left, 10) - Number.parseInt(right, 10);
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
  switch (operator.replace(/^-/, '')) {
    case 'eq':
      return difference === 0;
    case 'ne':
      return difference !== 0;
    case 'lt':
      return difference < 0;
    case 'le':
      return difference <= 0;
    case 'gt':
      return difference > 0;
    case 'ge':
      return difference >= 0;
    case 'strcmatch':
      return matchesStars(left.toLowerCase(), right.toLowerCase());
    default:
      return matchesStars(left, right);
  }
}

/** A text with all that is put into it. */
export function textOf(
  pieces: readonly Piece[],
  request: ApacheRequest,
  found: Found = { groups: [] },
): string {
  return pieces.map((piece) => pieceOf(piece, request, found)).join('');
}

function pieceOf(piece: Piece, request: ApacheRequest, found: Found): string {
  switch (piece.kind) {
    case 'literal':
      return piece.text;
    case 'reference':
      return found.groups[piece.index] ?? '';
    case 'variable':
      return variableOf(piece.name, request);
    case 'call':
      return call(piece.name, textOf(piece.argument, request, found), request);
  }
}

function call(name: string, argument: string, { headersIn, env, notes }: ApacheRequest): string {
  switch (name) {
    case 'req':
    case 'http':
    case 'req_novary':
      return fieldOf(headersIn, argument) ?? '';
    case 'reqenv':
    case 'env':
      return env.get(argument) ?? '';
    case 'note':
      return notes.get(argument) ?? '';
    case 'tolower':
      return argument.toLowerCase();
    case 'toupper':
      return argument.toUpperCase();
    case 'escape':
      return escapeUri(argument);
    default:
      return '';
  }
}

const fields: Readonly<Record<string, string>> = {
  ...{ HTTP_ACCEPT: 'accept', HTTP_COOKIE: 'cookie', HTTP_FORWARDED: 'forwarded', HTTP_HOST: 'host' },
  ...{ HTTP_PROXY_CONNECTION: 'proxy-connection', HTTP_REFERER: 'referer', HTTP_USER_AGENT: 'user-agent' },
};

function variableOf(name: string, request: ApacheRequest): string {
  const field = fields[name];
  if (field !== undefined) return fieldOf(request.headersIn, field) ?? '';
  const { connection, server, context } = request;
  switch (name) {
    case 'REQUEST_METHOD':
      return request.method;
    case 'REQUEST_SCHEME':
      return schemeOf(request);
    case 'REQUEST_URI':
    case 'DOCUMENT_URI':
      return request.uri;
    case 'REQUEST_FILENAME':
    case 'SCRIPT_FILENAME':
      return request.filename ?? '';
    case 'PATH_INFO':
      return request.pathInfo;
    case 'QUERY_STRING':
      return request.args ?? '';
    case 'IS_SUBREQ':
      return String(request.isSubrequest);
    case 'THE_REQUEST':
      return `${request.method} ${request.unparsedUri} ${request.protocol}`;
    case 'REMOTE_ADDR':
    case 'REMOTE_HOST':
    case 'CONN_REMOTE_ADDR':
      return connection.remoteAddress;
    case 'REMOTE_PORT':
      return String(connection.remotePort);
    case 'SERVER_ADDR':
      return connection.localAddress;
    case 'SERVER_NAME':
      return serverNameOf(request);
    case 'SERVER_PORT':
      return String(serverPortOf(request));
    case 'SERVER_PROTOCOL':
      return request.protocol;
    case 'SERVER_ADMIN':
      return (
        server.directives.findLast(({ name }) => name === 'serveradmin')?.args[0] ?? '[no address given]'
      );
    case 'DOCUMENT_ROOT':
      return server.documentRoot;
    case 'CONTENT_TYPE':
      return '';
    case 'HANDLER':
      return request.handler ?? '';
    case 'HTTPS':
      return connection.isEncrypted ? 'on' : 'off';
    case 'IPV6':
      return connection.remoteAddress.includes(':') ? 'on' : 'off';
    case 'CONTEXT_PREFIX':
      return context?.prefix ?? '';
    case 'CONTEXT_DOCUMENT_ROOT':
      return context?.documentRoot ?? server.documentRoot;
    case 'REQUEST_STATUS':
      return '200';
    default:
      return '';
  }
}
