/**
 * Which file a path means, and what of the path is left for it (http_response_physical_path_check() of 1.4.69).
 *
 * Rules of this file: what is there is asked of the surroundings; the folders that a configuration names as document roots are
 * there, since lighttpd does not start without.
 */

import type { Surroundings } from '../../model.js';
import type { Transit } from './request.js';

/** What is at a path, or why it is not: a file is where a folder had to be. */
type Found = 'file' | 'folder' | 'absent' | 'below a file';

export class Files {
  readonly #exists: NonNullable<Surroundings['exists']>;
  readonly #roots: ReadonlySet<string>;

  constructor(surroundings: Surroundings, roots: readonly string[]) {
    this.#exists = surroundings.exists ?? (() => undefined);
    this.#roots = new Set(roots.map(withoutSlash));
  }

  at(path: string): Found {
    const bare = withoutSlash(path);
    const what = this.#ask(bare);
    if (what === 'file') return bare === path ? 'file' : 'below a file';
    if (what === 'folder') return 'folder';
    for (let slash = bare.lastIndexOf('/'); slash > 0; slash = bare.lastIndexOf('/', slash - 1)) {
      const above = this.#ask(bare.slice(0, slash));
      if (above === 'file') return 'below a file';
      if (above === 'folder') return 'absent';
    }
    return 'absent';
  }

  #ask(path: string): 'file' | 'folder' | undefined {
    if (path === '' || this.#roots.has(path)) return 'folder';
    return this.#exists(path);
  }
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '');
}

/** Finds the file of a request, and takes what is left of the path for PATH_INFO; or the status of the answer. */
export function findFile(transit: Transit, files: Files): { readonly status: number } | 'file' | 'folder' {
  const { file } = transit;
  const found = files.at(file.name);
  if (found === 'absent') return { status: 404 };
  if (found === 'below a file') {
    const slash = slashAfterFile(file.name, withoutSlash(file.base).length, files);
    if (slash === undefined) return { status: 404 };
    transit.pathInfo = file.name.slice(slash);
    transit.path = transit.path.slice(0, transit.path.length - transit.pathInfo.length);
    file.name = file.name.slice(0, slash);
    return 'file';
  }
  if (found === 'folder' && !transit.path.endsWith('/')) return { status: 301 };
  return found;
}

/** Where in a name the file ends. */
function slashAfterFile(name: string, from: number, files: Files): number | undefined {
  if (name[from] !== '/') return undefined;
  for (
    let slash = from === 0 ? name.indexOf('/', 1) : from;
    slash >= 0;
    slash = name.indexOf('/', slash + 1)
  ) {
    const found = files.at(name.slice(0, slash));
    if (found === 'file') return slash;
    if (found !== 'folder') return undefined;
  }
  return undefined;
}
