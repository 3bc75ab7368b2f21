/**
 * How a row is asked: over HTTP by Node's own client, over each gateway protocol by the client half of its codec, for CGI from a
 * process.
 *
 * Rules of this file: a driver says to an application's server what a front server would, and tells what came back; what is about one
 * connection only is not told.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GatewayAddress } from '../../lib/gateway/gateway.js';
import type { Environ, Headers, ProtocolEvent } from '../../lib/protocol/events.js';
import { createConnection } from '../../lib/protocol/index.js';
import { FrontEnd, idOf, until, type WireProtocol } from '../support/front-end.js';
import type { Row } from './rows.js';

export interface Answer {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly headers: Headers;
  /** One character a byte. */
  readonly body: string;
  /** Whether nothing of it is missing. */
  readonly isWhole: boolean;
}

/** Asks for a row below a mount. */
export type Driver = (row: Row, base: string) => Promise<Answer>;

/** Of the connection, or of the moment; `Status` is the gateway protocols' own. */
const notCompared = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date', 'trailer', 'status']);

function compared(headers: Headers): Headers {
  return headers
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !notCompared.has(name));
}

const nothing: Answer = { status: 0, reason: '', headers: [], body: '', isWhole: false };

function targetOf({ target, origin = '', rest = '/x' }: Row, base: string): string {
  // At the root nothing stands before a query but the slash that a client puts there.
  return target ?? origin + (base + rest).replace(/^(?!\/)/, '/');
}

/** Fields of a row's request, as a client sends them. */
function headersOf({ headers = [], does, body, isChunked = false }: Row): [string, string][] {
  const length: [string, string][] =
    body === undefined
      ? []
      : isChunked
        ? [['Transfer-Encoding', 'chunked']]
        : [['Content-Length', String(body.length)]];
  const asked: [string, string][] = does === undefined ? [] : [['X-Do', does]];
  return [
    ['Host', 'test.example'],
    ...asked,
    ...headers.map(([name, value]): [string, string] => [name, value]),
    ...length,
  ];
}

export function httpDriver(address: GatewayAddress): Driver {
  return async (row, base) => {
    const { method = 'GET', body, goes } = row;
    const headers = headersOf(row).flat();
    const path = targetOf(row, base);
    const { port } = address as AddressInfo;
    const req = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
    req.on('error', () => undefined);
    if (goes === 'amid the body') {
      req.write(body?.subarray(0, body.length / 2));
      setTimeout(() => req.destroy(), 60);
      return nothing;
    }
    for (let at = 0; at < (body?.length ?? 0); at += 50_000) req.write(body?.subarray(at, at + 50_000));
    req.end();
    const res = await once(req, 'response').then(
      ([it]) => it as IncomingMessage,
      () => undefined,
    );
    if (res === undefined) return nothing;
    const chunks: Buffer[] = [];
    res.on('data', (bytes: Buffer) => {
      chunks.push(bytes);
      if (goes !== undefined) req.destroy();
    });
    res.on('error', () => undefined);
    await new Promise((resolve) => res.once('close', resolve));
    const pairs: [string, string][] = [];
    for (let at = 0; at < res.rawHeaders.length; at += 2)
      pairs.push([res.rawHeaders[at] as string, res.rawHeaders[at + 1] as string]);
    return {
      ...{ status: res.statusCode ?? 0, reason: res.statusMessage ?? '', headers: compared(pairs) },
      body: Buffer.concat(chunks).toString('latin1'),
      isWhole: res.complete,
    };
  };
}

/** Of a field that came twice front servers make one, where they know no list. */
function joined(variables: Environ): Environ {
  const values = new Map<string, string>();
  for (const [name, value] of variables) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : before + (name === 'HTTP_COOKIE' ? '; ' : ', ') + value);
  }
  return [...values];
}

/** What a front server makes of a client's request. */
function environOf(row: Row, base: string, isCgi: boolean): Environ {
  const target = targetOf(row, base);
  const question = target.indexOf('?');
  const variables = headersOf(row).flatMap(([name, value]): [string, string][] => {
    if (name === 'Content-Length') return [['CONTENT_LENGTH', value]];
    if (name === 'Content-Type') return [['CONTENT_TYPE', value]];
    return [[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value]];
  });
  return [
    ['REQUEST_METHOD', row.method ?? 'GET'],
    ['REQUEST_URI', target],
    // Wrong, as of most front servers.
    ['SCRIPT_NAME', '/somewhere'],
    ['QUERY_STRING', question === -1 ? '' : target.slice(question + 1)],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['SERVER_NAME', 'test.example'],
    ['SERVER_PORT', '80'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['REMOTE_PORT', '50000'],
    ...(isCgi ? [['GATEWAY_INTERFACE', 'CGI/1.1'] as const] : []),
    ...joined(variables),
  ];
}

/** The client half does not read the reason, but for AJP's. */
function reasonIn(beginning: string): string {
  return /(?:Status:|HTTP\/1\.1) [0-9]{3} ([^\r\n]*)/.exec(beginning)?.[1] ?? '';
}

function answerOf(events: readonly ProtocolEvent[], beginning: string): Answer {
  const head = events.find((event) => event.type === 'head');
  if (head === undefined) return nothing;
  const bodies = events.flatMap((event) => (event.type === 'body' ? [event.bytes] : []));
  const end = events.find((event) => event.type === 'end');
  return {
    status: head.status,
    reason: head.reason ?? reasonIn(beginning),
    headers: compared(head.headers),
    body: Buffer.concat(bodies).toString('latin1'),
    isWhole: end !== undefined && !end.appStatus && events.every(({ type }) => type !== 'error'),
  };
}

export function wireDriver(protocol: WireProtocol, address: GatewayAddress): Driver {
  return async (row, base) => {
    const { body = Buffer.alloc(0), goes } = row;
    const id = idOf(protocol);
    const front = await FrontEnd.connect(protocol, address);
    // AJP has fields, not variables.
    const fields = protocol === 'ajp' ? { headers: headersOf(row) } : {};
    const environ = environOf(row, base, false).filter(
      ([name]) => protocol !== 'ajp' || !/^(?:HTTP_|CONTENT_)/.test(name),
    );
    front.send({ type: 'begin', id, environ, ...fields });
    const most = goes === 'amid the body' ? body.length / 2 : body.length;
    for (let at = 0; at < most; at += 50_000)
      front.send({ type: 'body', id, bytes: body.subarray(at, Math.min(at + 50_000, most)) });
    if (goes === 'amid the body') {
      await new Promise((resolve) => setTimeout(resolve, 60));
    } else {
      front.send({ type: 'end', id });
      if (goes === undefined) await front.answered(id);
      else await until(() => front.bodyOf().length > 0);
    }
    front.close();
    await front.closed();
    return goes === undefined ? answerOf(front.events, front.beginning) : nothing;
  };
}

const nonAscii = /[^\x20-\x7e]/;

/** As octal escapes of printf, since an environment of Node's cannot hold any bytes. */
const escaped = (text: string): string =>
  [...Buffer.from(text, 'latin1')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

/** Starts a script as a web server does, with nothing but these variables. */
export function spawnCgi(script: string, parameters: readonly string[], environ: Environ) {
  const plain = environ.filter(([, value]) => !nonAscii.test(value));
  const others = environ.filter(([, value]) => nonAscii.test(value));
  const exports = others.map(([name, value]) => `export ${name}="$(printf '${escaped(value)}')";`);
  const program = [process.execPath, script, ...parameters];
  const [file = '', ...rest] =
    others.length === 0 ? program : ['/bin/sh', '-c', `${exports.join(' ')} exec "$0" "$@"`, ...program];
  return spawn(file, rest, {
    env: { NODE_ENV: 'test', ...Object.fromEntries(plain) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export function cgiDriver(script: string, mount: string, tell: (heard: string) => void): Driver {
  return async (row, base) => {
    const { body = Buffer.alloc(0), goes } = row;
    const environ = environOf(row, base, true);
    const codec = createConnection('cgi', 'client');
    const events: ProtocolEvent[] = [];
    codec.send([{ type: 'begin', id: 0, environ }]);
    const child = spawnCgi(script, [mount], environ);
    child.stdin.on('error', () => undefined);
    let errors = '';
    let beginning = '';
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      errors += text;
    });
    child.stdout.on('data', (bytes: Buffer) => {
      if (beginning.length < 1000) beginning += bytes.toString('latin1');
      events.push(...codec.receive(Buffer.from(bytes)));
      if (goes === 'amid the answer' && events.some(({ type }) => type === 'body')) child.stdout.destroy();
    });
    if (goes === 'amid the body') child.stdin.end(body.subarray(0, body.length / 2));
    else child.stdin.end(body);
    await once(child, 'close');
    events.push(...codec.receive(null));
    for (const [, heard = ''] of errors.matchAll(/^heard (.*)$/gm)) tell(heard);
    return goes === undefined ? answerOf(events, beginning) : nothing;
  };
}
