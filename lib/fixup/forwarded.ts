/**
 * What proxies say of a request: scheme, host, port and client address, from X-Forwarded-* or from Forwarded (RFC 7239).
 *
 * Addresses are walked from the right, from the peer towards the client, while they are trusted, as proxy-addr does: what
 * stands left of the first that is not was written by strangers.
 *
 * Rules of this file: one family, never both. Values are never concatenated. A malformed value that a trusted proxy has
 * written is an error, not a guess; what strangers have written is not even read.
 */

import parseForwarded from 'forwarded-parse';
import { type ForwardedCode, ForwardedError, show } from '../errors.js';
import { parseAuthority } from '../path/host.js';
import { remembering } from './remember.js';
import type { IsTrusted } from './trust.js';

/** Which headers are believed. */
export type HeaderFamily = 'x-forwarded' | 'forwarded';

/** Which element of a list in X-Forwarded-Proto, -Host, -Port and a prefix counts. */
export type ListPolicy = 'last' | 'hops';

/** What a trusted peer says of the client's request; `undefined` for what it does not say. */
export interface Forwarded {
  readonly scheme: 'http' | 'https' | undefined;
  /** As sent, port included. */
  readonly host: string | undefined;
  /** In decimal; only X-Forwarded-Port says it apart. */
  readonly port: string | undefined;
  readonly client: Node | undefined;
  /** How many hops are trusted, the peer included. */
  readonly hops: number;
}

/** An address, and its port in decimal; both `undefined` where the proxy hides them (RFC 7239 section 6). */
export interface Node {
  readonly address: string | undefined;
  readonly port: string | undefined;
}

/** Header fields by name, as Node gives them; a field that came twice is joined with `, `. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Reads X-Forwarded-For, -Proto, -Host and -Port of a trusted peer. @throws {ForwardedError} */
export function readXForwarded(fields: Fields, isTrusted: IsTrusted, lists: ListPolicy): Forwarded {
  const walked = walk(fieldOf(fields, 'x-forwarded-for'), isTrusted);
  const hops = walked?.hops ?? 1;
  const proto = elementOf(fieldOf(fields, 'x-forwarded-proto'), lists, hops);
  const host = elementOf(fieldOf(fields, 'x-forwarded-host'), lists, hops);
  const port = elementOf(fieldOf(fields, 'x-forwarded-port'), lists, hops);
  return {
    scheme: proto === undefined ? undefined : parseScheme(proto),
    host: host === undefined ? undefined : parseHost(host),
    port: port === undefined ? undefined : parsePort(port),
    client: walked?.node,
    hops,
  };
}

/** Reads Forwarded of a trusted peer. @throws {ForwardedError} */
export function readForwarded(fields: Fields, isTrusted: IsTrusted): Forwarded {
  const value = fieldOf(fields, 'forwarded');
  let hops = 0;
  let scheme: Forwarded['scheme'];
  let host: string | undefined;
  let client: Node | undefined;
  if (value !== undefined) {
    for (const element of parseElements(value).reverse()) {
      hops++;
      // Of what a hop leaves out, the one behind it may still know.
      if (element.proto !== undefined) scheme = parseScheme(element.proto);
      if (element.host !== undefined) host = parseHost(element.host);
      if (element.for === undefined) break;
      client = parseNode(element.for, false);
      if (client.address === undefined || !isTrusted(client.address, hops)) break;
    }
  }
  return { scheme, host, port: undefined, client, hops: Math.max(hops, 1) };
}

function parseElements(value: string): Record<string, string>[] {
  try {
    return parseForwarded(value);
  } catch (error) {
    const rule = `Forwarded must be as RFC 7239 says (${(error as Error).message})`;
    throw refuse('ERR_FORWARDED_HEADER', rule, value);
  }
}

/** The value of a field; `undefined` where there is none, or nothing in it. */
export function fieldOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === '') return undefined;
  return typeof value === 'string' ? value : value.join(',');
}

/**
 * The element of a list that counts: the last, which the peer wrote or let stand; where each hop adds one, that of the
 * outermost trusted hop. Empty elements are none (RFC 9110 section 5.6.1).
 */
export function elementOf(value: string | undefined, lists: ListPolicy, hops: number): string | undefined {
  if (value === undefined) return undefined;
  if (!value.includes(',')) return value.trim() || undefined;
  const elements = value.split(',').flatMap((element) => element.trim() || []);
  return lists === 'last' ? elements.at(-1) : elements[Math.max(0, elements.length - hops)];
}

interface Walked {
  readonly node: Node;
  readonly hops: number;
}

/** Walks X-Forwarded-For from the right; stops at the first address that is not trusted, or at the last there is. */
function walk(value: string | undefined, isTrusted: IsTrusted): Walked | undefined {
  let walked: Walked | undefined;
  let end = value?.length ?? 0;
  for (let hops = 1; value !== undefined && end >= 0; ) {
    const comma = end === 0 ? -1 : value.lastIndexOf(',', end - 1);
    const element = value.slice(comma + 1, end).trim();
    end = comma;
    if (element === '') continue;
    const node = parseNode(element, true);
    walked = { node, hops };
    if (node.address === undefined || !isTrusted(node.address, hops)) break;
    hops++;
  }
  return walked;
}

/** RFC 7239 section 6; X-Forwarded-For holds IPv6 addresses without brackets too. */
function parseNode(text: string, isBareAllowed: boolean): Node {
  if (isIpv4(text)) return { address: text, port: undefined };
  if (isBareAllowed && text.includes(':') && !text.startsWith('[') && text.split(':').length > 2) {
    if (parseAuthority(`[${text}]`) !== undefined) return { address: text.toLowerCase(), port: undefined };
  } else if (/^(?:unknown|_[\w.-]+)(?::(?:\d{1,5}|_[\w.-]+))?$/i.test(text)) {
    return { address: undefined, port: undefined };
  } else {
    const parts = /^(?:\[([^\]]*)\]|([0-9.]+))(?::(?:([0-9]{1,5})|_[\w.-]+))?$/.exec(text);
    const written = parts?.[1] ?? parts?.[2] ?? '';
    const name = parts?.[1] === undefined ? written : `[${written}]`;
    const port = parts?.[3];
    const isPort = port === undefined || Number(port) <= 65535;
    if (isPort && parseAuthority(name) !== undefined) return { address: written.toLowerCase(), port };
  }
  throw refuse('ERR_FORWARDED_HEADER', 'a forwarded client must be an address, or unknown', text);
}

/** What nearly all clients have. */
function isIpv4(text: string): boolean {
  let [fields, digits, value] = [1, 0, 0];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x2e && digits > 0) {
      [fields, digits, value] = [fields + 1, 0, 0];
    } else if (code >= 0x30 && code <= 0x39 && (digits === 0 || value > 0)) {
      digits++;
      value = 10 * value + code - 0x30;
      if (value > 255) return false;
    } else {
      return false;
    }
  }
  return fields === 4 && digits > 0;
}

function parseScheme(value: string): 'http' | 'https' {
  switch (value.toLowerCase()) {
    case 'http':
    case 'ws':
      return 'http';
    case 'https':
    case 'wss':
      return 'https';
    default:
      throw refuse('ERR_FORWARDED_PROTO', 'a forwarded scheme must be http or https', value);
  }
}

const parseHost = remembering(200, (value) => {
  const authority = parseAuthority(value);
  if (authority !== undefined && Number(authority.port) <= 65535) return value;
  throw refuse('ERR_FORWARDED_HOST', 'a forwarded host must be a name or an address, and a port', value);
});

function parsePort(value: string): string {
  if (/^[0-9]{1,5}$/.test(value) && Number(value) > 0 && Number(value) <= 65535) return String(Number(value));
  throw refuse('ERR_FORWARDED_HEADER', 'a forwarded port must be a number from 1 to 65535', value);
}

function refuse(code: ForwardedCode, rule: string, value: string): ForwardedError {
  return new ForwardedError(code, `${rule}, got ${show(value)}`);
}
