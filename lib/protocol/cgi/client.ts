/**
 * CGI/1.1, the front server's side: the input of a process out, its response in.
 *
 * Rules of this file: the mirror of responder.ts. A request's parameters are the environment that the process is started
 * with, so they are no bytes; they are checked all the same. A body may be of any length.
 */

import type { HeadForm } from '../cgi-head.js';
import type { ProtocolOptions, ResolvedLimits } from '../limits.js';
import { type EncodedRequest, SingleClient } from '../single/client.js';
import { checkIsNonParsed } from './options.js';

export class CgiClient extends SingleClient {
  protected override readonly form: HeadForm;

  constructor(limits: ResolvedLimits, { isNonParsed }: ProtocolOptions) {
    super(limits);
    this.form = { allowsStatusLine: checkIsNonParsed(isNonParsed) };
  }

  protected encodeRequest(): EncodedRequest {
    return { bytes: [], bodyLength: Number.POSITIVE_INFINITY };
  }
}
