/**
 * The options of `behindProxy()`, each with its one default.
 *
 * Rules of this file: an unknown name or value throws; a default stands here and nowhere else.
 */

import { ConfigurationError, show } from '../errors.js';
import type { HeaderFamily, ListPolicy } from '../fixup/forwarded.js';
import { FieldNames } from '../fixup/names.js';
import { holdsTarget } from '../fixup/prefix.js';
import { compileTrust, type IsTrusted, type Trust } from '../fixup/trust.js';
import { parseMountPath } from '../mount/mount-path.js';
import { encodeBytes } from '../path/percent.js';

/** Options of `behindProxy()`. docs/behind-a-proxy.md has a section for each. */
export interface ProxyOptions {
  /**
   * Which peers are proxies, as proxy-addr has it: addresses, networks (`'10.0.0.0/8'`), `'loopback'`, `'linklocal'`,
   * `'uniquelocal'`, and `'unix'` for a Unix socket; a list of these; or `(address, hop) => true`. Never a hop count.
   */
  readonly trust: Trust;
  /** `'x-forwarded'` (default): X-Forwarded-For, -Proto, -Host, -Port. `'forwarded'`: Forwarded (RFC 7239). */
  readonly headers?: HeaderFamily;
  /**
   * Where the application is, as the client sees it: a path, written decoded like a mount path, for each peer; or the name
   * of the field in which a trusted peer says so. Default: at the root.
   */
  readonly prefix?: string | { readonly header: string };
  /** Whether the prefix is still in `req.url`. Default: `'kept'` for a path, `'stripped'` for a header. */
  readonly target?: 'kept' | 'stripped';
  /** A target outside a kept prefix: `'refuse'` (default), 404; `'pass'`, the application without a prefix. */
  readonly outside?: 'refuse' | 'pass';
  /** Forwarded fields of a peer that is not trusted: `'remove'` (default), or `'keep'`. They are never believed. */
  readonly untrusted?: 'remove' | 'keep';
  /**
   * Which element of X-Forwarded-Proto, -Host, -Port and of a prefix counts: `'last'` (default), or, where each proxy adds
   * one, `'hops'`: that of the outermost trusted proxy.
   */
  readonly lists?: ListPolicy;
  /** Default `false`. `true`: as the option of `mount()`, for applications that do not know of a prefix. */
  readonly rewrite?: boolean;
}

/** Options, checked. */
export interface ProxyPlan {
  readonly isTrusted: IsTrusted;
  readonly headers: HeaderFamily;
  /** Configured: as a mount path, and percent-encoded; both `''` for none. */
  readonly prefix: string;
  readonly rawPrefix: string;
  /** The field that has it, in lower case. */
  readonly header: string | undefined;
  readonly isKept: boolean;
  readonly isPassing: boolean;
  readonly lists: ListPolicy;
  readonly rewrite: boolean;
  /** What is taken off requests of trusted peers, and of others. */
  readonly takenOff: FieldNames;
  readonly takenOffStrangers: FieldNames;
}

const choices = {
  headers: ['x-forwarded', 'forwarded'],
  target: [undefined, 'kept', 'stripped'],
  outside: ['refuse', 'pass'],
  untrusted: ['remove', 'keep'],
  lists: ['last', 'hops'],
  rewrite: [false, true],
} as const;

type Choice = keyof typeof choices;

/** Checks options and fills in the defaults. @throws {ConfigurationError} ERR_PROXY_OPTION. */
export function resolveProxyOptions(options: ProxyOptions): ProxyPlan {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refuse(`the options of behindProxy() must be an object that has trust, got ${show(options)}`);
  }
  const known = ['trust', 'prefix', ...Object.keys(choices)];
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw refuse(`an option of behindProxy() must be one of ${known.join(', ')}, got ${show(name)}`);
    }
  }
  const one = <Name extends Choice>(name: Name): (typeof choices)[Name][number] => {
    const values: readonly unknown[] = choices[name];
    const value = options[name] === undefined ? values[0] : options[name];
    if (values.includes(value)) return value as (typeof choices)[Name][number];
    const wanted = values.filter((choice) => choice !== undefined).map(show);
    throw refuse(`the option ${name} must be ${wanted.join(' or ')}, got ${show(value)}`);
  };
  const isTrusted = compileTrust(options.trust);
  const { prefix, rawPrefix, header } = prefixOf(options.prefix);
  const isKept = (one('target') ?? (header === undefined ? 'kept' : 'stripped')) === 'kept';
  if (isKept && header !== undefined && holdsTarget(header)) {
    const rule = `the option target must be 'stripped' where ${header} tells what was taken off`;
    throw refuse(`${rule}, got "kept"`);
  }
  if (options.target !== undefined && prefix === '' && header === undefined) {
    throw refuse(`the option target must go with a prefix, got ${show(options.target)} without one`);
  }
  if (options.outside !== undefined && !(isKept && (prefix !== '' || header !== undefined))) {
    throw refuse(
      `the option outside must go with a prefix that is kept, got ${show(options.outside)} without one`,
    );
  }
  return {
    isTrusted,
    headers: one('headers'),
    ...{ prefix, rawPrefix, header, isKept },
    isPassing: one('outside') === 'pass',
    lists: one('lists'),
    rewrite: one('rewrite'),
    takenOff: new FieldNames('trusted', header),
    takenOffStrangers: new FieldNames(one('untrusted') === 'keep' ? 'kept' : 'stranger', header),
  };
}

/**
 * Fields that mean something else, to Node too: where some of them come twice it keeps the first, which is the client's.
 */
const otherFields =
  /^(?:host|cookie|set-cookie|forwarded|x-forwarded-(?:for|proto|host|port)|connection|keep-alive|upgrade|te|trailer|transfer-encoding|content-(?:length|type)|expect|(?:proxy-)?authorization|from|referer|user-agent|server|location|retry-after|max-forwards|age|etag|expires|last-modified|if-(?:un)?modified-since)$/;

type Prefix = Pick<ProxyPlan, 'prefix' | 'rawPrefix' | 'header'>;

function prefixOf(prefix: ProxyOptions['prefix'] = ''): Prefix {
  if (typeof prefix === 'string') {
    const path = parsePath(prefix);
    if (path.host !== undefined) throw refuse(`the option prefix must name no host, got ${show(prefix)}`);
    const rawPrefix = path.segments.map((segment) => `/${encodeBytes(segment)}`).join('');
    return { prefix: rawPrefix === '' ? '' : prefix, rawPrefix, header: undefined };
  }
  const { header } = (prefix ?? {}) as { header?: unknown };
  const isName = typeof header === 'string' && /^[!#$%&'*+\-.^`|~0-9A-Za-z]+$/.test(header);
  if (!isName || Object.keys(prefix).length !== 1) {
    const rule =
      "the option prefix must be a path, or { header: 'x-forwarded-prefix' }, whose name has no '_'";
    throw refuse(`${rule}, got ${show(header ?? prefix)}`);
  }
  const name = header.toLowerCase();
  if (otherFields.test(name)) {
    throw refuse(`the header of the option prefix must hold a prefix, got ${show(header)}`);
  }
  return { prefix: '', rawPrefix: '', header: name };
}

function parsePath(prefix: string): ReturnType<typeof parseMountPath> {
  try {
    return parseMountPath(prefix);
  } catch (error) {
    throw refuse(`the option prefix must be a mount path: ${(error as Error).message}`, error);
  }
}

function refuse(message: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError('ERR_PROXY_OPTION', message, { cause });
}
