/**
 * What nginx makes of the answer of an application (ngx_http_upstream.c, ngx_http_proxy_module.c, ngx_http_header_filter_module.c).
 *
 * Rules of this file: an answer over FastCGI or SCGI may say its status in a `Status` field, and a `Location` without one is a redirect;
 * over uwsgi it has a status line, and what its fields say of it counts for nothing.
 * `Date` is not put in: there is no clock.
 */

import type { Pairs, Relay } from '../../model.js';
import { absolute } from './absolute.js';
import type { Pass, Setting } from './configuration.js';
import { rewriteCookie, rewriteRedirect } from './redirect.js';
import type { RequestState } from './request.js';
import { runScript } from './script.js';
import { nginxVersion } from './variables.js';

const accel = [
  'X-Accel-Expires',
  'X-Accel-Redirect',
  'X-Accel-Limit-Rate',
  'X-Accel-Buffering',
  'X-Accel-Charset',
];

/** What the client never sees, by protocol; `_pass_header` lets it see some of them. */
const hidden: Readonly<Record<Pass['protocol'], readonly string[]>> = {
  http: ['Date', 'Server', 'X-Pad', ...accel],
  fastcgi: ['Status', ...accel],
  scgi: ['Status', ...accel],
  uwsgi: accel,
};

/** These are about the connection with the application. */
const ignored = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** Where `add_header` holds without `always`. */
const added = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/** What becomes of the answer to a request that was passed on. */
export function relayOf(request: RequestState, pass: Pass): Relay {
  return {
    headers(given, fields) {
      const own = pass.protocol === 'fastcgi' || pass.protocol === 'scgi' ? statusOf(given, fields) : given;
      const status =
        request.errorStatus === undefined || request.errorStatus === 0 ? own : request.errorStatus;
      if (own === undefined || status === undefined) return badGateway(request);
      const isHidden = hiddenFields(request, pass);
      const headers: [string, string][] = [];
      for (const [name, value] of fields) {
        const key = name.toLowerCase();
        if (ignored.has(key) || isHidden.has(key)) continue;
        headers.push([name, pass.protocol === 'http' ? rewritten(key, value, request, pass) : value]);
      }
      const hasServer = headers.some(([name]) => name.toLowerCase() === 'server');
      // With `proxy_pass_header Server` it is the application's, even where that has none.
      const isOwn = pass.protocol !== 'http' || isHidden.has('server');
      if (!hasServer && isOwn) headers.push(serverField(request));
      for (const [name, value] of addedFields(request, status)) headers.push([name, value]);
      return { status, headers };
    },
  };
}

/** The page of nginx in place of what it cannot read. */
function badGateway(request: RequestState): { readonly status: number; readonly headers: Pairs } {
  return {
    status: 502,
    headers: [serverField(request), ['Content-Type', 'text/html'], ...addedFields(request, 502)],
  };
}

/** The status of an answer of CGI's kind; `undefined` where it says one that is none. */
function statusOf(given: number, fields: Pairs): number | undefined {
  const of = (key: string): string | undefined => fields.find(([name]) => name.toLowerCase() === key)?.[1];
  const said = of('status');
  if (said !== undefined) return /^\d{3}/.test(said) ? Number(said.slice(0, 3)) : undefined;
  return given === 200 && of('location') !== undefined ? 302 : given;
}

function hiddenFields({ location: { scope } }: RequestState, { protocol }: Pass): ReadonlySet<string> {
  const prefix = protocol === 'http' ? 'proxy' : protocol;
  const names = (directive: string): readonly string[] =>
    (scope.nearest(`${prefix}_${directive}`) ?? []).map(({ parameters: [name = ''] }) => name.toLowerCase());
  const all = new Set([...hidden[protocol].map((name) => name.toLowerCase()), ...names('hide_header')]);
  for (const name of names('pass_header')) all.delete(name);
  return all;
}

function rewritten(key: string, value: string, request: RequestState, pass: Pass): string {
  if (key === 'location') {
    const location = rewriteRedirect(value, request, pass);
    return location === undefined ? value : absolute(location, request);
  }
  if (key === 'refresh') {
    const at = value.toLowerCase().indexOf('url=') + 4;
    const url = at < 4 ? undefined : rewriteRedirect(value.slice(at), request, pass);
    return url === undefined ? value : value.slice(0, at) + url;
  }
  return key === 'set-cookie' ? rewriteCookie(value, request) : value;
}

function serverField({ location: { scope } }: RequestState): [name: string, value: string] {
  return ['Server', scope.isOn('server_tokens', true) ? `nginx/${nginxVersion}` : 'nginx'];
}

function addedFields(request: RequestState, status: number): Pairs {
  const settings: readonly Setting[] = request.location.scope.nearest('add_header') ?? [];
  return settings.flatMap(({ parameters: [name = '', , flag], scripts: [, script] }) => {
    const value = script === undefined ? '' : runScript(script, request);
    return value !== '' && (flag === 'always' || added.has(status)) ? [[name, value] as const] : [];
  });
}
