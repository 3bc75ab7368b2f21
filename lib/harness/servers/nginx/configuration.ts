/**
 * A configuration of nginx, as its directives nest: servers, locations, and what holds in each.
 *
 * Rules of this file: types, and the one rule of inheritance: what a level sets replaces all that the level around it has set by
 * directives of that name.
 */

import type { RequestState } from './request.js';
import type { Code } from './rewrite.js';
import type { Script } from './script.js';

/** A directive in force. */
export interface Setting {
  readonly name: string;
  readonly parameters: readonly string[];
  /** Of the parameters that may hold variables. */
  readonly scripts: readonly (Script | undefined)[];
  /** Of those whose parameter is a regular expression. */
  readonly pattern?: RegExp;
  /** Of `alias`: how much of a URI it stands for; `'all'` in a location by a regular expression. */
  readonly aliasLength?: number | 'all';
  readonly line: number;
}

/** The settings of one level. */
export class Scope {
  readonly own = new Map<string, Setting[]>();

  constructor(readonly outer: Scope | undefined) {}

  add(name: string, setting: Setting): void {
    const settings = this.own.get(name);
    if (settings === undefined) this.own.set(name, [setting]);
    else settings.push(setting);
  }

  /** The directives of a name that are in force here. */
  nearest(name: string): readonly Setting[] | undefined {
    return this.own.get(name) ?? this.outer?.nearest(name);
  }

  /** Of a directive with one parameter `on` or `off`. */
  isOn(name: string, otherwise: boolean): boolean {
    const [setting] = this.nearest(name) ?? [];
    return setting === undefined ? otherwise : setting.parameters[0] === 'on';
  }
}

export type PassProtocol = 'http' | 'fastcgi' | 'scgi' | 'uwsgi';

/** Where requests are passed on to. */
export interface Pass {
  readonly protocol: PassProtocol;
  readonly setting: Setting;
  readonly script: Script;
  /** Of `proxy_pass` without variables. */
  readonly url: ProxiedUrl | undefined;
  /** The part of a URI that the one of `proxy_pass` stands for. */
  readonly locationName: string;
}

/** The parts of what `proxy_pass` names. */
export interface ProxiedUrl {
  /** As in `Host`. */
  readonly hostHeader: string;
  readonly host: string;
  readonly port: string;
  readonly uri: string;
}

export interface Location {
  readonly kind: 'server' | 'prefix' | 'exact' | 'regex' | 'named' | 'if';
  /** As it is compared; of a regular expression its text. */
  readonly name: string;
  readonly pattern: RegExp | undefined;
  /** `^~`. */
  readonly skipsExpressions: boolean;
  readonly scope: Scope;
  readonly codes: readonly Code[];
  readonly pass: Pass | undefined;
  /** Whether the name without its last slash is redirected to it. */
  readonly redirectsToSlash: boolean;
  /** By a path, in no order. */
  readonly fixed: readonly Location[];
  /** By a regular expression, in the order of the file. */
  readonly expressions: readonly Location[];
  /** `limit_except`: the methods that are free of it, and what holds for the others. */
  readonly limit: { readonly methods: readonly string[]; readonly location: Location } | undefined;
}

/** One address of `listen`. */
export interface Listen {
  /** `*` for all. */
  readonly address: string;
  readonly port: number;
  readonly isDefault: boolean;
}

export interface VirtualServer {
  readonly listens: readonly Listen[];
  readonly names: readonly string[];
  /** Of names that are regular expressions. */
  readonly patterns: readonly RegExp[];
  readonly root: Location;
  readonly named: ReadonlyMap<string, Location>;
}

export interface Site {
  readonly servers: readonly VirtualServer[];
  /** Names of `upstream` blocks. */
  readonly upstreams: ReadonlySet<string>;
  /** Values of `map`, by variable. */
  readonly maps: ReadonlyMap<string, (request: RequestState) => string>;
  readonly exists: (path: string) => 'file' | 'folder' | undefined;
}
