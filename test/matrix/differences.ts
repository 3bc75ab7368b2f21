/**
 * Where a combination answers otherwise, or cannot be, and why: all of it, by name.
 *
 * Rules of this file: a reason is a sentence of docs/applications.md; a difference says what is answered instead, and
 * where it does not, the scenario is not played.
 */

import type { Host } from './host.js';
import type { Kind } from './kind.js';
import type { Expected, Scenario } from './scenario.js';

export const reasons = {
  http2Express:
    'Express 4 and 5 put the prototypes of HTTP/1 on each request and response, which breaks those of HTTP/2.',
  serverHasNoNext: 'A listener of an http.Server has no `next`: it answers what it does not know itself.',
  serverPromises:
    'A promise that a listener of an http.Server returns is dropped, and with it its rejection.',
  koaOwn:
    'Koa answers what its middleware does not know, and what fails, itself; in a Koa host a Koa application is part of it.',
  fastifyOwn: 'Fastify answers what its routes do not know, and what fails, itself.',
  honoOwn: 'Hono answers what its routes do not know, and what fails, itself.',
  h3Own: 'h3 answers what its routes do not know, and what fails, itself.',
  fetchHasNoNext: 'A Fetch handler has no `next`: it answers each request, or fails.',
} as const;

export type Reason = keyof typeof reasons;

export interface Difference {
  readonly reason: Reason;
  readonly kinds: readonly string[];
  readonly hosts: (host: Host) => boolean;
  readonly scenarios: (scenario: Scenario) => boolean;
  readonly instead: Expected | undefined;
}

const everywhere = (): boolean => true;
const expecting =
  (...expects: readonly Scenario['expects'][]) =>
  (scenario: Scenario): boolean =>
    expects.includes(scenario.expects);

const own = (reason: Reason, kinds: readonly string[], hosts: Difference['hosts']): readonly Difference[] => [
  { reason, kinds, hosts, scenarios: expecting('fall-through'), instead: { status: 404 } },
  { reason, kinds, hosts, scenarios: expecting('failure'), instead: { status: 500 } },
];

const passes = expecting('fall-through');

export const differences: readonly Difference[] = [
  {
    reason: 'http2Express',
    kinds: ['Express 5', 'Express 4'],
    hosts: ({ protocol }) => protocol === 'h2c' || protocol === 'h2',
    scenarios: (scenario) => scenario.expects !== 'outside',
    instead: undefined,
  },
  {
    reason: 'serverHasNoNext',
    kinds: ['http.Server'],
    hosts: everywhere,
    scenarios: passes,
    instead: { status: 404 },
  },
  {
    reason: 'serverPromises',
    kinds: ['http.Server'],
    hosts: everywhere,
    scenarios: ({ name }) => name === 'rejection',
    instead: undefined,
  },
  ...own('koaOwn', ['Koa'], ({ name }) => !name.startsWith('Koa')),
  ...own('koaOwn', ['Koa callback()'], everywhere),
  ...own('fastifyOwn', ['Fastify'], everywhere),
  ...own('honoOwn', ['Hono'], everywhere),
  ...own('h3Own', ['h3'], everywhere),
  {
    reason: 'fetchHasNoNext',
    kinds: ['{ fetch }', 'fetchHandler()'],
    hosts: everywhere,
    scenarios: passes,
    instead: { status: 404 },
  },
];

/** The difference that a combination makes; more than one is a mistake of the table. */
export function differenceOf(host: Host, kind: Kind, scenario: Scenario): Difference | undefined {
  const found = differences.filter(
    ({ kinds, hosts, scenarios }) => kinds.includes(kind.name) && hosts(host) && scenarios(scenario),
  );
  if (found.length > 1)
    throw new Error(`${kind.name} in ${host.name}, ${scenario.name}: more than one difference`);
  return found[0];
}
