/**
 * `proxy.header`: what lighttpd changes in hosts and paths between a client and an application, and back (mod_proxy.c of 1.4.69).
 *
 * Rules of this file: the first that fits is taken; a path is compared as text, so that `/foo` fits `/foobar` too. What was taken for
 * the request is tried first for the answer.
 */

import { unknownDirective } from '../reading.js';
import { booleanOf, elementsOf, pairsOf, type Setting } from './values.js';

type Map = readonly (readonly [from: string, to: string])[];

export interface HeaderOptions {
  readonly paths: Map | undefined;
  readonly requestHosts: Map | undefined;
  readonly answerHosts: Map | undefined;
  readonly remapsHttps: boolean;
  readonly forcesHttp10: boolean;
  readonly upgrades: boolean;
  readonly connects: boolean;
}

export function readHeaderOptions(setting: Setting | undefined, forcesHttp10: boolean): HeaderOptions {
  const elements = setting === undefined ? [] : elementsOf(setting);
  const find = (key: string) => elements.find((each) => each.key === key);
  const isOn = (key: string, otherwise = false): boolean => {
    const element = find(key);
    return element === undefined ? otherwise : booleanOf(element);
  };
  const map = (key: string): Map | undefined => {
    const element = find(key);
    return element && pairsOf(element);
  };
  const known = ['map-urlpath', 'map-host-request', 'map-host-response', 'https-remap', 'force-http10'];
  const unknown = elements.find(({ key = '' }) => ![...known, 'upgrade', 'connect'].includes(key));
  if (unknown !== undefined) unknownDirective({ server: 'lighttpd', line: unknown.line }, unknown.name);
  return {
    paths: map('map-urlpath'),
    requestHosts: map('map-host-request'),
    answerHosts: map('map-host-response'),
    remapsHttps: isOn('https-remap'),
    // What a configuration says of headers stands for all that it could have said.
    forcesHttp10: isOn('force-http10', setting === undefined && forcesHttp10),
    upgrades: isOn('upgrade'),
    connects: isOn('connect'),
  };
}

/** The changes for one request, which remember what was changed. */
export class Remap {
  readonly #options: HeaderOptions;
  readonly #host: string | undefined;
  readonly #isEncrypted: boolean;
  #forwardedHost: string | undefined;
  #forwardedPath: readonly [from: string, to: string] | undefined;

  constructor(options: HeaderOptions, host: string | undefined, isEncrypted: boolean) {
    this.#options = options;
    this.#host = host;
    this.#isEncrypted = isEncrypted;
  }

  get changesRequests(): boolean {
    return this.#options.paths !== undefined || this.#options.requestHosts !== undefined;
  }

  get changesAnswers(): boolean {
    return this.#options.paths !== undefined || this.#options.answerHosts !== undefined;
  }

  requestHost(host: string): string {
    return this.#hostFor(host, true) ?? host;
  }

  requestUri(uri: string): string {
    return this.#uri(uri, true);
  }

  answerUri(uri: string): string {
    return this.#uri(uri, false);
  }

  /** A Set-Cookie, whose attributes Path and Domain are the application's. */
  cookie(value: string): string {
    const [first = '', ...attributes] = value.split(';');
    const changed = attributes.map((attribute) => {
      const [, head = '', name = '', quote = '', rest = ''] =
        /^([ \t]*(path|domain)=)("?)(.*)$/is.exec(attribute) ?? [];
      if (name.toLowerCase() === 'path' && rest.startsWith('/')) return head + quote + this.#answerPath(rest);
      if (name.toLowerCase() !== 'domain') return attribute;
      const [, dot = '', host = '', tail = ''] = /^(\.?)([^ \t]*)(.*)$/s.exec(rest) ?? [];
      return head + quote + dot + (this.#hostFor(host, false) ?? host) + tail;
    });
    return [first, ...changed].join(';');
  }

  #uri(uri: string, isRequest: boolean): string {
    const path = (text: string): string => (isRequest ? this.#requestPath(text) : this.#answerPath(text));
    if (uri.startsWith('/')) return path(uri);
    const colon = uri.indexOf(':');
    if (colon < 0 || !uri.startsWith('://', colon)) return uri;
    const slash = uri.indexOf('/', colon + 3);
    const authority = uri.slice(colon + 3, slash < 0 ? undefined : slash);
    if (authority === '') return uri;
    const host = this.#hostFor(authority, isRequest);
    const scheme = uri.slice(0, colon);
    const [from, to] = isRequest ? ['https', 'http'] : ['http', 'https'];
    const isRemapped =
      host !== undefined && this.#options.remapsHttps && this.#isEncrypted && scheme === from;
    return `${isRemapped ? to : scheme}://${host ?? authority}${path(slash < 0 ? '/' : uri.slice(slash))}`;
  }

  #hostFor(authority: string, isRequest: boolean): string | undefined {
    const hosts = (isRequest ? this.#options.requestHosts : this.#options.answerHosts) ?? [];
    const own = isRequest ? this.#host : this.#forwardedHost;
    for (const [key, value] of hosts) {
      const from = key === '-' ? own : key;
      if (from?.toLowerCase() !== authority.toLowerCase()) continue;
      if (value === '-') return this.#host;
      if (value === '') return undefined;
      if (isRequest) this.#forwardedHost ??= value;
      return value;
    }
    return undefined;
  }

  #requestPath(path: string): string {
    const found = this.#options.paths?.find(([from]) => path.startsWith(from));
    if (found === undefined) return path;
    this.#forwardedPath ??= found;
    return found[1] + path.slice(found[0].length);
  }

  #answerPath(path: string): string {
    const { paths = [] } = this.#options;
    const tried = this.#forwardedPath === undefined ? paths : [this.#forwardedPath, ...paths];
    const [from, to] = tried.find(([, inner]) => path.startsWith(inner)) ?? ['', ''];
    return from + path.slice(to.length);
  }
}
