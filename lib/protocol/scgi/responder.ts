/**
 * SCGI (protocol.txt of 2008-06-23), the application's side: a netstring of headers and a body in, a CGI response out.
 *
 * Rules of this file: the length of the netstring is refused at the digit that makes it too much, before anything is kept.
 */

import { show } from '../../errors.js';
import { toLatin1 } from '../bytes.js';
import { formatHead } from '../cgi-head.js';
import type { HeadEvent } from '../events.js';
import { bytesRule, type ResolvedLimits } from '../limits.js';
import { Gatherer } from '../single/gatherer.js';
import { SingleResponder } from '../single/responder.js';
import { decodeHeaders } from './headers.js';

const digitZero = 0x30;
const colon = 0x3a;
const comma = 0x2c;

export class ScgiResponder extends SingleResponder {
  readonly #limits: ResolvedLimits;
  /** The length of the netstring, as far as it has come. */
  #length = 0;
  /** The headers and the comma, once their length is known. */
  #headers: Gatherer | undefined;

  constructor(limits: ResolvedLimits) {
    super();
    this.#limits = limits;
  }

  protected readHead(bytes: Uint8Array): number | undefined {
    const start = this.#headers === undefined ? this.#readLength(bytes) : 0;
    if (start === undefined || this.#headers === undefined) return undefined;
    const next = start + this.#headers.missing;
    const block = this.#headers.take(bytes.subarray(start));
    if (block === undefined) return undefined;
    if (block[this.#length] !== comma) {
      const rule = `a comma must stand behind ${this.#length} bytes of headers`;
      return this.fail('ERR_PROTOCOL_RECORD', `${rule}, got byte ${block[this.#length]}`);
    }
    const headers = decodeHeaders(toLatin1(block.subarray(0, this.#length)), this.#limits.maxParams);
    if ('code' in headers) return this.fail(headers.code, headers.message);
    this.begin(headers.environ, headers.length);
    return next;
  }

  /** Reads digits up to the colon; where the headers begin. */
  #readLength(bytes: Uint8Array): number | undefined {
    for (const [index, byte] of bytes.entries()) {
      if (byte === colon && this.#length > 0) {
        this.#headers = new Gatherer(this.#length + 1);
        return index + 1;
      }
      const digit = byte - digitZero;
      // No leading zero; and "0:" is no request, since CONTENT_LENGTH has to be there.
      if (digit < (this.#length === 0 ? 1 : 0) || digit > 9) {
        const rule =
          'a request must begin with the length of its headers, without leading zeros, and a colon';
        return this.fail('ERR_PROTOCOL_RECORD', `${rule}, got ${show(String.fromCharCode(byte))}`);
      }
      this.#length = this.#length * 10 + digit;
      if (this.#length > this.#limits.maxParamsBytes) {
        return this.fail('ERR_PROTOCOL_LIMIT', `${bytesRule(this.#limits)}, got more`);
      }
    }
    return undefined;
  }

  protected formatHead(event: HeadEvent): string {
    return formatHead(event);
  }
}
