/** HTTP over a bare socket: the request line goes out byte for byte as it is written here. */

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; of a field that came twice, the last. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes as latin-1. */
  readonly body: string;
}

/** A server on a free port of 127.0.0.1. */
export async function listen(listener: RequestListener | Server): Promise<Server> {
  const server = typeof listener === 'function' ? createServer(listener) : listener;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

/** Runs `use` with a server, and closes it whatever happens. */
export async function withServer<T>(
  listener: RequestListener | Server,
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const server = await listen(listener);
  try {
    return await use(server);
  } finally {
    await close(server);
  }
}

/** What can be said beside the target. */
export interface RawOptions {
  readonly method?: string;
  readonly headers?: readonly string[];
}

/** Sends `target` (one character a byte) to a server of ours and returns the whole answer. */
export async function rawRequest(server: Server, target: string, options?: RawOptions): Promise<RawAnswer> {
  return rawRequestTo((server.address() as AddressInfo).port, target, options);
}

/** The same for any server at a port of 127.0.0.1. */
export async function rawRequestTo(
  port: number,
  target: string,
  { method = 'GET', headers = ['Host: test.example'] }: RawOptions = {},
): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  const lines = [`${method} ${target} HTTP/1.1`, ...headers, 'Connection: close', '', ''];
  // Not end(): Node's server gives a request up whose client has half closed.
  socket.write(Buffer.from(lines.join('\r\n'), 'latin1'));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return parseAnswer(Buffer.concat(chunks).toString('latin1'));
}

function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...fields] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  const body = text.slice(end + 4);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: headers['transfer-encoding'] === 'chunked' ? unchunk(body) : body,
  };
}

function unchunk(body: string): string {
  let text = '';
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.slice(at, lineEnd), 16);
    if (!(size > 0)) return text;
    text += body.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
