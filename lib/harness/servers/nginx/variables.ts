/**
 * The variables of nginx (ngx_http_variables.c), as far as they tell of requests.
 *
 * Rules of this file: `undefined` is a variable that is not found, which texts show as nothing. What depends on a clock, a process
 * or an answer is not known.
 */

import { documentRoot, fileOf } from './files.js';
import { bodyLength, fieldOf, type RequestState, type SplitPath } from './request.js';

/** The version whose behaviour is modelled. */
export const nginxVersion = '1.22.1';

type Reader = (request: RequestState) => string | undefined;

const readers: Readonly<Record<string, Reader>> = {
  uri: ({ uri }) => uri,
  document_uri: ({ uri }) => uri,
  request_uri: ({ unparsedUri }) => unparsedUri,
  args: ({ args }) => args,
  query_string: ({ args }) => args,
  is_args: ({ args }) => (args === '' ? '' : '?'),
  request: ({ client: { method, target, version } }) => `${method} ${target} ${version}`,
  request_method: ({ method }) => method,
  server_protocol: ({ client }) => client.version,
  scheme: ({ connection }) => (connection.isEncrypted ? 'https' : 'http'),
  https: ({ connection }) => (connection.isEncrypted ? 'on' : ''),
  host: ({ host, server }) => (host === '' ? (server.names[0] ?? '') : host),
  server_name: ({ server }) => server.names[0] ?? '',
  server_addr: ({ connection }) => connection.localAddress,
  server_port: ({ connection }) => String(connection.localPort),
  remote_addr: ({ connection }) => connection.remoteAddress,
  remote_port: ({ connection }) => String(connection.remotePort),
  realip_remote_addr: ({ connection }) => connection.remoteAddress,
  realip_remote_port: ({ connection }) => String(connection.remotePort),
  remote_user: remoteUser,
  content_type: (request) => fieldOf(request, 'content-type'),
  content_length: contentLength,
  document_root: documentRoot,
  realpath_root: documentRoot,
  request_filename: fileOf,
  nginx_version: () => nginxVersion,
  fastcgi_script_name: scriptName,
  fastcgi_path_info: (request) => splitPath(request).pathInfo,
  proxy_host: ({ upstream }) => upstream?.host,
  proxy_port: ({ upstream }) => upstream?.port,
  proxy_internal_body_length: ({ upstream }) => upstream?.bodyLength,
  proxy_internal_chunked: () => '',
  proxy_add_x_forwarded_for: (request) =>
    [...valuesOf(request, 'x-forwarded-for'), request.connection.remoteAddress].join(', '),
  http_x_forwarded_for: (request) => joined(request, 'x-forwarded-for', ', '),
  http_cookie: (request) => joined(request, 'cookie', '; '),
  request_body: ({ client }) => client.body && Buffer.from(client.body).toString('latin1'),
  request_completion: () => '',
  limit_rate: () => '0',
  pipe: () => '.',
  http2: () => '',
  http3: () => '',
  proxy_protocol_addr: () => '',
  proxy_protocol_port: () => '',
};

/** Whether nginx has such a variable by itself, and the model knows it; the name in lower case. */
export function isVariable(name: string): boolean {
  return Object.hasOwn(readers, name) || /^(?:http|arg|cookie)_./.test(name);
}

/** Whether a `set` may change it. */
export function isChangeable(name: string): boolean {
  return name === 'args' || name === 'limit_rate' || !isVariable(name);
}

/** The value of a variable; the name in lower case. */
export function variableOf(name: string, request: RequestState): string | undefined {
  const map = request.site.maps.get(name);
  if (map !== undefined) return map(request);
  if (Object.hasOwn(readers, name)) return readers[name]?.(request);
  const [, kind, rest = ''] = /^(http|arg|cookie)_(.+)$/.exec(name) ?? [];
  if (kind === 'http') return request.fields.find(({ key }) => key.replaceAll('-', '_') === rest)?.value;
  if (kind === 'arg') return argument(request.args, rest);
  if (kind === 'cookie') return cookie(request, rest);
  return request.values.get(name);
}

function valuesOf({ fields }: RequestState, wanted: string): readonly string[] {
  return fields.filter(({ key, isValid }) => isValid && key === wanted).map(({ value }) => value);
}

function joined(request: RequestState, key: string, separator: string): string | undefined {
  const values = valuesOf(request, key);
  return values.length === 0 ? undefined : values.join(separator);
}

function argument(args: string, name: string): string | undefined {
  for (const pair of args.split('&')) {
    if (pair[name.length] === '=' && pair.slice(0, name.length).toLowerCase() === name) {
      return pair.slice(name.length + 1);
    }
  }
  return undefined;
}

function cookie(request: RequestState, name: string): string | undefined {
  for (const pair of valuesOf(request, 'cookie').flatMap((value) => value.split(/[;,]/))) {
    const trimmed = pair.replace(/^ +/, '');
    const equals = trimmed.indexOf('=');
    if (equals >= 0 && trimmed.slice(0, equals).trimEnd().toLowerCase() === name) {
      return trimmed.slice(equals + 1).replace(/^ +/, '');
    }
  }
  return undefined;
}

function contentLength(request: RequestState): string | undefined {
  const declared = fieldOf(request, 'content-length');
  return declared === undefined && request.isChunked ? String(bodyLength(request)) : declared;
}

/** RFC 7617: what stands before the first colon. */
function remoteUser(request: RequestState): string | undefined {
  const [, encoded = ''] = /^basic +(.+)$/i.exec(fieldOf(request, 'authorization') ?? '') ?? [];
  // ngx_decode_base64: padding may be missing, but nothing foreign stands in it.
  const [whole, digits = ''] = /^([A-Za-z0-9+/]*)=*$/.exec(encoded) ?? [];
  if (whole === undefined || digits.length % 4 === 1) return undefined;
  const decoded = Buffer.from(digits, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  return colon > 0 ? decoded.slice(0, colon) : undefined;
}

function scriptName(request: RequestState): string {
  const { scriptName: name } = splitPath(request);
  const [index] = request.location.scope.nearest('fastcgi_index') ?? [];
  return name.endsWith('/') ? name + (index?.parameters[0] ?? '') : name;
}

function splitPath(request: RequestState): SplitPath {
  // What was split once stays so, though the URI may have changed since: but an empty name is no result.
  if (request.split !== undefined && request.split.scriptName !== '') return request.split;
  const [setting] = request.location.scope.nearest('fastcgi_split_path_info') ?? [];
  const [whole, name = '', info = ''] = setting?.pattern?.exec(request.uri) ?? [];
  request.split =
    whole === undefined ? { scriptName: request.uri, pathInfo: '' } : { scriptName: name, pathInfo: info };
  return request.split;
}
