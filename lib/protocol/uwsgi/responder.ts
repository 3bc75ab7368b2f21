/**
 * uwsgi, the application's side: a header of four bytes, variables and a body in, an HTTP response out.
 *
 * Rules of this file: only requests with variables are served. uWSGI's other modifiers run commands, reload, or write its
 * cache; they are refused at their first byte. CONTENT_LENGTH of the variables is all that says where the body ends, never
 * a header field.
 */

import { formatHttpHead } from '../cgi-head.js';
import type { HeadEvent } from '../events.js';
import { bytesRule, countRule, type ResolvedLimits } from '../limits.js';
import { Gatherer } from '../single/gatherer.js';
import { bodyLengthOf } from '../single/length.js';
import { SingleResponder } from '../single/responder.js';
import { decodeVariables } from './variables.js';

const headerLength = 4;

/**
 * modifier1 of a request with variables: 0 WSGI, 5 PSGI, 7 Rack, and 30, by which nginx has uWSGI take SCRIPT_NAME off
 * PATH_INFO; what is taken off here is up to whoever mounts.
 */
const modifiers = [0, 5, 7, 30];

export class UwsgiResponder extends SingleResponder {
  readonly #limits: ResolvedLimits;
  readonly #header = new Gatherer(headerLength);
  /** The variables, once their size is known. */
  #variables: Gatherer | undefined;

  constructor(limits: ResolvedLimits) {
    super();
    this.#limits = limits;
  }

  protected readHead(bytes: Uint8Array): number | undefined {
    const start = this.#variables === undefined ? this.#readHeader(bytes) : 0;
    if (start === undefined || this.#variables === undefined) return undefined;
    const next = start + this.#variables.missing;
    const block = this.#variables.take(bytes.subarray(start));
    return block && this.#readVariables(block, next);
  }

  /** Takes bytes of the header; where the variables begin. */
  #readHeader(bytes: Uint8Array): number | undefined {
    const start = this.#header.missing;
    const [first] = bytes;
    if (start === headerLength && first !== undefined && !modifiers.includes(first)) {
      const rule = `modifier1 must be one of a request with variables (${modifiers.join(', ')})`;
      return this.fail('ERR_PROTOCOL_RECORD', `${rule}, got ${first}`);
    }
    const header = this.#header.take(bytes);
    if (header === undefined) return undefined;
    const [, low = 0, high = 0, modifier2 = 0] = header;
    if (modifier2 !== 0) return this.fail('ERR_PROTOCOL_RECORD', `modifier2 must be 0, got ${modifier2}`);
    const size = low | (high << 8);
    if (size > this.#limits.maxParamsBytes) {
      return this.fail('ERR_PROTOCOL_LIMIT', `${bytesRule(this.#limits)}, got ${size}`);
    }
    this.#variables = new Gatherer(size);
    return start;
  }

  /** Reads the variables, behind which the body begins at `next`. */
  #readVariables(block: Uint8Array, next: number): number | undefined {
    const environ = decodeVariables(block, this.#limits.maxParams);
    if (environ === 'too many') {
      return this.fail('ERR_PROTOCOL_LIMIT', `${countRule(this.#limits.maxParams)}, got more`);
    }
    if (typeof environ === 'string') {
      const rule = 'a parameter must have a name, and must not reach past the parameters';
      return this.fail('ERR_PROTOCOL_PARAMS', `${rule}, got ${environ}`);
    }
    const body = bodyLengthOf(environ);
    if (typeof body === 'string') return this.fail('ERR_PROTOCOL_PARAMS', body);
    this.begin(environ, body.length);
    return next;
  }

  protected formatHead(event: HeadEvent): string {
    return formatHttpHead(event);
  }
}
