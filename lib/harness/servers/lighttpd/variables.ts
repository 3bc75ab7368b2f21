/**
 * The variables that lighttpd sends by FastCGI, SCGI, uwsgi and CGI (http_cgi_headers() of 1.4.69), in its order.
 *
 * Rules of this file: of two header fields that make one variable both are sent.
 */

import type { Pairs } from '../../model.js';
import { joinPath } from './path.js';
import type { Transit } from './request.js';

/** What of an application's options and of the server its variables tell. */
export interface VariableOptions {
  readonly documentRoot?: string | undefined;
  readonly hasBrokenScriptFilename?: boolean;
  readonly stripped?: string;
  readonly serverName: string | undefined;
  readonly serverTag: string;
  /** `address:port`, where the server listens. */
  readonly socket: string;
  /** Whether an error handler is what runs. */
  readonly isErrorHandler: boolean;
}

export function variablesOf(transit: Transit, options: VariableOptions): Pairs {
  const { sentTarget, target, path, pathInfo, connection, file } = transit;
  const { documentRoot, socket } = options;
  const root = documentRoot ?? file.base;
  const colon = socket.lastIndexOf(':');
  const address = addressOf(socket.slice(0, colon), connection.localAddress);
  return [
    ['CONTENT_LENGTH', String(transit.bodyLength)],
    ['QUERY_STRING', transit.query],
    ['REQUEST_URI', withoutPrefix(sentTarget, options.stripped ?? '')],
    ...pairIf(target !== sentTarget, 'REDIRECT_URI', target),
    ...pairIf(!options.isErrorHandler, 'REDIRECT_STATUS', '200'),
    ['SCRIPT_NAME', path],
    ...pairIf(pathInfo !== '', 'PATH_INFO', pathInfo),
    ...pairIf(pathInfo !== '', 'PATH_TRANSLATED', joinPath(root, pathInfo)),
    ['SCRIPT_FILENAME', scriptFilename(transit, options)],
    ['DOCUMENT_ROOT', root],
    ['REQUEST_METHOD', transit.method],
    ['SERVER_PROTOCOL', transit.version],
    ['SERVER_SOFTWARE', options.serverTag],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['REQUEST_SCHEME', connection.isEncrypted ? 'https' : 'http'],
    ...pairIf(connection.isEncrypted, 'HTTPS', 'on'),
    ['SERVER_PORT', socket.slice(colon + 1)],
    ['SERVER_ADDR', address],
    ['SERVER_NAME', withoutPort(options.serverName ?? '')],
    ['REMOTE_ADDR', connection.remoteAddress],
    ['REMOTE_PORT', String(connection.remotePort)],
    ...fieldVariables(transit),
    ...transit.environment.all().map(([name, value]) => [fold(name), value] as const),
  ];
}

function pairIf(isSent: boolean, name: string, value: string): Pairs {
  return isSent ? [[name, value]] : [];
}

/** The address at which the server listens, or which the client chose of all. */
function addressOf(address: string, local: string): string {
  return address === '0.0.0.0' || address === '[::]' ? local : address;
}

/** A prefix is taken off where a slash follows it. */
function withoutPrefix(target: string, prefix: string): string {
  return prefix !== '' && target.startsWith(`${prefix}/`) ? target.slice(prefix.length) : target;
}

function scriptFilename({ path, pathInfo, file }: Transit, options: VariableOptions): string {
  if (options.documentRoot !== undefined) return joinPath(options.documentRoot, path);
  return options.hasBrokenScriptFilename === true ? joinPath(file.name, pathInfo) : file.name;
}

/** A host without its port. */
export function withoutPort(host: string): string {
  return host.replace(/^(\[[^\]]*\]|[^[:][^:]*|):.*$/, '$1');
}

function fieldVariables({ fields }: Transit): Pairs {
  return fields
    .pairs()
    .filter(([name]) => name.toLowerCase() !== 'proxy')
    .map(([name, value]) => [
      name.toLowerCase() === 'content-type' ? 'CONTENT_TYPE' : `HTTP_${fold(name)}`,
      value,
    ]);
}

/** What is neither a letter nor a digit becomes `_`. */
function fold(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}
