/**
 * A real Apache with a configuration of its own, in a temporary folder, on a free port of 127.0.0.1.
 *
 * Rules of this file: it answers before `startApache()` returns, and is ended by its process id; what it wrote to its
 * log is in the error if it does not start.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's place for them. */
const modules = '/usr/lib/apache2/modules';

export interface Apache {
  readonly port: number;
  stop(): Promise<void>;
}

export function hasModule(name: string): boolean {
  return existsSync(join(modules, `${name}.so`));
}

/** Starts Apache. `files`: what to write into its folder; `configure`: its directives, which may name that folder. */
export async function startApache(
  program: string,
  files: Readonly<Record<string, string>>,
  configure: (folder: string) => string,
): Promise<Apache> {
  const folder = mkdtempSync(join(tmpdir(), 'mountpoint-apache-'));
  const port = await freePort();
  mkdirSync(join(folder, 'root'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  // Started by root, it serves as another user.
  chmodSync(folder, 0o755);
  const directives = [
    `ServerRoot ${folder}`,
    ...['mpm_event', 'authz_core'].map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`),
    ...['StartServers 1', 'ServerLimit 1', 'ThreadsPerChild 25', 'MaxRequestWorkers 25'],
    'ServerName localhost',
    `PidFile ${folder}/pid`,
    `Listen 127.0.0.1:${port}`,
    `DocumentRoot ${folder}/root`,
    `ErrorLog ${folder}/error.log`,
    ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
    configure(folder),
  ];
  writeFileSync(join(folder, 'httpd.conf'), `${directives.join('\n')}\n`);
  const child = spawn(program, ['-f', join(folder, 'httpd.conf'), '-DFOREGROUND'], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await answers(child, port);
  } catch (error) {
    const log = join(folder, 'error.log');
    const reason = existsSync(log) ? readFileSync(log, 'utf8') : String(error);
    await stop();
    throw new Error(`Apache does not start: ${reason}`, { cause: error });
  }
  return { port, stop };
}

export function moduleDirective(name: string): string {
  return `LoadModule ${name}_module ${modules}/mod_${name}.so`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(child: ChildProcess, port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it does not answer');
}
