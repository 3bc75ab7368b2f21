/**
 * What modules do about a request's body before anything is sent.
 *
 * Source: `ap_setup_client_block()`, and MAX_MEM_SPOOL of `mod_proxy.h`, Apache 2.4.
 */

import { fieldOf } from '../fields.js';
import type { ApacheRequest } from '../module.js';

/** The most of a body that is read before anything is sent: of a longer one that comes in chunks nobody knows the length. */
export const longestPrefetched = 16_384;

/** The status for a body that a module cannot read. */
export function unreadable(
  { headersIn }: ApacheRequest,
  chunks: 'taken' | 'refused' = 'taken',
): number | undefined {
  const coding = fieldOf(headersIn, 'transfer-encoding');
  if (coding === undefined) return undefined;
  if (coding.toLowerCase() !== 'chunked') return 501;
  return chunks === 'taken' ? undefined : 411;
}
