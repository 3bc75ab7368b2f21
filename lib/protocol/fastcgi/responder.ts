/**
 * FastCGI 1.0, the application's side: a front server's records in, answers out.
 *
 * Rules of this file: an id is active from BEGIN_REQUEST until our END_REQUEST, and records of other ids are ignored, as
 * section 3.3 asks; what section 4 and 5 forbid on an active id closes the connection. Pairs may straddle records, so
 * parameters are collected up to the limit. GET_VALUES is answered at any time, by the codec itself.
 */

import { copyOf, fromLatin1, join } from '../bytes.js';
import { formatHead, headMistake } from '../cgi-head.js';
import type { EndEvent, HeadEvent, ProtocolEvent, Role } from '../events.js';
import { bytesRule, countRule, type ResolvedLimits } from '../limits.js';
import { notSendable } from '../not-sendable.js';
import { FastcgiHalf } from './half.js';
import { decodePairs, encodePairs } from './pairs.js';
import * as fcgi from './records.js';

/** One request that is under way. */
interface Active {
  readonly role: Role;
  readonly keepConnection: boolean;
  /** Parameters that have come, until they are complete. */
  params: Uint8Array[] | undefined;
  paramsBytes: number;
  isBodyComplete: boolean;
  isAborted: boolean;
  hasHead: boolean;
  hasStderr: boolean;
  isEnded: boolean;
}

export class FastcgiResponder extends FastcgiHalf {
  readonly #limits: ResolvedLimits;
  readonly #active = new Map<number, Active>();
  /** Parts of parameters that are the socket's, which may use them again. */
  #borrowed: { readonly params: Uint8Array[]; readonly index: number }[] = [];

  constructor(limits: ResolvedLimits) {
    super();
    this.#limits = limits;
  }

  override receive(bytes: Uint8Array | null): ProtocolEvent[] {
    const events = super.receive(bytes);
    if (this.#borrowed.length > 0) {
      for (const { params, index } of this.#borrowed) params[index] = copyOf(params[index] as Uint8Array);
      // Many small ones take more room than what they hold.
      for (const { params } of this.#borrowed) {
        if (params.length >= mostParts) params.splice(0, params.length, join(params));
      }
      this.#borrowed = [];
    }
    return events;
  }

  /** The peer has closed: who asked does not want the answer. */
  protected close(isInside: boolean): void {
    for (const [id, { params, isAborted }] of this.#active) {
      if (params === undefined && !isAborted) this.events.push({ type: 'abort', id });
    }
    const isCut = isInside || [...this.#active.values()].some(({ params }) => params !== undefined);
    if (!isCut) return;
    const rule = 'a record and the parameters of a request must be complete';
    this.fail('ERR_PROTOCOL_TRUNCATED', `${rule}, got the end of the connection`);
  }

  protected take(type: number, id: number, content: Uint8Array, isEmpty: boolean): boolean {
    if (id === fcgi.NULL_REQUEST_ID) return this.#manage(type, content);
    if (type === fcgi.BEGIN_REQUEST) return this.#begin(id, content);
    const active = this.#active.get(id);
    if (active === undefined) return true;
    switch (type) {
      case fcgi.PARAMS:
        return this.#params(id, active, content, isEmpty);
      case fcgi.STDIN:
        return this.#stdin(id, active, content, isEmpty);
      case fcgi.ABORT_REQUEST:
        return this.#abort(id, active);
      case fcgi.END_REQUEST:
      case fcgi.STDOUT:
      case fcgi.STDERR:
        return this.fail(
          'ERR_PROTOCOL_ORDER',
          `a front server must send requests, got a record of type ${type}`,
        );
      default:
        // DATA is for filters; an unknown type of a request is to be ignored (section 8).
        return true;
    }
  }

  #manage(type: number, content: Uint8Array): boolean {
    if (type !== fcgi.GET_VALUES) {
      const bytes = fcgi.record(fcgi.UNKNOWN_TYPE, fcgi.NULL_REQUEST_ID, [type, 0, 0, 0, 0, 0, 0, 0]);
      this.events.push({ type: 'management', bytes });
      return true;
    }
    const asked = decodePairs(content, this.#limits.maxParams);
    if (typeof asked === 'string') {
      return this.fail('ERR_PROTOCOL_PARAMS', `the names of GET_VALUES must be pairs, got ${asked} ones`);
    }
    const known: Readonly<Record<string, string>> = {
      FCGI_MAX_REQS: String(this.#limits.maxRequests),
      FCGI_MPXS_CONNS: this.#limits.maxRequests > 1 ? '1' : '0',
    };
    const answers = asked.flatMap(([name]) =>
      Object.hasOwn(known, name) ? [[name, known[name] as string] as const] : [],
    );
    const bytes = fcgi.record(
      fcgi.GET_VALUES_RESULT,
      fcgi.NULL_REQUEST_ID,
      encodePairs(answers).subarray(0, fcgi.maxContent),
    );
    this.events.push({ type: 'management', bytes });
    return true;
  }

  #begin(id: number, content: Uint8Array): boolean {
    if (content.length !== 8) {
      return this.fail('ERR_PROTOCOL_RECORD', `BEGIN_REQUEST must have 8 bytes, got ${content.length}`);
    }
    if (this.#active.has(id)) {
      return this.fail('ERR_PROTOCOL_ORDER', `BEGIN_REQUEST must be for an id that is not active, got ${id}`);
    }
    const [high = 0, low = 0, flags = 0] = content;
    const role = roles.get((high << 8) | low);
    if (role === undefined) return this.#refuse(id, fcgi.UNKNOWN_ROLE);
    if (this.#active.size >= this.#limits.maxRequests) {
      return this.#refuse(id, this.#limits.maxRequests === 1 ? fcgi.CANT_MPX_CONN : fcgi.OVERLOADED);
    }
    this.keepsConnection = (flags & fcgi.KEEP_CONN) !== 0;
    this.#active.set(id, {
      role,
      keepConnection: this.keepsConnection,
      params: [],
      paramsBytes: 0,
      // An authorizer gets no body (section 6.3).
      isBodyComplete: role === 'authorizer',
      isAborted: false,
      hasHead: false,
      hasStderr: false,
      isEnded: false,
    });
    return true;
  }

  #refuse(id: number, protocolStatus: number): true {
    this.events.push({ type: 'management', bytes: fcgi.endRequest(id, 0, protocolStatus) });
    return true;
  }

  #params(id: number, active: Active, content: Uint8Array, isEmpty: boolean): boolean {
    const { params } = active;
    if (params === undefined) {
      return this.fail('ERR_PROTOCOL_ORDER', `PARAMS must end with an empty record, got more for id ${id}`);
    }
    if (!isEmpty) {
      active.paramsBytes += content.length;
      if (active.paramsBytes > this.#limits.maxParamsBytes) {
        return this.fail('ERR_PROTOCOL_LIMIT', `${bytesRule(this.#limits)}, got more`);
      }
      this.#borrowed.push({ params, index: params.length });
      params.push(content);
      return true;
    }
    while (this.#borrowed.at(-1)?.params === params) this.#borrowed.pop();
    const environ = decodePairs(join(params), this.#limits.maxParams);
    if (environ === 'too many') {
      return this.fail('ERR_PROTOCOL_LIMIT', `${countRule(this.#limits.maxParams)}, got more`);
    }
    if (environ === 'truncated') {
      return this.fail(
        'ERR_PROTOCOL_PARAMS',
        'the length of a parameter must not reach past the parameters, got one that does',
      );
    }
    active.params = undefined;
    const { role, keepConnection } = active;
    this.events.push({ type: 'begin', id, environ, role, keepConnection });
    if (active.isBodyComplete) this.events.push({ type: 'end', id });
    return true;
  }

  #stdin(id: number, active: Active, content: Uint8Array, isEmpty: boolean): boolean {
    if (active.params !== undefined) {
      return this.fail(
        'ERR_PROTOCOL_ORDER',
        `STDIN must come after PARAMS, got it before their end for id ${id}`,
      );
    }
    if (active.isBodyComplete) {
      if (active.role === 'authorizer' && isEmpty) return true;
      return this.fail('ERR_PROTOCOL_ORDER', `STDIN must end with an empty record, got more for id ${id}`);
    }
    if (isEmpty) {
      active.isBodyComplete = true;
      this.events.push({ type: 'end', id });
    } else {
      this.events.push({ type: 'body', id, bytes: content });
    }
    return true;
  }

  #abort(id: number, active: Active): boolean {
    if (active.isAborted) return true;
    active.isAborted = true;
    if (active.params === undefined) {
      this.events.push({ type: 'abort', id });
      return true;
    }
    // Nobody has heard of it yet.
    this.#active.delete(id);
    this.events.push({ type: 'management', bytes: fcgi.endRequest(id, 0, fcgi.REQUEST_COMPLETE) });
    return true;
  }

  send(events: readonly ProtocolEvent[]): Uint8Array[] {
    const heads: string[] = [];
    let size = 0;
    for (const event of events) size += this.#check(event, heads);
    const writer = new fcgi.RecordWriter(size);
    for (const event of events) this.#write(event, heads, writer);
    return writer.parts();
  }

  /** Whether an event may be sent now, and how many bytes it takes, but for large contents; heads become text. */
  #check(event: ProtocolEvent, heads: string[]): number {
    if (event.type === 'management') return event.bytes.length;
    if (event.type === 'pull') return 0;
    const active = 'id' in event ? this.#active.get(event.id) : undefined;
    if (active === undefined || active.params !== undefined || active.isEnded)
      throw notSendable(event, 'be for a request that is under way');
    switch (event.type) {
      case 'head': {
        if (active.hasHead) throw notSendable(event, 'come once');
        active.hasHead = true;
        const text = headText(event);
        heads.push(text);
        return text.length <= fcgi.maxContent
          ? fcgi.HEADER_LEN + text.length
          : fcgi.sizeOfStream(text.length);
      }
      case 'body':
        if (!active.hasHead) throw notSendable(event, 'come after a head');
        return fcgi.sizeOfStream(event.bytes.length);
      case 'stderr':
        active.hasStderr ||= event.bytes.length > 0;
        return fcgi.sizeOfStream(event.bytes.length);
      case 'end':
        if (event.refused !== undefined && active.hasHead) throw notSendable(event, 'refuse before a head');
        active.isEnded = true;
        return fcgi.HEADER_LEN * ((event.refused ? 2 : 3) + (active.hasStderr ? 1 : 0));
      case 'abort':
        active.isEnded = true;
        return fcgi.HEADER_LEN;
      default:
        throw notSendable(event, 'be one of an answer');
    }
  }

  #write(event: ProtocolEvent, heads: string[], writer: fcgi.RecordWriter): void {
    if (event.type === 'management') writer.bytes(event.bytes);
    if (!('id' in event)) return;
    const { id } = event;
    if (event.type === 'head') {
      const text = heads.shift() as string;
      if (text.length <= fcgi.maxContent) writer.text(fcgi.STDOUT, id, text);
      else writer.stream(fcgi.STDOUT, id, fromLatin1(text));
    } else if (event.type === 'body') {
      writer.stream(fcgi.STDOUT, id, event.bytes);
    } else if (event.type === 'stderr') {
      writer.stream(fcgi.STDERR, id, event.bytes);
    } else if (event.type === 'abort') {
      // There is no way to say it: of END_REQUEST nginx looks at no status. What is no record is an error to everybody.
      writer.bytes(noRecord);
      this.#active.delete(id);
    } else if (event.type === 'end') {
      if (event.refused === undefined) writer.empty(fcgi.STDOUT, id);
      if (this.#active.get(id)?.hasStderr) writer.empty(fcgi.STDERR, id);
      this.#active.delete(id);
      const { appStatus = 0, refused } = event;
      writer.endRequest(id, appStatus, refused === undefined ? fcgi.REQUEST_COMPLETE : refusals[refused]);
    }
  }
}

/** How many parts parameters are kept in. */
const mostParts = 64;

/** Of version 0. */
const noRecord = new Uint8Array(fcgi.HEADER_LEN);

function headText(event: HeadEvent): string {
  const mistake = headMistake(event);
  if (mistake !== undefined) throw notSendable(event, mistake);
  return formatHead(event);
}

const refusals: Readonly<Record<NonNullable<EndEvent['refused']>, number>> = {
  'cannot-multiplex': fcgi.CANT_MPX_CONN,
  overloaded: fcgi.OVERLOADED,
  'unknown-role': fcgi.UNKNOWN_ROLE,
};

const roles: ReadonlyMap<number, Role> = new Map([
  [fcgi.RESPONDER, 'responder'],
  [fcgi.AUTHORIZER, 'authorizer'],
]);
