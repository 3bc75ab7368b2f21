/**
 * What directives of mod_jk say: JkOptions, JkMount, JkUnMount, JkMountFile, JkMountCopy.
 *
 * Source: `jk_set_options()`, `jk_mount_context()` and `jk_unmount_context()` of mod_jk 1.2.48; `uri_worker_map_load()` for
 * `uriworkermap.properties`.
 */

import type { Configuration, Server } from '../configuration.js';
import { type Directive, misconfigured } from '../read.js';
import { locationOf } from './aliases.js';
import { type Mount, mountsOf, sortMounts } from './jk-map.js';
import { propertiesOf } from './jk-workers.js';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** JkOptions. */
export interface Options {
  readonly uri: 'compat' | 'unparsed' | 'escaped' | 'proxy';
  readonly isLocal: boolean;
  readonly rejectsUnsafe: boolean;
}

const uriOptions: Readonly<Record<string, Options['uri']>> = {
  ...{ forwarduricompat: 'compat', forwarduricompatunparsed: 'unparsed', forwarduriescaped: 'escaped' },
  forwarduriproxy: 'proxy',
};

const otherOptions = new Set(
  words(`collapseslashesall collapseslashesnone collapseslashesunmount forwarddirectories forwardphysicaladdress flushpackets
    flushheader disablereuse forwardsslcertchain forwardkeysize`),
);

export function readOptions(server: Server): Options {
  let uri: Options['uri'] = 'proxy';
  const flags = new Map<string, boolean>();
  for (const directive of server.directives.filter(({ name }) => name === 'jkoptions')) {
    for (const word of directive.args) {
      const name = word.replace(/^[+-]/, '').toLowerCase();
      const isUri = Object.hasOwn(uriOptions, name);
      const isKnown =
        isUri || name === 'forwardlocaladdress' || name === 'rejectunsafeuri' || otherOptions.has(name);
      if (!isKnown || (isUri && word.startsWith('-'))) {
        throw misconfigured('hold options of mod_jk that the model knows', directive);
      }
      if (isUri) uri = uriOptions[name] as Options['uri'];
      else flags.set(name, !word.startsWith('-'));
    }
  }
  return {
    ...{ uri, isLocal: flags.get('forwardlocaladdress') ?? false },
    rejectsUnsafe: flags.get('rejectunsafeuri') ?? false,
  };
}

/** All mounts of a server; those of the main server are a virtual host's too where JkMountCopy says so. */
export function readMounts(server: Server, isMain: boolean, configuration: Configuration): readonly Mount[] {
  const copies = configuration.every('JkMountCopy').some(({ args }) => /^all$/i.test(args[0] ?? ''));
  const isCopied =
    copies || server.own.some(({ name, args }) => name === 'jkmountcopy' && /^on$/i.test(args[0] ?? ''));
  const directives = isMain || isCopied ? server.directives : server.own;
  const plain = directives.flatMap((directive) => mountsOfDirective(directive, undefined));
  const inLocations = sectionsOf(server.sections).flatMap((section) =>
    (section.children ?? []).flatMap((directive) => mountsOfDirective(directive, locationOf(section))),
  );
  const files = directives
    .filter(({ name }) => name === 'jkmountfile')
    .flatMap((directive) => readMountFile(directive, configuration));
  return sortMounts([...plain, ...inLocations, ...files]);
}

function sectionsOf(sections: readonly Directive[]): readonly Directive[] {
  return sections.flatMap((section) => [
    section,
    ...sectionsOf((section.children ?? []).filter(({ children }) => children !== undefined)),
  ]);
}

function mountsOfDirective(directive: Directive, location: string | undefined): readonly Mount[] {
  if (directive.name !== 'jkmount' && directive.name !== 'jkunmount') return [];
  const [path, worker] = location === undefined ? directive.args : [location, ...directive.args];
  if (path === undefined || worker === undefined) throw misconfigured('mount a path on a worker', directive);
  if (!path.startsWith('/')) throw misconfigured('mount paths that begin with a slash', directive);
  return mountsOf(path, worker, directive.name === 'jkunmount');
}

/** `uriworkermap.properties`. */
function readMountFile(directive: Directive, configuration: Configuration): readonly Mount[] {
  return propertiesOf(directive, configuration).flatMap(([name, worker]): readonly Mount[] => {
    if (name.startsWith('-')) return [];
    const isNot = name.startsWith('!');
    return mountsOf(isNot ? name.slice(1) : name, worker, isNot);
  });
}
