/**
 * Which application a worker runs, and what that is told (`core/protocol.c`, `plugins/python/wsgi_handlers.c`).
 *
 * Rules of this file: of a variable that comes twice the last counts; an application's own path ends at a slash, or with the path.
 */

import type { Passed } from '../../model.js';
import type { Variable } from './variables.js';

export interface Applications {
  /** Where each is mounted, in the order of the configuration; without a mount at ''. */
  readonly mounts: readonly string[];
  /** Whether `SCRIPT_NAME` is found by the mounts. */
  readonly isManaged: boolean;
  /** Whether the first takes what belongs to none. */
  readonly hasDefault: boolean;
}

export function runApplication(variables: readonly Variable[], applications: Applications): Passed {
  const { mounts, isManaged, hasDefault } = applications;
  const environ = new Map(variables);
  const path = environ.get('PATH_INFO') ?? '';
  if (isManaged && path.length > 1) {
    const mount = mountOf(path, mounts);
    // A mount that ends in a slash is longer than the path: the worker dies of it.
    if (mount.length > path.length) return { kind: 'refused', status: 0 };
    environ.set('SCRIPT_NAME', mount === '' ? (environ.get('SCRIPT_NAME') ?? '') : mount);
    environ.set('PATH_INFO', path.slice(mount.length));
  }
  const scriptName = environ.get('SCRIPT_NAME') ?? '';
  if (!mounts.includes(scriptName) && !(hasDefault && mounts.length > 0))
    return { kind: 'refused', status: 500 };
  environ.set('wsgi.url_scheme', schemeOf(environ));
  return { kind: 'environ', protocol: 'uwsgi', environ: [...environ] };
}

/** The longest mount; a slash at its end does not count, but is part of it. */
function mountOf(path: string, mounts: readonly string[]): string {
  let found = '';
  let length = 0;
  for (const mount of mounts) {
    const bare = mount.replace(/\/$/, '');
    if (bare.length <= length || !path.startsWith(bare)) continue;
    if (path.length > bare.length && path[bare.length] !== '/') continue;
    found = mount;
    length = bare.length;
  }
  return found;
}

function schemeOf(environ: ReadonlyMap<string, string>): string {
  const said = environ.get('UWSGI_SCHEME') || environ.get('HTTP_X_FORWARDED_PROTO');
  if (said) return said;
  const isOn = ['HTTPS', 'HTTP_X_FORWARDED_SSL'].some((name) => /^(?:on|1)$/i.test(environ.get(name) ?? ''));
  return isOn ? 'https' : 'http';
}
