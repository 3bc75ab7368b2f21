/**
 * HAProxy 2.6.
 *
 * Its manual (configuration.txt), and where that is silent its source: `h1.c`, `http_act.c`, `http_htx.c`, `fcgi-app.c`, `mux_fcgi.c`.
 *
 * Rules of this file: the order of things is that of `http_ana.c`: the rules of the frontend, the choice of a backend, its rules,
 * then addresses, then a server.
 */

import { ConfigurationError } from '../../../errors.js';
import { foldAscii } from '../../../path/percent.js';
import type { FrontServerModel, Interpreter, Pairs, Passed, Relay } from '../../model.js';
import { passFcgi } from './fcgi.js';
import { type AddressHeader, type Configuration, readConfiguration, type Side } from './proxies.js';
import type { Rule, Verdict } from './rules.js';
import { acceptedTe, type Field, Transaction } from './transaction.js';
import { admit } from './validity.js';

export const haproxy: Interpreter = (files) => {
  const configuration = readConfiguration(Object.values(files).join('\n'));
  const frontends = configuration.proxies.filter(({ kind }) => kind !== 'backend');
  if (frontends.length === 0) {
    throw new ConfigurationError(
      'ERR_HARNESS_CONFIGURATION',
      'a configuration of HAProxy must have a frontend or a listen section, got none',
    );
  }
  const model: FrontServerModel = {
    pass: (request, connection) => {
      const ofPort = frontends.find(({ ports }) => ports.includes(connection.localPort));
      const transaction = new Transaction(request, connection);
      return passThrough(configuration, ofPort ?? (frontends[0] as Side), transaction);
    },
  };
  return model;
};

function passThrough(configuration: Configuration, frontend: Side, transaction: Transaction): Passed {
  if (!admit(transaction)) return { kind: 'refused', status: 400 };
  transaction.frontend = frontend.name;
  const { monitor } = frontend;
  if (monitor !== undefined && [transaction.path(true), transaction.target].includes(monitor)) {
    return { kind: 'refused', status: 200 };
  }
  const refused = apply(configuration, frontend, transaction);
  if (refused !== undefined) return { kind: 'refused', ...refused };
  const backend = backendOf(configuration, frontend, transaction);
  if (backend === undefined) return { kind: 'refused', status: 503 };
  transaction.backend = backend.name;
  const answer = backend === frontend ? undefined : apply(configuration, backend, transaction);
  if (answer !== undefined) return { kind: 'refused', ...answer };
  addAddresses(frontend, backend, transaction);
  const [server] = backend.servers;
  if (server === undefined) return { kind: 'refused', status: 503 };
  transaction.serverName = server.name;
  if (backend.serverNameHeader !== undefined) {
    transaction.removeHeaders((name) => name === backend.serverNameHeader);
    transaction.addHeader(backend.serverNameHeader, server.name);
  }
  const app = backend.app === undefined ? undefined : configuration.apps.get(backend.app);
  const passed =
    server.isFcgi && app !== undefined
      ? passFcgi(app, transaction)
      : passHttp(frontend, backend, transaction);
  return { ...passed, relay: relayOf([backend, frontend], transaction, passed.kind === 'environ') };
}

/** The rules of one proxy; its answer, where they give one. */
function apply(
  { apps }: Configuration,
  proxy: Side,
  transaction: Transaction,
): Exclude<Verdict, 'allow'> | undefined {
  // Names that become names of variables are only letters, digits and dashes, unless the configuration wants them as they are.
  const isFcgi = proxy.app !== undefined && apps.has(proxy.app);
  const policy = proxy.restrict ?? (isFcgi ? 'delete' : 'preserve');
  const isOdd = (name: string): boolean => !/^[a-z0-9-]+$/.test(name);
  if (policy === 'reject' && transaction.headers.some(([name]) => isOdd(name))) return { status: 403 };
  if (policy === 'delete') transaction.removeHeaders(isOdd);
  for (const rule of proxy.rules) {
    const verdict = rule.holds(transaction) ? rule.act(transaction) : undefined;
    if (verdict === 'allow') break;
    if (verdict !== undefined) return verdict;
  }
  return proxy.redirects.map((rule) => verdictOf(rule, transaction)).find((verdict) => verdict !== undefined);
}

function verdictOf(rule: Rule, transaction: Transaction): Exclude<Verdict, 'allow'> | undefined {
  const verdict = rule.holds(transaction) ? rule.act(transaction) : undefined;
  return verdict === 'allow' ? undefined : verdict;
}

function backendOf({ proxies }: Configuration, frontend: Side, transaction: Transaction): Side | undefined {
  const named = (name: string): Side | undefined =>
    proxies.find((proxy) => proxy.kind !== 'frontend' && proxy.name === name);
  for (const { name, holds } of frontend.backends) {
    const found = holds(transaction) ? named(name(transaction)) : undefined;
    if (found !== undefined) return found;
  }
  if (frontend.defaultBackend !== undefined) return named(frontend.defaultBackend);
  return frontend.kind === 'listen' ? frontend : undefined;
}

function addAddresses(frontend: Side, backend: Side, transaction: Transaction): void {
  const add = (options: readonly (AddressHeader | undefined)[], fallback: string, address: string): void => {
    const set = options.filter((option) => option !== undefined);
    if (set.length === 0 || set.some(({ isExcepted }) => isExcepted(address))) return;
    const header = foldAscii(set.find(({ header: name }) => name !== undefined)?.header ?? fallback);
    // One of the two that wants it always has it always.
    if (set.every(({ ifNone }) => ifNone) && transaction.valuesOf(header).length > 0) return;
    transaction.addHeader(header, address);
  };
  add([backend.forwardFor, frontend.forwardFor], 'x-forwarded-for', transaction.sourceAddress);
  add([backend.originalTo, frontend.originalTo], 'x-original-to', transaction.destinationAddress);
}

function passHttp(frontend: Side, backend: Side, transaction: Transaction): Passed {
  const tokens = transaction.valuesOf('connection').flatMap((value) => foldAscii(value).split(/[ ,]+/));
  const others = tokens.filter((token) => !['', 'close', 'keep-alive'].includes(token));
  const isClosed =
    tokens.includes('close') ||
    (!tokens.includes('keep-alive') && [frontend, backend].some(({ connection }) => connection === 'close'));
  if (others.length === 0) transaction.removeHeaders((name) => name === 'connection');
  const isOld = transaction.version === 'HTTP/1.0';
  const says =
    isClosed && !backend.pretendsKeepAlive ? (isOld ? undefined : 'close') : isOld ? 'keep-alive' : undefined;
  if (says !== undefined && !others.includes('upgrade')) transaction.addHeader('connection', says);
  const { method, target, version } = transaction;
  const headers = transaction.headers.flatMap(([name, value]): Field[] => {
    const sent = name === 'te' ? acceptedTe(value) : value;
    return sent === undefined ? [] : [[name, sent.trim()]];
  });
  return { kind: 'http', message: { method, target, version, headers } };
}

function relayOf(proxies: readonly Side[], request: Transaction, isFcgi: boolean): Relay {
  return {
    headers: (given, pairs) => {
      let status = given;
      let headers: Pairs = pairs;
      if (isFcgi) {
        const named = (wanted: string): string | undefined =>
          pairs.find(([name]) => foldAscii(name) === wanted)?.[1];
        const said = /^(\d{3})/.exec(named('status') ?? '')?.[1];
        if (said !== undefined) status = Number(said);
        else if (named('location') !== undefined && given === 200) status = 302;
        headers = pairs.filter(([name]) => foldAscii(name) !== 'status');
      }
      // Rules of answers see the fields of the answer in the place of the request's.
      const answer = Object.assign(Object.create(Transaction.prototype) as Transaction, request, {
        headers: headers.map(([name, value]) => [foldAscii(name), value] as const),
      });
      for (const { responses } of proxies) for (const rule of responses) verdictOf(rule, answer);
      return { status, headers: responsesOf(proxies) ? answer.headers : headers };
    },
  };
}

function responsesOf(proxies: readonly Side[]): boolean {
  return proxies.some(({ responses }) => responses.length > 0);
}
