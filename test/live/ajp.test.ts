/** What only AJP has, behind real front servers: its secret, bodies that are asked for, and a front server that gets them wrong. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { type ServeOptions, serve } from '../../lib/index.js';
import { type FrontServerName, frontServers, startFrontServer } from './front-server.js';
import { secret } from './gateway-rows.js';
import { describeLive } from './program.js';

interface Seen {
  readonly status: number;
  readonly body: string;
  readonly logged: readonly string[];
}

/** Sends a body through a front server to an application that says how many bytes came. */
async function post(server: FrontServerName, options: Partial<ServeOptions>, length: number): Promise<Seen> {
  const logged: string[] = [];
  // A request that breaks off is nothing to tell.
  const count = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await buffer(req).catch(() => undefined);
    res.end(`${body?.length}`);
  };
  const gateway = await serve(count, {
    ...{ ...options, protocol: 'ajp', listen: 0, mount: '/app' },
    log: (line) => void logged.push(line),
  });
  const upstream = `127.0.0.1:${(gateway.address as AddressInfo).port}`;
  const front = await startFrontServer(server, 'ajp', { upstream, values: secret.values });
  try {
    const body = Buffer.alloc(length, 'abcdefg');
    const res = await fetch(`http://127.0.0.1:${front.port}/app`, { method: 'POST', body });
    return { status: res.status, body: await res.text(), logged };
  } finally {
    await front.stop();
    await gateway.close(100);
  }
}

describe('AJP behind front servers', () => {
  describeLive('apache', frontServers.apache.program, () => {
    it('with its secret, a megabyte gets through', async () => {
      const seen = await post('apache', secret.options, 1_000_000);
      expect(seen).to.deep.equal({ status: 200, body: '1000000', logged: [] });
    });

    it('with another secret it is refused', async () => {
      const { status, logged } = await post('apache', { ajp: { secret: 'mellon' } }, 0);
      expect(status).to.equal(403);
      expect(logged).to.have.lengthOf(1);
      expect(logged[0])
        .to.match(/secret/)
        .and.to.not.match(/sesame|mellon/);
    });
  });

  describeLive('lighttpd', frontServers.lighttpd.program, () => {
    it('its bodies lack their inner length, and are refused', async () => {
      const { status, logged } = await post('lighttpd', {}, 1000);
      expect(status).to.equal(500);
      expect(logged).to.deep.equal([
        'ERR_PROTOCOL_PARAMS: the length of a packet of body must be what it holds, 998, got 24930',
      ]);
    });
  });
});
