/** WebSockets below mounts: `ws` and Socket.IO, beside requests on the same server. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import { Server as SocketIo } from 'socket.io';
import { type Socket as Client, io } from 'socket.io-client';
import { WebSocket, WebSocketServer } from 'ws';
import { type MountedRequest, mount, pattern } from '../../lib/index.js';
import { rawRequest, withServer } from '../support/raw.js';
import { portOf, quiet, serverOf, taking, viewOf } from '../support/upgrades.js';

describe('WebSockets', () => {
  const welcome = (sockets: WebSocketServer) =>
    sockets.on('connection', (socket, req) => {
      socket.send(JSON.stringify(viewOf(req)));
      socket.on('message', (data) => socket.send(`echo: ${data}`));
    });

  async function talk(url: string): Promise<unknown> {
    const socket = new WebSocket(url);
    const lines: string[] = [];
    socket.on('message', (data) => {
      lines.push(String(data));
      if (lines.length === 1) socket.send('hello');
      else socket.close();
    });
    await once(socket, 'close');
    expect(lines[1]).to.equal('echo: hello');
    return JSON.parse(lines[0] ?? '');
  }

  const inner = createServer((_req, res) => void res.end('inner'));
  welcome(new WebSocketServer({ server: inner, path: '/ws' }));
  const bare = new WebSocketServer({ noServer: true });
  welcome(bare);
  const accepting = taking((req, socket, head) =>
    bare.handleUpgrade(req, socket, head, (client) => bare.emit('connection', client, req)),
  );
  const mounted = mount({
    '/chat': mount('/v1', inner),
    '/bare': accepting,
    '/t': mount(pattern('/:room'), accepting),
  });

  it('reach a WebSocketServer of a mounted server, and one without a server', async () => {
    const app = express()
      .get('/about', (_req, res) => void res.send('about'))
      .use(mounted);
    const server = createServer(app).on('upgrade', mounted.upgrade);
    await withServer(server, async () => {
      const url = `ws://127.0.0.1:${portOf(server)}`;
      const views = await Promise.all([
        talk(`${url}/chat/v1/ws?q`),
        talk(`${url}//chat/v1/ws`),
        talk(`${url}/bare`),
        talk(`${url}/t/caf%C3%A9/x`),
      ]);
      expect(views).to.deep.equal([
        ['/chat/v1', '/ws?q', '/chat/v1/ws?q', '/chat/v1', '/ws'],
        ['/chat/v1', '/ws', '//chat/v1/ws', '/chat/v1', '/ws'],
        ['/bare', '/', '/bare', '/bare', ''],
        ['/t/caf%C3%A9', '/x', '/t/caf%C3%A9/x', '/t/café', '/x', { room: 'café' }],
      ]);
    });
  });

  it('are refused where there are none, as the client hears', async () => {
    await withServer(serverOf(mounted), async (server) => {
      for (const [path, status] of [
        ['/chat', 404],
        ['/chat/v1/other', 400],
        ['/%zz', 400],
      ] as const) {
        const socket = new WebSocket(`ws://127.0.0.1:${portOf(server)}${path}`);
        const [error] = await once(socket, 'error');
        expect(String(error), path).to.equal(`Error: Unexpected server response: ${status}`);
      }
    });
  });

  it('and requests, mixed on one server', async () => {
    await withServer(serverOf(mounted), async (server) => {
      const url = `ws://127.0.0.1:${portOf(server)}`;
      const rounds = Array.from({ length: 20 }, async (_, index) => {
        const view = ['/bare', `/${index}`, `/bare/${index}`, '/bare', `/${index}`];
        expect(await talk(`${url}/bare/${index}`)).to.deep.equal(view);
        expect(JSON.parse((await rawRequest(server, `/bare/${index}`)).body)).to.deep.equal(view);
        expect((await rawRequest(server, '/chat/v1/ws')).body).to.equal('inner');
      });
      await Promise.all(rounds);
    });
  });
});

describe('Socket.IO', () => {
  /** What the server's side knows of a connection, and what it answers. */
  async function talk(client: Client, isUpgrading: boolean): Promise<readonly unknown[]> {
    const { engine } = client.io;
    await Promise.all([
      new Promise((resolve) => client.once('connect', () => resolve(undefined))),
      isUpgrading && new Promise((resolve) => engine.once('upgrade', resolve)),
    ]);
    const view = await client.emitWithAck('view', 'hello');
    const { name } = client.io.engine.transport;
    client.disconnect();
    return [...view, name];
  }

  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    it(`below nested mounts, by ${transports.join(' and ')}`, async () => {
      const inner = createServer((_req, res) => void res.end('inner'));
      const sockets = new SocketIo(inner);
      for (const name of ['/', '/admin']) {
        sockets.of(name).on('connection', (socket) => {
          socket.on('view', (text, answer) => {
            const { baseUrl, url, originalUrl } = socket.request as MountedRequest;
            const [path, ...rest] = [baseUrl, url, originalUrl].map((each) => each.split('?')[0]);
            answer([text, name, path, ...rest]);
          });
        });
      }
      const mounted = mount('/a', mount({ '/b': inner, '/': quiet }));
      const server = createServer(express().use(mounted)).on('upgrade', mounted.upgrade);
      await withServer(server, async () => {
        for (const name of ['/', '/admin']) {
          const options = { path: '/a/b/socket.io/', transports, reconnection: false, forceNew: true };
          const client = io(`http://127.0.0.1:${portOf(server)}${name}`, options);
          const view = ['hello', name, '/a/b', '/socket.io/', '/a/b/socket.io/', transports.at(-1)];
          expect(await talk(client, transports.length > 1)).to.deep.equal(view);
        }
        expect((await rawRequest(server, '/a/b/x')).body).to.equal('inner');
        expect((await rawRequest(server, '/a/b/socket.io/socket.io.js')).status).to.equal(200);
        sockets.disconnectSockets(true);
        sockets.engine.close();
      });
    });
  }
});
