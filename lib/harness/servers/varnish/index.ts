/**
 * Varnish 7.1, with nothing in its cache.
 *
 * Its manual, and where that is silent its source: `cache_req_fsm.c`, `cache_fetch.c`, `cache_pipe.c`.
 *
 * Rules of this file: the order of things is that of the states of a request.
 */

import { foldAscii } from '../../../path/percent.js';
import type { Interpreter, Passed, Relay } from '../../model.js';
import { admit } from './admit.js';
import { answered, filtered } from './fields.js';
import { type Program, readProgram } from './program.js';
import { type Action, failure, runAll } from './statement.js';
import { Message, Transaction } from './transaction.js';
import { setStatus } from './variables.js';

const mostRestarts = 4;

export const varnish: Interpreter = (files, surroundings) => {
  const program = readProgram(files);
  return {
    pass: (request, connection) => {
      const message = admit(request, connection.remoteAddress);
      if (typeof message === 'number') return { kind: 'refused', status: message };
      const hasBody = message.valuesOf('transfer-encoding').length > 0;
      const facts = { hasBody, host: surroundings.hostName ?? 'localhost' };
      return receive(program, new Transaction(message, connection, program.backend, facts));
    },
  };
};

function run({ subroutines }: Program, name: string, transaction: Transaction): Action {
  return runAll(subroutines.get(name) ?? [], transaction) ?? failure;
}

function receive(program: Program, transaction: Transaction): Passed {
  const action = run(program, 'vcl_recv', transaction);
  if (action.name !== 'pass' && action.name !== 'pipe') acceptGzip(transaction.req);
  switch (action.name) {
    case 'pass':
      return passOn(program, transaction);
    case 'pipe':
      return pipe(program, transaction);
    case 'hash': {
      const looked = run(program, 'vcl_hash', transaction);
      if (looked.name !== 'lookup') return otherwise(program, transaction, looked);
      const missed = run(program, 'vcl_miss', transaction);
      if (missed.name === 'fetch') return fetch(program, transaction, 'fetch');
      return missed.name === 'pass' ? passOn(program, transaction) : otherwise(program, transaction, missed);
    }
    case 'purge': {
      run(program, 'vcl_hash', transaction);
      return otherwise(program, transaction, run(program, 'vcl_purge', transaction));
    }
    default:
      return otherwise(program, transaction, action);
  }
}

/** What may be returned anywhere. */
function otherwise(program: Program, transaction: Transaction, action: Action): Passed {
  if (action.name === 'synth' || action.name === 'error') return synth(program, transaction, action);
  if (action.name === 'restart' && ++transaction.restarts <= mostRestarts)
    return receive(program, transaction);
  return synth(program, transaction, { name: 'synth', status: 503, reason: 'VCL failed' });
}

function synth(program: Program, transaction: Transaction, { status = 503, reason }: Action): Passed {
  transaction.resp = Message.of({ headers: [['Server', 'Varnish']] });
  setStatus(transaction.resp, status);
  if (reason !== undefined) transaction.resp.reason = reason;
  const action = run(program, 'vcl_synth', transaction);
  if (action.name === 'restart') return otherwise(program, transaction, action);
  const [location] = transaction.resp.valuesOf('location');
  const told = action.name === 'deliver' ? transaction.resp.status % 1000 : 503;
  return { kind: 'refused', status: told, ...(location === undefined ? {} : { location }) };
}

/** What is looked up may be packed, or is not. */
function acceptGzip(req: Message): void {
  const isAccepted = req
    .valuesOf('accept-encoding')
    .some((value) => /(?:^|,)\s*(?:x-)?gzip\s*(?:,|$|;(?!\s*q=0(?:\.0*)?\s*(?:,|$)))/i.test(value));
  if (isAccepted) req.set('Accept-Encoding', 'gzip');
  else req.unset('Accept-Encoding');
}

function passOn(program: Program, transaction: Transaction): Passed {
  const action = run(program, 'vcl_pass', transaction);
  return action.name === 'fetch'
    ? fetch(program, transaction, 'pass')
    : otherwise(program, transaction, action);
}

function fetch(program: Program, transaction: Transaction, how: 'pass' | 'fetch'): Passed {
  const { req } = transaction;
  const { method, url } = req;
  transaction.isUncacheable = how === 'pass';
  const bereq = Message.of({
    ...{ url, method: how === 'pass' ? method : 'GET' },
    headers: filtered(req.headers, how),
  });
  transaction.bereq = bereq;
  if (how === 'fetch') bereq.set('Accept-Encoding', 'gzip');
  bereq.add('X-Varnish', '3');
  const fetched = run(program, 'vcl_backend_fetch', transaction);
  if (fetched.name !== 'fetch') {
    return { kind: 'refused', status: (fetched.name === 'error' ? fetched.status : undefined) ?? 503 };
  }
  if (!transaction.backend.isThere) return { kind: 'refused', status: 503 };
  if (bereq.valuesOf('host').length === 0) bereq.add('Host', transaction.backend.hostHeader);
  if (transaction.hasBody) bereq.add('Transfer-Encoding', 'chunked');
  return sent(bereq, relayOf(program, transaction));
}

function pipe(program: Program, transaction: Transaction): Passed {
  const { method, url, proto, headers } = transaction.req;
  const bereq = Message.of({ method, url, proto, headers: filtered(headers, 'pipe') });
  transaction.bereq = bereq;
  bereq.add('X-Varnish', '2');
  bereq.set('Connection', 'close');
  const action = run(program, 'vcl_pipe', transaction);
  if (action.name !== 'pipe') return otherwise(program, transaction, action);
  return transaction.backend.isThere ? sent(bereq) : { kind: 'refused', status: 503 };
}

function sent({ method, url, proto, headers }: Message, relay?: Relay): Passed {
  const message = { method, target: url, version: proto, headers };
  return relay === undefined ? { kind: 'http', message } : { kind: 'http', message, relay };
}

function relayOf(program: Program, transaction: Transaction): Relay {
  return {
    headers: (status, pairs) => {
      const beresp = Message.of({ headers: answered(pairs) });
      setStatus(beresp, status);
      const state = Object.assign(Object.create(Transaction.prototype) as Transaction, transaction, {
        beresp,
      });
      if (run(program, 'vcl_backend_response', state).name !== 'deliver') return { status: 503, headers: [] };
      const age = beresp.valuesOf('age')[0] ?? '0';
      const resp = Message.of({ headers: beresp.headers.filter(([name]) => foldAscii(name) !== 'age') });
      setStatus(resp, beresp.status);
      state.resp = resp;
      resp.set('X-Varnish', '2');
      resp.set('Age', age);
      resp.set('Via', [...resp.valuesOf('via'), '1.1 varnish (Varnish/7.1)'].join(', '));
      if (!transaction.isUncacheable) resp.set('Accept-Ranges', 'bytes');
      const action = run(program, 'vcl_deliver', state);
      return {
        status: action.name === 'deliver' ? resp.status : (action.status ?? 503),
        headers: resp.headers,
      };
    },
  };
}
