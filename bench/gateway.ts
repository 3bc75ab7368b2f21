/**
 * The benchmark `gateway`: what a request costs by a gateway protocol, beside the same application over proxied HTTP, and beside
 * what others have.
 *
 * Rules of this file: all are behind front servers of one process, over Unix sockets, and are measured in turn; a ratio is
 * that of samples of the same round. Front server, load and applications share the machine: requests a second say how all of
 * them did, the processor time of a request is the application's own.
 */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveServer } from '../test/live/server.js';
import type { Benchmark, Target } from './benchmark.js';
import { missingFor, phpScript, processorTime, startApplication } from './gateway/applications.js';
import {
  type BodyName,
  bodies,
  bodyNames,
  type ContenderName,
  contenderNames,
  contenders,
  type FrontName,
  type Goal,
  goals,
  type Route,
} from './gateway/contenders.js';
import { startFront } from './gateway/fronts.js';
import { checkAnswer, connections, loadFor } from './gateway/load.js';
import { createRandom, type Summary, shuffle, summarize, summarizeRatio } from './statistics.js';
import { formatCount, formatNumber, formatSummary, formatTable } from './text-table.js';

type Measure = Goal['measure'];

/** Figures by contender, body and measure, in the order of the rounds. */
class Figures {
  readonly #samples = new Map<string, number[]>();

  of(...key: readonly [ContenderName, BodyName, Measure]): number[] {
    const name = key.join('\n');
    const found = this.#samples.get(name) ?? [];
    this.#samples.set(name, found);
    return found;
  }

  ratio(of: ContenderName, beside: ContenderName, body: BodyName, measure: Measure): Summary {
    return summarizeRatio(this.of(of, body, measure), this.of(beside, body, measure));
  }
}

/** wrk counts in whole seconds. */
const seconds = 1;

export const gatewayBenchmark: Benchmark = async (settings) => {
  const { isQuick, only, starts, rounds: usual, profile } = settings;
  const rounds = isQuick ? 3 : usual;
  console.log(`\ngateway: ${starts} x ${rounds} rounds, samples of ${seconds} s, ${connections} connections`);
  const wanted = wantedOf(only);
  const missing = new Map(wanted.map((name) => [name, missingFor(contenders[name].application)]));
  const entrants = wanted.filter((name) => missing.get(name) === undefined);
  const figures = new Figures();
  const random = createRandom(entrants.length);
  for (let start = 0; start < starts; start++) {
    await withAll(entrants, profile, async (urls, pids) => {
      const ask = async (name: ContenderName, body: BodyName) =>
        loadFor(name, `${urls.get(name)}${bodies[body].path}`, bodies[body].length, seconds);
      for (const name of entrants) for (const body of bodyNames) await ask(name, body);
      for (let round = 0; round < rounds; round++) {
        for (const body of bodyNames) {
          for (const name of shuffle(entrants, random)) {
            const pid = pids.get(name) as number;
            const before = processorTime(pid);
            const { requests, seconds: took } = await ask(name, body);
            figures.of(name, body, 'CPU a request').push((processorTime(pid) - before) / requests);
            figures.of(name, body, 'requests/s').push(requests / took);
          }
        }
      }
    });
  }
  for (const body of bodyNames) console.log(`\n${formatTable(tableOf(body, entrants, figures))}`);
  for (const reason of missing.values()) if (reason !== undefined) console.log(`left out: ${reason}`);
  const judged = goals.filter(({ of, beside }) => wanted.includes(of) && wanted.includes(beside));
  return judged.map((goal) => judge(goal, figures, missing.get(goal.beside)));
};

/** Those that are named, and whom they are compared with. */
function wantedOf(only: readonly string[]): readonly ContenderName[] {
  for (const name of only) {
    if (!Object.hasOwn(contenders, name)) {
      throw new Error(`a contender must be one of ${contenderNames.join('; ')}, got ${name}`);
    }
  }
  const peers = contenderNames.flatMap((name) => (only.includes(name) ? contenders[name].peer : []));
  const isWanted = (name: ContenderName) => only.length === 0 || only.includes(name) || peers.includes(name);
  return contenderNames.filter(isWanted);
}

/** Runs all contenders and their front servers, and looks at what each answers. */
async function withAll(
  entrants: readonly ContenderName[],
  profile: string | undefined,
  body: (urls: ReadonlyMap<ContenderName, string>, pids: ReadonlyMap<ContenderName, number>) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mountpoint-bench-'));
  // php-fpm and Apache, started by root, serve as other users.
  chmodSync(folder, 0o755);
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true })];
  try {
    const script = join(folder, 'application.php');
    writeFileSync(script, phpScript);
    const routes = new Map(
      entrants.map((name) => [name, routeOf(contenderNames.indexOf(name), folder, script)]),
    );
    const pids = new Map<ContenderName, number>();
    for (const [name, route] of routes) {
      const { pid, stop } = await startApplication(contenders[name].application, route, profile);
      pids.set(name, pid);
      stops.push(stop);
    }
    const urls = new Map<ContenderName, string>();
    for (const front of new Set(entrants.map((name) => contenders[name].front))) {
      const server = await startFrontOf(front, routes);
      stops.push(() => server.stop());
      for (const [name, { mount }] of routes) {
        if (contenders[name].front === front) urls.set(name, `http://127.0.0.1:${server.port}${mount}`);
      }
    }
    for (const [name, url] of urls) {
      for (const { path, length } of Object.values(bodies)) await checkAnswer(name, `${url}${path}`, length);
    }
    await body(urls, pids);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

function routeOf(index: number, folder: string, script: string): Route {
  const id = `c${index}`;
  return { id, mount: `/${id}`, socket: join(folder, `${id}.sock`), script };
}

function startFrontOf(front: FrontName, routes: ReadonlyMap<ContenderName, Route>): Promise<LiveServer> {
  const own = [...routes].filter(([name]) => contenders[name].front === front);
  return startFront(
    front,
    own.map(([name, route]) => ({ route, directives: contenders[name].pass(route) })),
  );
}

function tableOf(body: BodyName, entrants: readonly ContenderName[], figures: Figures): string[][] {
  const head = [body, 'requests/s', 'it/its peer', 'CPU a request, us', 'it/its peer', 'peer'];
  const rows = entrants.map((name) => {
    const { peer } = contenders[name];
    const ratio = (measure: Measure): string =>
      peer === name ? '' : formatSummary(figures.ratio(name, peer, body, measure));
    const rate = summarize(figures.of(name, body, 'requests/s'));
    return [
      name,
      `${formatCount(Math.round(rate.median))} ±${formatNumber(rate.spread)}`,
      ratio('requests/s'),
      formatSummary(summarize(figures.of(name, body, 'CPU a request'))),
      ratio('CPU a request'),
      peer === name ? '' : peer,
    ];
  });
  return [head, ...rows];
}

function judge(goal: Goal, figures: Figures, missing: string | undefined): Target {
  const { of, beside, body, measure, limit } = goal;
  const isCost = measure === 'CPU a request';
  const rule = `${of}: ${measure} ${isCost ? 'at most' : 'at least'} ${limit} times that of ${beside}, ${body}`;
  if (missing !== undefined) return { rule, measured: missing, isReached: false };
  const ratio = figures.ratio(of, beside, body, measure);
  return {
    rule,
    measured: formatSummary(ratio),
    isReached: isCost ? ratio.median <= limit : ratio.median >= limit,
  };
}
