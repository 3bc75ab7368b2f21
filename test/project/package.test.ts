/**
 * A trial as a new user: the package as it would be published, in a project of its own, with Express, in TypeScript and
 * in CommonJS.
 *
 * Rules of this file: no network: what the package depends on is linked from this project's node_modules.
 */

import { execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { filesIn } from './sources.js';
import { firstLine, get } from './visitor.js';

const run = promisify(execFile);

const typescript = `
import express from 'express';
import { mount } from 'mountpoint';

const sub = express();
sub.use((req, res) => {
  res.send(\`\${req.baseUrl} + \${req.url} of \${req.originalUrl}\`);
});
const app = express();
app.use(mount('/foo', sub));
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify(server.address())));
`;

const commonjs = `
const express = require('express');
const { mount } = require('mountpoint');

const app = express();
app.use(mount('/foo', (req, res) => {
  res.end(\`\${req.baseUrl} + \${req.url} of \${req.originalUrl}\`);
}));
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify(server.address())));
`;

const compilerOptions = { module: 'nodenext', target: 'es2023', types: ['node'], strict: true };

/** A request target, and what is answered. */
const answers: readonly (readonly [target: string, status: number, body: string | undefined])[] = [
  ['/foo', 200, '/foo + / of /foo'],
  ['/foo/', 200, '/foo + / of /foo/'],
  ['/foo/x?y', 200, '/foo + /x?y of /foo/x?y'],
  ['/foobar', 404, undefined],
  ['/', 404, undefined],
];

describe('the package', function () {
  this.timeout(120_000);
  let home = '';
  let installed = '';

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'mountpoint-trial-'));
    const modules = join(home, 'node_modules');
    installed = join(modules, 'mountpoint');
    const npm = ['pack', '--ignore-scripts', '--offline', '--json', '--pack-destination', home];
    const { stdout } = await run('npm', npm, {
      env: { ...process.env, npm_config_update_notifier: 'false' },
    });
    const [tarball] = /[\w.-]+\.tgz/.exec(stdout) ?? [];
    mkdirSync(installed, { recursive: true });
    await run('tar', ['-xzf', join(home, tarball as string), '-C', installed, '--strip-components=1']);
    const { dependencies }: { dependencies: object } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    );
    for (const name of [...Object.keys(dependencies), 'express', '@types/express', '@types/node']) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(resolve('node_modules', name), join(modules, name));
    }
    writeFileSync(join(home, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
    writeFileSync(join(home, 'app.ts'), typescript);
    writeFileSync(join(home, 'app.cjs'), commonjs);
  });

  after(() => rmSync(home, { recursive: true, force: true }));

  it('type-checks in an Express app, its declarations included', async () => {
    const compiler = resolve('node_modules/typescript/bin/tsc');
    const output = await run(process.execPath, [compiler, '-p', home]).catch((error) => error);
    expect(output.stdout).to.equal('');
  });

  for (const file of ['app.js', 'app.cjs']) {
    it(`answers in ${file}`, async () => {
      const child = spawn(process.execPath, [file], { cwd: home, stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        const { port }: { port: number } = JSON.parse(await firstLine(child));
        for (const [target, status, body] of answers) {
          const answer = await get(port, target);
          expect(answer.status, target).to.equal(status);
          if (body !== undefined) expect(answer.body, target).to.equal(body);
        }
      } finally {
        child.kill();
      }
    });
  }

  it('holds what it should', () => {
    for (const name of [
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/index.js',
      'dist/index.d.ts',
      'docs/errors.md',
    ]) {
      expect(existsSync(join(installed, name)), name).to.equal(true);
    }
  });

  it('holds nothing else', () => {
    const known =
      /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/[\w/-]+\.md|data\/recordings\.jsonl\.br|data\/config\/\w+\/[\w-]+\.conf|dist\/[\w/-]+\.(?:js|d\.ts))$/;
    const names = filesIn(installed, '').map(({ path }) => path.slice(installed.length + 1));
    expect(names.filter((name) => !known.test(name))).to.deep.equal([]);
  });

  it('names no machine, and no source map that is not there', () => {
    const files = filesIn(installed, '').filter(({ path }) => path.startsWith(join(installed, 'dist')));
    expect(files.length).to.be.greaterThan(10);
    for (const { path, text } of filesIn(installed, '')) {
      expect(text.includes(process.cwd()), path).to.equal(false);
      expect(text, path).to.not.match(/sourceMappingURL|file:\/\/\/(?!\$)|\/(?:home|Users)\/\w/);
    }
  });
});
