/**
 * FastCGI authorizers behind real front servers: what the application allows is served, what it denies is not.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Gateway, serve } from '../../lib/index.js';
import { rawRequestTo } from '../support/raw.js';
import { type FrontServerName, frontServers, startFrontServer } from './front-server.js';
import { describeLive } from './program.js';
import type { LiveServer } from './server.js';

const asked: string[] = [];

async function start(name: FrontServerName): Promise<{ gateway: Gateway; front: LiveServer }> {
  const gateway = await serve((_req, res) => res.end('the application'), {
    protocol: 'fastcgi',
    listen: 0,
    authorizer: (req) => {
      asked.push(`${req.method} ${req.url}`);
      return req.url?.includes('open')
        ? { allow: true, variables: { REMOTE_USER: 'alice' } }
        : { allow: false, status: 403, body: 'not for you' };
    },
  });
  const front = await startFrontServer(name, 'authorizer', {
    upstream: `127.0.0.1:${(gateway.address as AddressInfo).port}`,
  });
  const folder = join(front.folder, 'root', 'app');
  mkdirSync(folder, { recursive: true });
  for (const file of ['open.txt', 'closed.txt']) writeFileSync(join(folder, file), `this is ${file}`);
  return { gateway, front };
}

describe('FastCGI authorizers', () => {
  for (const name of ['lighttpd', 'apache'] as const) {
    describeLive(name, frontServers[name].program, () => {
      let gateway: Gateway;
      let front: LiveServer;
      before(async () => {
        ({ gateway, front } = await start(name));
      });
      after(async () => {
        await front?.stop();
        await gateway?.close(100);
      });
      beforeEach(() => {
        asked.length = 0;
      });

      it('serve what is allowed', async () => {
        const { status, body } = await rawRequestTo(front.port, '/app/open.txt');
        expect([status, body]).to.deep.equal([200, 'this is open.txt']);
        expect(asked).to.deep.equal(['GET /app/open.txt']);
      });

      it('do not serve what is denied', async () => {
        const { status, body } = await rawRequestTo(front.port, '/app/closed.txt');
        expect(status).to.be.oneOf([401, 403]);
        expect(body).to.not.contain('this is');
      });
    });
  }
});
