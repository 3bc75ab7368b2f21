/**
 * SCGI, the front server's side: a netstring of headers and a body out, a CGI response in.
 *
 * Rules of this file: the mirror of responder.ts. CONTENT_LENGTH comes first and SCGI second, whether they were given or not.
 */

import type { Environ } from '../events.js';
import { type EncodedRequest, SingleClient } from '../single/client.js';
import { bodyLengthOf } from '../single/length.js';
import { encodeHeaders } from './headers.js';

export class ScgiClient extends SingleClient {
  protected encodeRequest(environ: Environ): EncodedRequest | string {
    const body = bodyLengthOf(environ);
    if (typeof body === 'string') return `hold a body's length (${body})`;
    if (environ.some(([name]) => name === '')) return 'hold parameters with names';
    if (environ.some(([name, value]) => name === 'SCGI' && value !== '1')) return 'hold no SCGI but "1"';
    const headers: Environ = [
      ['CONTENT_LENGTH', String(body.length)],
      ['SCGI', '1'],
      ...environ.filter(([name]) => name !== 'CONTENT_LENGTH' && name !== 'SCGI'),
    ];
    return { bytes: [encodeHeaders(headers)], bodyLength: body.length };
  }
}
