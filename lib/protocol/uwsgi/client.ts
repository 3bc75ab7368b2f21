/**
 * uwsgi, the front server's side: a header of four bytes, variables and a body out, an HTTP or a CGI response in.
 *
 * Rules of this file: the mirror of responder.ts. What does not fit into the two bytes of the size is refused, never cut
 * (CVE-2020-11984).
 */

import type { Environ } from '../events.js';
import { type EncodedRequest, SingleClient } from '../single/client.js';
import { bodyLengthOf } from '../single/length.js';
import { encodeVariables, maxSize } from './variables.js';

export class UwsgiClient extends SingleClient {
  protected override readonly form = { allowsStatusLine: true };

  protected encodeRequest(environ: Environ): EncodedRequest | string {
    const body = bodyLengthOf(environ);
    if (typeof body === 'string') return `hold a body's length (${body})`;
    if (environ.some(([name]) => name === '')) return 'hold parameters with names';
    const size = environ.reduce((sum, [name, value]) => sum + 4 + name.length + value.length, 0);
    if (size > maxSize) return `hold at most ${maxSize} bytes of parameters (not ${size})`;
    const header = Uint8Array.of(0, size & 0xff, size >>> 8, 0);
    return { bytes: [header, encodeVariables(environ)], bodyLength: body.length };
  }
}
