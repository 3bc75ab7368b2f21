/**
 * The rows of behaviour-rows.ts as a CGI program, one process for each request: what an application and its client share is in
 * files.
 *
 * Rules of this file: a process loads no more than its row needs, since each request waits for it.
 */

import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mount, serve } from '../../lib/index.js';
import { type BehaviourRow, Stage } from './behaviour.js';

/** A stage that is shared by processes. */
export class FileStage extends Stage {
  readonly #heard: string;
  readonly #turn: string;

  /** `folder`: for this stage alone; whoever serves may be another user. */
  constructor(folder: string) {
    super();
    this.#heard = join(folder, 'heard');
    this.#turn = join(folder, 'turn');
  }

  override get heard(): string[] {
    const lines = contentOf(this.#heard)?.split('\n').slice(0, -1) ?? [];
    lines.push = (...more) => {
      appendFileSync(this.#heard, more.map((line) => `${line}\n`).join(''));
      return lines.length + more.length;
    };
    return lines;
  }

  override async turn(): Promise<void> {
    while (contentOf(this.#turn) === undefined) await sleep(5);
    rmSync(this.#turn);
  }

  override go(): void {
    writeFileSync(this.#turn, '');
  }

  override reset(): void {
    for (const file of [this.#heard, this.#turn]) rmSync(file, { force: true });
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Makes the folders of so many stages. */
export function makeStages(folder: string, count: number): readonly FileStage[] {
  return Array.from({ length: count }, (_, index) => {
    const own = join(folder, String(index));
    mkdirSync(own);
    chmodSync(own, 0o777);
    return new FileStage(own);
  });
}

/** The program; `folder`: of the stages. */
export function behaviourScript(folder: string): string {
  const here = JSON.stringify(fileURLToPath(import.meta.url));
  return `#!${process.execPath}
import { serveRow } from ${here};
process.chdir(${JSON.stringify(process.cwd())});
await serveRow(${JSON.stringify(folder)});
`;
}

async function rowAt(index: number): Promise<BehaviourRow | undefined> {
  const { answerRows } = await import('./behaviour-answers.js');
  const { requestRows } = await import('./behaviour-requests.js');
  const { endRows } = await import('./behaviour-ends.js');
  const light = [...answerRows, ...requestRows, ...endRows];
  if (index < light.length) return light[index];
  const { frameworkRows } = await import('./behaviour-frameworks.js');
  return frameworkRows[index - light.length];
}

/** Answers the request of this process, by the row that its path names. */
export async function serveRow(folder: string): Promise<void> {
  const [, index = ''] = /^\/app\/(\d+)/.exec(process.env.REQUEST_URI ?? '') ?? [];
  const row = await rowAt(Number(index));
  if (row === undefined) throw new Error(`a row must be known, got ${index}`);
  const application = row.application(new FileStage(join(folder, index)));
  await serve(mount({ [`/${index}`]: application }), { protocol: 'cgi', mount: '/app' });
}
