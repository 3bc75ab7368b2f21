/**
 * What a sample expression can begin with (HAProxy's manual, section 7.3).
 *
 * Rules of this file: values are text; their kind says what a condition compares.
 */

import { foldAscii } from '../../../path/percent.js';
import { type Place, unknownDirective } from '../reading.js';
import type { Transaction } from './transaction.js';

export type Kind = 'string' | 'integer' | 'boolean' | 'address';

export interface Fetch {
  readonly kind: Kind;
  readonly values: (transaction: Transaction) => readonly string[];
}

type Maker = (parameters: readonly string[]) => Fetch;

const one =
  (
    kind: Kind,
    value: (transaction: Transaction, parameters: readonly string[]) => string | undefined,
  ): Maker =>
  (parameters) => ({
    kind,
    values: (transaction) => {
      const found = value(transaction, parameters);
      return found === undefined ? [] : [found];
    },
  });

const yesOrNo = (is: (transaction: Transaction) => boolean): Maker =>
  one('boolean', (transaction) => (is(transaction) ? '1' : '0'));

/** The values of a field, one by one where it is a list; with an occurrence only that. */
const headerFetch =
  (isList: boolean): Maker =>
  ([name = '', occurrence]) => ({
    kind: 'string',
    values: (transaction) => {
      const all = listOf(transaction, foldAscii(name), isList);
      if (occurrence === undefined) return all;
      const number = Number(occurrence);
      const found = number < 0 ? all.at(number) : all[number - 1];
      return found === undefined ? [] : [found];
    },
  });

const headerCount =
  (isList: boolean): Maker =>
  ([name = '']) => ({
    kind: 'integer',
    values: (transaction) => [String(listOf(transaction, foldAscii(name), isList).length)],
  });

function listOf(transaction: Transaction, name: string, isList: boolean): readonly string[] {
  const values = transaction.valuesOf(name);
  return isList ? values.flatMap(splitList) : values;
}

/** The elements of a list; commas in quotes are no commas of it. */
function splitList(value: string): readonly string[] {
  const elements = value.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
  return elements.map((each) => each.trim()).filter((each) => each !== '');
}

/** A parameter of the query; the first one is preferred. */
const queryParameter: Maker = ([name = '', delimiter = '?']) => ({
  kind: 'string',
  values: ({ target }) => {
    const at = target.indexOf(delimiter);
    const pairs = at < 0 ? [] : target.slice(at + 1).split(/[&;]/);
    const of = pairs.filter((pair) => pair.split('=', 1)[0] === name && pair.includes('='));
    return of.map((pair) => pair.slice(name.length + 1)).reverse();
  },
});

const cookie: Maker = ([name = '']) => ({
  kind: 'string',
  values: (transaction) =>
    transaction
      .valuesOf('cookie')
      .flatMap((value) => value.split(/[;,]/))
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => pair.slice(name.length + 1)),
});

function authorization(
  transaction: Transaction,
): { readonly type: string; readonly credentials: string } | undefined {
  const [value] = transaction.valuesOf('authorization');
  const [, type, credentials] = /^(\S+) +(.*)$/.exec(value ?? '') ?? [];
  return type === undefined || credentials === undefined ? undefined : { type, credentials };
}

function userAndPassword(transaction: Transaction): readonly [string, string] | undefined {
  const sent = authorization(transaction);
  if (sent === undefined || foldAscii(sent.type) !== 'basic') return undefined;
  const text = Buffer.from(sent.credentials, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}

function authType(transaction: Transaction): string | undefined {
  const type = authorization(transaction)?.type;
  if (type === undefined) return undefined;
  // Only these two are known to HAProxy.
  return ['basic', 'bearer'].includes(foldAscii(type))
    ? type[0]?.toUpperCase() + foldAscii(type).slice(1)
    : undefined;
}

function base(transaction: Transaction): string | undefined {
  const [host] = transaction.valuesOf('host');
  const path = transaction.path(false);
  return host === undefined ? path : host + (path?.startsWith('/') ? path : '');
}

const makers: Readonly<Record<string, Maker>> = {
  path: one('string', (transaction) => transaction.path(false)),
  pathq: one('string', (transaction) => transaction.path(true)),
  url: one('string', ({ target }) => target),
  query: one('string', (transaction) => {
    const path = transaction.path(true);
    return path?.includes('?') ? path.slice(path.indexOf('?') + 1) : undefined;
  }),
  base: one('string', base),
  method: one('string', ({ method }) => method),
  'capture.req.method': one('string', ({ received }) => received.method),
  'capture.req.uri': one('string', ({ received }) => received.target),
  'req.ver': one('string', ({ version }) => version.replace('HTTP/', '')),
  hdr: headerFetch(true),
  fhdr: headerFetch(false),
  hdr_cnt: headerCount(true),
  fhdr_cnt: headerCount(false),
  hdr_val: one('integer', (transaction, [name = '']) => listOf(transaction, foldAscii(name), true).at(-1)),
  url_param: queryParameter,
  urlp: queryParameter,
  cook: cookie,
  src: one('address', ({ sourceAddress }) => sourceAddress),
  src_port: one('integer', ({ sourcePort }) => String(sourcePort)),
  dst: one('address', ({ destinationAddress }) => destinationAddress),
  dst_port: one('integer', ({ destinationPort }) => String(destinationPort)),
  ssl_fc: yesOrNo(({ connection }) => connection.isEncrypted),
  http_auth_user: one('string', (transaction) => userAndPassword(transaction)?.[0]),
  http_auth_pass: one('string', (transaction) => userAndPassword(transaction)?.[1]),
  http_auth_type: one('string', authType),
  http_auth_bearer: one('string', (transaction) => {
    const sent = authorization(transaction);
    return sent !== undefined && foldAscii(sent.type) === 'bearer' ? sent.credentials : undefined;
  }),
  fe_name: one('string', ({ frontend }) => frontend),
  be_name: one('string', ({ backend }) => backend),
  srv_name: one('string', ({ serverName }) => serverName),
  str: one('string', (_, [text = '']) => text),
  int: one('integer', (_, [text = '0']) => String(Number(text))),
  bool: one('boolean', (_, [text = '0']) => (['1', 'true', 'yes', 'on'].includes(text) ? '1' : '0')),
  ipv4: one('address', (_, [text = '']) => text),
  ipv6: one('address', (_, [text = '']) => text),
  var: one('string', ({ variables }, [name = '', fallback]) => variables.get(name) ?? fallback),
  always_true: yesOrNo(() => true),
  always_false: yesOrNo(() => false),
  'req.body_len': one('integer', ({ bodyLength }) => String(bodyLength)),
};

const otherNames: Readonly<Record<string, string>> = {
  'req.hdr': 'hdr',
  'req.fhdr': 'fhdr',
  'req.hdr_cnt': 'hdr_cnt',
  'req.fhdr_cnt': 'fhdr_cnt',
  'req.cook': 'cook',
  'res.hdr': 'hdr',
  'res.fhdr': 'fhdr',
  req_ver: 'req.ver',
};

/** Whether there is a fetch of a name. */
export function isFetch(name: string): boolean {
  return Object.hasOwn(makers, otherNames[name] ?? name);
}

export function fetchOf(name: string, parameters: readonly string[], place: Place): Fetch {
  const maker = isFetch(name) ? makers[otherNames[name] ?? name] : undefined;
  return maker === undefined ? unknownDirective(place, name) : maker(parameters);
}
