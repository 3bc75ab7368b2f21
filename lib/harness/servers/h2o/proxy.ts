/**
 * `proxy.reverse.url`: the request as it is sent on, and what becomes of the answer (h2o's `lib/core/proxy.c`).
 */

import { foldAscii } from '../../../path/percent.js';
import type { Passed, Relay } from '../../model.js';
import type { Globals, Handler, Host, PathConfiguration } from './configuration.js';
import { changed, type Field } from './headers.js';
import { destination } from './path.js';
import { answered } from './relay.js';
import type { H2oRequest } from './request.js';

type ProxyHandler = Extract<Handler, { readonly kind: 'proxy' }>;

const dropped = [
  ...['connection', 'http2-settings', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te'],
  ...['transfer-encoding', 'upgrade'],
];

export function passHttp(
  handler: ProxyHandler,
  { path, settings }: PathConfiguration,
  host: Host,
  globals: Globals,
  request: H2oRequest,
): Passed {
  const { method, connection } = request;
  const authority = request.authority ?? authorityOf(host);
  const isSocket = settings.websocket && request.upgrade === 'websocket';
  const headers: Field[] = [
    ['connection', isSocket ? 'upgrade' : settings.keepsAlive ? 'keep-alive' : 'close'],
  ];
  if (isSocket) headers.push(['upgrade', 'websocket']);
  headers.push(['host', settings.preservesHost ? authority : handler.authority]);
  if (request.bodyLength !== undefined || ['PUT', 'POST'].includes(method)) {
    headers.push(['content-length', String(request.bodyLength ?? 0)]);
  }
  headers.push(...fieldsOf(changed(request.headers, settings.requestHeaders), globals, request, authority));
  const target = destination(handler.path, path, request.target, request.normal);
  const relay: Relay = {
    headers: (status, given) => {
      const rewritten = given.map(([name, value]): Field => {
        return [
          name,
          foldAscii(name) === 'location'
            ? located(value, handler, path, authority, connection.isEncrypted)
            : value,
        ];
      });
      return { status, headers: answered(rewritten, settings, globals, globals.preservesServer) };
    },
  };
  return { kind: 'http', message: { method, target, version: 'HTTP/1.1', headers }, relay };
}

export function authorityOf({ name, port }: Host): string {
  return port === undefined ? name : `${name}:${port}`;
}

function fieldsOf(
  fields: readonly Field[],
  globals: Globals,
  request: H2oRequest,
  authority: string,
): readonly Field[] {
  const merged = { cookie: [] as string[], via: [] as string[], 'x-forwarded-for': [] as string[] };
  const others = fields.filter(([name, value]) => {
    const folded = foldAscii(name);
    if (dropped.includes(folded)) return false;
    if (folded === 'cookie' || (folded === 'via' && globals.emitsVia)) merged[folded].push(value);
    else if (folded === 'x-forwarded-for' && globals.emitsForwarded) merged[folded].push(value);
    else return globals.preservesProto || folded !== 'x-forwarded-proto';
    return false;
  });
  const { connection, version } = request;
  const present = (values: readonly string[]): readonly string[] => values.filter((value) => value !== '');
  const cookie = present(merged.cookie).join('; ');
  const added: Field[] = cookie === '' ? [] : [['cookie', cookie]];
  if (globals.emitsForwarded) {
    if (!globals.preservesProto) added.push(['x-forwarded-proto', connection.isEncrypted ? 'https' : 'http']);
    added.push([
      'x-forwarded-for',
      [...present(merged['x-forwarded-for']), connection.remoteAddress].join(', '),
    ]);
  }
  if (globals.emitsVia)
    added.push(['via', [...present(merged.via), `${version.slice(5)} ${authority}`.trim()].join(', ')]);
  return [...others, ...added];
}

/** A location below what the path is mapped to is one below the path. */
function located(
  location: string,
  { authority, path: upstream }: ProxyHandler,
  mount: string,
  host: string,
  isEncrypted: boolean,
): string {
  const [, named = '', path = '/'] = /^http:\/\/([^/]+)(\/.*)?$/.exec(location) ?? [];
  const withPort = (text: string): string => foldAscii(/:\d+$/.test(text) ? text : `${text}:80`);
  if (withPort(named) !== withPort(authority) || !path.startsWith(upstream)) return location;
  return `${isEncrypted ? 'https' : 'http'}://${host}${mount}${path.slice(upstream.length)}`;
}
