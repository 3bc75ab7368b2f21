/**
 * FastCGI 1.0, the application's side: a front server's records in, answers out.
 *
 * Rules of this file: an id is active from BEGIN_REQUEST until our END_REQUEST, and records of other ids are ignored, as
 * section 3.3 asks; what section 4 and 5 forbid on an active id closes the connection. Pairs may straddle records, so
 * parameters are collected up to the limit. GET_VALUES is answered at any time, by the codec itself.
 */

import { show } from '../../errors.js';
import { coalesce, copyOf, fromLatin1, join } from '../bytes.js';
import { formatHead, isField } from '../cgi-head.js';
import type { ProtocolEvent, Role } from '../events.js';
import type { ResolvedLimits } from '../limits.js';
import { FastcgiHalf, notSendable } from './half.js';
import { decodePairs, encodePairs } from './pairs.js';
import type { RecordPart } from './reader.js';
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
}

export class FastcgiResponder extends FastcgiHalf {
  readonly #limits: ResolvedLimits;
  readonly #active = new Map<number, Active>();

  constructor(limits: ResolvedLimits) {
    super();
    this.#limits = limits;
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

  protected take(part: RecordPart): boolean {
    const { type, id, content } = part;
    if (id === fcgi.NULL_REQUEST_ID) return this.#manage(part);
    if (type === fcgi.BEGIN_REQUEST) return this.#begin(id, content);
    const active = this.#active.get(id);
    if (active === undefined) return true;
    switch (type) {
      case fcgi.PARAMS:
        return this.#params(active, part);
      case fcgi.STDIN:
        return this.#stdin(active, part);
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

  #manage({ type, content }: RecordPart): boolean {
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
    });
    return true;
  }

  #refuse(id: number, protocolStatus: number): true {
    this.events.push({ type: 'management', bytes: fcgi.endRequest(id, 0, protocolStatus) });
    return true;
  }

  #params(active: Active, { id, content, isEmpty }: RecordPart): boolean {
    if (active.params === undefined) {
      return this.fail('ERR_PROTOCOL_ORDER', `PARAMS must end with an empty record, got more for id ${id}`);
    }
    if (!isEmpty) {
      active.paramsBytes += content.length;
      if (active.paramsBytes > this.#limits.maxParamsBytes) {
        const rule = `parameters must have at most ${this.#limits.maxParamsBytes} bytes (maxParamsBytes)`;
        return this.fail('ERR_PROTOCOL_LIMIT', `${rule}, got more`);
      }
      // What is kept must not keep a whole buffer of the socket.
      active.params.push(copyOf(content));
      return true;
    }
    const environ = decodePairs(join(active.params), this.#limits.maxParams);
    if (environ === 'too many') {
      return this.fail(
        'ERR_PROTOCOL_LIMIT',
        `a request must have at most ${this.#limits.maxParams} parameters (maxParams), got more`,
      );
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

  #stdin(active: Active, { id, content, isEmpty }: RecordPart): boolean {
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
    return coalesce(events.flatMap((event) => this.#encode(event)));
  }

  #encode(event: ProtocolEvent): Uint8Array[] {
    if (event.type === 'management') return [event.bytes];
    if (event.type === 'pull') return [];
    const active = 'id' in event ? this.#active.get(event.id) : undefined;
    if (active === undefined || active.params !== undefined)
      throw notSendable(event, 'be for a request that is under way');
    const { id } = event as { readonly id: number };
    switch (event.type) {
      case 'head': {
        if (active.hasHead) throw notSendable(event, 'come once');
        const wrong = event.headers.find(([name, value]) => !isField(name, value));
        if (wrong !== undefined)
          throw notSendable(event, `hold header fields of bytes (not ${show(wrong[0])})`);
        active.hasHead = true;
        return fcgi.streamRecords(fcgi.STDOUT, id, fromLatin1(formatHead(event)));
      }
      case 'body':
        if (!active.hasHead) throw notSendable(event, 'come after a head');
        return fcgi.streamRecords(fcgi.STDOUT, id, event.bytes);
      case 'stderr':
        active.hasStderr ||= event.bytes.length > 0;
        return fcgi.streamRecords(fcgi.STDERR, id, event.bytes);
      case 'end': {
        this.#active.delete(id);
        const none = new Uint8Array(0);
        return [
          fcgi.record(fcgi.STDOUT, id, none),
          ...(active.hasStderr ? [fcgi.record(fcgi.STDERR, id, none)] : []),
          fcgi.endRequest(id, event.appStatus ?? 0, fcgi.REQUEST_COMPLETE),
        ];
      }
      default:
        throw notSendable(event, 'be one of an answer');
    }
  }
}

const roles: ReadonlyMap<number, Role> = new Map([
  [fcgi.RESPONDER, 'responder'],
  [fcgi.AUTHORIZER, 'authorizer'],
]);
