/**
 * URL reconstruction (PEP 3333, "URL Reconstruction"), from the raw forms, so that no byte is lost.
 *
 * Rules of this file: strings only; what is returned is a URI reference in ASCII, and never begins with `//` or `/\`,
 * which a browser takes for another host.
 */

import { ArgumentError, show } from '../errors.js';
import { normalForm } from '../path/normal.js';
import { encodePath, encodeUtf8 } from '../path/percent.js';
import { parseTarget } from '../path/target.js';

/** A raw path (and query) as a reference that stays on this host. */
export function localReference(raw: string): string {
  return encodeReference(raw).replace(/^\/{2,}/, '/');
}

/** A raw path and query with all that a URI cannot hold percent-encoded. */
export function encodeReference(raw: string): string {
  const end = raw.search(/[?#]/);
  if (end === -1) return encodePath(raw);
  // RFC 3986 section 3.4: a query may hold what a path may, and `?`; the first `#` begins the fragment.
  const tail = raw.slice(end).replace(/[^?#]+/g, encodePath);
  return encodePath(raw.slice(0, end)) + tail;
}

/** `path`, as an application writes it, below `base`. */
export function joinBase(base: string, path: string): string {
  const bytes = typeof path === 'string' ? encodeUtf8(path) : undefined;
  if (bytes === undefined || /^[a-z][a-z0-9+.-]*:/i.test(bytes)) {
    throw new ArgumentError(
      'ERR_ARGUMENT_PATH',
      `the path of urlFor() must be a path below the mount, got ${show(path)}`,
    );
  }
  const end = bytes.search(/[?#]/);
  const written = end === -1 ? bytes : bytes.slice(0, end);
  const tail = end === -1 ? '' : bytes.slice(end);
  if (written === '') return localReference((base === '' ? '/' : base) + tail);
  const rooted = written.startsWith('/') ? written : `/${written}`;
  const normal = normalForm(rooted, 'merge', 'keep');
  if (normal.refusal !== undefined) {
    const rule = "stay below the mount, without '%' but in escapes, and without %00";
    throw new ArgumentError('ERR_ARGUMENT_PATH', `the path of urlFor() must ${rule}, got ${show(path)}`);
  }
  return localReference(base + normal.path + tail);
}

/** The path of a request target, as it stands, without its query. */
export function pathOf(target: string): string {
  if (target.startsWith('/')) {
    const question = target.indexOf('?');
    return question === -1 ? target : target.slice(0, question);
  }
  return parseTarget(target).path;
}
