/**
 * ProxyPass and ProxyPassMatch, as they are written.
 *
 * Source: `add_pass()`, `proxysection()` and `set_proxy_param()` of Apache 2.4.
 *
 * Rules of this file: what stands in a `<Location>` has its path; all is read when the configuration is read.
 */

import type { Configuration, Server } from '../configuration.js';
import { expressionOf } from '../pattern.js';
import { type Directive, misconfigured } from '../read.js';
import { withoutSocket } from './backend.js';
import { Balancers } from './balancers.js';
import { parametersOf, type Worker, workerOf } from './workers.js';

/** One ProxyPass. */
export interface Alias {
  /** The path that it begins with. */
  readonly fake: string;
  readonly expression: RegExp | undefined;
  /** Where it leads; `!` for nowhere. */
  readonly real: string;
  readonly isRaw: boolean;
  readonly isInterpolated: boolean;
  readonly hasNoQuery: boolean;
  readonly mapping: 'decoded' | 'encoded' | 'servlet';
  readonly worker: Worker | undefined;
}

/** All that a server knows of what is behind it. */
export interface Aliases {
  /** Of the server, in the order in which they are tried. */
  readonly ofServer: readonly Alias[];
  /** Of a `<Location>`, by the directive. */
  readonly inLocation: ReadonlyMap<Directive, Alias>;
  readonly workers: readonly Worker[];
  readonly balancers: Balancers;
}

const names = new Set(['proxypass', 'proxypassmatch']);

/** The path of a section of locations, and whether it is an expression. */
export function locationOf({ name, args }: Directive): string | undefined {
  if (name === 'locationmatch') return args[0];
  if (name !== 'location') return undefined;
  return args[0] === '~' ? args[1] : args[0];
}

/** Reads what concerns one server. */
export function readAliases(server: Server): Aliases {
  const inLocation = new Map<Directive, Alias>();
  const balancers = new Balancers();
  // A virtual host adds its own behind those of the main server; ProxyPassInherit does not change that.
  const ofServer = server.directives
    .filter(({ name }) => names.has(name))
    .map((each) => readAlias(each, undefined));
  const workers: Worker[] = [];
  for (const { worker } of ofServer) if (worker !== undefined) workers.push(worker);
  const walk = (sections: readonly Directive[]): void => {
    for (const section of sections) {
      const location = locationOf(section);
      const { children = [] } = section;
      if (location !== undefined) {
        for (const directive of children.filter(({ name }) => names.has(name))) {
          const alias = readAlias(directive, location);
          inLocation.set(directive, alias);
          if (alias.worker !== undefined) workers.push(alias.worker);
        }
      } else if (section.name === 'proxy') {
        readProxySection(section, workers, balancers);
      }
      walk(children.filter((child) => child.children !== undefined));
    }
  };
  walk(server.sections);
  for (const directive of server.directives) {
    if (directive.name === 'balancermember') balancers.add(directive, undefined);
    if (names.has(directive.name))
      balancers.name(directive, directive.args[1] ?? '', directive.args.slice(2));
  }
  return { ofServer, inLocation, workers, balancers };
}

/** `<Proxy "url">`: a worker where it has ProxySet or parameters, or a balancer. */
function readProxySection(section: Directive, workers: Worker[], balancers: Balancers): void {
  const [url = '', ...words] = section.args;
  const sets = (section.children ?? []).filter(({ name }) => name === 'proxyset');
  const all = [...words, ...sets.flatMap(({ args }) => args)];
  if (/^balancer:/i.test(url)) {
    balancers.name(section, url, all);
    for (const child of section.children ?? []) {
      if (child.name === 'balancermember') balancers.add(child, url);
    }
  } else if (all.length > 0 && /^[a-z0-9+.-]+:/i.test(url)) {
    const worker = workerOf(url, false, parametersOf(all, section));
    if (worker === undefined) throw misconfigured('hold URLs that are absolute', section);
    if (!workers.some(({ name }) => name === worker.name)) workers.push(worker);
  }
}

function readAlias(directive: Directive, location: string | undefined): Alias {
  let isMatch = directive.name === 'proxypassmatch';
  let words = directive.args;
  if (location === undefined && words[0] === '~') {
    if (isMatch) throw misconfigured('not hold "~" in ProxyPassMatch', directive);
    isMatch = true;
    words = words.slice(1);
  }
  // A path with wildcards is taken for an expression: that of a <LocationMatch>, mostly.
  if (location !== undefined && /[*?]|\[.*\]/.test(location)) isMatch = true;
  const [fake, url, ...rest] = location === undefined ? words : [location, ...words];
  if (fake === undefined || url === undefined) throw misconfigured('hold a path and a URL', directive);
  const flags = new Set(rest.map((word) => word.toLowerCase()));
  const parameters = parametersOf(
    rest.filter((word) => !/^(?:nocanon|interpolate|noquery)$/i.test(word)),
    directive,
  );
  const mapping = parameters.get('mapping')?.toLowerCase() ?? 'decoded';
  if (mapping !== 'decoded' && mapping !== 'encoded' && mapping !== 'servlet') {
    throw misconfigured('hold a mapping that is "encoded" or "servlet"', directive);
  }
  const isBackend = url !== '!' && !/^balancer:/i.test(url);
  const worker = isBackend ? workerOf(url, isMatch, parameters) : undefined;
  if (isBackend && worker === undefined) throw misconfigured('hold URLs that are absolute', directive);
  return {
    ...{ fake, real: withoutSocket(url), mapping, worker },
    expression: isMatch ? expressionOf(fake, directive) : undefined,
    isRaw: flags.has('nocanon'),
    isInterpolated: flags.has('interpolate'),
    hasNoQuery: flags.has('noquery'),
  };
}

/** The aliases of each server of a configuration. */
export function aliasesByServer({ servers }: Configuration): ReadonlyMap<Server, Aliases> {
  return new Map(servers.map((server) => [server, readAliases(server)]));
}
