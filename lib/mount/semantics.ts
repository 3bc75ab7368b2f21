/**
 * The definition: how a request target is split at a mount point. Middleware, gateways, command line and harness
 * all come through here. The truth is what Apache 2.4 + mod_wsgi does with `WSGIScriptAlias`; docs/mounting.md says
 * the same to people, with the reasons for what differs.
 *
 *  1. A mount point takes whole segments of the decoded path in normal form.
 *  2. Its path is literal, written decoded (mount-path.ts).
 *  3. Host first (exact, longest wildcard, any), then the most segments; `order: 'declared'` is Apache's.
 *  4. Patterns match raw segments; of as many, a literal one beats a parameter, and that a wildcard (pattern.ts).
 *  5. The script name never ends with `/`; the path info is `''` or begins with `/`.
 *  6. Raw script name + raw path info is the path in normal form; nested mounts append.
 *  7. Decoded values are UTF-8, for people (percent.ts); nothing routes on them.
 *  8. Normal form: needless escapes decoded, slash runs merged, dot segments removed (normal.ts).
 *  9. `%2F` never separates, unless `encodedSlashes: 'decode'`.
 * 10. What has no normal form is refused, 400 or 404, under `'normalize'`.
 * 11. `'keep'`, the default inside a host: a mount matches only where the raw path shows it as it stands, and the
 *     rest stays as sent, so that no mount reaches further than the host's own guards. `'reject'`: 400 instead.
 * 12. Inside a host the path is what the host left of it.
 * 13. What leaves an application leaves no trace (middleware/visit.ts).
 * 14. No match is no error.
 * 15. Linear in the path, independent of the number of literal mount points.
 */

import { type RequestTargetCode, RequestTargetError, show } from '../errors.js';
import { normalForm } from '../path/normal.js';
import { decodeBytes, foldAscii, isOneSpelling } from '../path/percent.js';
import { parseTarget, type TargetParts } from '../path/target.js';
import type { NonNormalPolicy, ResolvedOptions } from './options.js';
import type { Params } from './pattern.js';
import { lookAtPlain } from './plain.js';
import { type MountEntry, Node, type PathTree } from './tree.js';

/** A target that was split at a mount point. */
export interface Found<T> {
  readonly entry: MountEntry<T>;
  /** Path and query, the path in the form in which the application gets it. */
  readonly target: string;
  /** The raw script name, with which it begins. */
  readonly script: string;
  /** Where the path ends in it, and the query begins. */
  readonly pathEnd: number;
  readonly params: Params | undefined;
}

/** A target made ready to be looked up. */
export interface Prepared {
  /** Path and query. */
  readonly target: string;
  readonly pathEnd: number;
  /** `false`: no byte of the path needs decoding and no two slashes meet. */
  readonly isEscaped: boolean;
  /** As the host left it, not in normal form: look it up as it stands. */
  readonly isAsSent: boolean;
  /** What the request deserves if it lies below a mount. */
  readonly refusal: RequestTargetCode | undefined;
  /** Scheme and authority of an absolute-form target. */
  readonly scheme: string;
  readonly authority: string;
}

const noMounts = new Node<never>();

const plainTarget = {
  isEscaped: false,
  isAsSent: false,
  refusal: undefined,
  scheme: '',
  authority: '',
} as const;

/** Makes a target ready, or refuses it (rules 8 to 11); `undefined` where no mount can match. */
export function prepareTarget(
  target: string,
  nonNormal: NonNormalPolicy,
  options: ResolvedOptions,
): Prepared | undefined {
  const plain = lookAtPlain(target, noMounts);
  if (plain !== undefined) return { ...plainTarget, target, pathEnd: plain.pathEnd };
  const parts = parseTarget(target);
  if (nonNormal === 'keep') return prepareAsSent(parts, options);
  const hasPath = parts.path.startsWith('/');
  const normal = hasPath
    ? normalForm(parts.path, options.slashes, options.encodedSlashes)
    : { path: parts.path, refusal: undefined };
  let refusal = parts.refusal ?? normal.refusal;
  if (nonNormal === 'normalize') {
    if (refusal !== undefined) throw refuse(refusal, target);
  } else {
    if (!hasPath) return undefined;
    if (normal.path !== parts.path) refusal ??= 'ERR_TARGET_NOT_NORMAL';
  }
  return {
    target: normal.path + parts.query,
    pathEnd: normal.path.length,
    isEscaped: true,
    isAsSent: false,
    refusal,
    scheme: parts.scheme,
    authority: parts.authority,
  };
}

function prepareAsSent(parts: TargetParts, options: ResolvedOptions): Prepared | undefined {
  const { path, query, scheme, authority } = parts;
  if (!path.startsWith('/')) return undefined;
  const hasSlash = options.encodedSlashes === 'reject' && /%2f/i.test(path);
  return {
    target: path + query,
    pathEnd: path.length,
    isEscaped: true,
    isAsSent: true,
    // Hosts read a malformed URI in ways of their own, and see another path than this one.
    refusal:
      (scheme === '' ? undefined : parts.refusal) ?? (hasSlash ? 'ERR_TARGET_ENCODED_SLASH' : undefined),
    scheme,
    authority,
  };
}

/** Splits a prepared target at the best mount point of one host (rules 1 and 3 to 6). */
export function split<T>(
  tree: PathTree<T>,
  prepared: Prepared,
  options: ResolvedOptions,
): Found<T> | undefined {
  const best = splitLiteral(tree, prepared, options);
  if (tree.patterns.length === 0) return best;
  return bestPattern(tree, prepared, options, best);
}

export function splitLiteral<T>(
  tree: PathTree<T>,
  prepared: Prepared,
  options: ResolvedOptions,
): Found<T> | undefined {
  const { target, pathEnd, isEscaped, isAsSent } = prepared;
  const isDeclaredOrder = options.order === 'declared';
  let node = tree.root;
  let entry = node.entry;
  let scriptEnd = 0;
  let position = 0;
  while (position < pathEnd && node.children !== undefined) {
    let start = position + 1;
    if (isEscaped && !isAsSent) while (target.charCodeAt(start) === 0x2f) start++;
    let end = target.indexOf('/', start);
    if (end === -1 || end > pathEnd) end = pathEnd;
    let segment: string | undefined = target.slice(start, end);
    if (isEscaped) segment = decodeSegment(segment, isAsSent);
    if (segment === undefined) break;
    const child = node.children.get(options.caseSensitive ? segment : foldAscii(segment));
    if (child === undefined) break;
    node = child;
    position = end;
    if (
      node.entry !== undefined &&
      !(isDeclaredOrder && entry !== undefined && entry.index < node.entry.index)
    ) {
      entry = node.entry;
      scriptEnd = position;
    }
  }
  if (entry === undefined) return undefined;
  return { entry, target, script: target.slice(0, scriptEnd), pathEnd, params: undefined };
}

/** A segment as bytes; `undefined` where, as it stands, it is no spelling of anything a mount path can hold. */
function decodeSegment(segment: string, isAsSent: boolean): string | undefined {
  if (isAsSent && !isOneSpelling(segment)) return undefined;
  return segment.includes('%') ? decodeBytes(segment) : segment;
}

function bestPattern<T>(
  tree: PathTree<T>,
  prepared: Prepared,
  options: ResolvedOptions,
  literal: Found<T> | undefined,
): Found<T> | undefined {
  const { target, pathEnd, isAsSent } = prepared;
  const raw = target.slice(0, pathEnd);
  const path = isAsSent ? raw : raw.replace(/\/{2,}/g, '/');
  let best = literal;
  let bestRank: Rank | undefined = literal && {
    segments: literal.entry.depth,
    kinds: [],
    index: literal.entry.index,
  };
  for (const entry of tree.patterns) {
    const match = entry.match(path);
    if (match === undefined) continue;
    const rank: Rank = { segments: match.segments, kinds: entry.kinds, index: entry.index };
    if (bestRank !== undefined && !isBetter(rank, bestRank, options)) continue;
    const script = raw.slice(0, endOfSegments(raw, match.segments));
    if (isAsSent && !(isNormal(script) && isOneSpelling(script))) continue;
    best = { entry, target, script, pathEnd, params: match.params };
    bestRank = rank;
  }
  return best;
}

interface Rank {
  readonly segments: number;
  readonly kinds: readonly number[];
  readonly index: number;
}

function isBetter(a: Rank, b: Rank, options: ResolvedOptions): boolean {
  if (options.order === 'declared') return a.index < b.index;
  if (a.segments !== b.segments) return a.segments > b.segments;
  for (let segment = 0; segment < a.segments; segment++) {
    const difference = kindAt(a, segment) - kindAt(b, segment);
    if (difference !== 0) return difference < 0;
  }
  return a.index < b.index;
}

/** A wildcard goes on to the last segment; a literal mount point has no kinds, being literal throughout. */
function kindAt({ kinds }: Rank, segment: number): number {
  return kinds[segment] ?? kinds.at(-1) ?? 0;
}

function isNormal(path: string): boolean {
  if (path === '') return true;
  const normal = normalForm(path, 'merge', 'keep');
  return normal.refusal === undefined && normal.path === path;
}

/** Where the first `count` segments of a path end. */
function endOfSegments(path: string, count: number): number {
  let position = 0;
  for (let seen = 0; seen < count; seen++) {
    while (path.charCodeAt(position) === 0x2f) position++;
    const end = path.indexOf('/', position);
    position = end === -1 ? path.length : end;
  }
  return position;
}

/** What the application gets of a split target: no run of slashes where the path info begins, nor before (rule 8). */
export function settle<T>(found: Found<T>, prepared: Prepared, target: string): Found<T> {
  if (prepared.refusal !== undefined) throw refuse(prepared.refusal, target);
  if (!prepared.isEscaped) return found;
  const rest = found.target.slice(found.script.length);
  if (prepared.isAsSent) {
    if (rest.startsWith('//')) throw refuse('ERR_TARGET_LEADING_SLASHES', target);
    return found;
  }
  const script = found.script.replace(/\/{2,}/g, '/');
  const settled = script + rest.replace(/^\/{2,}/, '/');
  const dropped = found.target.length - settled.length;
  return dropped === 0 ? found : { ...found, target: settled, script, pathEnd: found.pathEnd - dropped };
}

const rules: Readonly<Record<RequestTargetCode, string>> = {
  ERR_TARGET_FORM: "be a path that begins with '/', or an http or https URI",
  ERR_TARGET_CHARACTER: "hold no control character, no space, no '#' and no character above U+00FF",
  ERR_TARGET_USER_INFO: 'hold no user name or password',
  ERR_TARGET_HOST: 'name one host',
  ERR_TARGET_ESCAPE: "have two hexadecimal digits behind each '%' of its path",
  ERR_TARGET_ABOVE_ROOT: "not climb above the root with '..'",
  ERR_TARGET_LEADING_SLASHES: "not go on with '//' below a mount",
  ERR_TARGET_NOT_NORMAL: "be in normal form below this mount (nonNormal: 'reject')",
  ERR_TARGET_NUL: 'hold no %00 in its path',
  ERR_TARGET_ENCODED_SLASH:
    "hold no %2F in its path (encodedSlashes: 'reject'), and no dot segment behind one",
};

/** The error that a refused target is answered with. */
export function refuse(code: RequestTargetCode, target: string): RequestTargetError {
  return new RequestTargetError(code, `a request target must ${rules[code]}, got ${show(target)}`, target);
}
