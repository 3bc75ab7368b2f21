/**
 * The meta-variables that Apache makes of a request, for every module that speaks CGI or something like it.
 *
 * Source: `ap_add_common_vars()`, `ap_add_cgi_vars()`, `http2env()`, `ap_find_path_info()` of `server/util_script.c`, Apache 2.4.
 *
 * Rules of this file: variables are put into `request.env`, where those of SetEnv are already; later ones replace.
 */

import { escapeHtml } from '../../html.js';
import type { Configuration } from './configuration.js';
import { type ApacheRequest, isOn, lastOf } from './module.js';
import { escapeUri } from './normal.js';
import { version } from './read.js';

/** The variable that a field becomes; `undefined` where its name has no counterpart (an underscore would make two names one). */
export function variableOf(field: string): string | undefined {
  if (!/^[A-Za-z0-9-]+$/.test(field)) return undefined;
  return `HTTP_${field.toUpperCase().replaceAll('-', '_')}`;
}

/** `ap_add_common_vars()`. */
export function addCommonVariables(request: ApacheRequest, configuration: Configuration): void {
  const { env, connection, server, context } = request;
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined) env.set(name, value);
  };
  const passesAuthorization = isOn(request, 'CGIPassAuth');
  for (const [name, value] of request.headersIn) {
    const lower = name.toLowerCase();
    if (lower === 'content-type') set('CONTENT_TYPE', value);
    else if (lower === 'content-length') set('CONTENT_LENGTH', value);
    else if (lower === 'proxy') continue;
    else if (/^(?:proxy-)?authorization$/.test(lower) && !passesAuthorization) continue;
    else {
      const variable = variableOf(name);
      if (variable !== undefined) env.set(variable, value);
    }
  }
  if (!env.has('PATH')) env.set('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  set('SERVER_SIGNATURE', signatureOf(request, configuration));
  set('SERVER_SOFTWARE', softwareOf(configuration));
  set('SERVER_NAME', escapeHtml(serverNameOf(request)));
  set('SERVER_ADDR', connection.localAddress);
  set('SERVER_PORT', String(serverPortOf(request)));
  set('REMOTE_ADDR', connection.remoteAddress);
  set('DOCUMENT_ROOT', server.documentRoot);
  set('REQUEST_SCHEME', schemeOf(request));
  set('CONTEXT_PREFIX', context?.prefix ?? '');
  set('CONTEXT_DOCUMENT_ROOT', context?.documentRoot ?? server.documentRoot);
  set('SERVER_ADMIN', lastOf(request, 'ServerAdmin')?.args[0] ?? '[no address given]');
  set('SCRIPT_FILENAME', request.filename);
  set('REMOTE_PORT', String(connection.remotePort));
  if (request.previous !== undefined) {
    const { uri, args } = request.previous;
    set('REDIRECT_URL', isOn(request, 'QualifyRedirectURL') ? `${originOf(request)}${escapeUri(uri)}` : uri);
    set('REDIRECT_QUERY_STRING', args);
  }
}

/** `ap_add_cgi_vars()`. */
export function addCgiVariables(request: ApacheRequest): void {
  const { env, method, protocol, args, unparsedUri, uri, pathInfo } = request;
  env.set('GATEWAY_INTERFACE', 'CGI/1.1');
  env.set('SERVER_PROTOCOL', protocol);
  env.set('REQUEST_METHOD', method);
  env.set('QUERY_STRING', args ?? '');
  env.set('REQUEST_URI', unparsedUri);
  if (pathInfo === '') {
    env.set('SCRIPT_NAME', uri);
    return;
  }
  env.set('SCRIPT_NAME', uri.slice(0, pathInfoStart(uri, pathInfo)));
  env.set('PATH_INFO', pathInfo);
  const { other } = request.lookUp(escapeUri(pathInfo));
  if (other.filename !== undefined) env.set('PATH_TRANSLATED', other.filename + other.pathInfo);
}

/** `ap_find_path_info()`: where the tail begins that a path shares with the path info. */
export function pathInfoStart(uri: string, pathInfo: string): number {
  let at = uri.length - 1;
  let of = pathInfo.length - 1;
  while (at >= 0 && of >= 0 && uri[at] === pathInfo[of]) {
    if (uri[at] === '/') while (at > 0 && uri[at - 1] === '/') at--;
    at--;
    of--;
  }
  at = Math.max(at, 0);
  while (at < uri.length && uri[at] !== '/') at++;
  return at;
}

/** `ap_http_scheme()`: of ServerName, else of the connection. */
export function schemeOf({ server, connection }: ApacheRequest): string {
  return server.scheme ?? (connection.isEncrypted ? 'https' : 'http');
}

/** `ap_default_port()`. */
export function usualPortOf(request: ApacheRequest): number {
  return schemeOf(request) === 'https' ? 443 : 80;
}

/** `ap_get_server_name()`: by UseCanonicalName. */
export function serverNameOf(request: ApacheRequest): string {
  const { hostname, server } = request;
  const own = server.name === '' ? 'localhost' : server.name;
  return isOn(request, 'UseCanonicalName') ? own : (hostname ?? own);
}

/** `ap_get_server_port()`. */
export function serverPortOf(request: ApacheRequest): number {
  const { hostPort, server, connection } = request;
  const usual = usualPortOf(request);
  const physical = isOn(request, 'UseCanonicalPhysicalPort') ? connection.localPort : undefined;
  if (isOn(request, 'UseCanonicalName')) return server.port ?? physical ?? usual;
  return hostPort ?? physical ?? server.port ?? usual;
}

/** `ap_construct_url()` without a path. */
export function originOf(request: ApacheRequest): string {
  const port = serverPortOf(request);
  const suffix = port === usualPortOf(request) ? '' : `:${port}`;
  return `${schemeOf(request)}://${serverNameOf(request)}${suffix}`;
}

function signatureOf(request: ApacheRequest, configuration: Configuration): string {
  const word = lastOf(request, 'ServerSignature')?.args[0]?.toLowerCase() ?? 'off';
  if (word === 'off') return '';
  const name = escapeHtml(serverNameOf(request).replace(/^\[|\]$/g, ''));
  const admin = lastOf(request, 'ServerAdmin')?.args[0] ?? '[no address given]';
  const shown = word === 'email' ? `<a href="mailto:${escapeHtml(admin)}">${name}</a>` : name;
  return `<address>${softwareOf(configuration)} Server at ${shown} Port ${serverPortOf(request)}</address>\n`;
}

/** What modules add to the name of the server, in the order in which they are initialised. */
const components: readonly (readonly [module: string, text: string])[] = [
  ['fcgid_module', 'mod_fcgid/2.3.9'],
  ['jk_module', 'mod_jk/1.2.48'],
  ['python_module', 'mod_python/3.5.0+git20211031.e6458ec Python/3.11.2'],
  ['wsgi_module', 'mod_wsgi/4.9.4 Python/3.11'],
];

/** `ap_get_server_banner()`: by ServerTokens. */
export function softwareOf({ servers, modules }: Configuration): string {
  const tokens = servers[0]?.directives
    .findLast(({ name }) => name === 'servertokens')
    ?.args[0]?.toLowerCase();
  const [major, minor] = version.split('.');
  switch (tokens) {
    case 'prod':
    case 'productonly':
      return 'Apache';
    case 'major':
      return `Apache/${major}`;
    case 'minor':
      return `Apache/${major}.${minor}`;
    case 'min':
    case 'minimal':
      return `Apache/${version}`;
    case 'os':
      return `Apache/${version} (Debian)`;
    default: {
      const added = components.filter(([module]) => modules.has(module)).map(([, text]) => text);
      return [`Apache/${version} (Debian)`, ...added].join(' ');
    }
  }
}
