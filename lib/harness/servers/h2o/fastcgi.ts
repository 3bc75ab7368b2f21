/**
 * `fastcgi.connect`: the parameters of an application (h2o's `lib/handler/fastcgi.c`).
 *
 * Rules of this file: SCRIPT_NAME is empty and PATH_INFO the whole path, decoded and without dot segments; the path of the
 * configuration is in it.
 */

import { foldAscii } from '../../../path/percent.js';
import type { Passed, Relay } from '../../model.js';
import type { Globals, Host, PathConfiguration } from './configuration.js';
import type { Field } from './headers.js';
import { authorityOf } from './proxy.js';
import { answered, serverName } from './relay.js';
import type { H2oRequest } from './request.js';

export function passFastcgi(
  { settings }: PathConfiguration,
  host: Host,
  globals: Globals,
  request: H2oRequest,
): Passed {
  const { connection, normal, target, bodyLength } = request;
  const environ: Field[] = [];
  if (bodyLength !== undefined) environ.push(['CONTENT_LENGTH', String(bodyLength)]);
  environ.push(['SCRIPT_NAME', ''], ['PATH_INFO', normal.path]);
  if (settings.documentRoot !== undefined) {
    environ.push(
      ['DOCUMENT_ROOT', settings.documentRoot],
      ['PATH_TRANSLATED', settings.documentRoot + normal.path],
    );
  }
  environ.push(
    ['QUERY_STRING', normal.queryAt === undefined ? '' : target.slice(normal.queryAt + 1)],
    ['REMOTE_ADDR', connection.remoteAddress],
    ['REMOTE_PORT', String(connection.remotePort)],
    ...settings.environ,
    ['REQUEST_METHOD', request.method],
    ['HTTP_HOST', request.authority ?? authorityOf(host)],
    ['REQUEST_URI', target],
    ['SERVER_ADDR', connection.localAddress],
    ['SERVER_PORT', String(connection.localPort)],
    ['SERVER_NAME', host.name],
    ['SERVER_PROTOCOL', request.version],
    ['SERVER_SOFTWARE', globals.serverName ?? serverName],
  );
  if (connection.isEncrypted) environ.push(['HTTPS', 'on']);
  environ.push(...fieldsOf(request, settings.environ));
  const relay: Relay = {
    headers: (status, given) => {
      const said = /^(\d{3})(?: |$)/.exec(
        given.find(([name]) => foldAscii(name) === 'status')?.[1] ?? '',
      )?.[1];
      const others = given.filter(([name]) => foldAscii(name) !== 'status');
      const headers = others.map(([name, value]): Field => [foldAscii(name), value]);
      return {
        status: said === undefined ? status : Number(said),
        headers: answered(headers, settings, globals, true),
      };
    },
  };
  return { kind: 'environ', protocol: 'fastcgi', environ, keepConnection: settings.keepsConnection, relay };
}

/** Each field a variable, in order; cookies as one, and none that the configuration sets. */
function fieldsOf({ headers }: H2oRequest, set: ReadonlyMap<string, string>): readonly Field[] {
  const cookies = headers.filter(([name]) => foldAscii(name) === 'cookie').map(([, value]) => value);
  const variables = headers.flatMap(([name, value]): readonly Field[] => {
    const folded = foldAscii(name);
    if (folded === 'cookie' || set.has(`HTTP_${name.toUpperCase()}`)) return [];
    if (folded === 'content-type') return [['CONTENT_TYPE', value]];
    return [[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value]];
  });
  return cookies.join(';') === '' ? variables : [...variables, ['HTTP_COOKIE', cookies.join(';')]];
}
