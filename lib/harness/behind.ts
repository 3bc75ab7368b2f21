/**
 * `behind()`: an HTTP server that does to requests what a front server does, and has an application of this process answer them.
 *
 * Rules of this file: the front server is a model of it; the protocol between it and the application is the real one.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ServeOptions } from '../gateway/options.js';
import type { Application } from '../middleware/application.js';
import { servedApplication } from '../middleware/serve.js';
import { type FrontServerChoice, type FrontServerOptions, resolveFrontServer } from './front-servers.js';
import { type Answer, Link } from './link.js';
import { pairsOf } from './messages.js';
import type { ClientConnection, ClientRequest, FrontServerModel, Pairs, Relay } from './model.js';

/** Options of `behind()`. */
export interface BehindOptions extends FrontServerOptions {
  /** What `serve()` is given beside the mount. */
  readonly serve?: Omit<ServeOptions, 'listen' | 'protocol' | 'mount' | 'target'>;
  /** What the application writes that is refused, and why the front server refuses; a line each. Default: nowhere. */
  readonly log?: (message: string) => void;
}

/**
 * An application as if it stood behind a front server: an `http.Server`, for supertest, `fetch` or any client.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { behind } from 'mountpoint/harness';
 *
 * const app = express();
 * app.get('/bar', (req, res) => res.send(`${req.baseUrl} + ${req.url}`));
 *
 * // With supertest: await request(behind('nginx/fastcgi', app, { mount: '/foo' })).get('/foo/bar').expect('/foo + /bar');
 * behind('nginx/fastcgi', app, { mount: '/foo' }).listen(8000);
 * ```
 * @throws {ConfigurationError} ERR_HARNESS_FRONT_SERVER, ERR_HARNESS_CONFIGURATION, ERR_MOUNT_PATH, ERR_MOUNT_APPLICATION.
 */
export function behind(
  frontServer: FrontServerChoice,
  application: Application,
  options: BehindOptions = {},
): Server {
  const { log = () => undefined } = options;
  const front = new Front(frontServer, application, options, 'behind()');
  return createServer((req, res) => {
    answerBehind(front, req, res).catch((error: Error) => {
      log(error.message);
      if (res.headersSent) res.destroy();
      else res.writeHead(502, { 'Content-Length': '0' }).end();
    });
  });
}

/** What a front server answers its client. @internal */
export type FrontAnswer =
  | { readonly isRefused: true; readonly status: number; readonly location: string | undefined }
  | ({ readonly isRefused: false } & Answer);

/** A front server with an application behind it, without an address. @internal */
export class Front {
  readonly name: string;
  readonly mount: string;
  readonly #model: FrontServerModel;
  readonly #link: Link;

  constructor(choice: FrontServerChoice, application: Application, options: BehindOptions, caller: string) {
    const { serve = {}, log = () => undefined } = options;
    const { name, model, mount, target } = resolveFrontServer(choice, options);
    this.name = name;
    this.mount = mount;
    this.#model = model;
    this.#link = new Link(servedApplication(application, caller, false), {
      ...{ mount, target, log },
      ...serve,
    });
  }

  async ask(request: ClientRequest, connection: ClientConnection): Promise<FrontAnswer> {
    const passed = this.#model.pass(request, connection);
    if (passed.kind === 'refused') {
      return { isRefused: true, status: passed.status, location: passed.location };
    }
    const answer = await this.#link.ask(passed, request.body);
    return { isRefused: false, ...relayed(passed.relay, answer.status, answer.headers), body: answer.body };
  }
}

async function answerBehind(front: Front, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const answer = await front.ask(await requestOf(req), connectionOf(req));
  const { status } = answer;
  if (answer.isRefused) {
    const fields = answer.location === undefined ? {} : { Location: answer.location };
    res.writeHead(status, { ...fields, ...(isBodyless(status) ? {} : { 'Content-Length': '0' }) }).end();
    return;
  }
  res.writeHead(status, withoutFraming(answer.headers).flat());
  if (req.method === 'HEAD' || isBodyless(status)) {
    answer.body.resume();
    res.end();
  } else {
    await pipeline(answer.body, res);
  }
}

function isBodyless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/** What a front server makes of the head of an answer. */
export function relayed(
  relay: Relay | undefined,
  status: number,
  headers: Pairs,
): { readonly status: number; readonly headers: Pairs } {
  return relay === undefined ? { status, headers } : relay.headers(status, headers);
}

const framing = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

function withoutFraming(headers: Pairs): Pairs {
  return headers.filter(([name]) => !framing.has(name.toLowerCase()));
}

async function requestOf(req: IncomingMessage): Promise<ClientRequest> {
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = req;
  const headers = pairsOf(rawHeaders);
  const hasBody =
    req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined;
  const body = hasBody ? await buffer(req) : undefined;
  return { method, target: url, version: `HTTP/${httpVersion}`, headers, body };
}

function connectionOf({ socket }: IncomingMessage): ClientConnection {
  const { remoteAddress = '127.0.0.1', remotePort = 0, localAddress = '127.0.0.1', localPort = 80 } = socket;
  const plain = (address: string): string => address.replace(/^::ffff:/, '');
  return {
    ...{ remoteAddress: plain(remoteAddress), remotePort, localAddress: plain(localAddress), localPort },
    isEncrypted: (socket as { encrypted?: boolean }).encrypted === true,
  };
}
