/**
 * Each module of a front server that speaks a gateway protocol, at each mount: where the application sees itself is where it sees
 * itself over HTTP at the same mount, asked directly for the same target; or the front server refuses.
 *
 * Rules of this file: a difference is never an exception. What a front server refuses, or makes another target of, is listed with
 * the reason (gateway-deviations.ts), and has to be so.
 */

import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { mountValues, type TrailingSlash } from '../../lib/harness/mount-values.js';
import { type Gateway, serve } from '../../lib/index.js';
import { hasModule } from './apache.js';
import { frontServers, startFrontServer } from './front-server.js';
import { type Alteration, alterations, type Refusal, refusals, type Scope } from './gateway-deviations.js';
import { type GatewayRow, gatewayRows, type Mount, mounts } from './gateway-rows.js';
import { notOverHttp, type TargetName, targets } from './gateway-targets.js';
import { bridgeScript, lookAt, probe, probeScript, type Sight } from './probe.js';
import { describeLive, whichever } from './program.js';
import { type LiveServer, type Place, startServer } from './server.js';

const host = 'site.example';
const targetNames = Object.keys(targets) as readonly TargetName[];

type Sights = Readonly<Record<TargetName, Sight | number>>;
/** By the name of a target, and by what is made of one. */
type Expected = Readonly<Record<string, Sight | number>>;

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
const overHttp = new Map<Mount, Promise<Expected>>();

function expectedAt(mount: Mount): Promise<Expected> {
  const look = async (): Promise<Expected> => {
    const plain = await serve(probe, { listen: 0, mount, log: () => undefined });
    try {
      const sights: Record<string, Sight | number> = await sightsAt(portOf(plain), mount);
      // Of alterations, by what arrives, which begins with a slash, or is nothing.
      for (const path of alterations.flatMap(({ arrives }) => Object.values(arrives))) {
        sights[path] ??= await lookAt(portOf(plain), mountValues(mount, '').mountUrl + path || '/', host);
      }
      return sights;
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

function isIn({ row, mount, slash }: Variant, scope: Scope): boolean {
  return (
    scope.server === row.server &&
    (scope.files?.includes(row.file) ?? true) &&
    (scope.mounts?.includes(mount) ?? true) &&
    slash === (scope.slash ?? slash) &&
    (scope.values === undefined || JSON.stringify(scope.values) === JSON.stringify(row.values))
  );
}

/** The status that a front server gives instead of asking the application. */
function refusalOf(variant: Variant, target: TargetName): Refusal | undefined {
  return refusals.findLast((refusal) => refusal.targets.includes(target) && isIn(variant, refusal));
}

/** The target of which a front server makes another. */
function alterationOf(variant: Variant, target: TargetName): Alteration | undefined {
  return alterations.findLast(({ arrives, ...scope }) => target in arrives && isIn(variant, scope));
}

/** fcgiwrap, which starts for each request the script that it is told. */
function startWrapper(): Promise<LiveServer> {
  const socketIn = ({ folder }: Place) => join(folder, 'fcgiwrap.socket');
  return startServer({
    program: whichever(['fcgiwrap']) ?? 'fcgiwrap',
    parameters: (place) => ['-s', `unix:${socketIn(place)}`],
    answers: async (place) => existsSync(socketIn(place)),
  });
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
  const wrapper = start === 'wrapped' ? await startWrapper() : undefined;
  try {
    const front = await startFrontServer(server, file, {
      ...{ upstream, mount, slash, script },
      ...(scriptName !== undefined && { scriptName }),
      values: { ...values, wrapper: wrapper?.folder ?? '' },
    });
    try {
      return await sightsAt(front.port, mount, row.targets);
    } finally {
      await front.stop();
    }
  } finally {
    await wrapper?.stop();
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
function differences(variant: Variant, seen: Sights, expected: Expected): readonly string[] {
  const { protocol, targets: names = targetNames } = variant.row;
  return names.flatMap((name) => {
    const found = encoded(seen[name]);
    const isRefused = protocol === 'http' && typeof found === 'number';
    const altered = alterationOf(variant, name)?.arrives[name];
    const right = expected[altered ?? (isRefused ? name : (notOverHttp[name] ?? name))];
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
    for (const module of ['fcgid', 'jk']) {
      if (!row.file.startsWith(module)) continue;
      expect(hasModule(`mod_${module}`), `libapache2-mod-${module} is installed`).to.equal(true);
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
    const own = [...Object.values(row.values ?? {}), row.scriptName ?? ''];
    const name = [row.server, row.file, ...own].join(' ').trimEnd();
    const { program } = frontServers[row.server];
    const between = row.start === 'bridged' ? 'cgi-fcgi' : row.start === 'wrapped' ? 'fcgiwrap' : undefined;
    if (between !== undefined) {
      describeLive(name, program, () => describeLive('by', between, () => testsOf(row)));
    } else {
      describeLive(name, program, () => testsOf(row));
    }
  }

  it('refusals and alterations are each of a configuration and a target that are there', () => {
    const used = new Set<Refusal | Alteration | undefined>();
    for (const variant of gatewayRows.flatMap(variantsOf)) {
      for (const name of variant.row.targets ?? targetNames) {
        used.add(refusalOf(variant, name)).add(alterationOf(variant, name));
      }
    }
    expect([...refusals, ...alterations].filter((each) => !used.has(each))).to.deep.equal([]);
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
