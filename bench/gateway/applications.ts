/**
 * Starts the applications: ours and node-fastcgi's in a child process, php-fpm by its program, with a configuration of its own.
 *
 * Rules of this file: an application listens on its socket when it is returned; what it costs is the processor time of its
 * process and of all that this one has started.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whichever } from '../../test/live/program.js';
import { startServer } from '../../test/live/server.js';
import { Child } from '../child.js';
import { type ApplicationName, bodies, type Route } from './contenders.js';

export interface RunningApplication {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Debian's name, and others'. */
const phpPrograms = ['php-fpm8.2', 'php-fpm'] as const;

/** Why an application cannot be run here, if so. */
export function missingFor(application: ApplicationName): string | undefined {
  if (application !== 'php-fpm' || whichever(phpPrograms) !== undefined) return undefined;
  return 'php-fpm is not installed: npm run servers:install';
}

/** `profile`: a folder for the profile of a Node process, which is named for its application. */
export async function startApplication(
  name: ApplicationName,
  route: Route,
  profile?: string,
): Promise<RunningApplication> {
  if (name === 'php-fpm') return startPhp(route);
  const worker = new URL('./application-worker.js', import.meta.url);
  const file = `${name.replaceAll(/\W/g, '-')}-${route.id}-${Date.now()}.cpuprofile`;
  const profiling =
    profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${file}`];
  const child = new Child<object, object>(worker, [name, route.socket, route.mount], profiling);
  await child.ask({});
  return { pid: child.pid, stop: async () => child.close() };
}

/** What the application of application-worker.ts answers. */
export const phpScript = `<?php
$body = str_ends_with($_SERVER['REQUEST_URI'], '${bodies['64 KiB'].path}')
    ? str_repeat('x', ${bodies['64 KiB'].length})
    : str_repeat('x', ${bodies['12 bytes'].length - 1}) . "\\n";
header('Content-Type: text/plain');
header('Content-Length: ' . strlen($body));
echo $body;
`;

/** As many processes as wrk has connections. */
const pool = (socket: string, folder: string): string => `[global]
error_log = ${join(folder, 'php-error.log')}
daemonize = no
[www]
user = nobody
listen = ${socket}
listen.mode = 0666
pm = static
pm.max_children = 32
`;

async function startPhp({ socket }: Route): Promise<RunningApplication> {
  const { pid, stop } = await startServer({
    program: whichever(phpPrograms) ?? phpPrograms[0],
    files: ({ folder }) => ({ 'fpm.conf': pool(socket, folder) }),
    parameters: ({ folder }) => [
      '--nodaemonize',
      '--fpm-config',
      join(folder, 'fpm.conf'),
      '-d',
      'expose_php=0',
    ],
    answers: async () => existsSync(socket),
  });
  return { pid, stop };
}

/** Microseconds of processor time that a process and its children have taken (`/proc/<pid>/schedstat`, of each thread). */
export function processorTime(pid: number): number {
  const pids = readdirSync('/proc').filter((name) => Number(name) === pid || parentOf(name) === pid);
  return pids.reduce((sum, name) => sum + timeOf(name), 0);
}

function parentOf(name: string): number {
  if (!/^\d+$/.test(name)) return 0;
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'utf8');
    // The second field, a name in parentheses, may hold anything.
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It has ended since it was listed.
    return 0;
  }
}

function timeOf(name: string): number {
  const threads = readdirSync(`/proc/${name}/task`);
  return threads.reduce((sum, thread) => {
    const [nanoseconds] = readFileSync(`/proc/${name}/task/${thread}/schedstat`, 'utf8').split(' ');
    return sum + Number(nanoseconds) / 1000;
  }, 0);
}
