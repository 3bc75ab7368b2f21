/**
 * `inject()`: a request to an application without a socket: at a mount, behind a front server, or as one was recorded.
 *
 * Rules of this file: what a front server sends on is read by the gateway's own rules; only the bytes between them are left out,
 * unless a recording is to be replayed.
 */

import type { ServerResponse } from 'node:http';
import { Exchange } from '../bridge/exchange.js';
import { type AnyRequest, keepParameters } from '../bridge/request.js';
import { ArgumentError, show } from '../errors.js';
import { environSplitter } from '../fixup/environ.js';
import { putAt, readRequest } from '../gateway/request.js';
import type { Application } from '../middleware/application.js';
import { servedApplication } from '../middleware/serve.js';
import type { AnswerEvent } from '../protocol/events.js';
import { relayed } from './behind.js';
import { type FrontServerChoice, type ResolvedFrontServer, resolveFrontServer } from './front-servers.js';
import { ajpTarget } from './messages.js';
import type { ClientConnection, ClientRequest, Pairs, Relay } from './model.js';
import type { RecordedRequest } from './recorded.js';

/** A request to inject. */
export interface InjectOptions {
  /** Default `'GET'`. */
  readonly method?: string;
  /** The target, as a client sends it: with the mount in front. Default: the mount. */
  readonly url?: string;
  /** Default `'/'`. */
  readonly mount?: string;
  /** Fields by name; several values of one as a list. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Text, bytes, URLSearchParams, or anything else as JSON. */
  readonly body?: unknown;
  /** Which front server it comes through. Default: none, as over plain HTTP. */
  readonly frontServer?: FrontServerChoice;
  /** Whether the mount is still in the path; what the front server of this name does, unless it is told. */
  readonly target?: 'kept' | 'stripped' | 'rewritten';
  /** Meta-variables in place of those that the front server sends; `undefined` takes one out. */
  readonly environ?: Readonly<Record<string, string | undefined>>;
}

/** What came back. */
export interface InjectedAnswer {
  readonly status: number;
  /** By name in lower case; `set-cookie` is a list. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON. */
  json(): unknown;
}

const optionNames = ['method', 'url', 'mount', 'headers', 'body', 'frontServer', 'target', 'environ'];

/** What reaches the gateway: meta-variables, and a body. */
interface Injection {
  readonly environ: Pairs;
  readonly headers?: Pairs;
  readonly body: Uint8Array | undefined;
  readonly relay: Relay | undefined;
  readonly mount: string;
  readonly target: 'kept' | 'stripped' | 'rewritten';
}

/**
 * Asks an application, without a socket.
 *
 * @example
 * ```ts
 * import type { Application } from 'mountpoint';
 * import { inject } from 'mountpoint/harness';
 *
 * const app: Application = (req, res) => res.end(`${req.baseUrl} + ${req.url}`);
 * const answer = await inject(app, { url: '/foo/bar', mount: '/foo', frontServer: 'nginx/fastcgi' });
 * answer.text; // → '/foo + /bar'
 * ```
 * @throws {ConfigurationError} ERR_MOUNT_APPLICATION, ERR_MOUNT_PATH, ERR_HARNESS_FRONT_SERVER.
 * @throws {ArgumentError} ERR_ARGUMENT_REQUEST: no request.
 */
export async function inject(
  application: Application,
  request: InjectOptions | RecordedRequest = {},
): Promise<InjectedAnswer> {
  if (typeof request !== 'object' || request === null) {
    throw new ArgumentError(
      'ERR_ARGUMENT_REQUEST',
      `the request to inject must be an object, got ${show(request)}`,
    );
  }
  if (!('recorded' in request)) {
    const unknown = Object.keys(request).find((name) => !optionNames.includes(name));
    if (unknown !== undefined) {
      const rule = `an option of inject() must be one of ${optionNames.join(', ')}`;
      throw new ArgumentError('ERR_ARGUMENT_REQUEST', `${rule}, got ${show(unknown)}`);
    }
  }
  const served = servedApplication(application, 'inject()', false);
  const injection = 'recorded' in request ? recordedInjection(request) : injectionOf(request);
  if ('status' in injection) return answerOf(injection.status, [], []);
  const { environ, headers, body, relay, mount, target } = injection;
  const begin = { type: 'begin', id: 0, environ, ...(headers && { headers }) } as const;
  let read: ReturnType<typeof readRequest>;
  try {
    const split = environSplitter({ mount, target });
    read = readRequest(begin, { split, isKept: target === 'kept', collisions: 'refuse' });
  } catch (error) {
    const { status } = error as { status?: number };
    if (typeof status !== 'number') throw error;
    return answerOf(status, [], []);
  }
  if (read === undefined) return answerOf(404, [], []);
  const { head, place } = read;
  const events = await new Promise<readonly AnswerEvent[]>((resolve, reject) => {
    const all: AnswerEvent[] = [];
    const exchange = new Exchange(head, {
      hasErrorLog: true,
      send: (sent) => {
        all.push(...sent);
        return true;
      },
      pause: () => undefined,
      resume: () => undefined,
      report: () => undefined,
      done: () => resolve(all),
      failed: () => reject(new Error('the application broke its answer off')),
    });
    const req: AnyRequest = exchange.req;
    keepParameters(req, environ);
    putAt(req, place);
    served.handle(req, exchange.res as ServerResponse);
    if (body !== undefined && body.length > 0) exchange.body(body);
    exchange.end();
  });
  const answered = events.find((event) => event.type === 'head');
  const bytes = events.flatMap((event) => (event.type === 'body' ? [event.bytes] : []));
  const { status, headers: fields } = relayed(relay, answered?.status ?? 500, answered?.headers ?? []);
  return answerOf(status, fields, bytes);
}

function injectionOf(options: InjectOptions): Injection | { readonly status: number } {
  const { frontServer, mount = '/', environ = {} } = options;
  const request = clientRequestOf(options);
  if (frontServer === undefined) {
    const pairs = overridden(plainEnviron(request), environ);
    return { environ: pairs, body: request.body, relay: undefined, mount, target: 'kept' };
  }
  const { model, target } = frontServerFor(frontServer, mount, options.target);
  const passed = model.pass(request, client);
  if (passed.kind === 'refused') return { status: passed.status };
  const { relay } = passed;
  const common = { body: request.body, relay, mount, target };
  if (passed.kind === 'environ') return { ...common, environ: overridden(passed.environ, environ) };
  if (passed.kind === 'http') {
    const { method, target: uri, headers } = passed.message;
    const all = overridden(plainEnviron({ ...request, method, target: uri, headers }), environ);
    return { ...common, environ: all, headers };
  }
  const { method, headers, remoteAddr } = passed.message;
  const plain = plainEnviron({ ...request, method, target: ajpTarget(passed.message), headers });
  return { ...common, environ: overridden(plain, { REMOTE_ADDR: remoteAddr, ...environ }), headers };
}

/** Those that were asked for lately: a suite asks for the same again and again. */
const known = new Map<string, ResolvedFrontServer>();
const mostKnown = 100;

function frontServerFor(
  choice: FrontServerChoice,
  mount: string,
  target: InjectOptions['target'],
): ResolvedFrontServer {
  const key = JSON.stringify([choice, mount, target]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = resolveFrontServer(choice, { mount, ...(target !== undefined && { target }) });
  if (known.size >= mostKnown) known.clear();
  known.set(key, made);
  return made;
}

function recordedInjection({ environ, headers, body, mount, target }: RecordedRequest): Injection {
  return { environ, ...(headers && { headers }), body, relay: undefined, mount, target };
}

/** Who asks, where nobody says. @internal */
export const client: ClientConnection = {
  ...{ remoteAddress: '127.0.0.1', remotePort: 40_000, localAddress: '127.0.0.1', localPort: 80 },
  isEncrypted: false,
};

function clientRequestOf({
  method = 'GET',
  url,
  mount = '/',
  headers = {},
  body,
}: InjectOptions): ClientRequest {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((each): [string, string] => [name, each]),
  );
  const has = (wanted: string): boolean => given.some(([name]) => name.toLowerCase() === wanted);
  const bytes = bytesOf(body);
  if (!has('host')) given.unshift(['Host', 'localhost']);
  if (bytes !== undefined) {
    if (!has('content-length')) given.push(['Content-Length', String(bytes.length)]);
    if (!has('content-type') && body instanceof URLSearchParams) {
      given.push(['Content-Type', 'application/x-www-form-urlencoded']);
    } else if (!has('content-type') && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      given.push(['Content-Type', 'application/json']);
    }
  }
  return { method, target: url ?? encodeURI(mount), version: 'HTTP/1.1', headers: given, body: bytes };
}

function bytesOf(body: unknown): Uint8Array | undefined {
  if (body === undefined) return undefined;
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof URLSearchParams) return Buffer.from(body.toString());
  const isPlain = Array.isArray(body) || typeof body !== 'object' || body === null || isPlainObject(body);
  if (isPlain) return Buffer.from(JSON.stringify(body));
  const rule = 'the body of a request to inject must be text, bytes, URLSearchParams, or what JSON can hold';
  throw new ArgumentError('ERR_ARGUMENT_REQUEST', `${rule}, got ${show(body)}`);
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** As a front server that gets everything right would say it. */
function plainEnviron({ method, target, version, headers }: ClientRequest): Pairs {
  const query = target.indexOf('?');
  const fields = headers.map(([name, value]): [string, string] => {
    const variable = name.toUpperCase().replaceAll('-', '_');
    return [/^CONTENT_(?:LENGTH|TYPE)$/.test(variable) ? variable : `HTTP_${variable}`, value];
  });
  return [
    ['REQUEST_METHOD', method],
    ['REQUEST_URI', target],
    ['QUERY_STRING', query === -1 ? '' : target.slice(query + 1)],
    ['SERVER_PROTOCOL', version],
    ['SERVER_NAME', 'localhost'],
    ['SERVER_PORT', '80'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['REMOTE_PORT', '40000'],
    ...fields,
  ];
}

function overridden(environ: Pairs, others: Readonly<Record<string, string | undefined>>): Pairs {
  const added = Object.entries(others).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return [...environ.filter(([name]) => !Object.hasOwn(others, name)), ...added];
}

function answerOf(status: number, fields: Pairs, parts: readonly Uint8Array[]): InjectedAnswer {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = headers[key];
    if (key === 'set-cookie') headers[key] = [...((before as string[] | undefined) ?? []), value];
    else headers[key] = before === undefined ? value : `${before as string}, ${value}`;
  }
  const body = Buffer.concat(parts);
  const text = body.toString();
  return { status, headers, body, text, json: () => JSON.parse(text) as unknown };
}
