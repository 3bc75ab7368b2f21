/**
 * A program and the children that it left: one group of processes, which has the process id of the first.
 *
 * Rules of this file: a process that has ended and that nobody collects (a zombie) does not count; it takes /proc to
 * tell (proc_pid_stat(5)), and where there is none, it counts.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether there was anybody to get the signal. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/** Whether a process of this group still runs. */
export function isAlive(group: number): boolean {
  if (!signalGroup(group, 0) || !existsSync('/proc/self/stat')) return signalGroup(group, 0);
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && runsIn(group, name));
}

function runsIn(group: number, pid: string): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, a name in parentheses, may hold anything.
    const [state, , itsGroup] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group && state !== 'Z' && state !== 'X';
  } catch {
    // It has ended since it was listed.
    return false;
  }
}
