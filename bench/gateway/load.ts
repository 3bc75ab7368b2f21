/**
 * What asks: wrk, and one request before, whose answer is looked at.
 *
 * Rules of this file: an answer that is not what was asked for ends the run, one of many too.
 */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { whichever } from '../../test/live/program.js';

/** Throws unless the answer has status 200, and a body of this length. */
export async function checkAnswer(name: string, url: string, length: number): Promise<void> {
  const response = await fetch(url);
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200 || body.length !== length) {
    const got = `${response.status} and ${body.length}: ${body.toString('latin1', 0, 200)}`;
    throw new Error(`${name} must answer ${url} with 200 and ${length} bytes, got ${got}`);
  }
}

export interface Load {
  readonly requests: number;
  readonly seconds: number;
}

export const connections = 32;

/** Asks with all connections for so many seconds. */
export async function loadFor(name: string, url: string, length: number, seconds: number): Promise<Load> {
  const program = whichever(['wrk']);
  if (program === undefined) throw new Error('wrk is not installed: npm run servers:install');
  const parameters = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s', url];
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await text(child.stdout);
  const [, requests, took, read, unit = ''] =
    /(\d+) requests in ([\d.]+)s, ([\d.]+)([KMG]?)B read/.exec(said) ?? [];
  const bytes = Number(read) * ({ K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[unit] ?? 1);
  const isWhole = bytes > Number(requests) * length * 0.98;
  if (requests === undefined || Number(requests) === 0 || !isWhole || /Non-2xx|Socket errors/.test(said)) {
    throw new Error(`${name} must answer ${url} each time, got\n${said}`);
  }
  return { requests: Number(requests), seconds: Number(took) };
}
