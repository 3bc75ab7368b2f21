/**
 * What Apache reads before it looks at its configuration: the request line, the target, the fields, the host.
 *
 * Source: `ap_read_request()`, `ap_parse_uri()`, `ap_check_request_header()` and `fix_hostname()` of Apache 2.4, with
 * `HttpProtocolOptions Strict`.
 *
 * Rules of this file: it knows no configuration; what is refused is a status.
 */

import type { ClientRequest, Pairs } from '../../model.js';
import { fieldOf, withField } from './fields.js';

/** A request that can be looked at. */
export interface ReadRequest {
  /** The path, still raw; `*` for all of the server. */
  readonly path: string;
  readonly query: string | undefined;
  /** Lower case, without its port. */
  readonly host: string | undefined;
  /** The port beside the host, if one was written. */
  readonly port: number | undefined;
  readonly headers: Pairs;
}

const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

/** The request, or the status that it is refused with. */
export function readRequest(
  request: ClientRequest,
  scheme: string,
): ReadRequest | { readonly status: number } {
  const { method, target, version } = request;
  if (!token.test(method) || !/^HTTP\/[1-9]\.\d$/.test(version)) return { status: 400 };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (target === '' || /[\x00-\x20\x7f#]/.test(target)) return { status: 400 };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (request.headers.some(([name, value]) => !token.test(name) || /[\x00-\x08\x0a-\x1f\x7f]/.test(value))) {
    return { status: 400 };
  }
  const uri = readTarget(method, target);
  if ('status' in uri) return uri;
  const headers = joined(request.headers);
  const framing = checkFraming(headers);
  if ('status' in framing) return framing;
  const written = fieldOf(headers, 'host');
  if (written === undefined && version >= 'HTTP/1.1') return { status: 400 };
  // A target of another scheme than the connection's says the port only.
  const isOwn = uri.scheme === scheme && uri.authority !== undefined;
  const ofTarget = uri.authority === undefined ? {} : readAuthority(uri.authority);
  const host = isOwn ? ofTarget : readHost(written, version);
  if (host === undefined) return { status: 400 };
  const { path, query } = uri;
  return {
    ...{ path, query, host: host.host, port: host.port ?? ofTarget?.port },
    headers: isOwn ? withField(framing.headers, 'Host', `${host.host}${host.suffix}`) : framing.headers,
  };
}

interface Uri {
  readonly path: string;
  readonly query: string | undefined;
  readonly scheme?: string;
  readonly authority: string | undefined;
}

function readTarget(method: string, target: string): Uri | { readonly status: number } {
  const mark = target.indexOf('?');
  const before = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? undefined : target.slice(mark + 1);
  if (before === '*')
    return method === 'OPTIONS' ? { path: '*', query, authority: undefined } : { status: 400 };
  if (method === 'CONNECT') {
    return /^[^/?]+:\d+$/.test(target)
      ? { path: '/', query, scheme: 'http', authority: target }
      : { status: 400 };
  }
  if (before === '' || before.startsWith('/')) {
    // Leading slashes are one, whatever MergeSlashes says: else they would read as an authority.
    return { path: `/${before.replace(/^\/+/, '')}`, query, authority: undefined };
  }
  const found = /^(https?):(?:\/\/([^/]*))?/i.exec(before);
  if (found === null) return { status: 400 };
  const [, scheme = '', authority] = found;
  if (authority !== undefined && !/^(?:\[[^\]@]*\]|[^:@]*)(?::\d*)?$/.test(authority)) return { status: 400 };
  const path = before.slice(found[0].length);
  if (path !== '')
    return path.startsWith('/') ? { path, query, scheme: scheme.toLowerCase(), authority } : { status: 400 };
  return { path: method === 'OPTIONS' ? '*' : '/', query, scheme: scheme.toLowerCase(), authority };
}

/** Fields of one name are one, joined with a comma, at the place of the first. */
function joined(headers: Pairs): Pairs {
  const places = new Map<string, number>();
  const fields: [string, string][] = [];
  for (const [name, value] of headers) {
    const place = places.get(name.toLowerCase());
    if (place === undefined) {
      places.set(name.toLowerCase(), fields.length);
      fields.push([name, value]);
    } else {
      const field = fields[place] as [string, string];
      field[1] = `${field[1]}, ${value}`;
    }
  }
  return fields;
}

function checkFraming(headers: Pairs): { readonly headers: Pairs } | { readonly status: number } {
  const length = fieldOf(headers, 'content-length');
  const coding = fieldOf(headers, 'transfer-encoding');
  if (coding !== undefined) {
    if (!/(?:^|[, \t])chunked$/i.test(coding)) return { status: 400 };
    return { headers: headers.filter(([name]) => name.toLowerCase() !== 'content-length') };
  }
  if (length !== undefined && !/^\d{1,18}$/.test(length)) return { status: 400 };
  const expect = fieldOf(headers, 'expect');
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') return { status: 417 };
  return { headers };
}

interface Host {
  readonly host?: string;
  readonly port?: number;
  /** The port as it is written, with its colon. */
  readonly suffix?: string;
}

/** Of a target: any digits are a port, and no digits are the usual one. */
function readAuthority(authority: string): Host | undefined {
  const [, name = '', suffix = ''] = /^(\[[^\]]*\]|[^:]*)(:.*)?$/.exec(authority) ?? [];
  const host = name === '' ? '' : readHostName(name);
  if (host === undefined) return undefined;
  if (suffix === '') return { host, suffix };
  return { host, suffix, port: suffix === ':' ? 80 : Number(suffix.slice(1)) % 65_536 };
}

/** Of a Host field. */
function readHost(field: string | undefined, version: string): Host | undefined {
  if (field === undefined) return {};
  if (field === '') return version >= 'HTTP/1.1' ? undefined : {};
  const [, name = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(field) ?? [];
  const host = readHostName(name);
  if (host === undefined) return undefined;
  if (digits === undefined) return { host };
  const port = Number(digits);
  return port === 0 || port > 65_535 ? undefined : { host, port };
}

/** Lower case, without a last dot; `undefined` where it is no host. */
function readHostName(name: string): string | undefined {
  if (/^\[[0-9A-Fa-f:.]+\]$/.test(name)) return name.toLowerCase();
  if (!/^[A-Za-z0-9._-]+$/.test(name) || !isHostName(name)) return undefined;
  return name.toLowerCase().replace(/\.$/, '');
}

/** `strict_hostname_check()`. */
function isHostName(name: string): boolean {
  if (/^[\d.]+$/.test(name)) {
    return (name.match(/\./g)?.length ?? 0) === 3 && !/(?:^|\.)0\d/.test(name);
  }
  return !/\.[^A-Za-z.][^.]*$/.test(name);
}
