/**
 * One request on its way through HAProxy: what rules read and write.
 *
 * Rules of this file: names of header fields are in lower case, as HAProxy keeps them. The target is changed in the way of its
 * `http_replace_req_path()`, `..._query()` and `..._uri()`: parts are found anew each time, so that an empty path stays one.
 */

import type { ClientConnection, ClientRequest } from '../../model.js';

export type Field = readonly [name: string, value: string];

/** The parts of a target; no path where it has none (`*`, `http://host`, `foo`). */
export interface TargetParts {
  readonly before: string;
  /** With the query. */
  readonly pathAndQuery: string | undefined;
  readonly authority: string | undefined;
}

export function partsOf(target: string): TargetParts {
  if (target.startsWith('/')) return { before: '', pathAndQuery: target, authority: undefined };
  const [before = '', authority] = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(target) ?? [];
  const rest = authority === undefined ? '' : target.slice(before.length);
  return { before, authority, pathAndQuery: rest === '' ? undefined : rest };
}

/** What is passed on of a TE: that trailers are understood, if that is said. */
export function acceptedTe(value: string): string | undefined {
  return /trailers(?:,|$)/.test(value) ? 'trailers' : undefined;
}

export class Transaction {
  method: string;
  target: string;
  readonly version: string;
  headers: Field[];
  readonly bodyLength: number;
  readonly connection: ClientConnection;
  sourceAddress: string;
  sourcePort: number;
  destinationAddress: string;
  destinationPort: number;
  /** The request line as it came; logs, and what is made as they are, tell it so. */
  received: { readonly method: string; readonly target: string };
  readonly variables = new Map<string, string>();
  frontend = '';
  backend = '';
  serverName = '';

  constructor({ method, target, version, headers, body }: ClientRequest, connection: ClientConnection) {
    this.method = method;
    this.target = target;
    this.version = version;
    this.received = { method, target };
    this.headers = headers.map(([name, value]) => [name.toLowerCase(), value]);
    this.bodyLength = body?.length ?? 0;
    this.connection = connection;
    this.sourceAddress = connection.remoteAddress;
    this.sourcePort = connection.remotePort;
    this.destinationAddress = connection.localAddress;
    this.destinationPort = connection.localPort;
  }

  /** The values of a header field, in order. */
  valuesOf(name: string): readonly string[] {
    return this.headers.filter(([each]) => each === name).map(([, value]) => value);
  }

  addHeader(name: string, value: string): void {
    this.headers.push([name.toLowerCase(), value]);
    // What a Host says is in an absolute target too.
    if (name.toLowerCase() === 'host') this.replaceAuthority(value);
  }

  removeHeaders(isRemoved: (name: string) => boolean): void {
    this.headers = this.headers.filter(([name]) => !isRemoved(name));
  }

  /** The path, with or without its query. */
  path(withQuery: boolean): string | undefined {
    const { pathAndQuery } = partsOf(this.target);
    return withQuery ? pathAndQuery : pathAndQuery?.split('?', 1)[0];
  }

  replacePath(path: string, withQuery: boolean): void {
    // Without a path all of the target is one.
    const { before, pathAndQuery = this.target } = partsOf(this.target);
    const from = pathAndQuery === this.target ? '' : before;
    const query = pathAndQuery.indexOf('?');
    this.target = from + path + (withQuery || query < 0 ? '' : pathAndQuery.slice(query));
  }

  replaceQuery(query: string): void {
    const at = this.target.indexOf('?');
    if (at >= 0) this.target = this.target.slice(0, at + 1) + query;
    else if (query !== '') this.target = `${this.target}?${query}`;
  }

  replaceTarget(target: string): void {
    this.target = target;
    const { authority } = partsOf(target);
    if (authority === undefined || authority === '') return;
    const host = authority.slice(authority.lastIndexOf('@') + 1);
    this.headers = this.headers.map(([name, value]) => [name, name === 'host' ? host : value]);
  }

  private replaceAuthority(host: string): void {
    const { before, authority } = partsOf(this.target);
    if (authority === undefined) return;
    const from = before.length - authority.length + authority.lastIndexOf('@') + 1;
    this.target = before.slice(0, from) + host + this.target.slice(before.length);
  }
}
