/**
 * All blocks of all pages: written below build/, compiled by one run of the compiler, and run, a process for each page.
 *
 * Rules of this file: the working directory is the project's root, and `mountpoint` in a block is the built package
 * (self-reference); nothing is written outside build/.
 */

import { execFile, fork } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { declaration, makeDoctests } from './doctest.js';
import type { Job, Outcome } from './job.js';
import type { Block } from './markdown.js';

/** Failures by block; none for a block that is right. */
export type Results = ReadonlyMap<Block, readonly string[]>;

const options = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    moduleDetection: 'force',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    allowJs: true,
    checkJs: true,
    skipLibCheck: true,
    rootDir: 'source',
    outDir: 'made',
  },
  include: ['source'],
};

interface Prepared {
  readonly block: Block;
  readonly name: string;
  readonly job: Job;
  readonly failures: string[];
}

/** Compiles and runs blocks; `folder` is emptied first. */
export async function runBlocks(blocks: readonly Block[], folder: string): Promise<Results> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(`${folder}/source`, { recursive: true });
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(options));
  writeFileSync(`${folder}/source/doctest.d.ts`, declaration);
  const all = blocks.map((block, index) => prepare(block, index, folder));
  await compile(folder, all);
  await run(all.filter(({ block, failures }) => block.excluded === undefined && failures.length === 0));
  return new Map(all.map(({ block, failures }) => [block, failures]));
}

function prepare(block: Block, index: number, folder: string): Prepared {
  const { code, lines, problems } = makeDoctests(block.code, block.line);
  const isCommon = block.language === 'js' && /\brequire\(/.test(code) && !/^(?:import|export) /m.test(code);
  const name = `block-${index}.${isCommon ? 'cjs' : block.language}`;
  writeFileSync(`${folder}/source/${name}`, `${code}\n`);
  const module = resolve(folder, 'made', name.replace(/\.ts$/, '.js'));
  const job: Job = { id: name, module, doctests: lines, console: block.console };
  return { block, name, job, failures: [...problems] };
}

async function compile(folder: string, all: readonly Prepared[]): Promise<void> {
  const compiler = ['node_modules/typescript/bin/tsc', '-p', `${folder}/tsconfig.json`, '--pretty', 'false'];
  const output = await new Promise<string>((done) => {
    execFile(process.execPath, compiler, { maxBuffer: 1 << 26 }, (_, stdout, stderr) =>
      done(stdout + stderr),
    );
  });
  let failures: string[] | undefined;
  for (const text of output.split('\n').filter((line) => line !== '')) {
    // A line that goes on with what the one before began.
    if (/^\s/.test(text)) {
      failures?.push(`${failures.pop()}\n${text}`);
      continue;
    }
    const [, name, line = '', code = '', message] =
      /source\/([\w.-]+)\((\d+),\d+\): error TS(\d+): (.*)$/.exec(text) ?? [];
    const found = all.find((prepared) => prepared.name === name);
    if (found === undefined) throw new Error(output);
    // JavaScript does not declare its parameters.
    failures = found.block.language === 'js' && code.startsWith('70') ? undefined : found.failures;
    failures?.push(`line ${found.block.line + Number(line) - 1}: TS${code}: ${message}`);
  }
}

async function run(all: readonly Prepared[]): Promise<void> {
  const pageOf = ({ block: { file } }: Prepared): string => (file.startsWith('lib/') ? 'lib' : file);
  const pages = [...new Set(all.map(pageOf))].map((name) => all.filter((one) => pageOf(one) === name));
  const work = async (): Promise<void> => {
    for (let page = pages.shift(); page !== undefined; page = pages.shift()) await runPage(page);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

/** Runs the blocks of one page in a process of their own; another takes over behind a block that ends it. */
async function runPage(page: readonly Prepared[]): Promise<void> {
  const { NODE_V8_COVERAGE: _, NODE_ENV: __, NODE_OPTIONS: ___, ...env } = process.env;
  const rest = [...page];
  const child = fork(new URL('./runner.js', import.meta.url), { env, execArgv: [] });
  child.on('message', ({ id, failures }: Outcome) => {
    const [done] = rest.splice(0, 1);
    if (done?.name !== id) throw new Error(`expected the outcome of ${done?.name}, got ${id}`);
    done.failures.push(...failures);
  });
  child.send(page.map(({ job }) => job));
  const stop = setTimeout(() => child.kill('SIGKILL'), 15_000 + 1000 * page.length);
  const how = await new Promise<unknown>((done) =>
    child.once('close', (code, signal) => done(signal ?? code)),
  );
  clearTimeout(stop);
  const [broken, ...others] = rest;
  if (broken === undefined) return;
  broken.failures.push(`it ended the process (${how})`);
  if (others.length > 0) await runPage(others);
}
