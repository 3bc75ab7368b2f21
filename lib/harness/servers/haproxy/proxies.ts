/**
 * The frontends and backends of a configuration (HAProxy's manual, section 4).
 *
 * Rules of this file: what `defaults` say is read before what a proxy says itself, and what stands last counts.
 */

import { compileTrust } from '../../../fixup/trust.js';
import { foldAscii } from '../../../path/percent.js';
import { unknownDirective } from '../reading.js';
import { type Condition, parseCondition } from './condition.js';
import { type FcgiApp, readFcgiApp } from './fcgi.js';
import { type Format, parseFormat } from './format.js';
import { ignoredDirectives, ignoredOptions } from './ignored.js';
import { type Match, parseMatch } from './match.js';
import { parseRule, type Rule } from './rules.js';
import { type Line, readSections, type Section } from './words.js';

/** `option forwardfor` or `option originalto`. */
export interface AddressHeader {
  readonly header: string | undefined;
  readonly isExcepted: (address: string) => boolean;
  readonly ifNone: boolean;
}

export interface Side {
  readonly kind: 'frontend' | 'backend' | 'listen';
  readonly name: string;
  readonly ports: number[];
  readonly acls: Map<string, Match[]>;
  readonly rules: Rule[];
  readonly redirects: Rule[];
  readonly responses: Rule[];
  readonly backends: { readonly name: Format; readonly holds: Condition }[];
  readonly servers: { readonly name: string; readonly isFcgi: boolean }[];
  defaultBackend: string | undefined;
  app: string | undefined;
  forwardFor: AddressHeader | undefined;
  originalTo: AddressHeader | undefined;
  restrict: string | undefined;
  connection: 'keep' | 'close';
  pretendsKeepAlive: boolean;
  monitor: string | undefined;
  serverNameHeader: string | undefined;
}

export interface Configuration {
  readonly proxies: readonly Side[];
  readonly apps: ReadonlyMap<string, FcgiApp>;
}

const ignoredSections = [
  ...['global', 'resolvers', 'peers', 'mailers', 'userlist', 'program', 'cache', 'http-errors', 'ring'],
  'log-forward',
];

export function readConfiguration(text: string): Configuration {
  const apps = new Map<string, FcgiApp>();
  const proxies: Side[] = [];
  const named = new Map<string, readonly Line[]>();
  let defaults: readonly Line[] = [];
  for (const section of readSections(text)) {
    const { kind, words, place } = section;
    const [name = '', from, parent = ''] = words;
    if (kind === 'fcgi-app') apps.set(name, readFcgiApp(section));
    else if (kind === 'defaults') {
      defaults = section.lines;
      named.set(name, defaults);
    } else if (kind === 'frontend' || kind === 'backend' || kind === 'listen') {
      const inherited = from === 'from' ? (named.get(parent) ?? unknownDirective(place, parent)) : defaults;
      proxies.push(readProxy(kind, name, inherited, section));
    } else if (!ignoredSections.includes(kind)) unknownDirective(place, kind);
  }
  return { proxies, apps };
}

function readProxy(kind: Side['kind'], name: string, inherited: readonly Line[], { lines }: Section): Side {
  const proxy: Side = {
    ...{ kind, name, ports: [], acls: new Map(), rules: [], redirects: [], responses: [], backends: [] },
    ...{
      servers: [],
      defaultBackend: undefined,
      app: undefined,
      forwardFor: undefined,
      originalTo: undefined,
    },
    ...{ restrict: undefined, connection: 'keep', pretendsKeepAlive: false, monitor: undefined },
    serverNameHeader: undefined,
  };
  for (const line of inherited) readLine(proxy, line);
  for (const line of lines) readLine(proxy, line);
  return proxy;
}

function readLine(proxy: Side, line: Line): void {
  const { words, place } = line;
  const [directive = '', first = '', ...rest] = words;
  const condition = (from: number): Condition => parseCondition(words.slice(from), proxy.acls, place);
  switch (directive) {
    case 'bind':
      proxy.ports.push(...first.split(',').map((address) => Number(/:(\d+)$/.exec(address)?.[1])));
      return;
    case 'acl':
      proxy.acls.set(first, [...(proxy.acls.get(first) ?? []), parseMatch(rest, place)]);
      return;
    case 'http-request':
      proxy.rules.push(parseRule([first, ...rest], proxy.acls, place));
      return;
    case 'redirect':
      proxy.redirects.push(parseRule(words, proxy.acls, place));
      return;
    case 'http-response':
    case 'http-after-response':
      proxy.responses.push(parseRule([first, ...rest], proxy.acls, place));
      return;
    case 'use_backend':
      proxy.backends.push({ name: parseFormat(first, place), holds: condition(2) });
      return;
    case 'default_backend':
      proxy.defaultBackend = first;
      return;
    case 'use-fcgi-app':
      proxy.app = first;
      return;
    case 'server':
      proxy.servers.push({ name: first, isFcgi: words[words.indexOf('proto') + 1] === 'fcgi' });
      return;
    case 'monitor-uri':
      proxy.monitor = first;
      return;
    case 'http-send-name-header':
      proxy.serverNameHeader = foldAscii(first);
      return;
    case 'option':
      readOption(proxy, line, words.slice(1), true);
      return;
    case 'no':
      if (first === 'option') readOption(proxy, line, rest, false);
      return;
    default:
      if (!ignoredDirectives.includes(directive)) unknownDirective(place, directive);
  }
}

function readOption(proxy: Side, { place }: Line, words: readonly string[], isOn: boolean): void {
  const [name = ''] = words;
  switch (name) {
    case 'forwardfor':
      proxy.forwardFor = isOn ? addressHeader(words) : undefined;
      return;
    case 'originalto':
      proxy.originalTo = isOn ? addressHeader(words) : undefined;
      return;
    case 'httpclose':
    case 'http-server-close':
      proxy.connection = isOn ? 'close' : 'keep';
      return;
    case 'http-keep-alive':
      proxy.connection = 'keep';
      return;
    case 'http-pretend-keepalive':
      proxy.pretendsKeepAlive = isOn;
      return;
    case 'http-restrict-req-hdr-names':
      proxy.restrict = words[1];
      return;
    default:
      if (!ignoredOptions.includes(name)) unknownDirective(place, `option ${name}`);
  }
}

function addressHeader(words: readonly string[]): AddressHeader {
  const after = (word: string): string | undefined =>
    words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
  const network = after('except');
  const isOf = network === undefined ? undefined : compileTrust([network]);
  return {
    header: after('header') ?? undefined,
    isExcepted: (address) => isOf?.(address, 0) === true,
    ifNone: words.includes('if-none'),
  };
}
