/**
 * Runs in a worker, which has a `node:http` of its own: has Node keep some members of its messages under other names, as it were,
 * then asks the library what it makes of that, and serves requests.
 */

import { once } from 'node:events';
import { IncomingMessage, OutgoingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { parentPort, workerData } from 'node:worker_threads';
import { createConnection, type ProtocolEvent } from '../../lib/protocol/index.js';
import { told } from '../protocol/drive.js';

export interface Hidden {
  readonly holder: 'request' | 'response';
  readonly member: string;
  /** It can still be read, but only Node sets it. */
  readonly isReadable?: boolean;
}

export interface Found {
  readonly broken: readonly string[];
  readonly heard: readonly string[];
  /** What was answered, as text. */
  readonly answers: readonly string[];
}

/** Who reads or sets the member: the line of the stack above the accessor's. */
function isNode(): boolean {
  return / \(?node:/.test(new Error().stack?.split('\n')[3] ?? '');
}

function hide({ holder, member, isReadable = false }: Hidden): void {
  const prototype = (holder === 'request' ? IncomingMessage : OutgoingMessage).prototype;
  const original = Object.getOwnPropertyDescriptor(prototype, member)?.value;
  const values = new WeakMap<object, unknown>();
  const strangers = new WeakMap<object, unknown>();
  Object.defineProperty(prototype, member, {
    configurable: true,
    get() {
      if (!isReadable && !isNode()) return strangers.get(this);
      return values.has(this) ? values.get(this) : original;
    },
    set(value) {
      const isTheirs = !isNode();
      if (isTheirs && isReadable) throw new TypeError(`${member} has only a getter`);
      (isTheirs ? strangers : values).set(this, value);
    },
  });
}

const heard: string[] = [];

async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
  res.on('close', () => heard.push('close'));
  if (req.url === '/unread') {
    req.on('end', () => heard.push('end'));
    res.end('unread');
    return;
  }
  const body = await buffer(req);
  res.statusCode = 201;
  res.setHeader('Set-Cookie', ['a=1', 'b=2']);
  res.setHeader('X-Asked', String(req.headers['x-a']));
  if (req.url === '/empty') res.statusCode = 204;
  else if (req.url === '/echo') res.write(body);
  else if (!res.write(Buffer.alloc(300_000, 'a'))) {
    await once(res, 'drain');
    res.write(Buffer.alloc(300_000, 'b'));
  }
  res.end();
}

async function ask(port: number, url: string): Promise<string> {
  const codec = createConnection('fastcgi', 'client');
  const socket = connect(port, '127.0.0.1');
  const environ: [string, string][] = [
    ['REQUEST_METHOD', 'POST'],
    ['REQUEST_URI', url],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['CONTENT_LENGTH', '5'],
    ['HTTP_HOST', 'localhost'],
    ['HTTP_X_A', 'x'],
  ];
  const events: ProtocolEvent[] = [
    { type: 'begin', id: 1, environ },
    { type: 'body', id: 1, bytes: Buffer.from('hello') },
    { type: 'end', id: 1 },
  ];
  for (const bytes of codec.send(events)) socket.write(bytes);
  return told(codec.receive(await buffer(socket))).join('\n');
}

for (const hidden of workerData as readonly Hidden[]) hide(hidden);

const { brokenFunctions } = await import('../../lib/bridge/self-test.js');
const { internalAccess } = await import('../../lib/bridge/internals.js');
const { serve } = await import('../../lib/index.js');

const gateway = await serve(handle, { protocol: 'fastcgi', listen: 0 });
const answers: string[] = [];
for (const url of ['/echo', '/large', '/empty', '/unread']) {
  answers.push(await ask((gateway.address as AddressInfo).port, url));
}
await gateway.close();
const found: Found = { broken: brokenFunctions(internalAccess), heard, answers };
parentPort?.postMessage(found);
