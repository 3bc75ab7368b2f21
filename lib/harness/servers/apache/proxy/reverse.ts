/**
 * What mod_proxy does with the answer: addresses of what is behind become those of the front.
 *
 * Source: `ap_proxy_location_reverse_map()`, `ap_proxy_cookie_reverse_map()`, `ap_proxy_read_headers()` and the script
 * headers of `ap_scan_script_header_err_core_ex()`, of Apache 2.4.
 *
 * Rules of this file: a directive that stands first is tried first.
 */

import type { Pairs, Passed, Relay } from '../../../model.js';
import { originOf } from '../alias.js';
import { type ApacheRequest, everyOf } from '../module.js';
import type { Directive } from '../read.js';
import { locationOf } from './aliases.js';

interface Mapping {
  readonly from: string;
  readonly to: string;
}

/** Fields that concern the connection with what is behind. */
const ofConnection = new Set(
  'connection keep-alive te trailer transfer-encoding upgrade proxy-connection proxy-authenticate'.split(' '),
);

export function relayOf(request: ApacheRequest, passed: Passed): Relay {
  const mappings = reverseMappings(request);
  const paths = cookieMappings(request, 'ProxyPassReverseCookiePath');
  const domains = cookieMappings(request, 'ProxyPassReverseCookieDomain');
  const isHttp = passed.kind === 'http';
  return {
    headers: (status, headers) => {
      const named = namedByConnection(headers);
      const isDropped = (name: string): boolean =>
        isHttp
          ? ofConnection.has(name) || named.has(name)
          : name === 'status' || name === 'transfer-encoding';
      const hasStatus = headers.some(([name]) => name.toLowerCase() === 'status');
      const kept = headers.filter(([name]) => !isDropped(name.toLowerCase()));
      const location = kept.some(([name]) => name.toLowerCase() === 'location');
      // A script that says where, and no status, means a redirect.
      const made = passed.kind === 'environ' && !hasStatus && location && status === 200 ? 302 : status;
      return { status: made, headers: kept.map(([name, value]) => [name, mapped(name, value)]) };
    },
  };

  function mapped(name: string, value: string): string {
    switch (name.toLowerCase()) {
      case 'location':
      case 'content-location':
      case 'uri':
      case 'destination':
        return mapAddress(request, mappings, value);
      case 'set-cookie':
        return mapCookie(value, paths, domains);
      default:
        return value;
    }
  }
}

function namedByConnection(headers: Pairs): ReadonlySet<string> {
  const values = headers.filter(([name]) => name.toLowerCase() === 'connection').map(([, value]) => value);
  return new Set(values.flatMap((value) => value.split(',').map((name) => name.trim().toLowerCase())));
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
