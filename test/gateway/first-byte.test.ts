/** Which protocol a connection speaks, by its first byte: all of them on one address, in any order, as slow as they like. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { protocolOf } from '../../lib/gateway/first-byte.js';
import type { Application, Gateway, GatewayProtocol } from '../../lib/index.js';
import { askOnce, connectTo, FrontEnd, Gateways, until } from '../support/front-end.js';

const spoken = ['http', 'fastcgi', 'scgi', 'uwsgi', 'ajp'] as const;

describe('the first byte of a connection', () => {
  const rows: readonly (readonly [byte: number, protocol: GatewayProtocol | undefined])[] = [
    [0, 'uwsgi'],
    [1, 'fastcgi'],
    [2, undefined],
    [5, 'uwsgi'],
    [7, 'uwsgi'],
    [10, 'http'],
    [13, 'http'],
    [0x12, 'ajp'],
    // TLS.
    [0x16, undefined],
    [30, 'uwsgi'],
    [0x20, undefined],
    [0x30, undefined],
    [0x31, 'scgi'],
    [0x39, 'scgi'],
    [0x41, 'http'],
    [0x47, 'http'],
    [0x7a, 'http'],
    // What a container sends to a server.
    [0x80, undefined],
    [255, undefined],
  ];
  for (const [byte, protocol] of rows) {
    it(`${byte} is ${protocol ?? 'nobody’s'}`, () => {
      expect(protocolOf(byte, spoken)).to.equal(protocol);
      expect(protocolOf(byte, [])).to.equal(undefined);
    });
  }

  const folder = mkdtempSync(join(tmpdir(), 'mountpoint-first-'));
  after(() => rmSync(folder, { recursive: true }));
  const gateways = new Gateways();
  let gateway: Gateway;
  const application: Application = (req, res) => void res.end(`${req.baseUrl} ${req.url}`);
  beforeEach(async () => {
    const listen = [0, join(folder, 'a.sock')];
    gateway = await gateways.start(application, { protocol: spoken, listen, mount: '/app' });
  });
  afterEach(() => gateways.close());

  for (const [index, where] of ['a TCP port', 'a Unix socket'].entries()) {
    for (const protocol of spoken) {
      it(`tells ${protocol} on ${where}`, async () => {
        for (const pause of [0, 30]) {
          const answer = await askOnce(protocol, gateway.addresses[index] ?? null, '/app/x?y', pause);
          expect(answer).to.deep.equal({ status: 200, body: '/app /x?y' });
        }
        expect(gateways.logged).to.deep.equal([]);
      });
    }

    it(`tells many at once on ${where}`, async () => {
      const asked = Array.from({ length: 60 }, (_, at) => {
        const protocol = spoken[at % spoken.length] ?? 'http';
        return askOnce(protocol, gateway.addresses[index] ?? null, `/app/${at}`, at % 4);
      });
      const answers = await Promise.all(asked);
      expect(answers.map(({ body }) => body)).to.deep.equal(answers.map((_, at) => `/app /${at}`));
    });

    it(`closes what is none on ${where}, and says why`, async () => {
      const socket = await connectTo(gateway.addresses[index] ?? null);
      socket.resume();
      socket.write(Buffer.from([0x16, 3, 1, 0]));
      await until(() => socket.destroyed);
      expect(gateways.logged).to.deep.equal([
        'a connection must begin as one of http, fastcgi, scgi, uwsgi, ajp, got byte 22',
      ]);
    });
  }

  it('has each byte of a request come alone', async () => {
    const front = await FrontEnd.connect('fastcgi', gateway.address);
    for (const byte of front.bytesOf('/app/slow')) {
      front.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await front.answered())[1]).to.equal('body 1 "/app /slow"');
    front.close();
  });

  it('goes on with a connection that is kept', async () => {
    const front = await FrontEnd.connect('fastcgi', gateway.address);
    for (const target of ['/app/1', '/app/2', '/app/3']) {
      front.events.length = 0;
      front.ask(target);
      expect((await front.answered())[1]).to.equal(
        `body 1 ${JSON.stringify(target.replace('/app', '/app '))}`,
      );
    }
    front.close();
  });

  it('is of none where there is none: silence, half-closed and closed connections', async () => {
    const sockets = await Promise.all(Array.from({ length: 3 }, () => connectTo(gateway.address)));
    sockets[1]?.resume().end();
    sockets[2]?.destroy();
    await until(() => sockets[1]?.destroyed === true);
    await wait(20);
    expect(gateways.logged).to.deep.equal([]);
    expect(sockets[0]?.destroyed).to.equal(false);
    // Whoever has said nothing does not keep it from closing.
    const begun = performance.now();
    await gateway.close(5000);
    expect(performance.now() - begun).to.be.below(1500);
  });

  it('of a protocol that is not served is nobody’s', async () => {
    const some = await gateways.start(application, { protocol: ['http', 'fastcgi'] });
    const answer = await askOnce('scgi', some.address, '/').catch(() => ({ status: -1, body: '' }));
    expect(answer.status).to.be.below(1);
    expect(gateways.logged.at(-1)).to.match(
      /^a connection must begin as one of http, fastcgi, got byte \d+$/,
    );
    expect((await askOnce('http', some.address, '/x')).body).to.equal(' /x');
  });

  it('says nothing of who may connect: only a front server by a gateway protocol, anybody over HTTP', async () => {
    const some = await gateways.start(application, { protocol: spoken, allowedClients: '192.0.2.1' });
    expect((await askOnce('http', some.address, '/x')).status).to.equal(200);
    expect((await askOnce('fastcgi', some.address, '/x')).status).to.equal(0);
    expect(gateways.logged).to.deep.equal(['a front server must be one of allowedClients, got 127.0.0.1']);
  });
});
