/**
 * The harness beside the real servers: the same application, configuration and requests, and what it sees by the model and behind the
 * server is the same.
 */

import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { Front } from '../../lib/harness/behind.js';
import { frontServers as models } from '../../lib/harness/index.js';
import { type Application, serve } from '../../lib/index.js';
import { type FrontServerName, frontServers, startFrontServer } from './front-server.js';
import { type TargetName, targets } from './gateway-targets.js';
import { lookAt, probe, type Sight } from './probe.js';
import { describeLive } from './program.js';

const mounts = ['/', '/foo', '/a b/c'] as const;
const targetNames = Object.keys(targets) as readonly TargetName[];
const host = 'site.example';

/** What a model does not do, and why. */
const differences: Partial<
  Readonly<Record<keyof typeof models, Partial<Readonly<Record<TargetName, string>>>>>
> = {
  'haproxy/fastcgi': {
    '8 KB': 'its parameters, which hold the path several times, do not fit its buffer of 16 KB',
  },
};

type Seen = Readonly<Record<TargetName, Sight | number>>;

async function seenAt(look: (target: string) => Promise<Sight | number>, mount: string): Promise<Seen> {
  const base = mount === '/' ? '' : encodeURI(mount);
  const all = await Promise.all(
    targetNames.map(async (name) => [name, await look(targets[name](base))] as const),
  );
  return Object.fromEntries(all) as Seen;
}

async function seenByModel(name: keyof typeof models, mount: string): Promise<Seen> {
  const front = new Front(name, probe as unknown as Application, { mount }, 'the test');
  const connection = {
    ...{ remoteAddress: '127.0.0.1', remotePort: 40_000, localAddress: '127.0.0.1', localPort: 80 },
    isEncrypted: false,
  };
  return seenAt(async (target) => {
    const headers: [string, string][] = [
      ['Host', host],
      ['Connection', 'close'],
    ];
    const request = { method: 'GET', target, version: 'HTTP/1.1', headers, body: undefined };
    const answer = await front.ask(request, connection);
    if (answer.isRefused) return answer.status;
    const isProbe = answer.headers.some(([field]) => field.toLowerCase() === 'x-probe');
    const body = (await buffer(answer.body)).toString();
    return isProbe ? (JSON.parse(body) as Sight) : answer.status;
  }, mount);
}

async function seenBehind(name: keyof typeof models, mount: string): Promise<Seen> {
  const { server, protocol, file } = models[name];
  const gateway = await serve(probe as unknown as Application, {
    ...{ protocol, listen: 0, mount },
    log: () => undefined,
  });
  try {
    const { port } = gateway.address as AddressInfo;
    const front = await startFrontServer(server as FrontServerName, file, {
      upstream: `127.0.0.1:${port}`,
      mount,
    });
    try {
      return await seenAt((target) => lookAt(front.port, target, host), mount);
    } finally {
      await front.stop();
    }
  } finally {
    await gateway.close(100);
  }
}

describe('the harness beside real servers', () => {
  for (const name of Object.keys(models) as (keyof typeof models)[]) {
    const { server, file } = models[name];
    // These start the application themselves: what they send is recorded, and compared by `npm run fidelity`.
    if (['fcgid', 'cgi'].includes(file)) continue;
    describeLive(name, frontServers[server as FrontServerName].program, () => {
      for (const mount of mounts) {
        it(`${targetNames.length} targets at ${mount}`, async () => {
          const [model, real] = await Promise.all([seenByModel(name, mount), seenBehind(name, mount)]);
          const differing = targetNames.filter(
            (target) => JSON.stringify(model[target]) !== JSON.stringify(real[target]),
          );
          const shown = differing.map((target) => [target, { real: real[target], model: model[target] }]);
          const known = Object.keys(differences[name] ?? {});
          expect(differing, JSON.stringify(Object.fromEntries(shown))).to.deep.equal(known);
        });
      }
    });
  }
});
