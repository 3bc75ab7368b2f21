/** AJP13 at a gateway: who may connect, what is told of a refusal, and bodies, which are asked for a packet at a time. */

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { type Application, environ } from '../../lib/index.js';
import { environOf, FrontEnd, Gateways, until } from '../support/front-end.js';

const hello: Application = (_req, res) => void res.end('x');
const post = (length: number | undefined) =>
  environOf(
    '/x',
    ['REQUEST_METHOD', 'POST'],
    length === undefined ? ['HTTP_TRANSFER_ENCODING', 'chunked'] : ['CONTENT_LENGTH', String(length)],
  );

describe('AJP13 at a gateway', () => {
  const gateways = new Gateways();
  const fronts: FrontEnd[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'mountpoint-ajp-'));
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    for (const front of fronts.splice(0)) front.close();
    await gateways.close();
  });
  const connected = async (...parameters: Parameters<typeof FrontEnd.connect>): Promise<FrontEnd> => {
    const front = await FrontEnd.connect(...parameters);
    fronts.push(front);
    return front;
  };

  describe('its secret', () => {
    for (const listen of [0, 'localhost:0', '[::1]:0', join(folder, 'a.sock'), '127.0.0.2:0']) {
      it(`may be missing where only this machine can connect: ${listen}`, async () => {
        const gateway = await gateways.start(hello, { protocol: 'ajp', listen });
        const front = await connected('ajp', gateway.address);
        front.ask('/x');
        expect((await front.answered())[0]).to.match(/^head 0 200/);
      });
    }

    it('is a must elsewhere, and enough', async () => {
      const options = { protocol: 'ajp', listen: '0.0.0.0:0' } as const;
      const error = await gateways.start(hello, options).catch((thrown: Error) => thrown);
      expect(String(error)).to.contain('ajp.secret must be set');
      const gateway = await gateways.start(hello, { ...options, ajp: { secret: 's3cret' } });
      const front = await connected(
        'ajp',
        { ...(gateway.address as object), address: '127.0.0.1' } as never,
        {
          secret: 's3cret',
        },
      );
      front.ask('/x');
      expect((await front.answered())[0]).to.match(/^head 0 200/);
    });

    for (const [name, secret] of [
      ['missing', undefined],
      ['another', 'other'],
      ['a part of it', 's3cre'],
    ] as const) {
      it(`that is ${name} is 403, which arrives although a body was sent`, async () => {
        let isAsked = false;
        const gateway = await gateways.start(
          () => {
            isAsked = true;
          },
          { protocol: 'ajp', ajp: { secret: 's3cret' } },
        );
        for (const length of [0, 8000, 4_000_000]) {
          gateways.logged.length = 0;
          const front = await connected('ajp', gateway.address, secret === undefined ? {} : { secret });
          front.send({ type: 'begin', id: 0, environ: post(length) });
          if (length > 0)
            front.send({ type: 'body', id: 0, bytes: Buffer.alloc(Math.min(length, 8000), 'x') });
          // A rude one sends all of it.
          if (length > 8000) front.write(Buffer.alloc(length - 8000, 'x'));
          const [head, end] = await front.answered();
          expect(head).to.match(/^head 0 403/);
          expect(end).to.equal('end 0');
          await front.closed();
          expect(gateways.logged).to.have.lengthOf(1);
          expect(gateways.logged[0])
            .to.match(/secret/)
            .and.not.contain('s3cret');
        }
        expect(isAsked).to.equal(false);
      });
    }
  });

  describe('a body', () => {
    it('is asked for only as fast as it is read', async () => {
      let seen: IncomingMessage | undefined;
      let length = 0;
      const gateway = await gateways.start(
        (req, res) => {
          seen = req;
          req.on('end', () => res.end(String(length)));
          req.on('data', (bytes: Buffer) => {
            length += bytes.length;
          });
          req.pause();
        },
        { protocol: 'ajp' },
      );
      const front = await connected('ajp', gateway.address);
      front.send({ type: 'begin', id: 0, environ: post(1_000_000) });
      for (let sent = 0; sent < 20; sent++)
        front.send({ type: 'body', id: 0, bytes: Buffer.alloc(50_000, 'x') });
      front.send({ type: 'end', id: 0 });
      await wait(80);
      const asked = (): number => front.events.filter(({ type }) => type === 'management').length;
      // Buffers of Node's, in packets of 8 KiB.
      expect(asked()).to.be.within(0, 10);
      expect(seen?.readableLength).to.be.below(80_000);
      const before = asked();
      await wait(50);
      expect(asked()).to.equal(before);
      seen?.resume();
      expect((await front.answered()).slice(-2)).to.deep.equal(['body 0 "1000000"', 'end 0']);
      expect(asked()).to.be.above(100);
    });

    for (const isChunked of [false, true]) {
      it(`of 5 000 000 bytes arrives as it is, and fast ${isChunked ? '(its length not said)' : ''}`, async () => {
        const body = Buffer.alloc(5_000_000, 'abcdefghijk');
        const gateway = await gateways.start(
          (req, res) => {
            const hash = createHash('md5');
            req.on('data', (bytes: Buffer) => hash.update(bytes));
            req.on('end', () => res.end(hash.digest('hex')));
            // Two packets at a time, of which one asks for more.
            req.on('data', () => res.write('.'));
          },
          { protocol: 'ajp' },
        );
        const front = await connected('ajp', gateway.address);
        const begun = performance.now();
        front.send({ type: 'begin', id: 0, environ: post(isChunked ? undefined : body.length) });
        for (let at = 0; at < body.length; at += 100_000)
          front.send({ type: 'body', id: 0, bytes: body.subarray(at, at + 100_000) });
        front.send({ type: 'end', id: 0 });
        await front.answered();
        const answer = front.bodyOf().toString().replace(/^\.+/, '');
        expect(answer).to.equal(createHash('md5').update(body).digest('hex'));
        // A packet that waits for an acknowledgement takes some 40 ms, and there are more than 600.
        expect(performance.now() - begun).to.be.below(6000);
      });
    }

    for (const [name, length, sent] of [
      ['that is not read', 5000, 5000],
      ['of which one packet is read', 500_000, 60_000],
    ] as const) {
      it(`${name}: the connection goes on`, async () => {
        const gateway = await gateways.start(
          (req, res) => {
            if (req.method === 'GET' || length === 5000) return void res.end(`${req.method} ${req.url}`);
            return void req.once('data', () => res.end(`${req.method} ${req.url}`));
          },
          { protocol: 'ajp' },
        );
        const front = await connected('ajp', gateway.address);
        for (let round = 0; round < 3; round++) {
          front.events.length = 0;
          front.send({ type: 'begin', id: 0, environ: post(length) });
          front.send({ type: 'body', id: 0, bytes: Buffer.alloc(sent, 'x') });
          expect((await front.answered()).slice(-2)).to.deep.equal(['body 0 "POST /x"', 'end 0']);
          if (front.isClosed || !front.codec.reusable) break;
          front.events.length = 0;
          front.ask('/again');
          expect((await front.answered())[1]).to.equal('body 0 "GET /again"');
        }
        expect(gateways.logged).to.deep.equal([]);
      });
    }

    it('that the front server cannot send on: the application hears of it', async () => {
      const heard: string[] = [];
      const gateway = await gateways.start(
        (req, res) => {
          req.on('aborted', () => heard.push('aborted')).on('error', () => undefined);
          req.on('end', () => heard.push('end')).resume();
          res.on('close', () => heard.push('close'));
        },
        { protocol: 'ajp' },
      );
      const front = await connected('ajp', gateway.address);
      front.send({ type: 'begin', id: 0, environ: post(20_000) });
      front.send({ type: 'body', id: 0, bytes: Buffer.alloc(8000, 'x') });
      await wait(30);
      front.close();
      await until(
        () => heard.length === 2,
        () => heard,
      );
      expect(heard).to.deep.equal(['aborted', 'close']);
    });
  });

  it('CPING is answered before, between and amid requests', async () => {
    const gateway = await gateways.start((_req, res) => void setTimeout(() => res.end('x'), 20), {
      protocol: 'ajp',
    });
    const front = await connected('ajp', gateway.address);
    const ping = Buffer.from([0x12, 0x34, 0, 1, 10]);
    let pongs = 0;
    front.socket.on('data', (bytes: Buffer) => {
      if (bytes.includes(Buffer.from([0x41, 0x42, 0, 1, 9]))) pongs++;
    });
    front.write(ping);
    await until(() => pongs === 1);
    front.ask('/x');
    front.write(ping);
    await until(() => pongs === 2);
    expect((await front.answered()).at(-1)).to.equal('end 0');
    front.write(ping);
    await until(() => pongs === 3);
    expect(gateways.logged).to.deep.equal([]);
  });

  it('SHUTDOWN is not obeyed', async () => {
    const gateway = await gateways.start(hello, { protocol: 'ajp' });
    const front = await connected('ajp', gateway.address);
    front.write(Buffer.from([0x12, 0x34, 0, 1, 7]));
    front.ask('/x');
    expect((await front.answered())[0]).to.match(/^head 0 200/);
  });

  it('a head that fits no packet is 500, and the next connection is served', async () => {
    const gateway = await gateways.start(
      (req, res) => {
        if (req.url === '/large') res.setHeader('X-Large', 'a'.repeat(9000));
        res.end('x');
      },
      { protocol: 'ajp' },
    );
    const front = await connected('ajp', gateway.address);
    front.ask('/large');
    expect((await front.answered())[0]).to.match(/^head 0 500/);
    await front.closed();
    const larger = await gateways.start(
      (_req, res) => void res.writeHead(200, { 'X-Large': 'a'.repeat(9000) }).end('x'),
      { protocol: 'ajp', ajp: { packetSize: 16_384 } },
    );
    const second = await connected('ajp', larger.address, { packetSize: 16_384 });
    second.ask('/x');
    expect((await second.answered())[0]).to.match(/^head 0 200 X-Large: a{60}/);
  });

  it('attributes that nobody asked for are refused, those that are named are variables', async () => {
    const show: Application = (req, res) => void res.end(String(environ(req).MY_GROUP));
    for (const [attributes, status] of [
      [['MY_GROUP'], 200],
      [[], 403],
    ] as const) {
      const gateway = await gateways.start(show, { protocol: 'ajp', ajp: { attributes } });
      const front = await connected('ajp', gateway.address, { attributes: ['MY_GROUP'] });
      front.send({ type: 'begin', id: 0, environ: environOf('/x', ['MY_GROUP', 'staff']) });
      const [head, body] = await front.answered();
      expect(head).to.match(new RegExp(`^head 0 ${status}`));
      if (status === 200) expect(body).to.equal('body 0 "staff"');
    }
  });
});
