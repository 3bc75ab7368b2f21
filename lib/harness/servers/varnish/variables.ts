/**
 * Variables of VCL (manual, "VCL Variables").
 *
 * Rules of this file: what only a cache, a timeout or a log asks for is kept as it was set; there is no clock, so `now` is refused.
 */

import { STATUS_CODES } from 'node:http';
import type { Message, Transaction } from './transaction.js';
import { type Backend, isTrue, numberOf, textOf, type Value } from './values.js';

export interface Variable {
  readonly get: (transaction: Transaction) => Value;
  /** Whether the value could be set; a request without a method, or without a URL, fails. */
  readonly set?: (transaction: Transaction, value: Value) => boolean;
  readonly unset?: (transaction: Transaction) => void;
}

type MessageName = 'req' | 'bereq' | 'beresp' | 'resp';
type WordName = 'method' | 'url' | 'proto' | 'reason';

const messages: Readonly<Record<string, MessageName>> = {
  req: 'req',
  bereq: 'bereq',
  beresp: 'beresp',
  resp: 'resp',
  obj: 'beresp',
};

function word(message: MessageName, name: WordName): Variable {
  return {
    get: (transaction) => transaction[message][name],
    set: (transaction, value) => {
      const text = textOf(value) ?? '';
      if (text === '' && name !== 'reason') return false;
      transaction[message][name] = text;
      return true;
    },
  };
}

function status(message: MessageName): Variable {
  return {
    get: (transaction) => transaction[message].status,
    set: (transaction, value) => {
      const number = numberOf(value) ?? 0;
      if (number < 100) return false;
      setStatus(transaction[message], number);
      return true;
    },
  };
}

/** A status says its reason. */
export function setStatus(message: Message, number: number): void {
  message.status = number;
  message.reason = STATUS_CODES[number % 1000] ?? 'Unknown HTTP Status';
}

function constant(get: Variable['get']): Variable {
  return { get };
}

function setting(name: string, value: Value): Variable {
  return {
    get: (transaction) => (transaction.settings.has(name) ? transaction.settings.get(name) : value),
    set: (transaction, given) => {
      transaction.settings.set(name, given);
      return true;
    },
  };
}

const hint: Variable = {
  get: (transaction) => transaction.backend,
  set: (transaction, value) => {
    transaction.backend = value as Backend;
    return true;
  },
};

const body: Variable = {
  get: () => undefined,
  unset: (transaction) => {
    transaction.hasBody = false;
    // The length of a body that is not there stays.
    const [length] = transaction.bereq.valuesOf('content-length');
    if (Number(length) !== 0) transaction.bereq.unset('Content-Length');
  },
};

const variables: Readonly<Record<string, Variable>> = {
  'req.url': word('req', 'url'),
  'req.method': word('req', 'method'),
  'req.proto': word('req', 'proto'),
  'req.restarts': constant(({ restarts }) => restarts),
  'req.xid': constant(() => '2'),
  'req.esi_level': constant(() => 0),
  'req.can_gzip': constant(({ req }) =>
    req.valuesOf('Accept-Encoding').some((each) => /\bgzip\b/.test(each)),
  ),
  'req.backend_hint': hint,
  'bereq.url': word('bereq', 'url'),
  'bereq.method': word('bereq', 'method'),
  'bereq.proto': word('bereq', 'proto'),
  'bereq.xid': constant(() => '3'),
  'bereq.retries': constant(() => 0),
  'bereq.is_bgfetch': constant(() => false),
  'bereq.uncacheable': constant(({ isUncacheable }) => isUncacheable),
  'bereq.backend': hint,
  'bereq.body': body,
  'beresp.status': status('beresp'),
  'beresp.reason': word('beresp', 'reason'),
  'beresp.proto': word('beresp', 'proto'),
  'beresp.backend': hint,
  'beresp.uncacheable': {
    get: ({ isUncacheable }) => isUncacheable,
    set: (transaction, value) => {
      // What may not be kept cannot be made such that it may.
      transaction.isUncacheable ||= isTrue(value);
      return true;
    },
  },
  'resp.status': status('resp'),
  'resp.reason': word('resp', 'reason'),
  'resp.proto': word('resp', 'proto'),
  'obj.status': status('beresp'),
  'obj.reason': word('beresp', 'reason'),
  'obj.hits': constant(() => 0),
  'obj.uncacheable': constant(({ isUncacheable }) => isUncacheable),
  'client.ip': constant(({ connection }) => ({
    ...{ address: connection.remoteAddress, port: connection.remotePort },
  })),
  'client.identity': {
    get: (transaction) => transaction.settings.get('client.identity') ?? transaction.connection.remoteAddress,
    set: (transaction, value) => {
      transaction.settings.set('client.identity', value);
      return true;
    },
  },
  'server.hostname': constant(({ host }) => host),
  'server.identity': constant(({ host }) => host),
  'local.endpoint': constant(({ connection: { localAddress, localPort } }) => `${localAddress}:${localPort}`),
  'local.socket': constant(() => 'a0'),
};

const here: Variable = constant(({ connection }) => ({
  ...{ address: connection.localAddress, port: connection.localPort },
}));

const aliases: Readonly<Record<string, Variable>> = {
  'remote.ip': variables['client.ip'] as Variable,
  'server.ip': here,
  'local.ip': here,
};

const kept: Readonly<Record<string, Value>> = {
  'req.esi': true,
  'req.grace': { real: -1 },
  'req.ttl': { real: -1 },
  'req.hash_always_miss': false,
  'req.hash_ignore_busy': false,
  'req.hash_ignore_vary': false,
  'req.is_hitmiss': false,
  'req.is_hitpass': false,
  'bereq.first_byte_timeout': { real: 60 },
  'bereq.between_bytes_timeout': { real: 60 },
  'bereq.connect_timeout': { real: 3.5 },
  'beresp.ttl': { real: 120 },
  'beresp.grace': { real: 10 },
  'beresp.keep': { real: 0 },
  'beresp.age': { real: 0 },
  'beresp.do_esi': false,
  'beresp.do_gzip': false,
  'beresp.do_gunzip': false,
  'beresp.do_stream': true,
  'beresp.body': undefined,
  'beresp.filters': '',
  'resp.body': undefined,
  'resp.do_esi': true,
  'resp.filters': '',
  'resp.is_streaming': true,
  'obj.ttl': { real: 120 },
  'obj.age': { real: 0 },
  'obj.grace': { real: 10 },
  'obj.keep': { real: 0 },
  'sess.timeout_idle': { real: 5 },
  'sess.idle_send_timeout': { real: 60 },
  'sess.send_timeout': { real: 600 },
  'sess.timeout_linger': { real: 0.05 },
};

/** A variable by name; `undefined` where the model knows none. */
export function variableOf(name: string): Variable | undefined {
  const [, owner = '', field] = /^(\w+)\.http\.(.+)$/.exec(name) ?? [];
  const message = messages[owner];
  if (field !== undefined && message !== undefined) return fieldOf(message, field);
  if (Object.hasOwn(kept, name)) return setting(name, kept[name]);
  if (Object.hasOwn(aliases, name)) return aliases[name];
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

function fieldOf(message: MessageName, field: string): Variable {
  return {
    get: (transaction) => transaction[message].valuesOf(field)[0],
    set: (transaction, value) => {
      transaction[message].set(field, textOf(value) ?? '');
      return true;
    },
    unset: (transaction) => transaction[message].unset(field),
  };
}
