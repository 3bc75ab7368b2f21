/**
 * Mount paths as people write them (rule 2 of semantics.ts): `'/foo'`, `'/foo bar'`, `'//api.example.com/v1'`,
 * `'//*.example.com/'`, `'//[::1]:8080/'`. Written decoded, and literal.
 *
 * Rules of this file: what could never match, or was surely not meant, throws here and says how to write it.
 */

import { ConfigurationError, show } from '../errors.js';
import { canonicalName } from '../path/host.js';
import { encodeUtf8 } from '../path/percent.js';

/** The host that a mount point names. */
export interface MountHost {
  /** In lower case; of a wildcard, what follows `*.`. */
  readonly name: string;
  /** In decimal; `''` stands for any port. */
  readonly port: string;
  readonly isWildcard: boolean;
}

export interface MountPath {
  readonly host: MountHost | undefined;
  /** Decoded segments as bytes; none for the root mount. */
  readonly segments: readonly string[];
}

/** Parses the key of a mount point. */
export function parseMountPath(key: string): MountPath {
  if (typeof key !== 'string') {
    throw new ConfigurationError(
      'ERR_MOUNT_PATH',
      `a mount path must be a string or a pattern(), got ${show(key)}`,
    );
  }
  if (key.startsWith('//')) {
    const end = key.indexOf('/', 2);
    const host = parseMountHost(end === -1 ? key.slice(2) : key.slice(2, end), key);
    return { host, segments: parseSegments(end === -1 ? '/' : key.slice(end), key) };
  }
  if (key !== '' && !key.startsWith('/')) {
    const wanted = /^https?:\/\//i.test(key)
      ? `write the host as '${key.slice(key.indexOf('//'))}'`
      : `write '/${key}'`;
    throw new ConfigurationError(
      'ERR_MOUNT_PATH',
      `a mount path must begin with '/' (${wanted}), got ${show(key)}`,
    );
  }
  return { host: undefined, segments: parseSegments(key, key) };
}

function parseSegments(path: string, key: string): readonly string[] {
  const fail = (rule: string): never => {
    throw new ConfigurationError('ERR_MOUNT_PATH', `a mount path must ${rule}, got ${show(key)}`);
  };
  // A mount path is what a request's path is in normal form: one slash between segments, none at the end.
  const segments = path.split('/').filter((segment) => segment !== '');
  return segments.map((segment) => {
    if (segment === '.' || segment === '..') fail('hold no dot segment, since no path in normal form does');
    if (segment.includes('\0')) fail('hold no NUL, since a path with one is refused');
    if (segment.startsWith(':') || segment.startsWith('*')) {
      fail(`be literal (for parameters write pattern(${show(key)}))`);
    }
    if (/%[0-9a-f]{2}/i.test(segment)) {
      fail(`be written decoded (write ${show(decoded(key))} for what a URL spells ${key})`);
    }
    return encodeUtf8(segment) ?? fail('hold no half of a surrogate pair');
  });
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return '/the path as text';
  }
}

/** Parses the host of a mount point: a name, `*.` and a name, an IP literal; a port where one is meant. */
export function parseMountHost(host: string, key: string): MountHost {
  const fail = (rule: string): never => {
    throw new ConfigurationError('ERR_MOUNT_HOST', `the host of a mount must ${rule}, got ${show(key)}`);
  };
  if (host === '') fail("not be empty (a path begins with one '/')");
  const isWildcard = host.startsWith('*.');
  const withPort = isWildcard ? host.slice(2) : host;
  const written = withPort.replace(/:[0-9]*$/, '');
  const port = withPort.slice(written.length + 1);
  if (written.includes('*')) fail("use '*' only as its first label, '//*.example.com/'");
  if (/[@\\?#%\s]/.test(written)) fail('be a host name or an IP address, with a port where one is meant');
  const name =
    canonicalName(written) ?? fail('be a host name or an IP address, with a port where one is meant');
  if (isWildcard && (name.startsWith('[') || /^[0-9.]+$/.test(name)))
    fail('be a name where it is a wildcard');
  if (port !== '' && Number(port) > 65535) fail('have a port up to 65535');
  return {
    name: name.endsWith('.') ? name.slice(0, -1) : name,
    port: port === '' ? '' : String(Number(port)),
    isWildcard,
  };
}

/** One spelling for each mount host, to find it again. */
export function hostKey(host: MountHost | undefined): string {
  if (host === undefined) return '';
  return `${host.isWildcard ? '*.' : ''}${host.name}${host.port === '' ? '' : `:${host.port}`}`;
}
