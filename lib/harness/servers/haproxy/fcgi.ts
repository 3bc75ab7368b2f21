/**
 * `fcgi-app` (HAProxy's manual, section 10): the parameters that a FastCGI application gets.
 *
 * Rules of this file: they are made in the order and with the slips of `mux_fcgi.c` of 2.6: with SCRIPT_NAME set, PATH_INFO and
 * SERVER_SOFTWARE are left out unless they are set too; a path is decoded only where SCRIPT_NAME is not set.
 */

import { foldAscii } from '../../../path/percent.js';
import type { Pairs, Passed } from '../../model.js';
import { compileExpression } from '../expression.js';
import { unknownDirective } from '../reading.js';
import { type Acls, type Condition, parseCondition } from './condition.js';
import { decodeUrl } from './converters.js';
import { type Format, parseFormat } from './format.js';
import { type Match, parseMatch } from './match.js';
import { acceptedTe, type Field, partsOf, type Transaction } from './transaction.js';
import type { Section } from './words.js';

export interface FcgiApp {
  readonly docroot: string;
  readonly index: string;
  readonly pathInfo: RegExp | undefined;
  readonly parameters: readonly {
    readonly name: string;
    readonly holds: Condition;
    readonly format: Format;
  }[];
  /** What `pass-header` names. */
  readonly passed: readonly { readonly name: string; readonly holds: Condition }[];
  readonly keepConnection: boolean;
}

const hidden = [
  ...['connection', 'keep-alive', 'authorization', 'proxy', 'proxy-authorization', 'proxy-authenticate'],
  ...['te', 'trailers', 'transfer-encoding', 'upgrade'],
];

const ignoredOptions = ['max-reqs', 'mpxs-conns', 'get-values'];

export function readFcgiApp({ lines, place }: Section): FcgiApp {
  const acls = new Map<string, Match[]>();
  const parameters: { name: string; holds: Condition; format: Format }[] = [
    { name: 'remote_user', holds: () => true, format: parseFormat('%[http_auth_user]', place) },
    { name: 'auth_type', holds: () => true, format: parseFormat('%[http_auth_type]', place) },
  ];
  const passed: { name: string; holds: Condition }[] = [];
  let app = { docroot: '', index: '', pathInfo: undefined as RegExp | undefined, keepConnection: true };
  for (const { words, place: at } of lines) {
    const [directive = '', first = '', second = '', ...rest] = words;
    const condition = (from: number): Condition => parseCondition(words.slice(from), acls as Acls, at);
    if (directive === 'docroot') app = { ...app, docroot: first };
    else if (directive === 'index') app = { ...app, index: first };
    else if (directive === 'path-info') app = { ...app, pathInfo: compileExpression(first) };
    else if (directive === 'acl')
      acls.set(first, [...(acls.get(first) ?? []), parseMatch([second, ...rest], at)]);
    else if (directive === 'set-param') {
      const name = foldAscii(first).replace(/[^a-z0-9]/g, '_');
      parameters.push({ name, holds: condition(3), format: parseFormat(second, at) });
    } else if (directive === 'pass-header') passed.push({ name: foldAscii(first), holds: condition(2) });
    else if (directive === 'option' && first === 'keep-conn') app = { ...app, keepConnection: true };
    else if (directive === 'no' && second === 'keep-conn') app = { ...app, keepConnection: false };
    else if (directive === 'log-stderr' || ignoredOptions.includes(directive === 'option' ? first : second))
      continue;
    else return unknownDirective(at, directive);
  }
  return { ...app, parameters, passed };
}

/** What an application gets, or the answer to what HAProxy cannot make parameters of. */
export function passFcgi(app: FcgiApp, transaction: Transaction): Passed {
  const environ: Field[] = [];
  const set = new Map<string, string>();
  for (const { name, holds, format } of app.parameters) {
    if (!holds(transaction)) continue;
    const value = format(transaction);
    if (value === '') set.delete(name);
    else set.set(name, value);
  }
  const passed = app.passed.filter(({ holds }) => holds(transaction)).map(({ name }) => name);
  for (const [name, value] of transaction.headers) {
    if (hidden.includes(name) && !passed.includes(name)) continue;
    // HAProxy has said 100 itself, since it waits for the body.
    if (name === 'expect' && foldAscii(value) === '100-continue' && transaction.version === 'HTTP/1.1')
      continue;
    const sent = name === 'te' ? acceptedTe(value) : value;
    if (sent !== undefined) environ.push([variableOf(name), sent]);
  }
  for (const [name, value] of set) environ.push([name.toUpperCase(), value]);
  const defaults = defaultsOf(app, transaction, set);
  if (defaults === undefined) return { kind: 'refused', status: 500 };
  const isHere = transaction.valuesOf('content-length').length > 0;
  // A name that HAProxy itself misspells is not known to be set.
  const isSet = (name: string): boolean =>
    name === 'CONTENT_LENGTH'
      ? isHere
      : name === 'REQUEST_METHOD'
        ? set.has('request_meth')
        : set.has(foldAscii(name));
  environ.push(...defaults.filter(([name, value]) => value !== '' && !isSet(name)));
  return { kind: 'environ', protocol: 'fastcgi', environ, keepConnection: app.keepConnection };
}

function variableOf(name: string): string {
  const variable = name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  return ['CONTENT_LENGTH', 'CONTENT_TYPE'].includes(variable) && !name.includes('_')
    ? variable
    : `HTTP_${variable}`;
}

function defaultsOf(
  app: FcgiApp,
  transaction: Transaction,
  set: ReadonlyMap<string, string>,
): Pairs | undefined {
  const docroot = set.get('document_root') ?? app.docroot;
  const uri = set.get('request_uri') ?? transaction.target;
  const split = splitPath(app, uri, set);
  if (split === undefined) return undefined;
  const { scriptName, pathInfo, query, software } = split;
  return [
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['DOCUMENT_ROOT', docroot],
    ['SCRIPT_NAME', scriptName],
    ['PATH_INFO', set.has('script_name') ? '' : pathInfo],
    ['REQUEST_URI', uri],
    ['REQUEST_METHOD', transaction.method],
    ['QUERY_STRING', query],
    ['SERVER_NAME', transaction.valuesOf('host').at(-1) || transaction.destinationAddress],
    ['SERVER_PORT', String(transaction.destinationPort)],
    ['SERVER_PROTOCOL', transaction.version],
    ['REMOTE_ADDR', transaction.sourceAddress],
    ['REMOTE_PORT', String(transaction.sourcePort)],
    ['SCRIPT_FILENAME', docroot + scriptName],
    ['PATH_TRANSLATED', pathInfo === '' ? '' : docroot + pathInfo],
    ['CONTENT_LENGTH', String(transaction.bodyLength)],
    ['SERVER_SOFTWARE', software],
    ['HTTPS', transaction.connection.isEncrypted ? 'on' : ''],
  ];
}

interface Split {
  readonly scriptName: string;
  readonly pathInfo: string;
  readonly query: string;
  readonly software: string;
}

function splitPath(app: FcgiApp, uri: string, set: ReadonlyMap<string, string>): Split | undefined {
  const [script, pathInfo = '', given] = ['script_name', 'path_info', 'query_string'].map((name) =>
    set.get(name),
  );
  const software = 'HAProxy 2.6.12-1+deb12u4';
  if (script !== undefined && set.has('path_info') && given !== undefined) {
    return { scriptName: script, pathInfo, query: '', software };
  }
  const { pathAndQuery: path = '' } = partsOf(uri);
  if (script === undefined && path === '') return undefined;
  const at = path.indexOf('?');
  // A query that is set does not end the path of the target.
  const isCut = given === undefined && at >= 0;
  const query = isCut ? path.slice(at + 1) : '';
  if (script !== undefined) return { scriptName: script, pathInfo, query, software: '' };
  const decoded = decodeUrl(isCut ? path.slice(0, at) : path, false);
  if (decoded === undefined) return undefined;
  if (app.pathInfo !== undefined && /[\n\0]/.test(decoded)) return undefined;
  const match = app.pathInfo?.exec(decoded);
  const name = match?.[1] ?? decoded;
  const rest = match?.[1] === undefined ? '' : (match[2] ?? '');
  return {
    scriptName: app.index !== '' && name.endsWith('/') ? name + app.index : name,
    pathInfo: set.has('path_info') ? pathInfo : rest,
    ...{ query, software },
  };
}
