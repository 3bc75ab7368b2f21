/** A request whose end comes after its answer, as Caddy sends it now and then: it ends and is closed, as over HTTP. */

import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { serve } from '../../lib/index.js';
import { createConnection, type ProtocolEvent } from '../../lib/protocol/index.js';

/** Asks, without a body; over FastCGI this is said when there was time to answer. */
const asks: Readonly<Record<'http' | 'fastcgi', (port: number) => Promise<void>>> = {
  http: async (port) => {
    request({ port, host: '127.0.0.1', agent: false })
      .on('response', (res) => res.resume())
      .end();
  },
  fastcgi: async (port) => {
    const socket = connect(port, '127.0.0.1').resume();
    const codec = createConnection('fastcgi', 'client');
    const send = (event: ProtocolEvent): void => {
      for (const bytes of codec.send([event])) socket.write(bytes);
    };
    const environ = [
      ['REQUEST_METHOD', 'GET'],
      ['REQUEST_URI', '/'],
    ] as const;
    send({ type: 'begin', id: 1, environ });
    await wait(50);
    send({ type: 'end', id: 1 });
    socket.end();
  },
};

describe('a request whose end comes after its answer', () => {
  for (const protocol of ['http', 'fastcgi'] as const) {
    it(`ends, over ${protocol}`, async () => {
      const heard: string[] = [];
      const application = (req: IncomingMessage, res: ServerResponse): void => {
        for (const event of ['end', 'close']) req.on(event, () => heard.push(event));
        req.resume();
        res.end('x');
      };
      const gateway = await serve(application, { protocol, listen: 0 });
      await asks[protocol]((gateway.address as AddressInfo).port);
      await wait(100);
      await gateway.close(100);
      expect(heard).to.deep.equal(['end', 'close']);
    });
  }
});
