/**
 * Parts of messages that several files of the harness ask for.
 */

import type { AjpMessage, Pairs } from './model.js';

/** Names and values in turn, as Node has them, as pairs. */
export function pairsOf(rawHeaders: readonly string[]): Pairs {
  const pairs: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    pairs.push([rawHeaders[at] as string, rawHeaders[at + 1] as string]);
  }
  return pairs;
}

/** The target of a FORWARD_REQUEST, which has its query apart. */
export function ajpTarget({ reqUri, attributes }: AjpMessage): string {
  const query = attributes.find(([name]) => name === 'query_string')?.[1];
  return query === undefined ? reqUri : `${reqUri}?${query}`;
}
