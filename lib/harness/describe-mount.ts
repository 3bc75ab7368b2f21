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
import { baseOf, clientHost, type Finding, findingsOf, type ReadAnswer } from './checks.js';
import { type FrontServerChoice, frontServers } from './front-servers.js';
import { inject } from './inject.js';
import type { ClientConnection, ClientRequest } from './model.js';
import { formatMatrix, formatPage, type Outcome } from './report.js';

/** A route of an application. */
export interface Route {
  /** Default `'GET'`. */
  readonly method?: string;
  /** Below the mount, as a client sends it: `/bar?x=1`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The body is another one each time, so that only the status is compared. */
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
  const { mounts = ['/', '/foo', '/a b/c'], report } = options;
  const routes = routesOf(options?.routes);
  const choices = options.frontServers ?? (Object.keys(frontServers) as (keyof typeof frontServers)[]);
  const { describe, it, after } = runnerOf(options.runner ?? {});
  const outcomes: Outcome[] = [];
  let made: Promise<Application> | undefined;
  const application = (): Promise<Application> => {
    made ??= Promise.resolve(make());
    return made;
  };
  describe(name, () => {
    for (const choice of choices) {
      for (const mount of mounts) {
        let front: Promise<Front> | undefined;
        const frontAt = (): Promise<Front> => {
          front ??= application().then((app) => new Front(choice, app, { mount }, 'describeMount()'));
          return front;
        };
        for (const route of routes) {
          const { method = 'GET', path } = route;
          const frontServer = typeof choice === 'string' ? choice : `${choice.server}, configured`;
          it(`${method} ${path} behind ${frontServer} at ${mount}`, async () => {
            const findings = await judge(await application(), await frontAt(), route);
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

const connection: ClientConnection = {
  ...{ remoteAddress: '192.0.2.1', remotePort: 40_000, localAddress: '192.0.2.2', localPort: 80 },
  isEncrypted: false,
};

/** What a client makes up that wants to be believed. */
const spoofs = {
  'X-Forwarded-Prefix': '/evil',
  'X-Forwarded-Host': 'evil.example',
  'X-Script-Name': '/evil',
  'X-Forwarded-Path': '/evil',
} as const;

async function judge(application: Application, front: Front, route: Route): Promise<readonly Finding[]> {
  const { mount } = front;
  const { path, varies = false } = route;
  const [answer, spoofed, plain] = await Promise.all([
    ask(front, requestOf(route, mount)),
    ask(front, requestOf({ ...route, headers: { ...route.headers, ...spoofs } }, mount)),
    askPlain(application, route),
  ]);
  return findingsOf({ mount, path, answer, plain, spoofed: varies ? undefined : spoofed, varies });
}

function requestOf({ method = 'GET', path, headers = {}, body }: Route, mount: string): ClientRequest {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const fields = Object.entries({ Host: clientHost, ...headers });
  if (bytes !== undefined) fields.push(['Content-Length', String(bytes.length)]);
  return { method, target: baseOf(mount) + path, version: 'HTTP/1.1', headers: fields, body: bytes };
}

async function ask(front: Front, request: ClientRequest): Promise<ReadAnswer> {
  const answer = await front.ask(request, connection);
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

function routesOf(routes: unknown): readonly Route[] {
  if (!Array.isArray(routes) || routes.length === 0) {
    throw mistake('the option routes must be a list of paths', routes);
  }
  return routes.map((route: string | Route) => {
    const { path, ...others } = typeof route === 'string' ? { path: route } : route;
    if (typeof path !== 'string' || !path.startsWith('/'))
      throw mistake("a route must be a path that begins with '/'", path);
    return { path, ...others };
  });
}

function mistake(rule: string, given: unknown): ConfigurationError {
  return new ConfigurationError('ERR_HARNESS_OPTION', `${rule}, got ${show(given)}`);
}

function runnerOf(given: Partial<TestRunner>): TestRunner {
  const known = globalThis as Partial<TestRunner> & { afterAll?: TestRunner['after'] };
  const isGlobal = typeof known.describe === 'function' && typeof known.it === 'function';
  const test = isGlobal ? undefined : (process.getBuiltinModule('node:test') as unknown as TestRunner);
  const after = given.after ?? known.after ?? known.afterAll ?? test?.after;
  const describe = given.describe ?? known.describe ?? test?.describe;
  const it = given.it ?? known.it ?? test?.it;
  if (describe === undefined || it === undefined || after === undefined) {
    throw mistake('the option runner must have describe, it and after', given);
  }
  return { describe, it, after };
}
