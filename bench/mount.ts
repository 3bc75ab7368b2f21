/**
 * The benchmark `mount`: what a mount costs, beside what is used for it today.
 *
 * Rules of this file: it says which parts there are; each measures, prints and judges its own.
 */

import type { Benchmark } from './benchmark.js';
import { benchDispatch } from './mount/dispatch.js';
import { benchInHosts } from './mount/in-hosts.js';
import { benchLinearity } from './mount/linearity.js';
import { benchMemory } from './mount/memory.js';

export const mountBenchmark: Benchmark = async (settings) => [
  ...(await benchDispatch(settings)),
  ...(await benchInHosts(settings)),
  ...(await benchMemory()),
  ...benchLinearity(settings),
];
