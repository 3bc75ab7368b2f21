/**
 * A real Apache with directives of its own.
 *
 * Rules of this file: what every configuration needs is here (`scaffold()`), what it is about is the caller's; modules
 * are Debian's.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LiveServer, type Place, startServer } from './server.js';

/** Debian's place for them. */
const modules = '/usr/lib/apache2/modules';

export type Apache = LiveServer;

export function hasModule(name: string): boolean {
  return existsSync(join(modules, `${name}.so`));
}

export function moduleDirective(name: string): string {
  return `LoadModule ${name}_module ${modules}/mod_${name}.so`;
}

/** Apache's command line: in the foreground; started by root, it serves as Debian's user for that. */
export function apacheParameters({ folder }: Place): readonly string[] {
  const asUser = process.getuid?.() === 0 ? ['-c', 'User www-data', '-c', 'Group www-data'] : [];
  return ['-f', join(folder, 'server.conf'), '-DFOREGROUND', ...asUser];
}

/** Starts Apache. `files`: what to write into its folder; `configure`: its directives, which may name that folder. */
export async function startApache(
  program: string,
  files: Readonly<Record<string, string>>,
  configure: (folder: string) => string,
): Promise<Apache> {
  const scaffold = ({ folder, port }: Place) => [
    `ServerRoot ${folder}`,
    ...['mpm_event', 'authz_core'].map(moduleDirective),
    ...['StartServers 1', 'ServerLimit 1', 'ThreadsPerChild 25', 'MaxRequestWorkers 25'],
    'ServerName localhost',
    `PidFile ${folder}/pid`,
    `Listen 127.0.0.1:${port}`,
    `DocumentRoot ${folder}/root`,
    `ErrorLog ${folder}/error.log`,
    configure(folder),
  ];
  return startServer({
    program,
    parameters: apacheParameters,
    files: (place) => ({ ...files, 'root/': '', 'server.conf': `${scaffold(place).join('\n')}\n` }),
  });
}
