/**
 * CGI (RFC 3875): one request, from the environment and standard input, answered on standard output.
 *
 * Rules of this file: standard output is the answer's alone: what else is written there goes to standard error, which is the web
 * server's log. Variables are taken byte by byte, as they are; the environment that the application sees has no HTTP_PROXY
 * (CVE-2016-5385).
 */

import { createWriteStream, fstatSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename } from 'node:path';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { environSplitter } from '../fixup/environ.js';
import { decodeText, encodeBytes } from '../path/percent.js';
import { createConnection } from '../protocol/connection.js';
import type { Environ } from '../protocol/events.js';
import { type Clock, longestTimer } from './clock.js';
import { type ConnectionOptions, GatewayConnection } from './connection.js';
import type { RequestOptions } from './request.js';

/** The environment of this process, one character a byte. */
export function processEnviron(environment: Readonly<Record<string, string | undefined>>): Environ {
  try {
    // Node decodes as UTF-8, by which other bytes are lost.
    const text = readFileSync('/proc/self/environ', 'latin1');
    const pairs = text.split('\0').filter((each) => each.includes('='));
    return pairs.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]);
  } catch {
    return Object.entries(environment).map(([name, value = '']) => [
      name,
      Buffer.from(value).toString('latin1'),
    ]);
  }
}

/**
 * The split of a CGI script that has no mount configured: below its own SCRIPT_NAME, where the target is there; else, where the
 * server was told to rewrite the path, by the pair that it sends.
 */
export function scriptSplitter(environ: Environ): RequestOptions['split'] {
  const scriptName = environ.findLast(([name]) => name === 'SCRIPT_NAME')?.[1] ?? '';
  const mount = decodeText(encodeBytes(scriptName)) || '/';
  const splitKept = environSplitter({ mount });
  const splitRewritten = environSplitter({ mount, target: 'rewritten' });
  return (variables) => splitKept(variables) ?? splitRewritten(variables);
}

/** Milliseconds without anything after which no more of a body is waited for. */
const lingering = 1000;

/** Serves the request of this process; settles when the answer is written: whether it is whole. */
export async function serveCgi(environ: Environ, options: ConnectionOptions, clock: Clock): Promise<boolean> {
  const script = environ.findLast(([name]) => name === 'SCRIPT_FILENAME')?.[1] ?? process.argv[1] ?? '';
  const codec = createConnection('cgi', 'responder', {
    environ,
    isNonParsed: basename(script).startsWith('nph-'),
  });
  const output = openOutput();
  delete process.env.HTTP_PROXY;
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const socket = Duplex.from({ readable: process.stdin, writable: output }) as Duplex;
  const connection = new GatewayConnection(socket, codec, options, clock);
  const written = new Promise<void>((resolve) => {
    output.once('close', resolve);
    output.once('finish', resolve);
    socket.once('close', resolve);
  });
  connection.receive(new Uint8Array(0));
  // Here is no server that keeps the process running while an answer waits for a timer that does not (`res.setTimeout()`).
  const running = setInterval(() => undefined, longestTimer);
  await written;
  clearInterval(running);
  if (fstatSync(0).isSocket()) await discard(process.stdin);
  // Errors, and what listeners say of the end, are written to the log behind the answer.
  await new Promise((resolve) => setImmediate(resolve));
  return output.writableFinished && !connection.isBroken;
}

/**
 * Reads what is left of a body, until nothing comes for a while. mod_cgid sends all of it before it reads the answer, which a
 * socket loses where it is closed before all was read (unix(7): ECONNRESET).
 */
function discard(input: Readable): Promise<void> {
  return new Promise((resolve) => {
    const idle = setTimeout(resolve, lingering);
    input.on('data', () => idle.refresh());
    for (const event of ['end', 'error', 'close']) input.on(event, () => resolve());
    if (input.readableEnded || input.destroyed) resolve();
    input.resume();
  });
}

/**
 * Standard output, which is waited for without a thread: a thread that is stuck there keeps a process from ending. Node's own one is
 * not waited for at all where it is a pipe, and the application stands still.
 */
function openOutput(): Writable {
  const stat = fstatSync(1);
  if (stat.isFIFO() || stat.isSocket()) return new Socket({ fd: 1, readable: false, writable: true });
  return createWriteStream('', { fd: 1, autoClose: false });
}
