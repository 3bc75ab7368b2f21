/** The starter of examples/harness runs as it is in each test runner, and fails where the application is wrong. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { frontServers } from '../../lib/harness/index.js';

const bin = (name: string): string => resolve('node_modules', '.bin', name);

const runners: readonly {
  readonly name: string;
  readonly command: readonly string[];
  readonly options?: string;
}[] = [
  { name: 'mocha', command: [bin('mocha'), '--no-config', 'app.test.js'] },
  { name: 'node:test', command: [process.execPath, '--test', 'app.test.js'] },
  { name: 'Vitest', command: [bin('vitest'), 'run', '--globals', '--no-cache', 'app.test.js'] },
  {
    name: 'Jest',
    command: [bin('jest'), '--rootDir=.', 'app.test.js'],
    options: '--experimental-vm-modules',
  },
];

describe('the starter in examples/harness', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    // A project of its own, in which this package is installed.
    folder = mkdtempSync(join(resolve('build'), 'starter-'));
    cpSync('examples/harness', folder, { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(resolve('.'), join(folder, 'node_modules', 'mountpoint'));
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'shop', type: 'module', private: true }),
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = ({
    command,
    options = '',
  }: (typeof runners)[number]): { status: number | null; output: string } => {
    const [program = '', ...parameters] = command;
    const { NODE_OPTIONS: _, ...others } = process.env;
    const env = { ...others, NODE_OPTIONS: options, CI: '1', NO_COLOR: '1' };
    const { status, stdout, stderr } = spawnSync(program, parameters, { cwd: folder, env, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };

  for (const runner of runners) {
    it(`runs in ${runner.name}`, () => {
      const { status, output } = run(runner);
      expect(status, output).to.equal(0);
      // Two mounts, four routes.
      expect(output).to.match(new RegExp(`\\b${Object.keys(frontServers).length * 2 * 4}\\b`));
    });
  }

  it('fails where the application is wrong', () => {
    const file = join(folder, 'app.js');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/href="[^"]*"/, 'href="/cart"'));
    const { status, output } = run(runners[0] as (typeof runners)[number]);
    expect(status).to.be.above(0);
    expect(output)
      .to.match(/link to \/cart, which is not below \/shop/)
      .and.match(/to mend it: link to urlFor/);
  });
});
