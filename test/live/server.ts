/**
 * Starts a program that serves HTTP, in a temporary folder of its own, on a free port of 127.0.0.1.
 *
 * Rules of this file: the program answers before `startServer()` returns, and it is this very process that answers, not
 * one that took the port first; then another port is tried. What does not start is an error that holds its log. A
 * program is ended by its process id, together with the children that it left; nothing of it outlives the test process.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, signalGroup } from './group.js';
import { answersAt, isFree, listens, pickPort } from './port.js';

/** Where a program is to serve, and may write. */
export interface Place {
  readonly port: number;
  readonly folder: string;
}

/** What to start. */
export interface ServerPlan {
  readonly program: string;
  /** Its command line; it has to stay in the foreground. */
  readonly parameters: (place: Place) => readonly string[];
  /** Files by name, written into its folder; a name that ends in `/` is an empty folder, a text that begins with `#!` a program. */
  readonly files?: (place: Place) => Readonly<Record<string, string>>;
  readonly environment?: (place: Place) => Readonly<Record<string, string>>;
  /** Milliseconds until it has to answer, and until it has to be gone after SIGTERM. */
  readonly startLimit?: number;
  readonly stopLimit?: number;
  readonly nextPort?: () => Promise<number>;
  /** Whether it serves, where that is not at its port. */
  readonly answers?: (place: Place) => Promise<boolean>;
}

/** A program that serves. */
export interface LiveServer extends Place {
  readonly pid: number;
  /** All that it has printed, and written into files of its folder that end in `.log`. */
  log(): string;
  /** Ends it, and removes its folder; a second call changes nothing. */
  stop(): Promise<void>;
}

/** How many ports are tried when others take them in between. */
const portAttempts = 4;

/** Milliseconds until another connection is tried: whoever got this one is perhaps not the program. */
const probeLimit = 300;

/** What is to be ended with the test process: groups of processes, and their folders. */
const running = new Map<number, string>();
process.on('exit', () => {
  for (const [pid, folder] of running) {
    signalGroup(pid, 'SIGKILL');
    remove(folder);
  }
});

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Starts a program; it answers when this returns. */
export async function startServer(plan: ServerPlan): Promise<LiveServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await (plan.nextPort ?? pickPort)();
    const server = launch(plan, port);
    try {
      await untilItAnswers(server, plan);
      return server;
    } catch (error) {
      const log = server.log();
      await server.stop();
      if (attempt < portAttempts && !(await isFree(port))) continue;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${basename(plan.program)} does not start: ${reason}\n${log}`, { cause: error });
    }
  }
}

interface Launched extends LiveServer {
  readonly child: ChildProcess;
}

function launch({ program, stopLimit = 5_000, ...plan }: ServerPlan, port: number): Launched {
  const folder = mkdtempSync(join(tmpdir(), `mountpoint-${basename(program)}-`));
  const place = { folder, port };
  // Started by root, some serve as another user.
  chmodSync(folder, 0o755);
  for (const [name, text] of Object.entries(plan.files?.(place) ?? {})) {
    const path = join(folder, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
  const output = openSync(join(folder, 'output.log'), 'a');
  const child = spawn(program, plan.parameters(place), {
    cwd: folder,
    // A group of its own, so that its children can be ended with it.
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...plan.environment?.(place) },
  });
  closeSync(output);
  // Without a process id there is an 'error' to come, which untilItAnswers() tells.
  child.on('error', () => {});
  const pid = child.pid ?? 0;
  if (pid !== 0) running.set(pid, folder);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (pid !== 0) await end(child, pid, stopLimit);
    remove(folder);
  };
  return {
    ...{ port, folder, pid, child },
    log: () => readLogs(folder),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function end(child: ChildProcess, pid: number, limit: number): Promise<void> {
  if (!hasEnded(child)) {
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const clock = setTimeout(() => child.kill('SIGKILL'), limit);
    await exit;
    clearTimeout(clock);
  }
  // Children that outlived it.
  for (; isAlive(pid); await sleep(10)) signalGroup(pid, 'SIGKILL');
  running.delete(pid);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function untilItAnswers(
  { child, pid, port, folder }: Launched,
  { startLimit: limit = 10_000, answers }: ServerPlan,
): Promise<void> {
  if (pid === 0) throw new Error('it cannot be run');
  // In this order, as /proc can be slow to tell.
  const serves = answers ?? (async () => (await answersAt(port, probeLimit)) && listens(pid, port));
  for (const last = Date.now() + limit; Date.now() < last; await sleep(20)) {
    if (hasEnded(child)) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    if (await serves({ port, folder })) return;
  }
  throw new Error(`it does not answer within ${limit} ms`);
}

function readLogs(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const logs = names.filter((name) => name.endsWith('.log')).sort();
  return logs
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .filter((text) => text !== '')
    .join('\n');
}
