/**
 * What peers do that mean no good, or are broken: whatever it is, the gateway goes on, keeps nothing, and nothing escapes from it.
 *
 * Rules of this file: after each test nothing is left: no connection, no request that has not ended, no exception that nobody caught.
 * It is long, as all tests share what looks for that.
 */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { environSplitter } from '../../lib/fixup/environ.js';
import { Clock, type Timed } from '../../lib/gateway/clock.js';
import { type ConnectionOptions, GatewayConnection } from '../../lib/gateway/connection.js';
import type { Application, Gateway, ServeOptions } from '../../lib/index.js';
import { createConnection, type Protocol, type ProtocolEvent } from '../../lib/protocol/index.js';
import {
  askOnce,
  connectTo,
  environOf,
  FrontEnd,
  Gateways,
  idOf,
  until,
  type WireProtocol,
  wireProtocols,
} from '../support/front-end.js';

type Request = IncomingMessage & { baseUrl?: string };

/** A record of FastCGI. */
function record(type: number, id: number, content: Uint8Array = Buffer.alloc(0)): Buffer {
  const { length } = content;
  return Buffer.concat([Buffer.from([1, type, id >> 8, id & 255, length >> 8, length & 255, 0, 0]), content]);
}

const begin = (id: number): Buffer => record(1, id, Buffer.from([0, 1, 1, 0, 0, 0, 0, 0]));

describe('a gateway that is attacked', () => {
  const gateways = new Gateways();
  const folder = mkdtempSync(join(tmpdir(), 'mountpoint-attack-'));
  after(() => rmSync(folder, { recursive: true }));
  const open: Socket[] = [];
  /** Requests that have begun and not ended. */
  const running = new Set<ServerResponse>();
  const escaped: unknown[] = [];
  let mocha: NodeJS.UncaughtExceptionListener[] = [];
  const noteEscaped = (error: unknown): void => void escaped.push(error);

  beforeEach(() => {
    mocha = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', noteEscaped);
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy();
    await gateways.close();
    await wait(5);
    process.removeListener('uncaughtException', noteEscaped);
    for (const listener of mocha) process.on('uncaughtException', listener);
    const left = running.size;
    running.clear();
    expect(escaped.splice(0).map(String)).to.deep.equal([]);
    expect(left, 'requests that have not ended').to.equal(0);
  });

  const watched =
    (application: (req: Request, res: ServerResponse) => unknown): Application =>
    (req, res) => {
      running.add(res);
      res.on('close', () => running.delete(res));
      return application(req as Request, res);
    };
  const start = (
    application: (req: Request, res: ServerResponse) => unknown,
    options: Partial<ServeOptions> = {},
  ): Promise<Gateway> => gateways.start(watched(application), options);
  const connected = async (protocol: WireProtocol, gateway: Gateway): Promise<FrontEnd> => {
    const front = await FrontEnd.connect(protocol, gateway.address);
    open.push(front.socket);
    return front;
  };
  const isFine = async (protocol: WireProtocol, gateway: Gateway): Promise<void> => {
    expect((await askOnce(protocol, gateway.address, '/fine')).status).to.equal(200);
  };
  const hello = (_req: Request, res: ServerResponse): void => void res.end('x');

  describe('that is asked for much', () => {
    it('10 000 requests that only begin', async () => {
      for (const maxRequests of [1, 100]) {
        const gateway = await start(hello, { protocol: 'fastcgi', limits: { maxRequests } });
        const front = await connected('fastcgi', gateway);
        front.socket.pause();
        front.write(Buffer.concat(Array.from({ length: 10_000 }, (_, index) => begin(index + 1))));
        await wait(50);
        front.socket.resume();
        // An END_REQUEST each, of 16 bytes.
        const refused = (): number => front.socket.bytesRead / 16;
        await until(() => refused() >= 10_000 - maxRequests, refused);
        await wait(20);
        expect(refused()).to.equal(10_000 - maxRequests);
        await isFine('fastcgi', gateway);
      }
    });

    it('questions of the protocol whose answers nobody reads: it stops to listen', async () => {
      for (const [protocol, question] of [
        ['fastcgi', record(9, 0, Buffer.from('\x0d\x00FCGI_MAX_REQS', 'latin1'))],
        ['ajp', Buffer.from([0x12, 0x34, 0, 1, 10])],
      ] as const) {
        // Its buffers are small.
        const gateway = await start(hello, { protocol, listen: join(folder, `${protocol}.sock`) });
        const socket = await connectTo(gateway.address);
        open.push(socket);
        socket.pause();
        const questions = Buffer.concat(Array.from({ length: 1000 }, () => question));
        const before = process.memoryUsage().arrayBuffers;
        let taken = 0;
        const isTaken = (): Promise<boolean> =>
          Promise.race([
            new Promise<true>((resolve) => socket.write(questions, () => resolve(true))),
            wait(700, false),
          ]);
        while (taken < 3_000_000 && (await isTaken())) taken += questions.length;
        // What the kernel does not take of them stays with whoever asks.
        expect(taken).to.be.below(2_000_000);
        expect(process.memoryUsage().arrayBuffers - before).to.be.below(100_000_000);
        // Whoever reads them is answered on.
        let received = 0;
        socket.resume().on('data', (bytes) => {
          received += bytes.length;
        });
        await until(
          () => socket.writableLength === 0 && received >= taken / 4,
          () => received,
        );
        socket.destroy();
        await isFine(protocol, gateway);
      }
    });

    for (const protocol of wireProtocols) {
      it(`an answer that nobody reads: it is made no faster (${protocol})`, async () => {
        let made = 0;
        const gateway = await start(
          async (req, res) => {
            if (req.url === '/fine') return void res.end('x');
            res.on('close', () => {
              made += 1e9;
            });
            while (made < 1e9) {
              made += 65_536;
              if (!res.write(Buffer.alloc(65_536))) {
                await new Promise((resolve) => {
                  res.once('drain', resolve);
                  res.once('close', resolve);
                });
              }
            }
          },
          { protocol },
        );
        const front = await connected(protocol, gateway);
        front.socket.pause();
        front.ask('/large');
        await until(() => made > 0);
        let before = -1;
        while (before !== made) {
          before = made;
          await wait(60);
        }
        expect(made).to.be.below(20_000_000);
        await isFine(protocol, gateway);
        front.close();
        await until(() => made >= 1e9);
      });
    }

    it('parameters without an end', async () => {
      for (const protocol of wireProtocols) {
        const gateway = await start(hello, { protocol });
        const socket = await connectTo(gateway.address);
        open.push(socket.resume());
        const starts: Readonly<Record<WireProtocol, Buffer>> = {
          fastcgi: begin(1),
          scgi: Buffer.from('99999999999:'),
          uwsgi: Buffer.from([0, 255, 255, 0]),
          ajp: Buffer.from([0x12, 0x34, 255, 255]),
        };
        socket.write(starts[protocol]);
        const more = protocol === 'fastcgi' ? record(4, 1, Buffer.alloc(60_000, 1)) : Buffer.alloc(60_000, 1);
        for (let sent = 0; sent < 20 && !socket.destroyed; sent++) {
          socket.write(more);
          await wait(1);
        }
        await until(
          () => socket.destroyed,
          () => protocol,
        );
        expect(gateways.logged, protocol).to.have.lengthOf(1);
        gateways.logged.length = 0;
        await isFine(protocol, gateway);
      }
    });

    it('many connections that say a byte and stay', async () => {
      const gateway = await start(hello, {
        ...{ protocol: ['http', ...wireProtocols], timeouts: { headers: 300, firstByte: 300 } },
      });
      const starts = [1, 0x31, 0, 0x12, 0x47];
      const sockets = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          const socket = await connectTo(gateway.address);
          socket.resume();
          if (index % 6 < 5) socket.write(Buffer.from([starts[index % 6] ?? 1]));
          return socket;
        }),
      );
      open.push(...sockets);
      await isFine('scgi', gateway);
      await until(() => sockets.every(({ destroyed }) => destroyed));
    });
  });

  describe('whose connection is closed', () => {
    /** The bytes of a request with a body. */
    const bytesFor = (protocol: Protocol, body: number): Buffer => {
      const id = idOf(protocol);
      const codec = createConnection(protocol, 'client');
      const environ = environOf('/x', ['REQUEST_METHOD', 'POST'], ['CONTENT_LENGTH', String(body)]);
      const asked: ProtocolEvent[] = [
        { type: 'begin', id, environ },
        { type: 'body', id, bytes: Buffer.alloc(body, 'x') },
        { type: 'end', id },
      ];
      return Buffer.concat(codec.send(asked));
    };
    const echo = (req: Request, res: ServerResponse): void => {
      req.on('error', () => undefined);
      req.pipe(res);
    };

    for (const protocol of wireProtocols) {
      for (const half of [false, true]) {
        it(`${half ? 'by half ' : ''}at each byte of a request (${protocol})`, async function () {
          this.timeout(30_000);
          const gateway = await start(echo, { protocol });
          const bytes = bytesFor(protocol, 20);
          const places = Array.from({ length: bytes.length + 1 }, (_, at) => at);
          for (let at = 0; at < places.length; at += 30) {
            await Promise.all(
              places.slice(at, at + 30).map(async (place) => {
                const socket = await connectTo(gateway.address);
                socket.resume();
                socket.write(bytes.subarray(0, place));
                if (half) {
                  socket.end();
                  await until(
                    () => socket.destroyed,
                    () => place,
                  );
                } else {
                  await wait(place % 3);
                  socket.destroy();
                }
              }),
            );
          }
          await isFine(protocol, gateway);
          await until(() => running.size === 0);
        });
      }

      it(`at each part of an answer (${protocol})`, async () => {
        let step = 0;
        const sockets: Socket[] = [];
        const steps = 8;
        const gateway = await start(
          async (req, res) => {
            if (req.url === '/fine') return void res.end('x');
            const at = Number(req.url?.slice(1));
            const go = (): void => void sockets[at]?.destroy();
            if (at === 0) go();
            res.setHeader('X-A', 'b');
            if (at === 1) go();
            res.write('one');
            if (at === 2) go();
            await wait(3);
            res.write(Buffer.alloc(100_000));
            if (at === 3) go();
            await wait(3);
            if (at === 4) go();
            res.end('end');
            if (at === 5) go();
            res.on('finish', () => at === 6 && go());
            res.on('close', () => at === 7 && go());
          },
          { protocol },
        );
        for (; step < steps; step++) {
          const front = await connected(protocol, gateway);
          sockets[step] = front.socket;
          front.ask(`/${step}`);
          await front.closed();
        }
        await isFine(protocol, gateway);
        await until(() => running.size === 0);
      });
    }

    it('by a peer that resets', async () => {
      const gateway = await start((_req, res) => void setTimeout(() => res.end(Buffer.alloc(300_000)), 10), {
        protocol: 'fastcgi',
      });
      for (let round = 0; round < 20; round++) {
        const front = await FrontEnd.connect('fastcgi', gateway.address);
        front.ask('/x');
        await wait(round % 15);
        front.socket.resetAndDestroy();
      }
      await isFine('fastcgi', gateway);
      await until(() => running.size === 0);
    });
  });

  it('keeps nothing of connections that have gone: no request, no timer, no listener', async () => {
    class Counted extends Clock {
      readonly timed = new Set<Timed>();
      override add(timed: Timed): void {
        this.timed.add(timed);
        super.add(timed);
      }
      override delete(timed: Timed): void {
        this.timed.delete(timed);
        super.delete(timed);
      }
    }
    const clock = new Counted(0);
    const connections: GatewayConnection[] = [];
    const handle = watched((req, res) => {
      if (req.url === '/hang') res.write('begun');
      else if (req.url === '/throw') res.destroy();
      else res.end('x');
    });
    const options: ConnectionOptions = {
      ...{
        split: environSplitter({ mount: '/' }),
        isKept: true,
        handle: handle as never,
        collisions: 'refuse',
      },
      ...{
        hasErrorLog: true,
        maxRequests: 3,
        maxBufferedBytes: 1_000_000,
        outside: () => undefined,
        isClosing: () => false,
      },
      ...{ timeouts: { firstByte: 0, headers: 0, request: 0, idle: 0 }, log: () => undefined },
    };
    const server = createServer((socket) => {
      const codec = createConnection('fastcgi', 'responder', { maxRequests: 3 });
      connections.push(new GatewayConnection(socket, codec, options, clock));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const processListeners = process.eventNames().map((name) => process.listenerCount(name));
    const ways: readonly ((front: FrontEnd) => void)[] = [
      () => undefined,
      (front) => front.write(begin(1)),
      (front) => front.ask('/hang'),
      (front) => front.ask('/x'),
      (front) => front.ask('/throw'),
      (front) => [1, 2, 3].map((id) => front.ask('/hang', id)),
      (front) => front.write('garbage '),
      (front) => front.send({ type: 'begin', id: 1, environ: environOf('/hang', ['CONTENT_LENGTH', '9']) }),
    ];
    for (const way of ways) {
      for (const end of [(front: FrontEnd) => front.close(), (front: FrontEnd) => front.socket.end()]) {
        const front = await FrontEnd.connect('fastcgi', server.address() as never);
        way(front);
        await wait(10);
        end(front);
        await front.closed();
      }
    }
    await until(
      () => clock.timed.size === 0,
      () => clock.timed.size,
    );
    expect(connections).to.have.lengthOf(2 * ways.length);
    expect(connections.filter(({ isIdle }) => !isIdle)).to.deep.equal([]);
    expect(process.eventNames().map((name) => process.listenerCount(name))).to.deep.equal(processListeners);
    expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).to.equal(0);
    server.close();
  });

  describe('that hears what is wrong', () => {
    for (const protocol of wireProtocols) {
      it(`hears nothing behind it (${protocol})`, async () => {
        const asked: (string | undefined)[] = [];
        const gateway = await start(
          (req, res) => {
            asked.push(req.url);
            res.end('x');
          },
          { protocol },
        );
        const socket = await connectTo(gateway.address);
        open.push(socket.resume());
        socket.write(Buffer.alloc(8, 0xee));
        await until(() => gateways.logged.length > 0);
        const codec = createConnection(protocol, 'client');
        const id = idOf(protocol);
        for (let sent = 0; sent < 3; sent++) {
          const bytes =
            sent > 0 && protocol !== 'fastcgi'
              ? []
              : codec.send([{ type: 'begin', id: id + sent, environ: environOf('/x') }]);
          for (const each of bytes) socket.write(each);
          await wait(10);
        }
        await until(() => socket.destroyed);
        expect(asked).to.deep.equal([]);
        expect(gateways.logged).to.have.lengthOf(1);
        await isFine(protocol, gateway);
        asked.length = 0;
      });
    }

    it('while requests are under way: they are broken off, and told once', async () => {
      const heard: string[] = [];
      const gateway = await start(
        (req, res) => {
          if (req.url === '/fine') return void res.end('x');
          res.on('close', () => heard.push(`close ${req.url}`));
          res.write('begun');
        },
        { protocol: 'fastcgi', limits: { maxRequests: 3 } },
      );
      const front = await connected('fastcgi', gateway);
      front.ask('/1', 1);
      front.ask('/2', 2);
      await until(() => front.events.filter(({ type }) => type === 'body').length === 2);
      front.write(Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]));
      await front.closed();
      expect(heard.sort()).to.deep.equal(['close /1', 'close /2']);
      expect(gateways.logged).to.have.lengthOf(1);
      await isFine('fastcgi', gateway);
    });
  });

  describe('by its own application', () => {
    const events = ['finish', 'close'] as const;
    for (const event of events) {
      it(`whose listener of '${event}' throws: the others are answered, and the process hears of it`, async () => {
        const gateway = await start(
          (req, res) => {
            if (req.url?.startsWith('/throw')) {
              res.on(event, () => {
                throw new Error(`of ${event}`);
              });
            }
            res.end('x');
          },
          { protocol: 'fastcgi', limits: { maxRequests: 10 } },
        );
        const front = await connected('fastcgi', gateway);
        for (let id = 1; id <= 6; id++) front.ask(id % 2 === 0 ? '/throw' : '/fine', id);
        for (let id = 1; id <= 6; id++) expect((await front.answered(id)).at(-1)).to.equal(`end ${id}`);
        await wait(10);
        expect(escaped.splice(0).map(String)).to.deep.equal(Array(3).fill(`Error: of ${event}`));
        // The connection has not forgotten that they have ended.
        front.events.length = 0;
        front.ask('/again', 1);
        expect((await front.answered(1)).at(-1)).to.equal('end 1');
      });

      for (const protocol of ['scgi', 'uwsgi', 'ajp'] as const) {
        it(`whose listener of '${event}' throws does not keep a connection (${protocol})`, async () => {
          const gateway = await start(
            (_req, res) => {
              res.on(event, () => {
                throw new Error('thrown');
              });
              res.end('x');
            },
            { protocol },
          );
          const answer = await askOnce(protocol, gateway.address, '/x');
          expect(answer).to.deep.equal({ status: 200, body: 'x' });
          escaped.length = 0;
          const begun = performance.now();
          await gateway.close(5000);
          expect(performance.now() - begun).to.be.below(1000);
        });
      }
    }

    it('whose listener of an abort throws: the others hear of it, too', async () => {
      const heard: string[] = [];
      const gateway = await start(
        (req, res) => {
          if (req.url === '/fine') return void res.end('x');
          req.on('aborted', () => {
            if (req.url === '/1') throw new Error('of aborted');
          });
          req.on('error', () => undefined);
          res.on('close', () => heard.push(String(req.url)));
          res.write('begun');
        },
        { protocol: 'fastcgi', limits: { maxRequests: 3 } },
      );
      const front = await connected('fastcgi', gateway);
      for (const id of [1, 2, 3]) front.ask(`/${id}`, id);
      await until(() => front.events.filter(({ type }) => type === 'body').length === 3);
      front.close();
      await until(
        () => heard.length === 3,
        () => heard,
      );
      escaped.length = 0;
      await isFine('fastcgi', gateway);
    });

    for (const protocol of wireProtocols) {
      it(`which ends its answer in the turn in which the client goes (${protocol})`, async () => {
        const gateway = await start(
          (req, res) => {
            if (req.url === '/fine') return void res.end('x');
            req.on('aborted', () => res.end('too late'));
            req.on('error', () => res.end('again'));
            res.on('close', () => res.end('and again'));
            res.on('error', () => undefined);
            res.write('begun');
          },
          { protocol },
        );
        for (let round = 0; round < 5; round++) {
          const front = await connected(protocol, gateway);
          front.ask('/x');
          await until(() => front.bodyOf().length > 0);
          if (protocol === 'fastcgi' && round % 2 === 0) {
            // It may be answered all the same.
            front.send({ type: 'abort', id: 1 });
            await front.answered();
          } else {
            front.close();
            await front.closed();
          }
        }
        await isFine(protocol, gateway);
        await until(() => running.size === 0);
      });
    }

    it('which answers twice, and destroys what it has answered', async () => {
      const gateway = await start(
        (_req, res) => {
          res.on('error', () => undefined);
          res.end('x');
          res.end('y');
          res.write('z', () => undefined);
          setImmediate(() => res.destroy());
        },
        { protocol: 'fastcgi' },
      );
      const front = await connected('fastcgi', gateway);
      for (let round = 0; round < 5; round++) {
        front.events.length = 0;
        front.ask('/x');
        expect(await front.answered()).to.deep.equal(['head 1 200 Content-Length: 1', 'body 1 "x"', 'end 1']);
      }
    });
  });

  it('requests on one connection, ids used again at once', async () => {
    let count = 0;
    const gateway = await start(
      async (req, res) => {
        count++;
        if (count % 3 === 0) await wait(1);
        res.end(req.url);
      },
      { protocol: 'fastcgi', limits: { maxRequests: 4 } },
    );
    const front = await connected('fastcgi', gateway);
    let asked = 0;
    const seen: string[] = [];
    let at = 0;
    const bodies = new Map<number, string>();
    for (let id = 1; id <= 4; id++) front.ask(`/${asked++}`, id);
    await until(
      () => {
        for (; at < front.events.length; at++) {
          const event = front.events[at];
          if (event?.type === 'body') bodies.set(event.id, Buffer.from(event.bytes).toString());
          if (event?.type !== 'end') continue;
          seen.push(bodies.get(event.id) ?? 'nothing');
          if (asked < 2000) front.ask(`/${asked++}`, event.id);
        }
        return seen.length === 2000;
      },
      () => seen.length,
    );
    expect(new Set(seen).size).to.equal(2000);
    expect(gateways.logged).to.deep.equal([]);
  });

  it('requests behind one another before any was answered: one at a time, the others are refused', async () => {
    const gateway = await start((_req, res) => void setTimeout(() => res.end('x'), 20), {
      protocol: 'fastcgi',
    });
    const front = await connected('fastcgi', gateway);
    const all = Buffer.concat([1, 2, 3].map((id) => front.bytesOf(`/${id}`, id)));
    front.write(all);
    expect((await front.answered(1)).at(-1)).to.equal('end 1');
    expect(await front.answered(2)).to.deep.equal(['end 2 cannot-multiplex']);
    expect(await front.answered(3)).to.deep.equal(['end 3 cannot-multiplex']);
  });

  describe('that closes', () => {
    type Phase = (front: FrontEnd) => Promise<void>;
    const phases: Readonly<Record<string, Phase>> = {
      'before the first byte': async () => undefined,
      'amid the parameters': async (front) => front.write(front.bytesOf('/x').subarray(0, 9)),
      'amid a body that nobody sends': async (front) =>
        front.send({
          ...{ type: 'begin', id: idOf(front.protocol) },
          environ: environOf('/body', ['REQUEST_METHOD', 'POST'], ['CONTENT_LENGTH', '5']),
        }),
      'amid an answer that does not end': async (front) => {
        front.ask('/hang');
        await until(() => front.bodyOf().length > 0);
      },
      'behind an answer': async (front) => {
        front.ask('/fine');
        await front.answered();
      },
      'behind an answer, the next one begun': async (front) => {
        front.ask('/fine');
        await front.answered();
        if (!front.isClosed && front.protocol === 'fastcgi') front.write(begin(1));
      },
    };
    for (const protocol of wireProtocols) {
      for (const [name, phase] of Object.entries(phases)) {
        it(`${name} (${protocol})`, async () => {
          const gateway = await start(
            (req, res) => {
              if (req.url === '/fine') return void res.end('x');
              if (req.url === '/hang') return void res.write('begun');
              req.on('error', () => undefined);
              return void req.pipe(res);
            },
            { protocol },
          );
          const front = await connected(protocol, gateway);
          await phase(front);
          await wait(10);
          const begun = performance.now();
          await gateway.close(150);
          expect(performance.now() - begun).to.be.below(1000);
          await front.closed();
        });
      }

      it(`lets a request that has begun to come be answered (${protocol})`, async () => {
        const gateway = await start(hello, { protocol });
        const front = await connected(protocol, gateway);
        const bytes = front.bytesOf('/x');
        front.write(bytes.subarray(0, 9));
        await wait(20);
        const closed = gateway.close();
        await wait(40);
        front.write(bytes.subarray(9));
        expect((await front.answered()).at(-1)).to.equal(`end ${idOf(protocol)}`);
        await closed;
      });
    }

    it('twice, and at once', async () => {
      const gateway = await start((_req, res) => void setTimeout(() => res.end('x'), 30), {
        protocol: 'fastcgi',
      });
      const front = await connected('fastcgi', gateway);
      front.ask('/x');
      await wait(10);
      await Promise.all([gateway.close(), gateway.close(), gateway.close(1000)]);
      expect((await front.answered()).at(-1)).to.equal('end 1');
      await gateway.close();
    });
  });
});
