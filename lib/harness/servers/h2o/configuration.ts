/**
 * Hosts, paths and what is done there (h2o's `configurator.c` and those of its handlers).
 *
 * Rules of this file: what is said on a level holds on those inside of it; what a path does is done after all that is said of how.
 */

import { type Place, unknownDirective } from '../reading.js';
import { type HeaderCommand, readHeaderCommand } from './headers.js';
import { ignored } from './ignored.js';
import { readYaml, type Yaml } from './yaml.js';

/** Settings of a level. */
export interface Settings {
  readonly environ: ReadonlyMap<string, string>;
  readonly requestHeaders: readonly HeaderCommand[];
  readonly responseHeaders: readonly HeaderCommand[];
  readonly preservesHost: boolean;
  readonly keepsAlive: boolean;
  readonly websocket: boolean;
  readonly keepsConnection: boolean;
  readonly documentRoot: string | undefined;
  readonly sendsDelegatedUri: boolean;
}

/** What holds for all of the server. */
export interface Globals {
  preservesProto: boolean;
  emitsForwarded: boolean;
  emitsVia: boolean;
  preservesServer: boolean;
  serverName: string | undefined;
}

export type Handler =
  | { readonly kind: 'proxy'; readonly authority: string; readonly path: string }
  | { readonly kind: 'fastcgi' }
  | { readonly kind: 'files'; readonly folder: string }
  | { readonly kind: 'file' }
  | { readonly kind: 'redirect'; readonly status: number; readonly url: string };

export interface PathConfiguration {
  readonly path: string;
  readonly settings: Settings;
  readonly handlers: readonly Handler[];
}

export interface Host {
  readonly name: string;
  /** None: that of the scheme. */
  readonly port: number | undefined;
  readonly ports: readonly number[];
  /** The longest first. */
  readonly paths: readonly PathConfiguration[];
  /** For what none of the paths takes. */
  readonly settings: Settings;
}

export interface Configuration {
  readonly globals: Globals;
  readonly hosts: readonly Host[];
}

const initial: Settings = {
  ...{ environ: new Map(), requestHeaders: [], responseHeaders: [], preservesHost: false, keepsAlive: true },
  ...{ websocket: false, keepsConnection: false, documentRoot: undefined, sendsDelegatedUri: false },
};

export function readConfiguration(text: string): Configuration {
  const globals: Globals = {
    ...{
      preservesProto: false,
      emitsForwarded: true,
      emitsVia: true,
      preservesServer: false,
      serverName: undefined,
    },
  };
  const entries = entriesOf(readYaml(text));
  const { settings, ports } = readLevel(entries, initial, globals);
  const hosts = entries
    .filter(([name]) => name === 'hosts')
    .flatMap(([, node]) => entriesOf(node))
    .map(([name, node]) => readHost(name, node, settings, ports, globals));
  return { globals, hosts };
}

/** Of a sequence of mappings all of them in turn. */
function entriesOf(node: Yaml): readonly (readonly [name: string, value: Yaml])[] {
  if (node.kind === 'mapping') return node.entries;
  if (node.kind === 'sequence') return node.items.flatMap(entriesOf);
  return node.text === '' ? [] : unknownDirective(node.place, node.text);
}

function readHost(
  name: string,
  node: Yaml,
  outer: Settings,
  outerPorts: readonly number[],
  globals: Globals,
): Host {
  const entries = entriesOf(node);
  const { settings, ports } = readLevel(entries, outer, globals);
  const [, host = name, port] = /^(?:\[?)(.*?)\]?(?::(\d+))?$/.exec(name) ?? [];
  const paths = entries
    .filter(([key]) => key === 'paths')
    .flatMap(([, each]) => entriesOf(each))
    .map(([path, each]) => readPath(path, each, settings, globals));
  return {
    name: host.toLowerCase(),
    port: port === undefined ? undefined : Number(port),
    ports: [...outerPorts, ...ports],
    paths: paths.sort((a, b) => b.path.length - a.path.length || (a.path < b.path ? -1 : 1)),
    settings,
  };
}

function readPath(path: string, node: Yaml, outer: Settings, globals: Globals): PathConfiguration {
  const entries = entriesOf(node);
  const { settings } = readLevel(entries, outer, globals);
  return { path, settings, handlers: entries.flatMap(([name, value]) => handlerOf(name, value)) };
}

const handlerNames = [
  'proxy.reverse.url',
  'fastcgi.connect',
  'fastcgi.spawn',
  'file.dir',
  'file.file',
  'redirect',
];

function handlerOf(name: string, node: Yaml): readonly Handler[] {
  switch (name) {
    case 'proxy.reverse.url': {
      const url = textOf(node);
      const [, authority, path = '/'] = /^https?:\/\/([^/]+)(\/.*)?$/.exec(url) ?? [];
      return authority === undefined
        ? unknownDirective(node.place, url)
        : [{ kind: 'proxy', authority, path }];
    }
    case 'fastcgi.connect':
    case 'fastcgi.spawn':
      return [{ kind: 'fastcgi' }];
    case 'file.dir':
      return [{ kind: 'files', folder: textOf(node) }];
    case 'file.file':
      return [{ kind: 'file' }];
    case 'redirect': {
      if (node.kind === 'scalar') return [{ kind: 'redirect', status: 302, url: node.text }];
      const of = (key: string): string => {
        const found = entriesOf(node).find(([each]) => each === key);
        return found === undefined ? '' : textOf(found[1]);
      };
      if (of('internal').toUpperCase() === 'YES') return unknownDirective(node.place, 'internal');
      return [{ kind: 'redirect', status: Number(of('status')), url: of('url') }];
    }
    default:
      return [];
  }
}

function readLevel(
  entries: readonly (readonly [name: string, value: Yaml])[],
  outer: Settings,
  globals: Globals,
): { readonly settings: Settings; readonly ports: readonly number[] } {
  let settings = outer;
  const ports: number[] = [];
  for (const [name, node] of entries) {
    if (name === 'listen') ports.push(...portsOf(node));
    else if (isHandledElsewhere(name) || readGlobal(name, node, globals)) continue;
    else settings = readSetting(name, node, settings);
  }
  return { settings, ports };
}

function isHandledElsewhere(name: string): boolean {
  return ['hosts', 'paths', ...handlerNames, ...ignored].includes(name);
}

function readGlobal(name: string, node: Yaml, globals: Globals): boolean {
  if (name === 'proxy.preserve-x-forwarded-proto') globals.preservesProto = isOn(node);
  else if (name === 'proxy.emit-x-forwarded-headers') globals.emitsForwarded = isOn(node);
  else if (name === 'proxy.emit-via-header') globals.emitsVia = isOn(node);
  else if (name === 'server-name') globals.serverName = textOf(node);
  else if (name === 'send-server-name') {
    const text = textOf(node).toLowerCase();
    globals.preservesServer = text === 'preserve';
    if (text !== 'on') globals.serverName = '';
  } else return false;
  return true;
}

function readSetting(name: string, node: Yaml, settings: Settings): Settings {
  const [, area, command] = /^(proxy\.)?header\.(\w+)$/.exec(name) ?? [];
  if (command !== undefined) {
    const read = readHeaderCommand(command, textOf(node), node.place);
    return area === undefined
      ? { ...settings, responseHeaders: [...settings.responseHeaders, read] }
      : { ...settings, requestHeaders: [...settings.requestHeaders, read] };
  }
  switch (name) {
    case 'setenv': {
      const set = entriesOf(node).map(([key, value]) => [key, textOf(value)] as const);
      return { ...settings, environ: new Map([...settings.environ, ...set]) };
    }
    case 'unsetenv': {
      const names = node.kind === 'sequence' ? node.items.map(textOf) : [textOf(node)];
      return {
        ...settings,
        environ: new Map([...settings.environ].filter(([each]) => !names.includes(each))),
      };
    }
    case 'proxy.preserve-host':
      return { ...settings, preservesHost: isOn(node) };
    case 'proxy.timeout.keepalive':
      return { ...settings, keepsAlive: textOf(node) !== '0' };
    case 'proxy.websocket':
      return { ...settings, websocket: isOn(node) };
    case 'fastcgi.timeout.keepalive':
      return { ...settings, keepsConnection: textOf(node) !== '0' };
    case 'fastcgi.document_root':
      return { ...settings, documentRoot: textOf(node) };
    case 'fastcgi.send-delegated-uri':
      return { ...settings, sendsDelegatedUri: isOn(node) };
    default:
      return unknownDirective(node.place, name);
  }
}

function portsOf(node: Yaml): readonly number[] {
  if (node.kind === 'scalar') return [Number(/(\d+)$/.exec(node.text)?.[1])];
  if (node.kind === 'sequence') return node.items.flatMap(portsOf);
  return node.entries.filter(([name]) => name === 'port').flatMap(([, value]) => portsOf(value));
}

function textOf(node: Yaml): string {
  return node.kind === 'scalar'
    ? node.text
    : unknownDirective(node.place as Place, 'a mapping where a scalar must be');
}

function isOn(node: Yaml): boolean {
  return textOf(node).toUpperCase() === 'ON';
}
