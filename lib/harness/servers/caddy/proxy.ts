/**
 * `reverse_proxy`: the request as it is sent on (Caddy's `reverseproxy.go`, Go's `net/http/transport.go`).
 *
 * Rules of this file: the request of the handlers is copied, not changed. Fields that describe a connection, or a client that is not
 * trusted, are not passed on.
 */

import { compileTrust, type IsTrusted } from '../../../fixup/trust.js';
import { foldAscii } from '../../../path/percent.js';
import type { Pairs, Passed, Relay } from '../../model.js';
import { unknownDirective } from '../reading.js';
import { type FastcgiOptions, fastcgiEnviron, readFastcgi } from './fastcgi.js';
import { Headers } from './go-headers.js';
import { requestUri } from './go-url.js';
import { HeaderOps } from './header-ops.js';
import { privateRanges } from './matchers.js';
import { splitHostPort } from './placeholders.js';
import { type Change, rewriteTo } from './rewrite.js';
import type { Segment } from './segments.js';
import type { State } from './state.js';

export interface ReverseProxy {
  readonly upstreams: string[];
  readonly up: HeaderOps;
  readonly down: HeaderOps;
  readonly changes: Change[];
  isTrusted: IsTrusted;
  compresses: boolean;
  fastcgi: FastcgiOptions | undefined;
}

const ignored = [
  ...[
    'lb_policy',
    'lb_retries',
    'lb_try_duration',
    'lb_try_interval',
    'health_uri',
    'health_path',
    'health_port',
  ],
  ...['health_headers', 'health_interval', 'health_timeout', 'health_status', 'health_body', 'max_fails'],
  ...['fail_duration', 'unhealthy_request_count', 'unhealthy_status', 'unhealthy_latency', 'flush_interval'],
  ...['buffer_requests', 'buffer_responses', 'max_buffer_size'],
];

/** Which fields belong to a connection (RFC 7230 section 6.1, and older ones). */
const hopByHop = [
  ...['Alt-Svc', 'Connection', 'Proxy-Connection', 'Keep-Alive', 'Proxy-Authenticate', 'Proxy-Authorization'],
  ...['Te', 'Trailer', 'Transfer-Encoding', 'Upgrade'],
];

/** The parameters of the directive, and its block. */
export function readProxy(upstreams: readonly string[], block: readonly Segment[]): ReverseProxy {
  const proxy: ReverseProxy = {
    ...{ upstreams: [...upstreams], up: new HeaderOps(), down: new HeaderOps(), changes: [] },
    ...{ isTrusted: () => false, compresses: true, fastcgi: undefined },
  };
  const trusted: string[] = [];
  for (const { words, block: inner = [], place } of block) {
    const [name = '', first = '', ...rest] = words;
    if (name === 'to') proxy.upstreams.push(first, ...rest);
    else if (name === 'header_up') proxy.up.read(first, ...rest);
    else if (name === 'header_down') proxy.down.read(first, ...rest);
    else if (name === 'rewrite') proxy.changes.push(rewriteTo(first));
    else if (name === 'method')
      proxy.changes.push((state) => Object.assign(state, { method: first.toUpperCase() }));
    else if (name === 'trusted_proxies') {
      trusted.push(
        ...[first, ...rest].flatMap((each) => (each === 'private_ranges' ? privateRanges : [each])),
      );
    } else if (name === 'transport' && first === 'fastcgi') proxy.fastcgi = readFastcgi(inner);
    else if (name === 'transport' && first === 'http') {
      const compression = inner.find(({ words: line }) => line[0] === 'compression');
      proxy.compresses = compression?.words[1] !== 'off';
    } else if (!ignored.includes(name)) unknownDirective(place, name);
  }
  if (trusted.length > 0) proxy.isTrusted = compileTrust(trusted);
  return proxy;
}

export function passOn(proxy: ReverseProxy, request: State): Passed {
  const [upstream] = proxy.upstreams;
  if (upstream === undefined) return { kind: 'refused', status: 503 };
  const state: State = {
    ...request,
    url: { ...request.url, scheme: '', host: '' },
    headers: request.headers.clone(),
  };
  for (const change of proxy.changes) change(state);
  prepare(state, proxy);
  const address = upstream.replace(/^[a-z0-9]+:\/\//, '');
  const { host = address, port = '80' } = splitHostPort(address) ?? {};
  for (const [name, value] of Object.entries({
    hostport: `${host}:${port}`,
    address: `${host}:${port}`,
    host,
    port,
  })) {
    request.placeholders.set(`http.reverse_proxy.upstream.${name}`, value);
  }
  proxy.up.applyToRequest(state);
  const relay = relayOf(proxy, request);
  if (proxy.fastcgi === undefined)
    return { ...httpMessage(state, proxy, port === '80' ? host : `${host}:${port}`), relay };
  // What PHP might take for the end of a name.
  if (state.url.path.includes('\0')) return { kind: 'refused', status: 400 };
  const environ = fastcgiEnviron(proxy.fastcgi, state);
  return { kind: 'environ', protocol: 'fastcgi', environ, keepConnection: false, relay };
}

function prepare(state: State, { isTrusted }: ReverseProxy): void {
  const { headers, connection } = state;
  if (headers.values('User-Agent') === undefined) headers.set('User-Agent', '');
  const isUpgrade = tokensOf(headers, 'Connection').includes('upgrade');
  const upgrade = isUpgrade ? foldAscii(headers.get('Upgrade')) : '';
  for (const name of tokensOf(headers, 'Connection')) headers.delete(name);
  const wantsTrailers = tokensOf(headers, 'Te').includes('trailers');
  for (const name of hopByHop) headers.delete(name);
  if (wantsTrailers) headers.set('Te', 'trailers');
  if (upgrade !== '') {
    headers.set('Connection', 'Upgrade');
    headers.set('Upgrade', upgrade);
  }
  const isKnown = isTrusted(connection.remoteAddress, 0);
  const last = (name: string): string => (isKnown ? (headers.values(name)?.at(-1) ?? '') : '');
  const before = isKnown ? (headers.values('X-Forwarded-For') ?? []).join(', ') : '';
  headers.set(
    'X-Forwarded-For',
    before === '' ? connection.remoteAddress : `${before}, ${connection.remoteAddress}`,
  );
  headers.set('X-Forwarded-Proto', last('X-Forwarded-Proto') || (connection.isEncrypted ? 'https' : 'http'));
  headers.set('X-Forwarded-Host', last('X-Forwarded-Host') || state.host);
}

function tokensOf(headers: Headers, name: string): readonly string[] {
  const lists = (headers.values(name) ?? []).flatMap((value) => value.split(','));
  return lists.map((token) => foldAscii(token.trim())).filter((token) => token !== '');
}

/** What Go's client writes: its own fields of framing, and gzip where the other side would get the body as it is anyway. */
function httpMessage(state: State, { compresses }: ReverseProxy, address: string): Passed {
  const { method, headers, contentLength, host } = state;
  const written: [string, string][] = [['Host', host || address]];
  if (headers.get('User-Agent') !== '') written.push(['User-Agent', headers.get('User-Agent')]);
  if (contentLength > 0 || (contentLength === 0 && ['POST', 'PUT', 'PATCH'].includes(method))) {
    written.push(['Content-Length', String(contentLength)]);
  } else if (contentLength < 0) written.push(['Transfer-Encoding', 'chunked']);
  const own = ['Host', 'User-Agent', 'Content-Length', 'Transfer-Encoding', 'Trailer'];
  const others = headers
    .toPairs()
    .flatMap(([name, value]): Pairs => (own.includes(name) ? [] : [[name, value.trim()]]));
  const isPlain = headers.get('Accept-Encoding') === '' && headers.get('Range') === '' && method !== 'HEAD';
  const added: Pairs = compresses && isPlain ? [['Accept-Encoding', 'gzip']] : [];
  const message = {
    method,
    target: requestUri(state.url),
    version: 'HTTP/1.1',
    headers: [...written, ...others, ...added],
  };
  return { kind: 'http', message };
}

/** Of the answer: nothing that belongs to the connection, what the directives say, and Caddy's own name. */
function relayOf({ down, fastcgi }: ReverseProxy, state: State): Relay {
  return {
    headers: (given, pairs) => {
      const answer = new Headers(pairs);
      const [, said] = /^(\d{3})/.exec(answer.get('Status')) ?? [];
      const status = fastcgi !== undefined && said !== undefined ? Number(said) : given;
      for (const name of [...tokensOf(answer, 'Connection'), ...hopByHop]) answer.delete(name);
      down.applyTo(answer, state);
      const headers = new Headers([['Server', 'Caddy']]);
      for (const { ops, isDeferred } of state.responseOps) if (!isDeferred) ops.applyTo(headers, state);
      for (const [name, value] of answer.toPairs()) headers.add(name, value);
      for (const { ops, isDeferred } of state.responseOps) if (isDeferred) ops.applyTo(headers, state);
      return { status, headers: headers.toPairs() };
    },
  };
}
