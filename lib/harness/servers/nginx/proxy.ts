/**
 * The request of HTTP that nginx sends on (ngx_http_proxy_module.c).
 *
 * Rules of this file: a path that is written anew is escaped only where the client's had an escape, or a rule has rewritten it;
 * what is made of variables is never escaped.
 */

import type { HttpMessage, Pairs } from '../../model.js';
import type { Pass, ProxiedUrl } from './configuration.js';
import { isAddress, readProxiedUrl } from './proxied-url.js';
import { bodyLength, type RequestState } from './request.js';
import type { Refusal } from './rewrite.js';
import { runScript } from './script.js';
import { escapeUri } from './target.js';

/** What is sent in place of what the client sent, unless `proxy_set_header` has the name. */
const defaults: Pairs = [
  ['Host', '$proxy_host'],
  ['Connection', 'close'],
  ['Content-Length', '$proxy_internal_body_length'],
  ['Transfer-Encoding', ''],
  ['TE', ''],
  ['Keep-Alive', ''],
  ['Expect', ''],
  ['Upgrade', ''],
];

/** The request, or why there is none. */
export function messageOf(request: RequestState, pass: Pass): HttpMessage | Refusal {
  const url = pass.url ?? evaluated(pass, request);
  if (url === undefined) return { status: 500, isFinal: true };
  const { scope } = request.location;
  if (pass.url === undefined && !isReachable(url, request)) return { status: 502 };
  const body = scope.nearest('proxy_set_body')?.[0]?.scripts[0];
  const length = body === undefined ? bodyLength(request) : runScript(body, request).length;
  request.upstream = {
    ...{ host: url.hostHeader, port: url.port },
    bodyLength: length < 0 ? '' : String(length),
  };
  const method = scope.nearest('proxy_method')?.[0]?.scripts[0];
  const isNew = scope.nearest('proxy_http_version')?.[0]?.parameters[0] === '1.1';
  return {
    method: method === undefined ? request.method : runScript(method, request),
    target: targetOf(request, pass, url),
    version: isNew ? 'HTTP/1.1' : 'HTTP/1.0',
    headers: headersOf(request),
  };
}

function evaluated(pass: Pass, request: RequestState): ProxiedUrl | undefined {
  const url = readProxiedUrl(runScript(pass.script, request));
  return url?.uri.startsWith('?') ? { ...url, uri: `/${url.uri}` } : url;
}

/** A name that comes of variables has to be known, or somebody has to be asked for it. */
function isReachable({ host }: ProxiedUrl, { site, location }: RequestState): boolean {
  return isAddress(host) || site.upstreams.has(host) || location.scope.nearest('resolver') !== undefined;
}

function targetOf(request: RequestState, pass: Pass, { uri }: ProxiedUrl): string {
  if (pass.url === undefined && uri !== '') return uri;
  if (uri === '' && request.isUnparsedValid) return request.unparsedUri;
  const isReplaced = request.isLocationValid && uri !== '';
  const rest = isReplaced ? request.uri.slice(pass.locationName.length) : request.uri;
  const isEscaped = request.isQuoted || request.isInternal;
  const query = request.args === '' ? '' : `?${request.args}`;
  return (isReplaced ? uri : '') + (isEscaped ? escapeUri(rest) : rest) + query;
}

function headersOf(request: RequestState): Pairs {
  const { scope } = request.location;
  const settings = scope.nearest('proxy_set_header') ?? [];
  const headers = settings.map(({ parameters: [name = ''], scripts: [, script] }): [string, string] => [
    name,
    script === undefined ? '' : runScript(script, request),
  ]);
  const isSet = (name: string): boolean =>
    settings.some(({ parameters: [each = ''] }) => each.toLowerCase() === name.toLowerCase());
  for (const [name, value] of defaults.filter(([each]) => !isSet(each))) {
    if (value === '$proxy_host') headers.push([name, request.upstream?.host ?? '']);
    else if (value.startsWith('$')) headers.push([name, request.upstream?.bodyLength ?? '']);
    else headers.push([name, value]);
  }
  const sent = headers.filter(([, value]) => value !== '');
  if (!scope.isOn('proxy_pass_request_headers', true)) return sent;
  const replaced = new Set(headers.map(([name]) => name.toLowerCase()));
  const passed = request.fields.filter(({ key, isValid }) => !(isValid && replaced.has(key)));
  return [...sent, ...passed.map(({ name, value }): [string, string] => [name, value])];
}
