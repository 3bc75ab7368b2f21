/**
 * A connection of a gateway, asked by the client half of its codec over a real socket: what is refused, what is broken off, and
 * several requests at once.
 */

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { environSplitter } from '../../lib/fixup/environ.js';
import { Clock } from '../../lib/gateway/clock.js';
import { type ConnectionOptions, GatewayConnection } from '../../lib/gateway/connection.js';
import { environ } from '../../lib/index.js';
import type { Environ, ProtocolEvent } from '../../lib/protocol/events.js';
import { createConnection } from '../../lib/protocol/index.js';
import { told } from '../protocol/drive.js';

type Handler = (
  req: IncomingMessage & { baseUrl?: string; originalUrl?: string },
  res: ServerResponse,
) => void;

interface Client {
  readonly socket: Socket;
  readonly events: ProtocolEvent[];
  readonly logged: string[];
  send(...events: ProtocolEvent[]): void;
  /** Until a request has ended, or the connection. */
  ended(id: number): Promise<string[]>;
}

/** Connects to a gateway with an application at `/app`. */
async function withClient(handle: Handler, use: (client: Client) => Promise<void>): Promise<void> {
  const logged: string[] = [];
  const split = environSplitter({ mount: '/app' });
  const server = createServer((socket) => {
    const codec = createConnection('fastcgi', 'responder', { maxRequests: 3 });
    const options: ConnectionOptions = {
      ...{ split, isKept: true, handle: handle as never, collisions: 'refuse', hasErrorLog: true },
      ...{ maxRequests: 3, maxBufferedBytes: 1_000_000 },
      isClosing: () => false,
      timeouts: { firstByte: 0, headers: 0, request: 0, idle: 0 },
      outside: (environ) => `outside ${environ.find(([name]) => name === 'REQUEST_URI')?.[1]}`,
      log: (message) => logged.push(message),
    };
    new GatewayConnection(socket, codec, options, new Clock(0));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const codec = createConnection('fastcgi', 'client');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const events: ProtocolEvent[] = [];
  socket.on('data', (bytes) => events.push(...codec.receive(bytes)));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const isOver = (id: number): boolean =>
    socket.destroyed || events.some((event) => event.type === 'end' && event.id === id);
  try {
    await use({
      ...{ socket, events, logged },
      send: (...sent) => {
        for (const bytes of codec.send(sent)) socket.write(bytes);
      },
      ended: async (id) => {
        for (let waited = 0; !isOver(id) && waited < 3000; waited += 5) await wait(5);
        return told(events.filter((event) => 'id' in event && event.id === id));
      },
    });
  } finally {
    socket.destroy();
    server.close();
  }
}

function ask(id: number, environ: Environ): ProtocolEvent[] {
  return [
    { type: 'begin', id, environ, keepConnection: true },
    { type: 'end', id },
  ];
}

const get = (target: string, ...more: Environ): Environ => [
  ['REQUEST_METHOD', 'GET'],
  ['REQUEST_URI', target],
  ...more,
];

describe('a connection of a gateway', () => {
  const hello: Handler = (req, res) => void res.end(`${req.baseUrl} ${req.url} ${req.originalUrl}`);

  it('serves request after request', async () => {
    await withClient(hello, async ({ send, ended, events }) => {
      for (const target of ['/app/a', '/app?b', 'http://h/app/c']) {
        events.length = 0;
        send(...ask(1, get(target)));
        const [head, body, end] = await ended(1);
        expect([head?.slice(0, 10), end]).to.deep.equal(['head 1 200', 'end 1']);
        const path = target.replace('http://h', '');
        const rest = path.replace(/^\/app\/?/, '/');
        expect(body).to.equal(`body 1 ${JSON.stringify(`/app ${rest} ${path}`)}`);
      }
    });
  });

  it('escapes bytes that no URL can hold', async () => {
    await withClient(hello, async ({ send, ended }) => {
      send(...ask(1, get('/app/\u00e9?\u00ff')));
      expect((await ended(1))[1]).to.equal('body 1 "/app /%E9?%FF /app/%E9?%FF"');
    });
  });

  it('gives all parameters by environ(), but those that are header fields of nobody', async () => {
    const handle: Handler = (req, res) => res.end(JSON.stringify(environ(req)));
    const environOf = get(
      '/app/a%20b?c',
      ['SCRIPT_NAME', '/wrong'],
      ['PATH_INFO', '/wrong'],
      ['REMOTE_USER', 'alice'],
      ['SERVER_SOFTWARE', 'nginx/1.22.1'],
      ['SSL_CLIENT_VERIFY', 'SUCCESS'],
      ['HTTP_PROXY', 'http://evil.example'],
      ['HTTP_CONTENT_LENGTH', '5'],
      ['CONTENT_LENGTH', ''],
      ['__proto__', 'x'],
    );
    await withClient(handle, async ({ send, ended, events }) => {
      send(...ask(1, environOf));
      await ended(1);
      const bytes = events.flatMap((event) => (event.type === 'body' ? [event.bytes] : []));
      const seen = JSON.parse(Buffer.concat(bytes).toString());
      expect(seen).to.include({
        SCRIPT_NAME: '/app',
        PATH_INFO: '/a b',
        QUERY_STRING: 'c',
        REMOTE_USER: 'alice',
      });
      expect(seen).to.include({ SERVER_SOFTWARE: 'nginx/1.22.1', SSL_CLIENT_VERIFY: 'SUCCESS' });
      expect(seen).to.not.have.any.keys('HTTP_PROXY', 'HTTP_CONTENT_LENGTH', 'CONTENT_LENGTH');
    });
  });

  const refused: readonly (readonly [name: string, environ: Environ, status: number, logged: RegExp])[] = [
    ['what is outside the mount', get('/other'), 404, /^outside \/other$/],
    ['a malformed escape', get('/app/%zz'), 400, /two hexadecimal digits/],
    ['a NUL', get('/app/%00'), 404, /%00/],
    [
      'a field that came in two spellings',
      get('/app', ['HTTP_X_USER', 'a'], ['HTTP_X_USER', 'b']),
      400,
      /X-User/,
    ],
    ['a length that is none', get('/app', ['CONTENT_LENGTH', '-5']), 400, /CONTENT_LENGTH/],
    ['nothing at all', [], 404, /^outside undefined$/],
  ];
  for (const [name, environ, status, reason] of refused) {
    it(`answers ${status} to ${name}, and goes on`, async () => {
      await withClient(hello, async ({ send, ended, logged, events }) => {
        send(...ask(1, environ));
        expect((await ended(1))[0]).to.match(new RegExp(`^head 1 ${status}`));
        expect(logged).to.have.lengthOf(1);
        expect(logged[0]).to.match(reason);
        events.length = 0;
        send(...ask(1, get('/app')));
        expect((await ended(1))[0]).to.match(/^head 1 200/);
      });
    });
  }

  it('answers several at once, each when it is ready', async () => {
    const handle: Handler = async (req, res) => {
      await wait(Number(req.url?.slice(1)));
      res.end(req.url);
    };
    await withClient(handle, async ({ send, ended, events }) => {
      send(...ask(1, get('/app/60')), ...ask(2, get('/app/30')), ...ask(3, get('/app/1')));
      await Promise.all([ended(1), ended(2), ended(3)]);
      const order = events.flatMap((event) => (event.type === 'end' ? [event.id] : []));
      expect(order).to.deep.equal([3, 2, 1]);
    });
  });

  it('ends one of several with a status where its application breaks off', async () => {
    const handle: Handler = async (req, res) => {
      if (req.url === '/slow') {
        await wait(40);
        res.end('fine');
        return;
      }
      res.write('begun');
      await wait(5);
      res.destroy();
    };
    await withClient(handle, async ({ send, ended }) => {
      send(...ask(1, get('/app/slow')), ...ask(2, get('/app/broken')));
      expect((await ended(2)).at(-1)).to.equal('end 2 status 1');
      expect((await ended(1)).at(-1)).to.equal('end 1');
    });
  });

  it('closes where the only one breaks off: what came is not all', async () => {
    const handle: Handler = (_req, res) => {
      res.write('begun');
      setTimeout(() => res.destroy(), 5);
    };
    await withClient(handle, async ({ send, socket, events }) => {
      send(...ask(1, get('/app')));
      await once(socket, 'close');
      expect(events.some(({ type }) => type === 'end')).to.equal(false);
    });
  });

  it('tells the application of a client that goes', async () => {
    const heard: string[] = [];
    const handle: Handler = (req, res) => {
      res.on('close', () => heard.push(`close ${req.url}`));
      res.write('a');
    };
    await withClient(handle, async ({ send, ended, socket }) => {
      send(...ask(1, get('/app/a')), ...ask(2, get('/app/b')));
      await wait(20);
      send({ type: 'abort', id: 1 });
      await ended(1);
      expect(heard).to.deep.equal(['close /a']);
      socket.destroy();
      await wait(20);
      expect(heard).to.deep.equal(['close /a', 'close /b']);
    });
  });

  it('reads a body no faster than the application does', async () => {
    let read: (() => void) | undefined;
    const handle: Handler = (req, res) => {
      read = () => {
        let length = 0;
        req.on('data', (bytes: Buffer) => {
          length += bytes.length;
        });
        req.on('end', () => res.end(String(length)));
      };
    };
    await withClient(handle, async ({ send, ended, socket }) => {
      send({
        type: 'begin',
        id: 1,
        environ: get('/app', ['CONTENT_LENGTH', String(30_000_000)]),
        keepConnection: true,
      });
      for (let sent = 0; sent < 30; sent++) send({ type: 'body', id: 1, bytes: Buffer.alloc(1_000_000) });
      send({ type: 'end', id: 1 });
      await wait(100);
      // What the sockets' own buffers hold is away.
      expect(socket.writableLength).to.be.above(10_000_000);
      read?.();
      expect((await ended(1))[1]).to.equal('body 1 "30000000"');
    });
  });
});
