/**
 * The request that mod_proxy of lighttpd 1.4.69 sends on by HTTP.
 *
 * Rules of this file: fields are in the order in which they came, those that the server adds after them; the connection is
 * always closed.
 */

import type { ClientConnection, HttpMessage, Pairs } from '../../model.js';
import type { Fields } from './fields.js';
import type { HeaderOptions, Remap } from './remap.js';
import type { Transit } from './request.js';
import { booleanOf, elementsOf, refuseValue, type Setting } from './values.js';

const parameters = ['by', 'for', 'host', 'proto', 'remote_user'];

/** What `proxy.forwarded` asks for in `Forwarded`. */
export function readForwarded(setting: Setting | undefined): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const element of setting === undefined ? [] : elementsOf(setting)) {
    const { key = '' } = element;
    if (!parameters.includes(key)) refuseValue(element, `be one of ${parameters.join(', ')}`);
    if (booleanOf(element)) asked.add(key);
  }
  return asked;
}

export interface ProxyOptions {
  readonly headers: HeaderOptions;
  readonly remap: Remap;
  readonly forwarded: ReadonlySet<string>;
  /** What stands for the client's host, where the configuration asks for that. */
  readonly replacedHost: string;
}

export function proxiedMessage(transit: Transit, options: ProxyOptions): HttpMessage {
  const { method, fields, bodyLength, host } = transit;
  const { headers, remap } = options;
  if (bodyLength > 0 || (method !== 'GET' && method !== 'HEAD')) {
    if (fields.get('Content-Length') === undefined) fields.set('Content-Length', String(bodyLength));
  }
  const target = remap.changesRequests ? remap.requestUri(transit.target) : transit.target;
  const inner = host !== undefined && remap.changesRequests ? remap.requestHost(host) : host;
  const sentHost = options.replacedHost || inner;
  forward(fields, transit, options.forwarded);
  return {
    ...{ method, target },
    version: headers.forcesHttp10 || sentHost === undefined ? 'HTTP/1.0' : 'HTTP/1.1',
    headers: [
      ...(sentHost === undefined ? [] : [['Host', sentHost] as const]),
      ...fields.pairs().flatMap((field) => sentField(field, transit, options)),
      ['Connection', connectionField(transit, headers)],
    ],
  };
}

/** Fields that are of one connection, or that no application is to believe. */
const dropped = new Set(['host', 'proxy-connection', 'proxy', 'connection', 'set-cookie']);

function sentField([name, value]: Pairs[number], transit: Transit, { headers, remap }: ProxyOptions): Pairs {
  const folded = name.toLowerCase();
  if (dropped.has(folded)) return [];
  if (folded === 'te' && !sendsTe(transit, headers)) return [];
  if (folded === 'upgrade' && !sendsUpgrade(transit, headers)) return [];
  const isUri = folded === 'destination' || folded === 'content-location';
  return [[name, isUri && remap.changesRequests ? remap.requestUri(value) : value]];
}

function sendsTe({ version, fields }: Transit, { forcesHttp10 }: HeaderOptions): boolean {
  return !forcesHttp10 && version !== 'HTTP/1.0' && fields.get('TE')?.toLowerCase() === 'trailers';
}

function sendsUpgrade({ version, fields }: Transit, { forcesHttp10, upgrades }: HeaderOptions): boolean {
  return upgrades && !forcesHttp10 && version === 'HTTP/1.1' && fields.get('Upgrade') !== undefined;
}

function connectionField(transit: Transit, headers: HeaderOptions): string {
  const asked = transit.fields.get('Connection');
  if (asked === undefined || headers.forcesHttp10 || transit.version !== 'HTTP/1.1') return 'close';
  if (asked.toLowerCase() === 'close') return 'close';
  const te = sendsTe(transit, headers) ? ', te' : '';
  return `close${te}${sendsUpgrade(transit, headers) ? ', upgrade' : ''}`;
}

/** Says who asked for what: in `Forwarded` where it is asked for, in the older fields always. */
function forward(fields: Fields, transit: Transit, asked: ReadonlySet<string>): void {
  const { connection, host } = transit;
  const scheme = connection.isEncrypted ? 'https' : 'http';
  if (asked.size > 0) {
    const before = fields.get('Forwarded');
    const said = [
      ...(asked.has('for') ? [`for=${nodeOf(connection.remoteAddress)}`] : []),
      ...(asked.has('by') ? [`by="${localNode(connection)}"`] : []),
      ...(asked.has('proto') ? [`proto=${scheme}`] : []),
      ...(asked.has('host') && host !== undefined ? [`host="${quote(host)}"`] : []),
      ...userOf(transit, asked),
    ].join(';');
    const seed = before === undefined ? seedOf(fields.get('X-Forwarded-For')) : `${before}, `;
    fields.set('Forwarded', seed + said);
  }
  fields.append('X-Forwarded-For', connection.remoteAddress);
  if (host !== undefined) {
    fields.set('X-Host', host);
    fields.set('X-Forwarded-Host', host);
  }
  fields.set('X-Forwarded-Proto', scheme);
}

function userOf({ environment }: Transit, asked: ReadonlySet<string>): readonly string[] {
  const user = asked.has('remote_user') ? environment.get('REMOTE_USER') : undefined;
  return user === undefined ? [] : [`remote_user="${quote(user)}"`];
}

function nodeOf(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}

function localNode({ localAddress, localPort }: ClientConnection): string {
  return localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`;
}

/** What X-Forwarded-For said, for a client that sends no `Forwarded`. */
function seedOf(forwardedFor = ''): string {
  const nodes = forwardedFor.split(/[ \t,]+/).filter((node) => node !== '');
  return nodes
    .map((node) => (node.includes(':') ? `for="[${quote(node)}]", ` : `for="${quote(node)}", `))
    .join('');
}

function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a quoted string cannot hold as it is
  return text.replace(/["\\\u007f\u0000-\u0008\u000a-\u001f]/g, '\\$&');
}
