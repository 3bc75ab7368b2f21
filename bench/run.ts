/**
 * `npm run bench`: runs the benchmarks that are named, or all of them, prints what was measured, and then each target
 * with its figure. docs/performance.md quotes it.
 *
 * Rules of this file: a benchmark is one file and one line below; a target that was missed is always said, and ends
 * the run with an error only under `--strict`; a benchmark whose contenders answer wrongly always does.
 */

import { cpus } from 'node:os';
import { behindProxyBenchmark } from './behind-proxy.js';
import type { Benchmark, Settings, Target } from './benchmark.js';
import { gatewayBenchmark } from './gateway.js';
import { harnessBenchmark } from './harness.js';
import { mountBenchmark } from './mount.js';

const benchmarks: Readonly<Record<string, Benchmark>> = {
  'behind-proxy': behindProxyBenchmark,
  gateway: gatewayBenchmark,
  harness: harnessBenchmark,
  mount: mountBenchmark,
};

const usage = `npm run bench -- [--quick] [--strict] [--only=contender,…] [--profile=folder] [${Object.keys(benchmarks).join(' | ')}]`;

interface Command {
  readonly names: readonly string[];
  readonly settings: Settings;
  readonly isStrict: boolean;
}

function parseCommand(args: readonly string[]): Command {
  const flags = args.filter((arg) => arg.startsWith('-'));
  const names = args.filter((arg) => !arg.startsWith('-'));
  const isQuick = flags.includes('--quick');
  const valueOfFlag = (name: string): string | undefined =>
    flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
  const only = valueOfFlag('only')?.split(',') ?? [];
  const profile = valueOfFlag('profile');
  for (const flag of flags) {
    if (!/^--(?:quick|strict|only=.+|profile=.+)$/.test(flag))
      throw new Error(`a flag must be known, got ${flag}\n${usage}`);
  }
  for (const name of names) {
    if (!Object.hasOwn(benchmarks, name)) {
      const known = Object.keys(benchmarks).join(', ');
      throw new Error(`a benchmark must be one of ${known}, got ${name}\n${usage}`);
    }
  }
  return {
    names: names.length === 0 ? Object.keys(benchmarks) : names,
    settings: isQuick
      ? { isQuick, only, profile, starts: 1, rounds: 9, sampleMs: 10, warmUpMs: 80 }
      : { isQuick, only, profile, starts: 3, rounds: 7, sampleMs: 20, warmUpMs: 120 },
    isStrict: flags.includes('--strict'),
  };
}

function printTargets(targets: readonly Target[]): void {
  const width = Math.max(...targets.map(({ rule }) => rule.length));
  console.log('\ntargets');
  for (const { rule, measured, isReached } of targets) {
    console.log(`  ${isReached ? 'reached    ' : 'not reached'}  ${rule.padEnd(width)}  ${measured}`);
  }
  const missed = targets.filter(({ isReached }) => !isReached).length;
  console.log(missed === 0 ? `all ${targets.length} reached` : `${missed} of ${targets.length} not reached`);
}

async function run(args: readonly string[]): Promise<void> {
  const { names, settings, isStrict } = parseCommand(args);
  const { isQuick, starts, rounds, sampleMs } = settings;
  const processors = cpus();
  const model = processors[0]?.model ?? 'unknown processor';
  console.log(
    `Node ${process.version}, ${process.platform} ${process.arch}, ${processors.length} x ${model}`,
  );
  console.log(`${starts} x ${rounds} rounds, samples of about ${sampleMs} ms${isQuick ? ' (--quick)' : ''}`);
  const targets: Target[] = [];
  for (const name of names) targets.push(...(await (benchmarks[name] as Benchmark)(settings)));
  printTargets(targets);
  if (isStrict && targets.some(({ isReached }) => !isReached)) process.exitCode = 1;
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
