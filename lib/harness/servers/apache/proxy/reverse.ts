/**
 * What mod_proxy does with the answer: addresses of what is behind become those of the front.
 *
 * Source: `ap_proxy_location_reverse_map()`, `ap_proxy_cookie_reverse_map()`, `ap_proxy_read_headers()` and the script
 * headers of `ap_scan_script_header_err_core_ex()`, of Apache 2.4.
 *
 * Rules of this file: a directive that stands first is tried first.
 */

import type { Pairs, Passed, Relay } from '../../../model.js';
import { fieldOf } from '../fields.js';
import { type ApacheRequest, everyOf, lastOf } from '../module.js';
import type { Directive } from '../read.js';
import { scriptAnswer, without } from '../script.js';
import { originOf } from '../variables.js';
import { locationOf } from './aliases.js';

interface Mapping {
  readonly from: string;
  readonly to: string;
}

/** Fields that concern the connection with what is behind; mod_proxy_uwsgi leaves the last two. */
const ofConnection = 'keep-alive te trailer transfer-encoding upgrade proxy-authenticate connection'.split(
  ' ',
);

const addresses = new Set(['location', 'content-location', 'uri', 'destination']);

export function relayOf(request: ApacheRequest, passed: Passed): Relay | undefined {
  switch (passed.kind) {
    case 'http':
      return {
        headers: (status, headers) => ({
          status,
          headers: mapped(
            request,
            without(headers, [...ofConnection, 'proxy-connection', ...named(headers)]),
          ),
        }),
      };
    case 'ajp':
      // The length is that of what comes.
      return {
        headers: (status, headers) => ({
          status,
          headers: mapped(request, without(headers, ['content-length'])),
        }),
      };
    case 'environ':
      return { headers: (status, headers) => relayOfScript(request, passed.protocol, status, headers) };
    case 'refused':
      return undefined;
  }
}

/** What comes as of a script: addresses stay as they are, whatever ProxyPassReverse says. */
function relayOfScript(
  request: ApacheRequest,
  protocol: string,
  status: number,
  headers: Pairs,
): { readonly status: number; readonly headers: Pairs } {
  if (protocol === 'uwsgi') return { status, headers: without(headers, ofConnection) };
  const answer = scriptAnswer(status, headers);
  const location = fieldOf(headers, 'location');
  const isFollowed = lastOf(request, 'ProxySCGIInternalRedirect')?.args[0]?.toLowerCase() !== 'off';
  if (protocol === 'scgi' && isFollowed && answer.status === 200 && location?.startsWith('/')) {
    // A local redirect, which is no answer.
    const next = request.redirect(location);
    if (next.kind === 'refused') return { status: next.status, headers: [] };
  }
  return answer;
}

function mapped(request: ApacheRequest, headers: Pairs): Pairs {
  const mappings = reverseMappings(request);
  const paths = cookieMappings(request, 'ProxyPassReverseCookiePath');
  const domains = cookieMappings(request, 'ProxyPassReverseCookieDomain');
  return headers.map(([name, value]) => {
    const lower = name.toLowerCase();
    if (addresses.has(lower)) return [name, mapAddress(request, mappings, value)];
    return [name, lower === 'set-cookie' ? mapCookie(value, paths, domains) : value];
  });
}

function named(headers: Pairs): readonly string[] {
  const values = headers.filter(([name]) => name.toLowerCase() === 'connection').map(([, value]) => value);
  return values.flatMap((value) => value.split(',').map((name) => name.trim().toLowerCase()));
}

/** ProxyPassReverse; in a Location the path is that of the section. */
function reverseMappings(request: ApacheRequest): readonly Mapping[] {
  return everyOf(request, 'ProxyPassReverse').map((directive) => {
    const [first = '', second] = directive.args;
    const isOwn = second !== undefined && second.toLowerCase() !== 'interpolate';
    return isOwn ? { from: second, to: first } : { from: first, to: sectionPath(request, directive) };
  });
}

function sectionPath({ server }: ApacheRequest, directive: Directive): string {
  const section = server.sections.find(({ children }) => children?.includes(directive));
  return (section && locationOf(section)) ?? '/';
}

function mapAddress(request: ApacheRequest, mappings: readonly Mapping[], url: string): string {
  for (const { from, to } of mappings) {
    // A mapping that is a path is compared with the path of a URL.
    const path = from.startsWith('/') ? (/^.*?:\/\/[^/]*(\/.*)$/s.exec(url)?.[1] ?? url) : url;
    if (from === '' || path.slice(0, from.length).toLowerCase() !== from.toLowerCase()) continue;
    const made = to + path.slice(from.length);
    return /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(made) ? made : originOf(request) + made;
  }
  return url;
}

function cookieMappings(request: ApacheRequest, name: string): readonly Mapping[] {
  return everyOf(request, name).map(({ args: [from = '', to = ''] }) => ({ from, to }));
}

/** Path and Domain of a cookie; what a mapping begins with is replaced whole. */
function mapCookie(cookie: string, paths: readonly Mapping[], domains: readonly Mapping[]): string {
  return cookie
    .split(';')
    .map((part) => {
      const [, before = '', name = '', value = ''] = /^(\s*)(path|domain)=(.*)$/is.exec(part) ?? [];
      const isPath = name.toLowerCase() === 'path';
      const mapping = (isPath ? paths : domains).find(({ from }) =>
        isPath ? value.startsWith(from) : value.toLowerCase().startsWith(from.toLowerCase()),
      );
      return name === '' || mapping === undefined ? part : `${before}${name}=${mapping.to}`;
    })
    .join(';');
}
