/**
 * A visitor: asks a server that runs in a process of its own.
 *
 * Rules of this file: a request target is sent as it is given.
 */

import type { ChildProcess } from 'node:child_process';
import { type IncomingHttpHeaders, request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a server of this machine answers to GET. */
export function get(port: number, target: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: target, agent: false })
      .on('response', async (response) => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: await text(response) });
      })
      .on('error', reject)
      .end();
  });
}

/** The lines that a process prints until one matches; rejects where it ends before. */
export async function linesUntil(child: ChildProcess, last: RegExp): Promise<readonly string[]> {
  const lines: string[] = [];
  if (child.stdout === null) throw new Error('the output must be a pipe');
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (last.test(line)) return lines;
  }
  throw new Error(`it ended after ${JSON.stringify(lines)}`);
}

/** The first line that a process prints. */
export async function firstLine(child: ChildProcess): Promise<string> {
  return (await linesUntil(child, /./))[0] as string;
}
