/**
 * The process that runs blocks, one after the other: each is imported as a module, its servers listen on free ports of
 * 127.0.0.1 whatever they ask for and are closed behind it, what it prints is kept for the case that it fails.
 *
 * Rules of this file: a failure is written down where it happens and never thrown into a block, which might catch it.
 */

import { once } from 'node:events';
import { type AddressInfo, Server } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { util } from 'chai';
import type { Job, Outcome } from './job.js';
import { type Listening, play } from './play.js';

const timeLimit = 10_000;

let failures: string[] = [];
let printed: string[] = [];
let reached = new Set<number>();
let servers: { readonly server: Server; readonly asked: number | undefined }[] = [];

function listen(this: Server, ...parameters: readonly unknown[]): Server {
  const [first] = parameters;
  const wanted = Number((first as { port?: unknown } | null | undefined)?.port ?? first);
  servers.push({ server: this, asked: wanted > 0 ? wanted : undefined });
  const callback = parameters.find((parameter) => typeof parameter === 'function');
  return originalListen.call(this, { port: 0, host: '127.0.0.1' }, callback as () => void);
}
const originalListen: (this: Server, options: object, callback?: () => void) => Server =
  Server.prototype.listen;
Server.prototype.listen = listen as typeof Server.prototype.listen;

function doctest(value: unknown, expected: () => unknown, line: number): void {
  reached.add(line);
  const wanted = expected();
  if (!util.eql(value, wanted))
    failures.push(`line ${line}: must be ${inspect(wanted)}, got ${inspect(value)}`);
}
Object.assign(globalThis, { doctest__: doctest });

for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  console[method] = (...values: readonly unknown[]) => {
    printed.push(values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '));
  };
}
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error: unknown) => failures.push(inspect(error)));
}

/** Runs one block. */
async function run(job: Job): Promise<Outcome> {
  failures = [];
  printed = [];
  reached = new Set();
  servers = [];
  await Promise.race([use(job), setTimeout(timeLimit, undefined, { ref: false }).then(tooLong)]);
  for (const line of job.doctests) {
    if (!reached.has(line)) failures.push(`line ${line}: the doctest was never reached`);
  }
  for (const { server } of servers) {
    (server as Partial<{ closeAllConnections(): void }>).closeAllConnections?.();
    if (server.listening) server.close();
  }
  if (failures.length > 0 && printed.length > 0) failures.push(`it printed\n${printed.join('\n')}`);
  return { id: job.id, failures };
}

function tooLong(): void {
  failures.push(`it took longer than ${timeLimit / 1000} seconds`);
}

async function use(job: Job): Promise<void> {
  try {
    await import(pathToFileURL(job.module).href);
    // What the block left to the next turns of the loop belongs to it.
    await setImmediate();
    await setImmediate();
    for (const { server } of servers) if (!server.listening) await once(server, 'listening');
    if (job.console === undefined) return;
    const [first] = servers;
    if (first === undefined) failures.push(`line ${job.console.line}: the block before opened no server`);
    else failures.push(...(await play(job.console, listening(first))));
  } catch (error) {
    failures.push(inspect(error));
  }
}

function listening({ server, asked }: (typeof servers)[number]): Listening {
  return { asked, port: (server.address() as AddressInfo).port };
}

process.on('message', async (jobs: readonly Job[]) => {
  for (const job of jobs) process.send?.(await run(job));
  process.disconnect();
});
