/**
 * Each module of a front server that speaks a gateway protocol, at each mount: where the application sees itself is where it sees
 * itself over HTTP at the same mount, asked directly for the same target; or the front server refuses.
 *
 * Rules of this file: a difference is never an exception. What a front server refuses is listed with the reason
 * (`refusals`), and has to be refused.
 */

import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type Gateway, serve } from '../../lib/index.js';
import { hasModule } from './apache.js';
import { frontServers, startFrontServer } from './front-server.js';
import {
  type GatewayRow,
  gatewayRows,
  type Mount,
  mounts,
  notOverHttp,
  type Refusal,
  refusals,
  type TargetName,
  targets,
} from './gateway-rows.js';
import { mountValues, type TrailingSlash } from './mount-values.js';
import { bridgeScript, lookAt, probe, probeScript, type Sight } from './probe.js';
import { describeLive } from './program.js';

const host = 'site.example';
const targetNames = Object.keys(targets) as readonly TargetName[];

type Sights = Readonly<Record<TargetName, Sight | number>>;

async function sightsAt(port: number, mount: Mount, names = targetNames): Promise<Sights> {
  const { mountUrl } = mountValues(mount, '');
  const sights: [string, Sight | number][] = [];
  // One after the other: where no process of mod_fcgid is free, it looks again after a second.
  for (const name of names) {
    sights.push([name, await lookAt(port, targets[name](mountUrl), host)]);
  }
  return Object.fromEntries(sights) as Sights;
}

const portOf = ({ address }: Gateway): number => (address as AddressInfo).port;

/** What the probe sees over HTTP, without a front server: asked once for a mount. */
const overHttp = new Map<Mount, Promise<Sights>>();

function expectedAt(mount: Mount): Promise<Sights> {
  const look = async (): Promise<Sights> => {
    const plain = await serve(probe, { listen: 0, mount, log: () => undefined });
    try {
      return await sightsAt(portOf(plain), mount);
    } finally {
      await plain.close(100);
    }
  };
  const known = overHttp.get(mount) ?? look();
  overHttp.set(mount, known);
  return known;
}

/** One configuration of a row. */
interface Variant {
  readonly row: GatewayRow;
  readonly mount: Mount;
  readonly slash: TrailingSlash;
}

function variantsOf(row: GatewayRow): readonly Variant[] {
  return (row.mounts ?? mounts).flatMap((mount) => {
    const slashes = mount === '/' ? ([''] as const) : (row.slashes ?? (['', '/'] as const));
    return slashes.map((slash) => ({ row, mount, slash }));
  });
}

/** The status that a front server gives instead of asking the application. */
function refusalOf({ row, mount, slash }: Variant, target: TargetName): Refusal | undefined {
  return refusals.findLast(
    (refusal) =>
      refusal.server === row.server &&
      refusal.targets.includes(target) &&
      (refusal.files?.includes(row.file) ?? true) &&
      (refusal.mounts?.includes(mount) ?? true) &&
      slash === (refusal.slash ?? slash) &&
      (refusal.values === undefined || JSON.stringify(refusal.values) === JSON.stringify(row.values)),
  );
}

async function sightsOf({ row, mount, slash }: Variant): Promise<Sights> {
  const { protocol, server, file, values = {}, options, start, scriptName } = row;
  // What a front server starts itself does not listen: then this one is not asked.
  const listening = protocol === 'cgi' ? 'http' : protocol;
  const gateway = await serve(probe, {
    ...options,
    protocol: listening,
    listen: 0,
    mount,
    log: () => undefined,
  });
  const upstream = `127.0.0.1:${portOf(gateway)}`;
  const script = start === 'bridged' ? bridgeScript(upstream) : probeScript(protocol, mount);
  const named = { ...(scriptName !== undefined && { scriptName }) };
  try {
    const front = await startFrontServer(server, file, { upstream, mount, slash, values, script, ...named });
    try {
      return await sightsAt(front.port, mount, row.targets);
    } finally {
      await front.stop();
    }
  } finally {
    await gateway.close(100);
  }
}

/** A byte that no URL has, as one has it. */
function encoded(sight: Sight | number): Sight | number {
  if (typeof sight === 'number') return sight;
  const url = sight.url?.replaceAll(/[\x80-\xff]/g, (byte) => encodeByte(byte.charCodeAt(0)));
  return { ...sight, url };
}

const encodeByte = (byte: number): string => `%${byte.toString(16).toUpperCase()}`;

/** Where a configuration shows something else than it should, in words. */
function differences(variant: Variant, seen: Sights, expected: Sights): readonly string[] {
  const { protocol, targets: names = targetNames } = variant.row;
  return names.flatMap((name) => {
    const found = encoded(seen[name]);
    const isRefused = protocol === 'http' && typeof found === 'number';
    const right = expected[isRefused ? name : (notOverHttp[name] ?? name)];
    const refusal = refusalOf(variant, name)?.status;
    // What no application is to see: whoever refuses it, and how.
    const isRight =
      refusal === undefined && typeof right === 'number'
        ? typeof found === 'number'
        : JSON.stringify(found) === JSON.stringify(refusal ?? right);
    return isRight
      ? []
      : [`${name}: ${JSON.stringify(found)} instead of ${JSON.stringify(refusal ?? right)}`];
  });
}

function testsOf(row: GatewayRow): void {
  const variants = variantsOf(row);
  let seen: readonly Sights[] = [];
  before(async () => {
    if (row.file.startsWith('fcgid')) {
      expect(hasModule('mod_fcgid'), 'libapache2-mod-fcgid is installed').to.equal(true);
    }
    seen = await Promise.all(variants.map(sightsOf));
  });
  for (const [index, variant] of variants.entries()) {
    const { path } = mountValues(variant.mount, variant.slash);
    it(`${path}: ${(row.targets ?? targetNames).length} targets are as over HTTP, or refused`, async () => {
      const sights = seen[index] as Sights;
      expect(differences(variant, sights, await expectedAt(variant.mount))).to.deep.equal([]);
    });
  }
}

describe('mounts behind front servers', () => {
  for (const row of gatewayRows) {
    const name = [row.server, row.file, ...Object.values(row.values ?? {})].join(' ');
    const { program } = frontServers[row.server];
    if (row.start === 'bridged') {
      describeLive(name, program, () => describeLive('the bridge', 'cgi-fcgi', () => testsOf(row)));
    } else {
      describeLive(name, program, () => testsOf(row));
    }
  }

  it('refusals are each of a configuration and a target that are there', () => {
    const variants = gatewayRows.flatMap(variantsOf);
    const used = new Set(
      variants.flatMap((variant) =>
        (variant.row.targets ?? targetNames).map((name) => refusalOf(variant, name)),
      ),
    );
    expect(refusals.filter((refusal) => !used.has(refusal))).to.deep.equal([]);
  });

  it('what a refused target would be is seen over HTTP, or it is no refusal', async () => {
    for (const { targets: names, mounts: some = mounts } of refusals) {
      for (const mount of some) {
        const expected = await expectedAt(mount);
        for (const name of names) expect(expected[notOverHttp[name] ?? name], name).to.be.an('object');
      }
    }
  });
});
