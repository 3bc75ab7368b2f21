/**
 * A request behind a proxy: what the peer says of it, and the request as the client sent it.
 *
 * Rules of this file: reading changes nothing; only a trusted peer is read; what is shown otherwise can be put back.
 */

import { type AnyRequest, hostOf, schemeOf } from '../bridge/request.js';
import { restoreRequest, showRequest, withoutFields } from '../bridge/request-view.js';
import { viewSocket } from '../bridge/socket-view.js';
import { ForwardedError, show } from '../errors.js';
import { elementOf, type Forwarded, fieldOf, readForwarded, readXForwarded } from '../fixup/forwarded.js';
import type { FieldNames } from '../fixup/names.js';
import { holdsTarget, parsePrefix, prefixBetween } from '../fixup/prefix.js';
import { unixAddress } from '../fixup/trust.js';
import { parseAuthority } from '../path/host.js';
import { decodeText } from '../path/percent.js';
import { parseTarget } from '../path/target.js';
import type { ProxyPlan } from './proxy-options.js';

/** What a request turns out to be. */
export interface Seen {
  readonly isTrusted: boolean;
  readonly forwarded: Forwarded | undefined;
  /** Percent-encoded, and no longer in the target. */
  readonly strippedPrefix: string;
  /** As a mount path, and still in the target. */
  readonly keptPrefix: string;
  readonly host: string | undefined;
  readonly takenOff: FieldNames;
  /** The raw header without the fields that go, where there are such. */
  readonly rawHeaders: string[] | undefined;
}

/** Reads what the peer says, and changes nothing. @throws {ForwardedError} */
export function look(req: AnyRequest, plan: ProxyPlan): Seen {
  const isTrusted = isTrustedPeer(req, plan);
  if (isTrusted) checkCount(req);
  const takenOff = isTrusted ? plan.takenOff : plan.takenOffStrangers;
  const rawHeaders = withoutFields(req.rawHeaders, takenOff);
  let forwarded: Forwarded | undefined;
  let { prefix, rawPrefix } = plan;
  // What is read is taken off: where nothing is, there is nothing to read.
  if (isTrusted && rawHeaders !== undefined) {
    const { headers } = req;
    forwarded =
      plan.headers === 'forwarded'
        ? readForwarded(headers, plan.isTrusted)
        : readXForwarded(headers, plan.isTrusted, plan.lists);
    if (plan.header !== undefined) {
      rawPrefix = prefixFrom(req, plan.header, plan, forwarded);
      prefix = plan.isKept ? decodeText(rawPrefix) : '';
    }
  }
  const strippedPrefix = plan.isKept ? '' : rawPrefix;
  const keptPrefix = plan.isKept ? prefix : '';
  const host = hostFor(req, forwarded);
  return { isTrusted, forwarded, strippedPrefix, keptPrefix, host, takenOff, rawHeaders };
}

function isTrustedPeer(req: AnyRequest, { isTrusted }: ProxyPlan): boolean {
  const { socket } = req;
  const address = socket?.remoteAddress;
  if (address !== undefined) return isTrusted(address, 0);
  // A socket that is gone has no address either.
  const { server } = (socket ?? {}) as { server?: { address?(): unknown } };
  return typeof server?.address?.() === 'string' && isTrusted(unixAddress, 0);
}

/** How many fields Node reads where the server does not say. */
const mostFields = 1000;

/**
 * Node drops what comes behind the last field that it reads, and with it what the proxy has added: a client that sends so
 * many itself would be taken for the proxy, or believed.
 */
function checkCount({ rawHeaders, socket, httpVersionMajor }: AnyRequest): void {
  const { server } = (socket ?? {}) as { server?: { maxHeadersCount?: unknown } | null };
  // HTTP/2 refuses them instead, and gateways drop none.
  if (!server || httpVersionMajor === 2) return;
  const most = typeof server.maxHeadersCount === 'number' ? server.maxHeadersCount : mostFields;
  if (most <= 0 || rawHeaders.length < 2 * most) return;
  const rule = `a forwarded request must have less than ${most} header fields (server.maxHeadersCount)`;
  throw new ForwardedError('ERR_FORWARDED_HEADER', `${rule}, got ${rawHeaders.length / 2} or more`);
}

function prefixFrom(req: AnyRequest, header: string, { lists }: ProxyPlan, { hops }: Forwarded): string {
  if (!holdsTarget(header)) return parsePrefix(elementOf(fieldOf(req.headers, header), lists, hops) ?? '');
  // No list: a target may hold a comma.
  const original = lastRaw(req.rawHeaders, header);
  return original ? prefixBetween(original, (req.baseUrl ?? '') + req.url) : '';
}

function lastRaw(rawHeaders: readonly string[], name: string): string | undefined {
  const index = rawHeaders.findLastIndex((each, at) => at % 2 === 0 && each.toLowerCase() === name);
  return rawHeaders[index + 1];
}

/** The host that the client asked for, where it is another one than Host says. */
function hostFor(req: AnyRequest, forwarded: Forwarded | undefined): string | undefined {
  const { host, port } = forwarded ?? {};
  const asked = host ?? (isOriginForm(req.originalUrl ?? req.url) ? undefined : hostOf(req));
  if (port === undefined) return asked;
  // A port that stands in the host is the client's own word.
  if (host !== undefined && /:\d+$/.test(host)) return host;
  const given = asked ?? hostOf(req);
  if (given === undefined) return undefined;
  if (parseAuthority(given) === undefined) {
    const rule = 'a host must be a name or an address, and a port, where X-Forwarded-Port is sent';
    throw new ForwardedError('ERR_FORWARDED_HOST', `${rule}, got ${show(given)}`);
  }
  const name = given.replace(/:\d*$/, '');
  return port === defaultPort(forwarded?.scheme ?? schemeOf(req)) ? name : `${name}:${port}`;
}

function defaultPort(scheme: 'http' | 'https'): '80' | '443' {
  return scheme === 'https' ? '443' : '80';
}

function isOriginForm(target = ''): boolean {
  return target.startsWith('/') || target.startsWith('?');
}

/** Shows the request as the client sent it; what is returned puts all back, for a host. */
export function showAs(req: AnyRequest, seen: Seen, isHosted: boolean): (() => void) | undefined {
  const { forwarded, isTrusted, takenOff, rawHeaders, host, strippedPrefix } = seen;
  const { originalUrl, baseUrl } = req;
  let scheme: 'http' | 'https' | undefined;
  let socket: AnyRequest['socket'] | undefined;
  if (forwarded !== undefined && isAnythingSaid(forwarded)) {
    scheme = forwarded.scheme ?? schemeOf(req);
    socket = clientSocket(req, forwarded, scheme, host);
  }
  const isShown = rawHeaders !== undefined || host !== undefined || socket !== undefined;
  const shown = isShown
    ? showRequest(req, { takenOff, rawHeaders, host, socket, scheme }, isTrusted)
    : undefined;
  if (strippedPrefix !== '') {
    req.originalUrl = strippedPrefix + originForm(originalUrl ?? req.url ?? '');
    req.baseUrl = strippedPrefix + (baseUrl ?? '');
  } else if (host !== undefined) {
    // The authority of an absolute-form target would beat Host.
    req.originalUrl = originForm(originalUrl ?? req.url ?? '');
  }
  if (!isHosted) {
    keepOnHost(req);
    return undefined;
  }
  return () => {
    if (shown !== undefined) restoreRequest(req, shown);
    req.originalUrl = originalUrl;
    req.baseUrl = baseUrl;
  };
}

/**
 * Whoever redirects to what was asked for must not redirect to another host: browsers take `//` for the beginning of one,
 * and `\` for `/`, which no URL holds (RFC 3986 section 2.2). Inside a host the target is the host's.
 */
function keepOnHost(req: AnyRequest): void {
  const { url = '', originalUrl = url } = req;
  if (!url.includes('\\') && !originalUrl.startsWith('//')) return;
  const [target, original] = [url, originalUrl].map((each) => {
    const end = each.search(/\?|$/);
    return each.slice(0, end).replaceAll('\\', '%5C') + each.slice(end);
  });
  req.url = target as string;
  req.originalUrl = (original as string).replace(/^\/{2,}/, '/');
}

function isAnythingSaid({ scheme, host, port, client }: Forwarded): boolean {
  return scheme !== undefined || host !== undefined || port !== undefined || client !== undefined;
}

/** Path and query of a target. */
function originForm(target: string): string {
  if (isOriginForm(target)) return target;
  const { path, query } = parseTarget(target);
  return path + query;
}

function clientSocket(
  req: AnyRequest,
  { client, port }: Forwarded,
  scheme: 'http' | 'https',
  host: string | undefined,
): AnyRequest['socket'] {
  const { socket, headers } = req;
  const authority = headers[':authority'];
  return viewSocket(socket, {
    remoteAddress: client === undefined ? socket.remoteAddress : client.address,
    remotePort: client === undefined ? socket.remotePort : client.port ? Number(client.port) : undefined,
    encrypted: scheme === 'https',
    host: host ?? (typeof authority === 'string' ? authority : headers.host),
    port,
  });
}
