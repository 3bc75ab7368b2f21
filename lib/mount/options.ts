/**
 * The options of a mount, each with its one default.
 *
 * Rules of this file: an unknown name or value throws; a default stands here and nowhere else.
 */

import { ConfigurationError, show } from '../errors.js';
import type { EncodedSlashPolicy, SlashPolicy } from '../path/normal.js';

/** What a mount does with a path that is not in normal form (rule 11 of semantics.ts). */
export type NonNormalPolicy = 'keep' | 'normalize' | 'reject';

/**
 * Options of `mount()` and `MountTable`. docs/mounting.md has a section for each.
 */
export interface MountOptions {
  /** `'longest'` (default): the most path segments win. `'declared'`: the first declared wins, as in Apache. */
  readonly order?: 'longest' | 'declared';
  /** Default `true`. `false` folds ASCII letters. */
  readonly caseSensitive?: boolean;
  /** `%2F` in a path: `'keep'` (default) leaves it, never a separator; `'reject'`: 404; `'decode'`: a separator. */
  readonly encodedSlashes?: EncodedSlashPolicy;
  /** `'merge'` (default): a run of slashes is one. `'keep'` leaves runs inside the path info as sent. */
  readonly slashes?: SlashPolicy;
  /** Default: `'keep'` where the mount is called with `next` (inside a host), else `'normalize'`. */
  readonly nonNormal?: NonNormalPolicy;
  /** The bare mount: `'keep'` (default); `'add'`: `/foo` is redirected to `/foo/`; `'remove'`: the other way round. */
  readonly trailingSlash?: 'keep' | 'add' | 'remove';
  /**
   * Default `false`. `true`, for applications that do not know their mount: references to paths of this host in
   * `Location`, `Content-Location`, `Refresh`, `Link` and the `Path` of cookies get the base in front.
   */
  readonly rewrite?: boolean;
}

/** Options with their defaults; `nonNormal` has none until it is known who calls. */
export type ResolvedOptions = Required<Omit<MountOptions, 'nonNormal'>> & {
  readonly nonNormal: NonNormalPolicy | undefined;
};

const choices: Readonly<Record<keyof MountOptions, readonly unknown[]>> = {
  order: ['longest', 'declared'],
  caseSensitive: [true, false],
  encodedSlashes: ['keep', 'reject', 'decode'],
  slashes: ['merge', 'keep'],
  nonNormal: [undefined, 'keep', 'normalize', 'reject'],
  trailingSlash: ['keep', 'add', 'remove'],
  rewrite: [false, true],
};

/** Checks options and fills in the defaults, which are the first of their choices. */
export function resolveOptions<Name extends keyof MountOptions = keyof MountOptions>(
  options: MountOptions | undefined,
  allowed: readonly Name[] = Object.keys(choices) as Name[],
): ResolvedOptions {
  if (options !== undefined && (typeof options !== 'object' || options === null || Array.isArray(options))) {
    throw new ConfigurationError('ERR_MOUNT_OPTION', `mount options must be an object, got ${show(options)}`);
  }
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const name of Object.keys(given)) {
    if (!(allowed as readonly string[]).includes(name)) {
      const rule = `a mount option must be one of ${allowed.join(', ')}`;
      throw new ConfigurationError('ERR_MOUNT_OPTION', `${rule}, got ${show(name)}`);
    }
  }
  const resolved = Object.fromEntries(
    Object.entries(choices).map(([name, values]) => {
      const value = given[name] ?? values[0];
      if (!values.includes(value)) {
        const rule = `the option ${name} must be ${values
          .filter((choice) => choice !== undefined)
          .map(show)
          .join(' or ')}`;
        throw new ConfigurationError('ERR_MOUNT_OPTION', `${rule}, got ${show(value)}`);
      }
      return [name, value];
    }),
  );
  return resolved as unknown as ResolvedOptions;
}
