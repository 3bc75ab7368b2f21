/**
 * The configuration as modules ask for it: the main server and its virtual hosts, each with its directives and sections.
 *
 * Source: "Core" of the manual of Apache 2.4; `core_merge`-functions for what a virtual host inherits; `vhost.c` for its choice.
 *
 * Rules of this file: each directive is known to a module, or refused with its line.
 */

import type { ConfigurationFiles, Surroundings } from '../../model.js';
import type { ApacheModule } from './module.js';
import { type Directive, isLoaded, matchesStars, misconfigured, readConfiguration } from './read.js';

/** A virtual host, or the main server. */
export interface Server {
  /** What stands in no section: that of the main server first, then the virtual host's own. */
  readonly directives: readonly Directive[];
  /** The same without what is inherited. */
  readonly own: readonly Directive[];
  /** What is inherited. */
  readonly inherited: readonly Directive[];
  /** Sections of requests: `<Location>` and the like, the main server's first. */
  readonly sections: readonly Directive[];
  readonly name: string;
  /** `http` or `https`, where ServerName says it. */
  readonly scheme: string | undefined;
  /** Of ServerName, or of the address of a virtual host; `undefined` where none is said. */
  readonly port: number | undefined;
  readonly documentRoot: string;
}

export interface Configuration {
  readonly servers: readonly Server[];
  /** Which virtual host a request is for. */
  readonly serverFor: (host: string | undefined, address: string, port: number) => Server;
  /** Whether a module is there: one that the configuration loads, or any where it loads none. */
  readonly hasModule: (name: string) => boolean;
  /** All directives of some names, wherever they stand; to read them when the configuration is read. */
  readonly every: (...names: readonly string[]) => readonly Directive[];
  /** All files, for what is no directive: `workers.properties`. */
  readonly files: ConfigurationFiles;
  /** What is at a path, as far as anybody knows. */
  readonly exists: (path: string) => 'file' | 'folder' | undefined;
  /** Whether a folder has anything below it that the configuration names. */
  readonly isAbove: (folder: string) => boolean;
  readonly modules: ReadonlySet<string>;
}

/** Sections in which directives hold for some requests only. */
const requestSections = new Set(
  `directory directorymatch files filesmatch location locationmatch if elseif else proxy proxymatch limit
  limitexcept requireall requireany requirenone`.split(/\s+/),
);

/** Reads a configuration, and looks that somebody knows each directive. */
export function configure(
  files: ConfigurationFiles,
  surroundings: Surroundings,
  modules: readonly ApacheModule[],
): Configuration {
  const read = readConfiguration(files, surroundings);
  const known = new Set(
    modules
      .flatMap(({ directives, ignored = [] }) => [...directives, ...ignored])
      .map((name) => name.toLowerCase()),
  );
  checkNames(read.directives, known);
  const { directives } = read;
  const main = serverOf(
    [],
    directives.filter(({ name }) => name !== 'virtualhost'),
    undefined,
  );
  const hosts = directives
    .filter(({ name }) => name === 'virtualhost')
    .map((section) => ({
      section,
      server: serverOf([...main.own, ...main.sections], section.children ?? [], section),
    }));
  const named = namedPaths(directives);
  return {
    servers: [main, ...hosts.map(({ server }) => server)],
    serverFor: (host, address, port) => {
      const all = hosts.filter(({ section }) => listensAt(section, address, port));
      // Those of the address itself hide those of any.
      const exact = all.filter(({ section }) => section.args.some((each) => each.includes(address)));
      const there = exact.length > 0 ? exact : all;
      const found = there.find(({ server }) => isNamed(server, host)) ?? there[0];
      return found?.server ?? main;
    },
    hasModule: (name) => isLoaded(name, read.modules),
    every: (...names) => everyIn(directives, new Set(names.map((name) => name.toLowerCase()))),
    files,
    exists: (path) => surroundings.exists?.(path) ?? named.get(path.replace(/\/+$/, '')),
    isAbove: (folder) => [...named.keys()].some((path) => path.startsWith(`${folder}/`)),
    modules: read.modules,
  };
}

function serverOf(
  base: readonly Directive[],
  block: readonly Directive[],
  section: Directive | undefined,
): Server {
  const isPlain = ({ children }: Directive): boolean => children === undefined;
  const inherited = base.filter(isPlain);
  const own = block.filter(isPlain);
  const directives = [...inherited, ...own];
  const last = (name: string): string | undefined =>
    directives.findLast((directive) => directive.name === name)?.args[0];
  const [, scheme, name = '', written] =
    /^(?:(https?):\/\/)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(last('servername') ?? '') ?? [];
  const [, address] = /:(\d+)$/.exec(section?.args[0] ?? '') ?? [];
  const ownName = own.some((directive) => directive.name === 'servername');
  // A ServerName without a port takes that of the address away.
  const port = section === undefined || ownName ? written : (address ?? written);
  return {
    ...{ directives, own, inherited, name, scheme },
    sections: [...base, ...block].filter(({ children }) => children !== undefined),
    port: port === undefined ? undefined : Number(port),
    documentRoot: (last('documentroot') ?? '/usr/local/apache2/htdocs').replace(/(.)\/+$/, '$1'),
  };
}

function checkNames(directives: readonly Directive[], known: ReadonlySet<string>): void {
  for (const directive of directives) {
    const { name, children } = directive;
    if (children === undefined) {
      if (!known.has(name)) throw misconfigured('hold directives that the model knows', directive);
    } else {
      if (name !== 'virtualhost' && !requestSections.has(name) && !known.has(`<${name}`)) {
        throw misconfigured('hold sections that the model knows', directive);
      }
      checkNames(children, known);
    }
  }
}

function everyIn(directives: readonly Directive[], names: ReadonlySet<string>): readonly Directive[] {
  return directives.flatMap((directive) => [
    ...(names.has(directive.name) ? [directive] : []),
    ...everyIn(directive.children ?? [], names),
  ]);
}

/** Where nothing else says it, what a configuration names is there: a folder, or a file if its name has an extension. */
function namedPaths(directives: readonly Directive[]): ReadonlyMap<string, 'file' | 'folder'> {
  const paths = new Map<string, 'file' | 'folder'>();
  const add = (path: string | undefined): void => {
    if (!path?.startsWith('/')) return;
    // Of a target with what an expression found only the beginning is known.
    const bare = path.replace(/[$].*$/s, '').replace(/\/+$/, '');
    paths.set(bare, /\.[A-Za-z0-9]+$/.test(bare) ? 'file' : 'folder');
  };
  const matches = { aliasmatch: 1, scriptaliasmatch: 1, wsgiscriptaliasmatch: 1 };
  const at = {
    documentroot: 0,
    directory: 0,
    alias: 1,
    scriptalias: 1,
    wsgiscriptalias: 1,
    ...matches,
  } as const;
  for (const { name, args } of everyIn(directives, new Set(Object.keys(at)))) {
    const place = at[name as keyof typeof at];
    add(args[args.length === 1 ? 0 : place]);
  }
  const roots = everyIn(directives, new Set(['documentroot'])).map(({ args }) => args[0]);
  for (const { args } of everyIn(directives, new Set(['fallbackresource']))) {
    for (const root of roots) if (args[0]?.startsWith('/')) add(`${root}${args[0]}`);
  }
  return paths;
}

/** Whether a virtual host is one of an address and port. */
function listensAt({ args }: Directive, address: string, port: number): boolean {
  return args.some((each) => {
    const [, name = '', digits = '*'] = /^(\[[^\]]*\]|[^:]*)(?::(\d+|\*))?$/.exec(each) ?? [];
    const isHere = name === '*' || name === '_default_' || name.replace(/^\[|\]$/g, '') === address;
    return isHere && (digits === '*' || Number(digits) === port);
  });
}

function isNamed({ own }: Server, host: string | undefined): boolean {
  if (host === undefined) return false;
  return own.some(({ name, args }) => {
    if (name === 'servername')
      return (args[0] ?? '').replace(/^https?:\/\/|:\d+$/g, '').toLowerCase() === host;
    return name === 'serveralias' && args.some((alias) => matchesStars(host, alias.toLowerCase()));
  });
}
