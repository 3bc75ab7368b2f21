/**
 * `resolve()` of long targets: time linear in the length, whatever they hold.
 *
 * Rules of this file: each kind of target repeats one piece, chosen to make some step do its most; a refusal is an
 * answer, and is timed like one. A step whose time grew with the square would take twice as long a byte at twice the
 * length.
 */

import { type MountOptions, MountTable, pattern, RequestTargetError } from '../../lib/index.js';
import type { Settings, Target } from '../benchmark.js';
import { calibrate, sample, type Work } from '../sample.js';
import { summarize, summarizeRatio } from '../statistics.js';
import { formatNumber, formatTable } from '../text-table.js';

interface Kind {
  readonly name: string;
  /** What comes once, before the repeated piece. */
  readonly start: string;
  readonly piece: string;
  readonly options?: MountOptions;
}

const kinds: readonly Kind[] = [
  { name: 'slashes', start: '', piece: '/' },
  { name: 'segments', start: '', piece: '/a' },
  { name: 'one segment', start: '/m1/', piece: 'a' },
  { name: 'hyphens', start: '/', piece: '-' },
  { name: 'dot segments', start: '', piece: '/.' },
  { name: 'segments climbed', start: '', piece: '/a/..' },
  { name: 'climbing above the root', start: '', piece: '/..' },
  { name: 'dots that are none', start: '', piece: '/...' },
  { name: 'needless escapes', start: '/', piece: '%41' },
  { name: 'escaped dot segments', start: '', piece: '/%2e' },
  { name: 'malformed escapes', start: '/', piece: '%' },
  { name: '%2F kept', start: '/', piece: '%2F' },
  { name: '%2F decoded', start: '/', piece: '%2F', options: { encodedSlashes: 'decode' } },
  { name: '%2F with dots decoded', start: '/', piece: 'a%2F..%2F', options: { encodedSlashes: 'decode' } },
  { name: '%2F refused', start: '/', piece: '%2F', options: { encodedSlashes: 'reject' } },
  { name: 'bytes not UTF-8', start: '/m1/', piece: '%ff' },
  { name: 'UTF-8 cut short', start: '/m1/', piece: '%e2%82' },
  { name: 'UTF-8', start: '/m1/', piece: '%e2%82%ac' },
  { name: 'bytes as they are', start: '/m1/', piece: '\u00e9' },
  { name: 'slash runs kept', start: '/m1', piece: '/a//', options: { slashes: 'keep' } },
  { name: 'as sent', start: '/m1/', piece: '/%41/./', options: { nonNormal: 'keep' } },
  { name: 'refused unless normal', start: '/m1/', piece: '/./', options: { nonNormal: 'reject' } },
  { name: 'letters folded', start: '/', piece: '/A', options: { caseSensitive: false } },
  { name: 'query', start: '/m1?', piece: '&' },
  { name: 'absolute-form', start: 'http://example.com/m1', piece: '/a' },
  { name: 'authority', start: 'http://', piece: 'a.' },
];

const sizes = [16, 32, 64, 128] as const;

/** A step whose time grew with the square would show 2. */
const limit = 1.5;

export function benchLinearity(settings: Settings): readonly Target[] {
  const head = ['resolve(), ns a byte', ...sizes.map((size) => `${size} KB`), '64/32 KB', '128/64 KB'];
  let worst = { name: '', growth: 0 };
  const rows = kinds.map((kind) => {
    const samples = measure(kind, settings.starts * settings.rounds);
    const at = (size: (typeof sizes)[number]): readonly number[] => samples.get(size) ?? [];
    const growth = summarizeRatio(at(64), at(32)).median;
    if (growth > worst.growth) worst = { name: kind.name, growth };
    const costs = sizes.map((size) => formatNumber(summarize(at(size)).median));
    return [kind.name, ...costs, formatNumber(growth), formatNumber(summarizeRatio(at(128), at(64)).median)];
  });
  console.log(`\n${formatTable([head, ...rows])}`);
  return [
    {
      rule: `resolve() of 64 KB at most ${limit} times as long a byte as of 32 KB`,
      measured: `${formatNumber(worst.growth)} at most (${worst.name})`,
      isReached: worst.growth <= limit,
    },
  ];
}

/** Nanoseconds a byte, by size, in the order of the rounds. */
function measure(kind: Kind, rounds: number): ReadonlyMap<number, readonly number[]> {
  const table = createTable(kind.options);
  const works = sizes.map((size) => {
    const bytes = size * 1024;
    const target = kind.start + kind.piece.repeat((bytes - kind.start.length) / kind.piece.length);
    const work: Work = (times) => {
      for (let time = 0; time < times; time++) answer(table, target);
    };
    return { size, bytes, work, times: calibrate(work, 10, 3), samples: [] as number[] };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { work, bytes, times, samples } of works) samples.push(sample(work, times) / bytes);
  }
  return new Map(works.map(({ size, samples }) => [size, samples]));
}

function createTable(options: MountOptions | undefined): MountTable<number> {
  const table = new MountTable<number>(options).set('/', -1);
  for (let index = 0; index < 100; index++) table.set(`/m${index}`, index);
  return table
    .set('/a', 100)
    .set('/a/a/a/a', 101)
    .set(pattern('/t/:tenant'), 102)
    .set(pattern('/:first/:second/x'), 103)
    .set(pattern('/w/*rest'), 104)
    .set(pattern('/:name-:version{/:page}'), 105);
}

// On the heap, so that nothing of the work can be left out.
let answered: unknown;

function answer(table: MountTable<number>, target: string): void {
  try {
    answered = table.resolve(target);
  } catch (error) {
    if (!(error instanceof RequestTargetError)) throw error;
    answered = error;
  }
  if (answered === undefined) throw new Error('the root mount must take what no other does');
}
