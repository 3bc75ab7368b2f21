/**
 * What is known beside a request: whether its `/` stands for an empty path info (rule 6), and its host and scheme.
 *
 * Rules of this file: it reads and keeps, and never changes what an application sees.
 */

import type { IncomingMessage } from 'node:http';
import { pathOf } from '../environ/url.js';
import { parseAuthority } from '../path/host.js';
import { parseTarget } from '../path/target.js';

/** A request as mounts, Express and Connect leave it. */
export interface MountedRequest<P = Readonly<Record<string, string | readonly string[]>>>
  extends IncomingMessage {
  /** What is left of the target for the application: path info and query, percent-encoded. */
  url: string;
  /** What was consumed so far, percent-encoded: `''`, or beginning with `/` and never ending with it. */
  baseUrl: string;
  /** The request target as it came, never changed. */
  originalUrl: string;
  /** Parameters of the pattern that matched. */
  params: P;
}

/** What a mount keeps beside a request. */
export interface MountState {
  /** The pair that the application was given; another pair was made by somebody else. */
  readonly url: string;
  readonly baseUrl: string;
  /** The url's `/` stands for an empty path info. */
  readonly isBare: boolean;
  /** Parameters of this mount and those outside it. */
  readonly params: Readonly<Record<string, string | readonly string[]>> | undefined;
}

// One symbol for all copies of the library in a process: their mounts nest.
const key: unique symbol = Symbol.for('mountpoint.state') as never;

/** A request of any host: what is missing here was not set by it. */
export type AnyRequest = IncomingMessage & {
  baseUrl?: string | undefined;
  originalUrl?: string | undefined;
  params?: unknown;
  [key]?: MountState | undefined;
};

const parametersKey: unique symbol = Symbol.for('mountpoint.parameters') as never;

/** What a front server said of a request, in order. */
export type Parameters = readonly (readonly [name: string, value: string])[];

export function parametersOf(req: AnyRequest): Parameters | undefined {
  return (req as { [parametersKey]?: Parameters })[parametersKey];
}

export function keepParameters(req: AnyRequest, parameters: Parameters): void {
  (req as { [parametersKey]?: Parameters })[parametersKey] = parameters;
}

export function stateOf(req: AnyRequest): MountState | undefined {
  return req[key];
}

export function keepState(req: AnyRequest, state: MountState | undefined): void {
  req[key] = state;
}

/** Whether `req.url` shows `/` for an empty path info: a mount said so, or nothing but the base was asked for. */
export function isBareRequest(req: AnyRequest): boolean {
  const { url = '' } = req;
  const isShort = url.length <= 1 || url.charCodeAt(1) === 0x3f;
  const { baseUrl } = req;
  // Express leaves no slash of an absolute-form target.
  if (!baseUrl || !(isShort ? url.startsWith('/') : /^https?:\/\/[^/?]*(?:\?|$)/i.test(url))) return false;
  const state = req[key];
  if (state !== undefined && state.url === url && state.baseUrl === baseUrl) return state.isBare;
  return req.originalUrl !== undefined && pathOf(req.originalUrl) === baseUrl;
}

/** The host that was asked for: of an absolute-form target, of `:authority`, of Host; as sent. */
export function hostOf(req: AnyRequest): string | undefined {
  const target = req.originalUrl ?? req.url ?? '';
  if (!target.startsWith('/')) {
    const { authority } = parseTarget(target);
    // User info is nobody's host.
    if (authority !== '') return authority.slice(authority.lastIndexOf('@') + 1);
  }
  const authority = req.headers[':authority'];
  return typeof authority === 'string' ? authority : req.headers.host;
}

/** How many Host fields there are; more than one is malformed (RFC 9112 section 3.2). */
export function countHosts(req: AnyRequest): number {
  let count = 0;
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    const name = req.rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

export function schemeOf(req: AnyRequest): 'http' | 'https' {
  return (req.socket as { encrypted?: boolean } | undefined)?.encrypted === true ? 'https' : 'http';
}

/** Name and port under which the request reached this server: its host if that is well-formed, else the socket's. */
export function serverOf(req: AnyRequest): { readonly name: string; readonly port: string } {
  const { localAddress, localPort } = req.socket ?? {};
  const asked = parseAuthority(hostOf(req) ?? '');
  const address = localAddress?.includes(':') ? `[${localAddress}]` : localAddress;
  return {
    name: asked?.name ?? address ?? 'localhost',
    port: String(localPort ?? (asked?.port || (schemeOf(req) === 'https' ? 443 : 80))),
  };
}
