/**
 * A kind of application, and the little application that each kind writes in its own words:
 *
 * | below the mount | it |
 * |---|---|
 * | `/redirect` | redirects to its own `/there` |
 * | `/cookie` | sets a cookie for its own paths |
 * | `/throw`, `/reject` | fails: at once, or by a promise |
 * | `/pass` | lets the request go, or if it cannot, says that there is no such page |
 * | `/gone` | never answers, and tells when the client has gone |
 * | anything else | answers what it sees of the request |
 */

import type { IncomingMessage } from 'node:http';
import { type Application, environ } from '../../lib/index.js';

/** What the application with `/gone` tells the test. */
export type Tell = (event: 'arrived' | 'gone') => void;

export interface Kind {
  readonly name: string;
  make(tell: Tell): Application;
}

/** What an application sees of its request. */
export interface Seen {
  /** What was consumed, and what is left with the query; both percent-encoded. */
  readonly base: string;
  readonly rest: string;
  /** The target as it came. */
  readonly original: string | undefined;
  readonly method: string;
  readonly body: string;
}

/** What it answers: that, and what `environ()` says of the same request. */
export function answerOf(node: IncomingMessage, seen: Seen): Seen & { readonly environ: readonly string[] } {
  const { SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ(node);
  return { ...seen, environ: [SCRIPT_NAME, PATH_INFO, QUERY_STRING] };
}

export const thrown = (): Error => new Error('thrown');
export const rejected = (): Error => new Error('rejected');

export const cookie = { name: 'seen', value: 'yes' } as const;
