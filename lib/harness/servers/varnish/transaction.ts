/**
 * What VCL works on: a request as it came, as it goes to a backend, and an answer.
 *
 * Rules of this file: of a field that is set one line remains, at the end, with the name as it is written there.
 */

import { foldAscii } from '../../../path/percent.js';
import type { ClientConnection } from '../../model.js';
import type { Backend, Value } from './values.js';

export type Field = readonly [name: string, value: string];

/** Fields, and the words of a first line. */
export class Message {
  method = 'GET';
  url = '';
  proto = 'HTTP/1.1';
  status = 200;
  reason = 'OK';
  headers: readonly Field[] = [];

  static of(given: Partial<Message>): Message {
    return Object.assign(new Message(), given);
  }

  valuesOf(name: string): readonly string[] {
    const wanted = foldAscii(name);
    return this.headers.filter(([each]) => foldAscii(each) === wanted).map(([, value]) => value);
  }

  unset(name: string): void {
    const wanted = foldAscii(name);
    this.headers = this.headers.filter(([each]) => foldAscii(each) !== wanted);
  }

  set(name: string, value: string): void {
    this.unset(name);
    this.headers = [...this.headers, [name, value]];
  }

  add(name: string, value: string): void {
    this.headers = [...this.headers, [name, value]];
  }

  /** Several lines become one. */
  collect(name: string): void {
    const values = this.valuesOf(name);
    if (values.length > 1) this.set(name, values.join(', '));
  }
}

/** A request and what has become of it. */
export class Transaction {
  readonly connection: ClientConnection;
  readonly host: string;
  req: Message;
  bereq = new Message();
  beresp = new Message();
  resp = new Message();
  backend: Backend;
  restarts = 0;
  hasBody: boolean;
  isUncacheable = false;
  /** Variables that change nothing here, as `beresp.ttl`. */
  readonly settings = new Map<string, Value>();

  constructor(
    req: Message,
    connection: ClientConnection,
    backend: Backend,
    facts: { readonly hasBody: boolean; readonly host: string },
  ) {
    this.req = req;
    this.connection = connection;
    this.backend = backend;
    this.hasBody = facts.hasBody;
    this.host = facts.host;
  }
}
