/**
 * What the translations of systems.ts have in common: paths and mounts as they are written elsewhere, in our terms.
 */

import { pattern } from '../../lib/index.js';
import type { Asked, Mounts, Question } from './ask.js';
import type { Input } from './row.js';

/** One system's words. */
export interface System {
  question(input: Input): Question;
  /** Our answer, as the system would tell it; a row names some of it. */
  theirs(asked: Asked, input: Input): Readonly<Record<string, unknown>>;
}

/** A decoded path, one character a byte, as it stands on a request line (RFC 3986 section 3.3). */
export function encode(bytes: string): string {
  return bytes.replace(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Text as a WSGI string: its UTF-8 bytes, one character a byte. */
export function wsgiString(text = ''): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** What a shift takes. */
export const firstSegment = pattern('/:segment');

type TheirMount = string | readonly [string, string];

/** `http://host/path` and Paste's pair in our spelling. */
function pathOf(mount: TheirMount): string {
  if (typeof mount !== 'string') return `//${mount[0]}${mount[1]}`;
  return mount.replace(/^http:/, '');
}

/** Mounts side by side, each named as it was written. */
export function mountsOf(mounts: readonly TheirMount[]): Mounts {
  return mounts.map((mount) => [
    pathOf(mount),
    typeof mount === 'string' ? mount : `tuple:(${mount.map((part) => `'${part}'`).join(', ')})`,
  ]);
}

/** Each path inside the one before; `otherwise` is what each map but the outermost has at its root. */
export function nest([first = '', ...rest]: readonly string[], otherwise?: string): Mounts {
  if (rest.length === 0) return [[first, first]];
  return [
    [first, [...nest(rest, otherwise), ...(otherwise === undefined ? [] : [['/', otherwise] as const])]],
  ];
}

/** `/a > /b (else terminal)` */
export function nestWritten(written: string): Mounts {
  const [, paths = '', otherwise] = /^(.*?)(?: \(else (.*)\))?$/.exec(written) ?? [];
  return nest(paths.split(' > '), otherwise);
}

/** A question about decoded paths; no path: whether there can be such mounts. */
export function asked(mounts: Mounts, base: string, path: string | undefined): Question {
  const baseUrl = encode(base);
  const url = path === undefined ? undefined : encode(path);
  return { mounts, baseUrl, url, originalUrl: baseUrl + (url ?? '') };
}

/** What all systems tell: whether an application ran, with which status, and what is put back. */
export function outcome({ answer, isRestored }: Asked, passed: string): Record<string, unknown> {
  const ran = answer.app !== undefined;
  return {
    app: answer.app ?? passed,
    status: answer.status ?? (ran ? 200 : 404),
    location: answer.location,
    restored: isRestored,
  };
}
