/**
 * `MountTable`: mount points by host and path, usable alone, changeable while requests run.
 *
 * Rules of this file: what is asked of semantics.ts is decided there; here is only which mount points there are,
 * and in which order hosts are tried (rule 3).
 */

import { ConfigurationError, show } from '../errors.js';
import { type Authority, parseAuthority } from '../path/host.js';
import { decodeText, foldAscii } from '../path/percent.js';
import { type Explanation, explainTarget } from './explain.js';
import { hostKey, type MountHost, parseMountPath } from './mount-path.js';
import { type MountOptions, type NonNormalPolicy, type ResolvedOptions, resolveOptions } from './options.js';
import { type Params, Pattern } from './pattern.js';
import { lookAtPlain } from './plain.js';
import { type Found, type Prepared, prepareTarget, refuse, settle, split } from './semantics.js';
import { type MountEntry, PathTree, type PatternEntry } from './tree.js';

/** Where a request target was split, and what is mounted there. */
export interface MountMatch<T> {
  /** What was set at the mount point. */
  readonly value: T;
  /** The mount point as it was declared. */
  readonly mountPoint: string;
  /** Parameters of a pattern, decoded once; none of a literal mount point. */
  readonly params: Params;
  /** SCRIPT_NAME, RFC 3875 section 4.1.13: decoded as UTF-8, `''` or beginning with `/`, never ending with `/`. */
  readonly scriptName: string;
  /** PATH_INFO, RFC 3875 section 4.1.5: decoded as UTF-8, `''` or beginning with `/`. */
  readonly pathInfo: string;
  /** The script name percent-encoded, one character a byte. */
  readonly rawScriptName: string;
  /** The path info percent-encoded, one character a byte. */
  readonly rawPathInfo: string;
  /** Query string with its `?`, as sent, or `''`. */
  readonly query: string;
}

const noParams: Params = Object.freeze(Object.create(null));

/**
 * Mount points, and the answer to which of them takes a request target. Values can be anything; `mount(table)` takes
 * a table of applications.
 *
 * @example
 * ```ts
 * import { MountTable } from 'mountpoint';
 *
 * const table = new MountTable<string>().set('/', 'site').set('/blog', 'blog');
 * const match = table.resolve('/blog/2026/%C3%A9t%C3%A9?page=2');
 * match?.value; // → 'blog'
 * match?.scriptName; // → '/blog'
 * match?.pathInfo; // → '/2026/été'
 * match?.rawPathInfo; // → '/2026/%C3%A9t%C3%A9'
 * match?.query; // → '?page=2'
 * ```
 * @throws {ConfigurationError} ERR_MOUNT_OPTION: an unknown option, or a value that it does not have.
 */
export class MountTable<T> {
  /** @internal */
  readonly options: ResolvedOptions;
  readonly #anyHost = new PathTree<T>();
  /** By `name` or `name:port`. */
  readonly #hosts = new Map<string, PathTree<T>>();
  /** By what follows `*.`, with or without a port. */
  readonly #wildcards = new Map<string, PathTree<T>>();
  readonly #entries = new Map<string, MountEntry<T>>();
  readonly #checks: Check<T>[] = [];
  /** Whether some mount point names a host. @internal */
  hasHosts = false;
  #nextIndex = 0;
  #isSimple: boolean;

  constructor(options?: MountOptions) {
    this.options = resolveOptions(options);
    this.#isSimple = this.options.order === 'longest' && this.options.caseSensitive;
  }

  /** How many mount points there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Mount points as declared, with their values, in the order of declaration; a copy, so that it may change meanwhile. */
  entries(): IterableIterator<[string, T]> {
    return [...this.#entries.values()].map((entry): [string, T] => [entry.key, entry.value]).values();
  }

  /**
   * Mounts a value, or replaces in place what is at that mount point. Requests in flight are not disturbed.
   *
   * @throws {ConfigurationError} ERR_MOUNT_PATH or ERR_MOUNT_HOST: could never match, or was surely not meant.
   */
  set(path: string | Pattern<unknown>, value: T): this {
    const place = this.#place(path);
    for (const check of this.#checks) check(value, place.key);
    if (place.host !== undefined || place.pattern !== undefined) this.#isSimple = false;
    const previous = this.#entries.get(place.id);
    if (previous !== undefined) {
      // A new entry, not a changed one: a request in flight goes on with what it found.
      this.#insert(place, { ...previous, key: place.key, value, slot: undefined });
      return this;
    }
    const entry: MountEntry<T> = {
      key: place.key,
      value,
      index: this.#nextIndex++,
      path: place.segments.map((segment) => `/${segment}`).join(''),
      depth: place.segments.length,
    };
    const { pattern } = place;
    const { caseSensitive } = this.options;
    this.#insert(
      place,
      pattern ? { ...entry, match: pattern.compile(caseSensitive), kinds: pattern.kinds } : entry,
    );
    return this;
  }

  /** Mounts a value where nothing is mounted yet. @internal */
  add(path: string | Pattern<unknown>, value: T): this {
    const place = this.#place(path);
    const previous = this.#entries.get(place.id);
    if (previous !== undefined) {
      const rule = `mount points must differ, ${show(previous.key)} is there already`;
      throw new ConfigurationError('ERR_MOUNT_DUPLICATE', `${rule}, got ${show(place.key)}`);
    }
    return this.set(path, value);
  }

  /** Takes a mount point away; `false` where there was none. Requests in flight are not disturbed. */
  delete(path: string | Pattern<unknown>): boolean {
    const place = this.#place(path);
    const entry = this.#entries.get(place.id);
    if (entry === undefined) return false;
    this.#entries.delete(place.id);
    const tree = this.#treeOf(place.host);
    if (place.pattern === undefined) tree.delete(place.segments);
    else tree.patterns.splice(tree.patterns.indexOf(entry as PatternEntry<T>), 1);
    this.#dropEmpty(place.host, tree);
    return true;
  }

  /**
   * Splits a request target at the mount point that takes it; `undefined` where none does.
   *
   * `target` is the request target as sent, one character a byte, in origin-form or absolute-form (RFC 9112 section
   * 3.2); `host` is the Host value, port included. Brings the path into normal form, unless `nonNormal` says otherwise.
   *
   * @throws {RequestTargetError} a target that must be refused: `status` 400 or 404, and a `code`.
   */
  resolve(target: string, host?: string): MountMatch<T> | undefined {
    const found = this.find(target, host, this.options.nonNormal ?? 'normalize');
    return found === undefined ? undefined : matchOf(found);
  }

  /** Tells each step of `resolve()` in words: what was read, which mount points were candidates, and why one won. */
  explain(target: string, host?: string): Explanation<T> {
    return explainTarget(this, target, host);
  }

  /** What `resolve()` answers, not yet decoded. `isBare`: the path `/` stands for an empty one (rule 6). @internal */
  find(
    target: string,
    host: string | undefined,
    nonNormal: NonNormalPolicy,
    isBare = false,
  ): Found<T> | undefined {
    // Nearly all requests and tables: nothing to decode, no host, no pattern.
    if (this.#isSimple && !isBare) {
      const plain = lookAtPlain(target, this.#anyHost.root);
      if (plain !== undefined) return plain.entry === undefined ? undefined : plain;
    }
    const prepared = prepareTarget(target, nonNormal, this.options);
    if (prepared === undefined) return undefined;
    let found: Found<T> | undefined;
    if (this.hasHosts) {
      for (const { tree } of this.candidateTrees(prepared, host, target)) {
        found = split(tree, prepared, this.options);
        if (found !== undefined) break;
      }
    } else {
      found = split(this.#anyHost, prepared, this.options);
    }
    if (found === undefined) return undefined;
    if (isBare) return { ...settle(found, prepared, target), target: prepared.target.slice(1), pathEnd: 0 };
    return prepared.refusal === undefined && !prepared.isEscaped ? found : settle(found, prepared, target);
  }

  /** The mount points that a request's host can reach, best host first (rule 3). @internal */
  candidateTrees(prepared: Prepared, host: string | undefined, target: string): readonly HostTree<T>[] {
    const trees: HostTree<T>[] = [];
    const authority = this.#authorityOf(prepared, host, target);
    if (authority !== undefined) {
      const { name } = authority;
      const add = (trees_: Map<string, PathTree<T>>, key: string, mark: string): void => {
        for (const spelled of authority.port === '' ? [key] : [`${key}:${authority.port}`, key]) {
          const tree = trees_.get(spelled);
          if (tree !== undefined) trees.push({ host: mark + spelled, tree });
        }
      };
      add(this.#hosts, name, '');
      if (this.#wildcards.size > 0 && !name.startsWith('[')) {
        for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
          add(this.#wildcards, name.slice(dot + 1), '*.');
        }
      }
    }
    trees.push({ host: '', tree: this.#anyHost });
    return trees;
  }

  /** Judges values that are set from now on, and those that are there. @internal */
  checkValues(check: Check<T>): void {
    for (const entry of this.#entries.values()) check(entry.value, entry.key);
    this.#checks.push(check);
  }

  #authorityOf(prepared: Prepared, host: string | undefined, target: string): Authority | undefined {
    if (!this.hasHosts) return undefined;
    if (prepared.authority !== '') {
      const authority = parseAuthority(prepared.authority);
      if (authority === undefined) throw refuse('ERR_TARGET_HOST', target);
      return authority.port === ''
        ? { ...authority, port: prepared.scheme === 'https' ? '443' : '80' }
        : authority;
    }
    if (host === undefined) return undefined;
    const authority = parseAuthority(host);
    if (authority === undefined) throw refuse('ERR_TARGET_HOST', host);
    return authority;
  }

  #place(path: string | Pattern<unknown>): Place {
    if (path instanceof Pattern) {
      return { id: `pattern ${path.key}`, key: path.key, host: path.host, segments: [], pattern: path };
    }
    const { host, segments: written } = parseMountPath(path);
    const segments = this.options.caseSensitive ? written : written.map(foldAscii);
    return { id: `${hostKey(host)}/${segments.join('/')}`, key: path, host, segments, pattern: undefined };
  }

  #insert(place: Place, entry: MountEntry<T> | PatternEntry<T>): void {
    const previous = this.#entries.get(place.id);
    this.#entries.set(place.id, entry);
    const tree = this.#treeOf(place.host);
    if (!('match' in entry)) tree.set(place.segments, entry);
    else if (previous === undefined) tree.patterns.push(entry);
    else tree.patterns[tree.patterns.indexOf(previous as PatternEntry<T>)] = entry;
  }

  #treeOf(host: MountHost | undefined): PathTree<T> {
    if (host === undefined) return this.#anyHost;
    const trees = host.isWildcard ? this.#wildcards : this.#hosts;
    const key = hostKey({ ...host, isWildcard: false });
    const tree = trees.get(key) ?? new PathTree<T>();
    trees.set(key, tree);
    this.hasHosts = true;
    return tree;
  }

  /** A host without mount points is no host: requests for it are none of the table's business. */
  #dropEmpty(host: MountHost | undefined, tree: PathTree<T>): void {
    if (host === undefined || tree.patterns.length > 0) return;
    if (tree.root.entry !== undefined || tree.root.children !== undefined) return;
    (host.isWildcard ? this.#wildcards : this.#hosts).delete(hostKey({ ...host, isWildcard: false }));
    this.hasHosts = this.#hosts.size + this.#wildcards.size > 0;
  }
}

/** The mount points of one host; `host` is `''` for any. */
export interface HostTree<T> {
  readonly host: string;
  readonly tree: PathTree<T>;
}

/** Throws on a value that cannot be mounted. A method's type, so that a table of a kind of `T` is a table of `T`. */
type Check<T> = { check(value: T, key: string): void }['check'];

interface Place {
  /** The same for each spelling of one mount point. */
  readonly id: string;
  readonly key: string;
  readonly host: MountHost | undefined;
  readonly segments: readonly string[];
  readonly pattern: Pattern<unknown> | undefined;
}

/** The public form of what was found. */
export function matchOf<T>(found: Found<T>): MountMatch<T> {
  const { entry, target, script: rawScriptName, pathEnd, params } = found;
  // Where nothing has been consumed, the path info is never empty (rule 5); no path in normal form is.
  const rawPathInfo = target.slice(rawScriptName.length, pathEnd);
  return {
    value: entry.value,
    mountPoint: entry.key,
    params: params ?? noParams,
    scriptName: decodeText(rawScriptName),
    pathInfo: decodeText(rawPathInfo),
    rawScriptName,
    rawPathInfo,
    query: target.slice(pathEnd),
  };
}
