/** What one gateway and one connection may cost: connections at once, requests at once, bytes that wait. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { Application } from '../../lib/index.js';
import { connectTo, environOf, FrontEnd, Gateways, until } from '../support/front-end.js';

const hello: Application = (_req, res) => void res.end('x');

describe('limits', () => {
  const gateways = new Gateways();
  const open: (Socket | FrontEnd)[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) (each instanceof FrontEnd ? each.socket : each).destroy();
    await gateways.close();
  });

  for (const protocol of ['http', 'fastcgi', ['http', 'fastcgi']] as const) {
    it(`maxConnections: one more is closed, and may come when another has gone (${protocol})`, async () => {
      const gateway = await gateways.start(hello, { protocol, limits: { maxConnections: 2 } });
      const sockets = [await connectTo(gateway.address), await connectTo(gateway.address)];
      open.push(...sockets);
      const third = await connectTo(gateway.address);
      third.resume();
      await until(() => third.destroyed);
      expect(sockets.map(({ destroyed }) => destroyed)).to.deep.equal([false, false]);
      sockets[0]?.destroy();
      await wait(30);
      const fourth = await connectTo(gateway.address);
      open.push(fourth.resume());
      await wait(30);
      expect(fourth.destroyed).to.equal(false);
    });
  }

  it('maxRequests: one more on a connection is refused as the specification has it', async () => {
    for (const [maxRequests, refused] of [
      [1, 'cannot-multiplex'],
      [2, 'overloaded'],
    ] as const) {
      const waiting: ServerResponse[] = [];
      const gateway = await gateways.start((_req, res) => void waiting.push(res), {
        ...{ protocol: 'fastcgi', limits: { maxRequests } },
      });
      const front = await FrontEnd.connect('fastcgi', gateway.address);
      open.push(front);
      for (let id = 1; id <= maxRequests + 1; id++) front.ask(`/${id}`, id);
      expect(await front.answered(maxRequests + 1)).to.deep.equal([`end ${maxRequests + 1} ${refused}`]);
      for (const res of waiting) res.end('x');
      for (let id = 1; id <= maxRequests; id++)
        expect((await front.answered(id)).at(-1)).to.equal(`end ${id}`);
    }
  });

  describe('maxBufferedBytes', () => {
    const maxBufferedBytes = 300_000;
    const piece = Buffer.alloc(50_000, 'x');

    /** A connection with two requests: of `/slow` nothing is read until somebody says so. */
    const begin = async (): Promise<{
      readonly front: FrontEnd;
      readonly slow: IncomingMessage[];
      readonly answers: ServerResponse[];
      readonly received: () => number;
      upload(id: number, pieces: number): void;
    }> => {
      const slow: IncomingMessage[] = [];
      const answers: ServerResponse[] = [];
      let received = 0;
      const gateway = await gateways.start(
        (req, res) => {
          answers.push(res);
          if (req.url === '/slow') slow.push(req);
          else {
            req.on('data', (bytes: Buffer) => {
              received += bytes.length;
            });
            req.on('end', () => res.end(String(received)));
          }
        },
        { protocol: 'fastcgi', limits: { maxRequests: 5, maxBufferedBytes } },
      );
      const front = await FrontEnd.connect('fastcgi', gateway.address);
      open.push(front);
      return {
        ...{ front, slow, answers, received: () => received },
        upload: (id, pieces) => {
          for (let sent = 0; sent < pieces; sent++) front.send({ type: 'body', id, bytes: piece });
        },
      };
    };
    const start = (front: FrontEnd, id: number, target: string): void =>
      front.send({ type: 'begin', id, environ: environOf(target), keepConnection: true });

    it('one that is not read does not keep the others from being read', async () => {
      const { front, upload, received } = await begin();
      start(front, 1, '/slow');
      upload(1, 4);
      start(front, 2, '/fast');
      upload(2, 40);
      front.send({ type: 'end', id: 2 });
      expect((await front.answered(2)).slice(1)).to.deep.equal(['body 2 "2000000"', 'end 2']);
      expect(received()).to.equal(2_000_000);
    });

    it('beyond it nothing is read, until it is; then all goes on', async () => {
      const { front, upload, slow } = await begin();
      start(front, 1, '/slow');
      upload(1, 200);
      front.send({ type: 'end', id: 1 });
      start(front, 2, '/fast');
      upload(2, 4);
      front.send({ type: 'end', id: 2 });
      await wait(150);
      expect(front.events).to.deep.equal([]);
      const [req] = slow;
      // The limit, and what was read at once beyond it.
      expect(req?.readableLength).to.be.within(maxBufferedBytes, maxBufferedBytes + 70_000);
      expect(front.socket.writableLength).to.be.above(3_000_000);
      let length = 0;
      req?.on('data', (bytes: Buffer) => {
        length += bytes.length;
      });
      expect((await front.answered(2)).slice(1)).to.deep.equal(['body 2 "200000"', 'end 2']);
      expect(length).to.equal(10_000_000);
    });

    const ways: readonly (readonly [string, (res: ServerResponse, req: IncomingMessage) => void])[] = [
      ['answered without being read', (res) => void res.end('early')],
      ['broken off', (res) => void res.destroy()],
      ['destroyed', (_res, req) => void req.destroy()],
    ];
    for (const [name, end] of ways) {
      it(`goes on where the one that was not read is ${name}`, async () => {
        const { front, upload, slow, answers } = await begin();
        start(front, 1, '/slow');
        start(front, 2, '/fast');
        upload(1, 100);
        upload(2, 4);
        front.send({ type: 'end', id: 2 });
        await wait(100);
        expect(front.events).to.deep.equal([]);
        expect(front.socket.writableLength).to.be.above(1_000_000);
        end(answers[0] as ServerResponse, slow[0] as IncomingMessage);
        expect((await front.answered(2)).slice(1)).to.deep.equal(['body 2 "200000"', 'end 2']);
      });
    }

    it('one alone that is not read is not read beyond a buffer', async () => {
      let seen: IncomingMessage | undefined;
      const gateway = await gateways.start(
        (req) => {
          seen = req;
        },
        { protocol: 'fastcgi' },
      );
      const front = await FrontEnd.connect('fastcgi', gateway.address);
      open.push(front);
      start(front, 1, '/');
      for (let sent = 0; sent < 200; sent++) front.send({ type: 'body', id: 1, bytes: piece });
      await wait(100);
      expect(seen?.readableLength).to.be.within(1, 70_000 + 16_384);
      expect(front.socket.writableLength).to.be.above(3_000_000);
    });
  });
});
