/**
 * How the configuration of a front server writes a mount: the placeholders of `data/config` that depend on it.
 *
 * Rules of this file: pure. A mount is written decoded, as for `serve()`, `/` for the root; whoever needs it otherwise finds its
 * spelling here, so that one file serves for all mounts. No spelling needs more quoting than double quotes.
 */

/** A configuration with a slash at the end of the path, `/app/`, or without one. */
export type TrailingSlash = '' | '/';

export interface MountValues {
  /** As in SCRIPT_NAME: decoded, nothing for the root. */
  readonly mount: string;
  /** `mount` in a URL. */
  readonly mountUrl: string;
  /** `mount` in a regular expression that is written without quotes. */
  readonly mountPattern: string;
  /** Where a location begins: decoded, with the trailing slash; `/` for the root. */
  readonly path: string;
  /** `path` in a URL. */
  readonly pathUrl: string;
  /** `/` where `path` ends with one. */
  readonly slash: TrailingSlash;
}

/** The values of a mount. */
export function mountValues(
  mount: string,
  slash: TrailingSlash,
): Readonly<Record<keyof MountValues, string>> {
  const name = mount === '/' ? '' : mount;
  const path = `${name}${slash}` || '/';
  return {
    mount: name,
    mountUrl: encodeURI(name),
    mountPattern: name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '\\x20'),
    path,
    pathUrl: encodeURI(path),
    slash: path.endsWith('/') ? '/' : '',
  };
}
