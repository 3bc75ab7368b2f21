/**
 * What this process was started with: sockets of systemd, and whether a web server started it for FastCGI or CGI.
 *
 * Rules of this file: it looks, and decides nothing else. The environment stays as it is: LISTEN_PID says whose the sockets are.
 */

import { fstatSync, readFileSync } from 'node:fs';
import { mistake } from './options.js';

type Environment = Record<string, string | undefined>;

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const firstDescriptor = 3;

/**
 * The file descriptors of the sockets that systemd hands over, or of those with a name (`FileDescriptorName=`).
 *
 * @throws {ConfigurationError} ERR_GATEWAY_OPTION: systemd handed none over to this process.
 */
export function systemdDescriptors(environment: Environment, pid: number, name?: string): readonly number[] {
  const { LISTEN_PID, LISTEN_FDS = '', LISTEN_FDNAMES = '' } = environment;
  const count = /^[0-9]{1,4}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0;
  if (LISTEN_PID !== String(pid) || count === 0) {
    const rule =
      "with listen: 'systemd' the process must be started by a systemd socket unit (LISTEN_PID, LISTEN_FDS)";
    throw mistake(rule, LISTEN_FDS || undefined);
  }
  const names = LISTEN_FDNAMES.split(':');
  const all = Array.from({ length: count }, (_, index) => firstDescriptor + index);
  const found = name === undefined ? all : all.filter((_, index) => names[index] === name);
  if (found.length === 0)
    throw mistake(`the name in listen: 'systemd:…' must be one of ${LISTEN_FDNAMES}`, name);
  return found;
}

/** How a web server started this process, if it did. */
export function startedAs(environment: Environment): 'fastcgi' | 'cgi' | undefined {
  const { GATEWAY_INTERFACE = '', FCGI_FORCE_CGI = '' } = environment;
  if (/^CGI\//.test(GATEWAY_INTERFACE) || /^y/i.test(FCGI_FORCE_CGI)) return 'cgi';
  return isListening(0) ? 'fastcgi' : undefined;
}

/** Whether a file descriptor is a socket that listens: FastCGI's FCGI_LISTENSOCK_FILENO is one; a socket of a parent's is not. */
export function isListening(fd: number): boolean {
  let inode: number;
  try {
    const stat = fstatSync(fd);
    if (!stat.isSocket()) return false;
    inode = stat.ino;
  } catch {
    return false;
  }
  const tables = [readTable('unix'), readTable('tcp'), readTable('tcp6')];
  // Nothing can be asked where there is no /proc: a socket as standard input is what FastCGI is known by.
  if (tables.every((table) => table === undefined)) return true;
  const [unix = [], ...tcp] = tables;
  // Columns of proc(5): of unix, flags and inode; of tcp, state and inode. 0x10000 is SO_ACCEPTCON, 0A is LISTEN.
  const listensAtPath = unix.some(
    (row) => row[6] === String(inode) && (Number.parseInt(row[3] ?? '', 16) & 0x10000) !== 0,
  );
  return (
    listensAtPath ||
    tcp.flatMap((rows = []) => rows).some((row) => row[9] === String(inode) && row[3] === '0A')
  );
}

function readTable(name: string): readonly (readonly string[])[] | undefined {
  try {
    const [, ...lines] = readFileSync(`/proc/net/${name}`, 'latin1').split('\n');
    return lines.map((line) => line.trim().split(/\s+/));
  } catch {
    return undefined;
  }
}
