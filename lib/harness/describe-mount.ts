/**
 * `describeMount()`: a suite for an application of a user's: each of its routes answers the same at every mount, behind every front
 * server.
 *
 * Rules of this file: it uses whatever test runner is there; what is asked is checks.ts's, what is shown report.ts's.
 */

import { writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { ConfigurationError, show } from '../errors.js';
import type { Application } from '../middleware/application.js';
import { Front } from './behind.js';
import { baseOf, clientHost, type Finding, findingsOf, madeUp, type ReadAnswer } from './checks.js';
import { type FrontServerChoice, frontServers, resolveFrontServer } from './front-servers.js';
import { client, inject } from './inject.js';
import type { ClientRequest } from './model.js';
import { formatMatrix, formatPage, type Outcome } from './report.js';

/** A route of an application. */
export interface Route {
  /** Default `'GET'`. */
  readonly method?: string;
  /** Below the mount, as a client sends it: `/bar?x=1`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The status that is meant. Default: any that is no error. */
  readonly status?: number;
  /** The body is another one each time, so that it is not compared. */
  readonly varies?: boolean;
}

/** The functions of a test runner. */
export interface TestRunner {
  readonly describe: (name: string, define: () => void) => void;
  readonly it: (name: string, test: () => Promise<void>) => void;
  readonly after: (run: () => void) => void;
}

/** Options of `describeMount()`. */
export interface DescribeOptions {
  /** What is asked for: paths, or more than that. */
  readonly routes: readonly (string | Route)[];
  /** Default `/`, `/foo` and `/a b/c`. */
  readonly mounts?: readonly string[];
  /** Default: all of `frontServers`. */
  readonly frontServers?: readonly FrontServerChoice[];
  /** Whether the mount is still in the path; what the front server of this name does, unless it is told. */
  readonly target?: 'kept' | 'stripped' | 'rewritten';
  /** Whether each request gets an application of its own: one that has a state, say. Default `false`. */
  readonly fresh?: boolean;
  /** Where an HTML page with the report is written. Default: nowhere. */
  readonly report?: string;
  /** Default: the functions of mocha, Jest or Vitest where they are global, else those of node:test. */
  readonly runner?: Partial<TestRunner>;
}

/**
 * Defines a suite of tests: each route of an application, at each mount, behind each front server.
 *
 * @throws {ConfigurationError} ERR_HARNESS_OPTION, ERR_HARNESS_FRONT_SERVER, ERR_MOUNT_PATH.
 */
export function describeMount(
  name: string,
  make: () => Application | Promise<Application>,
  options: DescribeOptions,
): void {
  const { mounts, choices, routes, report, target, fresh } = resolved(options);
  if (typeof make !== 'function') throw mistake('the application must come from a function', make);
  const { describe, it, after } = runnerOf(options.runner ?? {});
  const outcomes: Outcome[] = [];
  let made: Promise<Application> | undefined;
  const application = async (): Promise<Application> => {
    if (fresh) return make();
    made ??= Promise.resolve(make());
    return made;
  };
  describe(name, () => {
    for (const choice of choices) {
      for (const mount of mounts) {
        const own = { mount, ...(target !== undefined && { target }) };
        // What is wrong with it throws now, not in each test.
        resolveFrontServer(choice, own);
        let front: Front | undefined;
        const frontOf = async (): Promise<Front> => {
          if (front !== undefined && !fresh) return front;
          front = new Front(choice, await application(), own, 'describeMount()');
          return front;
        };
        for (const route of routes) {
          const { method = 'GET', path } = route;
          const frontServer = typeof choice === 'string' ? choice : `${choice.server}, configured`;
          it(`${method} ${path} behind ${frontServer} at ${mount}`, async () => {
            const findings = await judge(application, frontOf, route);
            outcomes.push({ route: `${method} ${path}`, frontServer, mount, findings });
            if (findings.length > 0) throw new Error(findings.map(tell).join('\n'));
          });
        }
      }
    }
    after(() => {
      if (outcomes.some(({ findings }) => findings.length > 0)) console.log(formatMatrix(outcomes));
      if (report !== undefined) writeFileSync(report, formatPage(name, outcomes));
    });
  });
}

function tell({ message, fix }: Finding): string {
  return `${message}\n  to mend it: ${fix}`;
}

/** What a client makes up that wants to be believed. */
const spoofs = {
  'X-Forwarded-Prefix': `/${madeUp}`,
  'X-Forwarded-Host': `${madeUp}.example`,
  'X-Script-Name': `/${madeUp}`,
  'X-Forwarded-Path': `/${madeUp}`,
} as const;

/** One request after the other: what the application keeps is its own business. */
async function judge(
  application: () => Promise<Application>,
  frontOf: () => Promise<Front>,
  route: Route,
): Promise<readonly Finding[]> {
  const { path, status, varies = false } = route;
  const plain = await askPlain(await application(), route);
  const front = await frontOf();
  const { mount } = front;
  const answer = await ask(front, requestOf(route, mount));
  const spoofed = varies
    ? undefined
    : await ask(await frontOf(), requestOf({ ...route, headers: { ...route.headers, ...spoofs } }, mount));
  return findingsOf({ mount, path, answer, plain, spoofed, varies, status });
}

function requestOf({ method = 'GET', path, headers = {}, body }: Route, mount: string): ClientRequest {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const fields = Object.entries({ Host: clientHost, ...headers });
  if (bytes !== undefined) fields.push(['Content-Length', String(bytes.length)]);
  return { method, target: baseOf(mount) + path, version: 'HTTP/1.1', headers: fields, body: bytes };
}

async function ask(front: Front, request: ClientRequest): Promise<ReadAnswer> {
  const answer = await front.ask(request, client);
  if (answer.isRefused) return { status: answer.status, headers: [], body: '' };
  return { status: answer.status, headers: answer.headers, body: (await buffer(answer.body)).toString() };
}

async function askPlain(
  application: Application,
  { method = 'GET', path, headers = {}, body }: Route,
): Promise<ReadAnswer> {
  const {
    status,
    headers: fields,
    text,
  } = await inject(application, {
    ...{ method, url: path, headers: { Host: clientHost, ...headers } },
    ...(body !== undefined && { body }),
  });
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((each): [string, string] => [name, each]),
  );
  return { status, headers: pairs, body: text };
}

const optionNames = ['routes', 'mounts', 'frontServers', 'target', 'fresh', 'report', 'runner'];
const routeNames = ['method', 'path', 'headers', 'body', 'status', 'varies'];

function resolved(options: DescribeOptions) {
  if (typeof options !== 'object' || options === null) {
    throw mistake('the options of describeMount() must be an object with routes', options);
  }
  checkNames('an option of describeMount()', options, optionNames);
  const { mounts = ['/', '/foo', '/a b/c'], target, fresh = false, report } = options;
  const choices = options.frontServers ?? (Object.keys(frontServers) as (keyof typeof frontServers)[]);
  if (!Array.isArray(mounts) || mounts.length === 0)
    throw mistake('the option mounts must be a list of paths', mounts);
  if (!Array.isArray(choices) || choices.length === 0) {
    throw mistake('the option frontServers must be a list of front servers', choices);
  }
  return {
    mounts: mounts as readonly string[],
    choices,
    routes: routesOf(options.routes),
    target,
    fresh,
    report,
  };
}

function checkNames(what: string, given: object, names: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) throw mistake(`${what} must be one of ${names.join(', ')}`, unknown);
}

function routesOf(routes: unknown): readonly Route[] {
  if (!Array.isArray(routes) || routes.length === 0) {
    throw mistake('the option routes must be a list of paths', routes);
  }
  return routes.map((route: string | Route) => {
    const { path, ...others } = typeof route === 'string' ? { path: route } : (route ?? {});
    if (typeof path !== 'string' || !path.startsWith('/')) {
      throw mistake("a route must be a path that begins with '/'", path);
    }
    checkNames('a member of a route', others, routeNames);
    return { path, ...others };
  });
}

function mistake(rule: string, given: unknown): ConfigurationError {
  return new ConfigurationError('ERR_HARNESS_OPTION', `${rule}, got ${show(given)}`);
}

function runnerOf(given: Partial<TestRunner>): TestRunner {
  const known = globalThis as Partial<TestRunner> & { afterAll?: TestRunner['after']; suite?: unknown };
  const isGlobal = typeof known.describe === 'function' && typeof known.it === 'function';
  const { VITEST, JEST_WORKER_ID } = process.env;
  // Another runner is there, whose functions are not: node:test's would run beside it, unheard.
  const isOther = typeof known.suite === 'function' || VITEST !== undefined || JEST_WORKER_ID !== undefined;
  const test =
    isGlobal || isOther ? undefined : (process.getBuiltinModule('node:test') as unknown as TestRunner);
  const after = given.after ?? known.after ?? known.afterAll ?? test?.after;
  const describe = given.describe ?? known.describe ?? test?.describe;
  const it = given.it ?? known.it ?? test?.it;
  if (typeof describe !== 'function' || typeof it !== 'function' || typeof after !== 'function') {
    const rule =
      'the option runner must be { describe, it, after } of the test runner, where they are not global (Vitest: --globals)';
    throw mistake(rule, Object.keys(given));
  }
  return { describe, it, after };
}
