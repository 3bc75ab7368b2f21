/**
 * CGI/1.1 (RFC 3875), the process's side: the environment and the input in, a CGI response out.
 *
 * Rules of this file: the environment is there from the start, so the request begins at the first `receive()`, of whatever,
 * and no limit holds for it.
 * CONTENT_LENGTH says where the body ends (section 4.2: the input need not). Only where it is absent and a client sent
 * chunks, which Apache's mod_cgi and mod_cgid have taken apart, it is the end of the input. That end is no abort once the
 * body is complete: a server may give an empty input, or close it early.
 */

import { ConfigurationError, show } from '../../errors.js';
import { formatHead, formatHttpHead } from '../cgi-head.js';
import type { Environ, HeadEvent } from '../events.js';
import type { ProtocolOptions, ResolvedLimits } from '../limits.js';
import { bodyLengthOf } from '../single/length.js';
import { SingleResponder } from '../single/responder.js';
import { checkIsNonParsed } from './options.js';

export class CgiResponder extends SingleResponder {
  readonly #environ: Environ;
  readonly #isNonParsed: boolean;

  constructor(_limits: ResolvedLimits, { environ, isNonParsed }: ProtocolOptions) {
    super();
    this.#environ = checkEnviron(environ);
    this.#isNonParsed = checkIsNonParsed(isNonParsed);
  }

  protected readHead(): number | undefined {
    const body = bodyLengthOf(this.#environ);
    if (typeof body === 'string') return this.fail('ERR_PROTOCOL_PARAMS', body);
    const isUntilEnd = !body.isGiven && this.#environ.some(isChunked);
    this.begin(this.#environ, isUntilEnd ? Number.POSITIVE_INFINITY : body.length);
    return 0;
  }

  protected override close(): void {
    if (!this.hasBegun && this.readHead() === undefined) return;
    if (!this.closeBody()) this.abort();
  }

  protected formatHead(event: HeadEvent): string {
    if (!this.#isNonParsed) return formatHead(event);
    // Section 5: the server adds nothing, so the client has to hear here that the answer ends with the connection.
    const { type, id, status, reason = '' } = event;
    const others = event.headers.filter(([name]) => name.toLowerCase() !== 'connection');
    return formatHttpHead({ type, id, status, reason, headers: [['Connection', 'close'], ...others] });
  }
}

function isChunked([name, value]: readonly [string, string]): boolean {
  return name === 'HTTP_TRANSFER_ENCODING' && /(?:^|,)[ \t]*chunked[ \t]*$/i.test(value);
}

function checkEnviron(environ: unknown): Environ {
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) &&
    pair.length === 2 &&
    pair.every((text) => typeof text === 'string' && isBytes(text));
  if (Array.isArray(environ) && environ.every(isPair)) return environ as unknown as Environ;
  const rule = 'the option environ of CGI must be pairs of name and value, one character a byte';
  const got = Array.isArray(environ) ? environ.find((pair) => !isPair(pair)) : environ;
  throw new ConfigurationError('ERR_PROTOCOL_OPTION', `${rule}, got ${show(got)}`);
}

function isBytes(text: string): boolean {
  return !/[\u0100-\uffff]/.test(text);
}
