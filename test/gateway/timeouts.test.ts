/**
 * How long a gateway waits: for the first byte, for the parameters, for all of a request, for the next one; over each protocol.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Clock } from '../../lib/gateway/clock.js';
import type { GatewayTimeouts } from '../../lib/gateway/options.js';
import type { Application, GatewayProtocol } from '../../lib/index.js';
import { createConnection } from '../../lib/protocol/index.js';
import { connectTo, environOf, Gateways, idOf, until } from '../support/front-end.js';

type Spoken = Exclude<GatewayProtocol, 'cgi'>;
type Phase = keyof GatewayTimeouts;

const time = 120;
const none: Required<GatewayTimeouts> = { firstByte: 0, headers: 0, request: 0, idle: 0 };

/** A request for `/x`, with a body of 10 bytes or with none. */
function requestOf(protocol: Spoken, hasBody: boolean): Buffer {
  const length = hasBody ? 'Content-Length: 10\r\n' : '';
  if (protocol === 'http') return Buffer.from(`POST /x HTTP/1.1\r\nHost: a\r\n${length}\r\n`);
  const environ = environOf('/x', ['REQUEST_METHOD', 'POST'], ['CONTENT_LENGTH', hasBody ? '10' : '0']);
  const id = idOf(protocol);
  const codec = createConnection(protocol, 'client');
  const begun = codec.send([{ type: 'begin', id, environ, keepConnection: true }]);
  return Buffer.concat(hasBody ? begun : [...begun, ...codec.send([{ type: 'end', id }])]);
}

/** Says as much as is not enough. */
const says: Readonly<Record<Phase, (protocol: Spoken) => Buffer>> = {
  firstByte: () => Buffer.alloc(0),
  headers: (protocol) => requestOf(protocol, false).subarray(0, 9),
  request: (protocol) => requestOf(protocol, true),
  idle: (protocol) => requestOf(protocol, false),
};

const broken: Readonly<Record<Phase, RegExp | undefined>> = {
  firstByte: undefined,
  headers: /^the parameters of a request must come within 120 ms \(timeouts.headers\)/,
  request: /^a request must be complete within 120 ms \(timeouts.request\)/,
  idle: undefined,
};

const all: readonly Spoken[] = ['http', 'fastcgi', 'scgi', 'uwsgi', 'ajp'];
const rows: readonly (readonly [phase: Phase, protocols: readonly Spoken[]])[] = [
  ['firstByte', ['fastcgi', 'scgi', 'uwsgi', 'ajp']],
  ['headers', all],
  ['request', all],
  // The others' connections end with their answer.
  ['idle', ['http', 'fastcgi', 'ajp']],
];

describe('timeouts', () => {
  const gateways = new Gateways();
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await gateways.close();
  });
  const application: Application = (req, res) => {
    if (req.headers['content-length'] === '10') req.on('end', () => res.end('x')).resume();
    else res.end('x');
  };

  /** When the connection ended, in milliseconds; `undefined` while it has not. */
  const begin = async (
    protocol: Spoken,
    phase: Phase,
    timeouts: GatewayTimeouts,
    protocols: readonly Spoken[] = [protocol],
  ): Promise<() => number | undefined> => {
    const gateway = await gateways.start(application, { protocol: protocols, timeouts });
    const socket = await connectTo(gateway.address);
    sockets.push(socket);
    const begun = performance.now();
    let ended: number | undefined;
    socket.resume();
    socket.on('close', () => {
      ended = performance.now() - begun;
    });
    socket.write(says[phase](protocol));
    return () => ended;
  };

  for (const [phase, protocols] of rows) {
    for (const protocol of protocols) {
      it(`${phase} over ${protocol}`, async () => {
        const ended = await begin(protocol, phase, { ...none, [phase]: time });
        await until(() => ended() !== undefined);
        // A clock may be late by one of its steps, a machine by more.
        expect(ended()).to.be.within(time * 0.7, 3000);
        const reason = protocol === 'http' ? undefined : broken[phase];
        expect(gateways.logged).to.have.lengthOf(reason === undefined ? 0 : 1);
        if (reason !== undefined) expect(gateways.logged[0]).to.match(reason);
      });
    }
  }

  it('the first byte of a connection that may be of several protocols', async () => {
    const ended = await begin('http', 'firstByte', { ...none, firstByte: time }, ['http', 'fastcgi']);
    await until(() => ended() !== undefined);
    expect(ended()).to.be.within(time * 0.7, 3000);
    expect(gateways.logged).to.deep.equal([]);
  });

  it('HTTP behind the first byte has its timeouts, too', async () => {
    const ended = await begin('http', 'headers', { ...none, headers: time }, ['http', 'fastcgi']);
    await until(() => ended() !== undefined);
    expect(ended()).to.be.within(time * 0.7, 3000);
  });

  it('0 is never', async () => {
    const begun = rows.flatMap(([phase, protocols]) =>
      protocols.map((protocol) => begin(protocol, phase, none)),
    );
    const waiting = await Promise.all(begun);
    await wait(400);
    expect(waiting.map((ended) => ended())).to.deep.equal(waiting.map(() => undefined));
  });

  it('what is slow, but comes, is no reason', async () => {
    const timeouts = { ...none, firstByte: 400, headers: 400, request: 2000, idle: 400 };
    const gateway = await gateways.start(application, { protocol: 'fastcgi', timeouts });
    const socket = await connectTo(gateway.address);
    sockets.push(socket);
    let received = 0;
    socket.on('data', (bytes) => {
      received += bytes.length;
    });
    const bytes = requestOf('fastcgi', false);
    for (let round = 1; round <= 3; round++) {
      for (let at = 0; at < bytes.length; at += 60) {
        socket.write(bytes.subarray(at, at + 60));
        await wait(30);
      }
      const before = received;
      await until(() => received > 0);
      expect(socket.destroyed, `round ${round}, ${before} bytes`).to.equal(false);
      received = 0;
      await wait(150);
    }
    expect(gateways.logged).to.deep.equal([]);
  });

  it('is told once, and nothing that comes after it is heard', async () => {
    const asked: (string | undefined)[] = [];
    const gateway = await gateways.start(
      (req, res) => {
        asked.push(req.url);
        res.end('x');
      },
      { protocol: 'fastcgi', timeouts: { ...none, headers: 40 } },
    );
    // It does not go by itself.
    const { port } = gateway.address as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    sockets.push(socket.on('error', () => undefined));
    const bytes = requestOf('fastcgi', false);
    socket.write(bytes.subarray(0, 20));
    await until(() => gateways.logged.length > 0);
    socket.write(bytes.subarray(20));
    await wait(200);
    expect(asked).to.deep.equal([]);
    expect(gateways.logged).to.have.lengthOf(1);
  });
});

describe('the clock of timeouts', () => {
  it('ticks while there is something to look at, and only then', async () => {
    const clock = new Clock(40);
    const seen: number[] = [];
    const timed = { lookAt: (now: number) => seen.push(now) };
    await wait(40);
    expect(seen).to.deep.equal([]);
    clock.add(timed);
    await until(() => seen.length > 2);
    clock.delete(timed);
    const { length } = seen;
    await wait(60);
    expect(seen).to.have.lengthOf(length);
    clock.add(timed);
    await until(() => seen.length > length);
    clock.delete(timed);
  });

  for (const shortest of [0, Number.POSITIVE_INFINITY]) {
    it(`has nothing to tell of ${shortest}`, async () => {
      const clock = new Clock(shortest);
      let isSeen = false;
      const timed = {
        lookAt: () => {
          isSeen = true;
        },
      };
      clock.add(timed);
      await wait(60);
      clock.delete(timed);
      expect(isSeen).to.equal(false);
    });
  }

  it('goes on with what was deleted while it ticks', async () => {
    const clock = new Clock(40);
    const seen: string[] = [];
    const second = { lookAt: () => void seen.push('second') };
    const first = {
      lookAt: () => {
        seen.push('first');
        clock.delete(first);
        clock.delete(second);
      },
    };
    clock.add(first);
    clock.add(second);
    await until(() => seen.length > 0);
    await wait(40);
    expect(seen).to.deep.equal(['first']);
  });
});
