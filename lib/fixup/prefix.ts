/**
 * The prefix that a proxy says it has taken off a path: a path in normal form, or nothing.
 *
 * Whatever an application puts in front of its links and redirects must stay a path of the same host, for each browser and
 * each server on the way (CVE-2026-27738, CVE-2026-33397 and CVE-2026-44437 of Angular; they took three releases).
 *
 * Rules of this file: it is judged as sent, and after each decoding; it is never mended, but for one slash at its end.
 */

import { ForwardedError, show } from '../errors.js';
import { normalForm } from '../path/normal.js';
import { decodeEvery } from '../path/percent.js';
import { parseTarget } from '../path/target.js';
import { remembering } from './remember.js';

/** More than anybody's path; each round of decoding reads all of it. */
const longestPrefix = 2048;

/** A path that was encoded more often than this is no accident. */
const mostDecodings = 8;

/**
 * The prefix that a header field's value names: `''`, or beginning with `/` and not ending with it.
 *
 * @throws {ForwardedError} ERR_FORWARDED_PREFIX.
 */
export function parsePrefix(value: string): string {
  return value === '' || value === '/' ? '' : parseSome(value);
}

const parseSome = remembering(100, (value) => {
  const prefix = value.endsWith('/') ? value.slice(0, -1) : value;
  const rule = brokenRule(prefix);
  if (rule === undefined) return prefix;
  throw new ForwardedError('ERR_FORWARDED_PREFIX', `a forwarded prefix must ${rule}, got ${show(value)}`);
});

function brokenRule(prefix: string): string | undefined {
  if (prefix.length > longestPrefix) return `have at most ${longestPrefix} characters`;
  if (!prefix.startsWith('/')) return "begin with '/'";
  if (/[^!-~]/.test(prefix)) return 'hold no space, no control character and nothing but ASCII';
  const normal = normalForm(prefix, 'merge', 'keep');
  if (normal.refusal !== undefined || normal.path !== prefix || prefix.endsWith('/')) {
    return "be a path in normal form, without '//', dot segments and needless or malformed escapes";
  }
  let decoded = prefix;
  for (let round = 0; round <= mostDecodings; round++) {
    const rule = brokenByCharacters(decoded);
    if (rule !== undefined) return rule;
    const next = decodeEvery(decoded);
    if (next === decoded) return undefined;
    decoded = next;
  }
  return `be percent-encoded at most ${mostDecodings} times`;
}

/** What must not come out of it, however often somebody behind decodes. */
function brokenByCharacters(path: string): string | undefined {
  if (path.includes('//')) return "hold no '//', however encoded";
  if (path.includes('\\')) return "hold no '\\', however encoded";
  // A server that knows path parameters reads `..;x` as `..`.
  if (/\/\.{1,2}(?:[/;]|$)/.test(path)) return 'hold no dot segment, however encoded';
  if (/[?#]/.test(path)) return "hold no '?' and no '#', however encoded";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u001f\u007f]/.test(path) ? 'hold no control character, however encoded' : undefined;
}

/** Fields that hold the whole target as the client sent it, rather than a prefix. */
const wholeTargets = new Set([
  'x-forwarded-uri',
  'x-original-uri',
  'x-original-url',
  'x-envoy-original-path',
]);

/** Whether a field of this name holds the whole target. */
export function holdsTarget(name: string): boolean {
  return wholeTargets.has(name);
}

/**
 * The prefix that was taken off: what precedes `target` in `original`, both in normal form.
 *
 * @throws {ForwardedError} ERR_FORWARDED_PREFIX: one does not end with the other.
 */
export function prefixBetween(original: string, target: string): string {
  const whole = pathOf(original);
  const rest = pathOf(target);
  if (whole === undefined || rest === undefined) throw refuseTarget(original, target);
  // A proxy that takes off all there is has to send a `/`.
  if (rest === '/' && !whole.endsWith('/')) return parsePrefix(whole);
  if (!whole.endsWith(rest)) throw refuseTarget(original, target);
  return parsePrefix(whole.slice(0, whole.length - rest.length));
}

function pathOf(target: string): string | undefined {
  const { path, refusal } = parseTarget(target);
  if (refusal !== undefined) return undefined;
  const normal = normalForm(path, 'merge', 'keep');
  return normal.refusal === undefined ? normal.path : undefined;
}

function refuseTarget(original: string, target: string): ForwardedError {
  return new ForwardedError(
    'ERR_FORWARDED_PREFIX',
    `an original target must be a prefix and then ${show(target)}, got ${show(original)}`,
  );
}
