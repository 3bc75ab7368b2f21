/**
 * The meta-variables that nginx sends to FastCGI, SCGI and uwsgi applications (ngx_http_fastcgi_module.c, ngx_http_scgi_module.c,
 * ngx_http_uwsgi_module.c).
 *
 * Rules of this file: parameters come first, in the order of the file, and one that is there twice is sent twice; then the header
 * fields, but for those that a parameter `HTTP_…` names.
 */

import type { Pairs, Passed } from '../../model.js';
import type { PassProtocol, Setting } from './configuration.js';
import { bodyLength, type RequestState } from './request.js';
import type { Refusal } from './rewrite.js';
import { runScript } from './script.js';

/** What fits into one record, or one packet. */
const mostBytes = 65_535;

/** What an application gets; or 500 where it is too much for the protocol. */
export function environOf(
  request: RequestState,
  protocol: Exclude<PassProtocol, 'http'>,
): Extract<Passed, { readonly kind: 'environ' }> | Refusal {
  const { scope } = request.location;
  const settings = scope.nearest(`${protocol}_param`) ?? [];
  const environ: (readonly [string, string])[] = [];
  if (protocol === 'scgi') environ.push(['CONTENT_LENGTH', String(Math.max(0, bodyLength(request)))]);
  environ.push(...parameters(settings, request));
  if (scope.isOn(`${protocol}_pass_request_headers`, true)) environ.push(...fields(settings, request));
  if (protocol !== 'scgi' && lengthOf(environ, protocol) > mostBytes) return { status: 500, isFinal: true };
  if (protocol !== 'fastcgi') return { kind: 'environ', protocol, environ };
  return { kind: 'environ', protocol, environ, keepConnection: scope.isOn('fastcgi_keep_conn', false) };
}

function parameters(settings: readonly Setting[], request: RequestState): Pairs {
  return settings.flatMap(({ parameters: [name = '', written = '', flag], scripts: [, script] }) => {
    const value = script === undefined ? '' : runScript(script, request);
    // A header field that is set to nothing is taken away.
    const isLeftOut = name.startsWith('HTTP_') && name.length > 5 ? written === '' : false;
    return isLeftOut || (flag === 'if_not_empty' && value === '') ? [] : [[name, value] as const];
  });
}

function fields(settings: readonly Setting[], request: RequestState): Pairs {
  const replaced = new Set(
    settings
      .map(({ parameters: [name = ''] }) => name)
      .filter((name) => name.startsWith('HTTP_'))
      .map((name) => name.slice(5).toLowerCase()),
  );
  return request.fields
    .filter(({ key }) => !replaced.has(key.replaceAll('-', '_')))
    .map(({ key, value }) => [`HTTP_${key.toUpperCase().replaceAll('-', '_')}`, value]);
}

function lengthOf(environ: Pairs, protocol: 'fastcgi' | 'uwsgi'): number {
  const size = (text: string): number => (text.length > 127 ? 4 : 1) + text.length;
  return environ.reduce(
    (sum, [name, value]) =>
      sum + (protocol === 'fastcgi' ? size(name) + size(value) : 4 + name.length + value.length),
    0,
  );
}
