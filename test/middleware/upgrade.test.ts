/** Upgrades below mounts, on bare sockets, alone and in a host. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import { type Application, type MountedRequest, mount, type Next, pattern } from '../../lib/index.js';
import { rawRequest, withServer } from '../support/raw.js';
import { portOf, quiet, serverOf, taking, type Upgrade, viewOf } from '../support/upgrades.js';

/** Takes the protocol `echo/1`, which sends back what comes, after a line about itself. */
const echoing = (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n');
  socket.write(`${JSON.stringify(viewOf(req))}\n${head}`);
  socket.pipe(socket);
};
const echo = taking(echoing);

function open(server: Server, target: string, headers: readonly string[] = [], more = ''): Socket {
  const socket = connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true });
  const lines = ['Host: a.example', 'Connection: Upgrade', 'Upgrade: echo/1', ...headers, '', ''];
  socket.write(Buffer.from(`GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}${more}`, 'latin1'));
  return socket;
}

/** The status of an upgrade that was not taken, once the server has closed; or the view of one that was, and echoes. */
async function ask(server: Server, target: string, headers?: readonly string[]): Promise<unknown> {
  const socket = open(server, target, headers, 'early');
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.endsWith('early')) socket.write(', late');
    if (text.endsWith('late')) break;
  }
  // The server closes only when both halves have ended, and not every release of Node ends ours with the loop.
  socket.destroy();
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const status = Number(head.split(' ')[1]);
  if (status === 101) expect(body.split('\n')[1]).to.equal('early, late');
  else expect(head).to.match(/\r\nConnection: close\r\nContent-Length: 0$/);
  return status === 101 ? JSON.parse(body.split('\n')[0] ?? '') : status;
}

const fail: Upgrade = () => {
  throw new Error('the application failed');
};
const reject: Upgrade = () => Promise.reject(new Error('the application failed'));

/** Runs with `console.error` collected. */
async function logged(run: () => Promise<unknown>): Promise<readonly unknown[]> {
  const { error } = console;
  const errors: unknown[] = [];
  console.error = (each: unknown) => errors.push(each);
  try {
    await run();
  } finally {
    console.error = error;
  }
  return errors.map(String);
}

describe('upgrades', () => {
  const nested = mount('/a', mount({ '/b': echo, '/': quiet }));
  const tenants = mount(pattern('/t/:tenant'), mount(pattern('/:room'), echo));
  const byHost = mount({ '//a.example/x': echo, '//*.b.example/': mount('/y', echo), '/none': echo });
  const rows: readonly (readonly [name: string, mounted: unknown, target: string, answer: unknown])[] = [
    ['one mount', mount('/a', echo), '/a/x?q', ['/a', '/x?q', '/a/x?q', '/a', '/x']],
    ['the root', mount(echo), '/x', ['', '/x', '/x', '', '/x']],
    ['a bare mount', mount('/a', echo), '/a?q', ['/a', '/?q', '/a?q', '/a', '']],
    ['its slash', mount('/a', echo), '/a/', ['/a', '/', '/a/', '/a', '/']],
    ['nested mounts', nested, '/a/b/x%20y', ['/a/b', '/x%20y', '/a/b/x%20y', '/a/b', '/x y']],
    ['nested and bare', nested, '/a/b', ['/a/b', '/', '/a/b', '/a/b', '']],
    ['normal form', nested, '//%61//b/./x', ['/a/b', '/x', '//%61//b/./x', '/a/b', '/x']],
    ['trailingSlash', mount('/a', echo, { trailingSlash: 'add' }), '/a', ['/a', '/', '/a', '/a', '']],
    [
      'patterns',
      tenants,
      '/t/caf%C3%A9/r%2F1/x',
      [
        '/t/caf%C3%A9/r%2F1',
        '/x',
        '/t/caf%C3%A9/r%2F1/x',
        '/t/café/r%2F1',
        '/x',
        { tenant: 'café', room: 'r%2F1' },
      ],
    ],
    ['the host', byHost, '/x/1', ['/x', '/1', '/x/1', '/x', '/1']],
    ['another host', byHost, 'http://c.b.example/y', ['/y', '/', 'http://c.b.example/y', '/y', '']],
    ['no such host', byHost, 'http://c.example/x', 404],
    [
      'an http.Server',
      mount('/a', createServer().on('upgrade', echoing)),
      '/a/x',
      ['/a', '/x', '/a/x', '/a', '/x'],
    ],
    ['no mount', mount('/a', echo), '/abc', 404],
    ['no mount inside', nested, '/a', 404],
    ['an application that takes none', mount('/a', quiet), '/a', 404],
    ['a server without listeners', mount('/a', createServer()), '/a', 404],
    [
      'next()',
      mount(
        '/a',
        taking((_req, _socket, _head, next) => next()),
      ),
      '/a',
      404,
    ],
    [
      "next('router')",
      mount(
        '/a',
        taking((_req, _socket, _head, next) => next('router')),
      ),
      '/a',
      404,
    ],
    ['%00', mount('/a', echo), '/a/%00', 404],
    ['%2F refused', mount('/a', echo, { encodedSlashes: 'reject' }), '/a/%2F', 404],
    ['a malformed escape', mount('/a', echo), '/a/%zz', 400],
    ['above the root', mount('/a', echo), '/a/../../a', 400],
    ['a user name', mount('/a', echo), 'http://u@a.example/a', 400],
    ['*', mount('/a', echo), '*', 400],
    ["nonNormal: 'reject'", mount('/a', echo, { nonNormal: 'reject' }), '/a/./x', 400],
  ];
  for (const [name, mounted, target, answer] of rows) {
    it(`${name}: ${target}`, async () => {
      await withServer(serverOf(mounted as never), async (server) => {
        const errors = await logged(async () => {
          expect(await ask(server, target)).to.deep.equal(answer);
        });
        expect(errors).to.deep.equal([]);
      });
    });
  }

  it('two Host fields, where mounts name hosts: 400', async () => {
    await withServer(serverOf(byHost), async (server) => {
      expect(await ask(server, '/x', ['Host: b.example'])).to.equal(400);
    });
  });

  for (const [name, upgrade] of Object.entries({ throws: fail, rejects: reject })) {
    it(`an application that ${name}: 500, and logged`, async () => {
      for (const mounted of [mount('/a', taking(upgrade)), mount('/a', mount('/b', taking(upgrade)))]) {
        await withServer(serverOf(mounted), async (server) => {
          const errors = await logged(async () => {
            expect(await ask(server, '/a/b')).to.equal(500);
          });
          expect(errors).to.deep.equal(['Error: the application failed']);
        });
      }
    });
  }

  it('what is refused is closed, though the client keeps its half open or is gone', async () => {
    let closed = 0;
    const gone = taking(async (req) => {
      await once(req.socket, 'end');
      throw new Error('too late');
    });
    const server = serverOf(mount({ '/a': quiet, '/b': gone }));
    server.on('connection', (socket) => socket.once('close', () => closed++));
    await withServer(server, async () => {
      const staying = open(server, '/a').resume();
      await once(staying, 'end');
      const errors = await logged(async () => {
        const leaving = open(server, '/b');
        await once(leaving, 'connect');
        leaving.end();
        while (closed < 2) await new Promise((resolve) => setTimeout(resolve, 5));
        leaving.destroy();
      });
      expect(errors).to.deep.equal(['Error: too late']);
      staying.destroy();
      expect((await rawRequest(server, '/a')).status).to.equal(200);
    });
  });
});

describe('upgrades in a host', () => {
  const rows: readonly (readonly [name: string, application: Application, target: string, error?: RegExp])[] =
    [
      ['no mount', echo, '/b'],
      ['a spelling that is not in normal form', echo, '/x/../a'],
      ['what a mount alone would refuse', echo, '/%zz'],
      ['an application that takes none', quiet, '/a/x?q'],
      ['a server without listeners', createServer(), '/a/x'],
      ['no mount inside', mount('/b', echo), '/a/x'],
      ['a spelling that is not in normal form, inside', mount('/b', echo), '/a/x/../b'],
      ['next()', taking((_req, _socket, _head, next) => next()), '/a/x'],
      ['a later next()', taking((_req, _socket, _head, next) => void setImmediate(next)), '/a'],
      ['a throw', taking(fail), '/a/x', /the application failed/],
      ['a rejection', taking(reject), '/a/x', /the application failed/],
      ['a rest that begins with //', echo, '/a//x', /RequestTargetError/],
    ];
  for (const [name, application, target, expected] of rows) {
    it(`${name} gives ${target} back${expected === undefined ? '' : ', with the error'}`, async () => {
      const calls: unknown[] = [];
      for (const path of ['/a', pattern('/{:name}')]) {
        if (typeof path !== 'string' && !target.startsWith('/a/')) continue;
        const mounted = mount(path as string, application);
        const server = serverOf(mounted, (req, error) => {
          const { url, baseUrl, params } = req as MountedRequest;
          expect([url, baseUrl, params]).to.deep.equal([target, undefined, undefined]);
          calls.push(error);
        });
        await withServer(server, () => ask(server, target));
        expect(calls).to.have.lengthOf(1);
        if (expected === undefined) expect(calls.pop()).to.equal(undefined);
        else expect(String(calls.pop())).to.match(expected);
      }
    });
  }

  it('is taken as in no host', async () => {
    await withServer(serverOf(mount('/a', echo), expect.fail), async (server) => {
      expect(await ask(server, '/a/x')).to.deep.equal(['/a', '/x', '/a/x', '/a', '/x']);
    });
  });

  it("throws the host's own error back to it", () => {
    const calls: unknown[] = [];
    for (const application of [quiet, taking((_req, _socket, _head, next) => next())]) {
      const req = { url: '/a/x', headers: {}, rawHeaders: [], method: 'GET' };
      const host: Next = (error) => {
        calls.push(error);
        throw new Error('of the host');
      };
      const { upgrade } = mount('/a', application);
      expect(() => upgrade(req as never, {} as never, Buffer.alloc(0), host)).to.throw('of the host');
    }
    expect(calls).to.deep.equal([undefined, undefined]);
  });
});
