/**
 * What somebody could do who only half keeps to the rules: a peer that is gone before it is looked at, an application that writes to the
 * socket beside its response, a gateway that is told to close in a very long time.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { Application } from '../../lib/index.js';
import { createConnection } from '../../lib/protocol/index.js';
import { connectTo, environOf, Gateways, until, wireProtocols } from '../support/front-end.js';

const gateways = new Gateways();

/** A whole request as bytes. */
function requestBytes(protocol: (typeof wireProtocols)[number]): Buffer {
  const id = protocol === 'fastcgi' ? 1 : 0;
  const codec = createConnection(protocol, 'client');
  return Buffer.concat(
    codec.send([
      { type: 'begin', id, environ: environOf('/x') },
      { type: 'end', id },
    ]),
  );
}

describe('a gateway and those who half keep to the rules', () => {
  afterEach(() => gateways.close());

  for (const protocol of ['scgi', ['scgi', 'fastcgi']] as const) {
    it(`hears nobody who may not connect, though the connection is reset (${protocol})`, async () => {
      let count = 0;
      const application: Application = (_req, res) => {
        count++;
        res.end();
      };
      const gateway = await gateways.start(application, { protocol, allowedClients: '192.0.2.1' });
      for (let round = 0; round < 50; round++) {
        const socket = await connectTo(gateway.address);
        socket.write(requestBytes('scgi'));
        socket.resetAndDestroy();
      }
      await wait(50);
      expect(count).to.equal(0);
    });
  }

  for (const protocol of wireProtocols) {
    for (const [name, does] of [
      [
        'writes to its socket before there is a head',
        (socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n'),
      ],
      ['ends its socket', (socket) => void socket.end()],
      ['ends its socket with text', (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ] as readonly (readonly [string, (socket: NodeJS.WritableStream) => void])[]) {
      it(`goes on where an application ${name} (${protocol})`, async () => {
        const thrown: unknown[] = [];
        const catchIt = (error: unknown): void => void thrown.push(error);
        process.on('uncaughtException', catchIt);
        try {
          const gateway = await gateways.start((req) => does(req.socket), { protocol });
          const socket = await connectTo(gateway.address);
          socket.write(requestBytes(protocol));
          socket.resume();
          await until(() => socket.destroyed || socket.readableEnded);
          await wait(5);
          expect(thrown).to.deep.equal([]);
        } finally {
          process.off('uncaughtException', catchIt);
        }
      });
    }
  }

  it('answers what has as many header fields as nginx lets through', async () => {
    const fields = Array.from({ length: 6000 }, (_, index): [string, string] => [
      `HTTP_${index.toString(36)}`,
      '',
    ]);
    const gateway = await gateways.start((req, res) => res.end(String(Object.keys(req.headers).length)), {
      protocol: 'fastcgi',
      limits: { maxParamsBytes: 200_000 },
    });
    const codec = createConnection('fastcgi', 'client');
    const socket = await connectTo(gateway.address);
    const environ = environOf('/x', ...fields);
    for (const bytes of codec.send([
      { type: 'begin', id: 1, environ },
      { type: 'end', id: 1 },
    ]))
      socket.write(bytes);
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString('latin1')).to.contain('6001');
    socket.destroy();
  });

  it('lets what is under way finish, however long it may take', async () => {
    const gateway = await gateways.start((_req, res) => void setTimeout(() => res.end('late'), 50));
    const answer = fetch(`http://127.0.0.1:${(gateway.address as AddressInfo).port}/`);
    await wait(20);
    const closing = gateway.close(Number.POSITIVE_INFINITY);
    expect(await (await answer).text()).to.equal('late');
    await closing;
  });
});
