/**
 * What the package offers: the values that it exports, each documented, and what package.json says of it.
 */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  argumentCodes,
  configurationCodes,
  environCodes,
  forwardedCodes,
  protocolCodes,
  requestTargetCodes,
} from '../../lib/errors.js';
import * as library from '../../lib/index.js';
import { documentationOf, reexportsOf } from './imports.js';
import { fileAt } from './sources.js';

/** The contract. A name that is added here is never taken away, and there are at most 20 values. */
const values = [
  'ArgumentError',
  'ConfigurationError',
  'ForwardedError',
  'LintError',
  'MountTable',
  'MountpointError',
  'RequestTargetError',
  'applicationUri',
  'behindProxy',
  'environ',
  'fetchHandler',
  'lint',
  'mount',
  'normalized',
  'pattern',
  'requestUri',
  'serve',
  'urlFor',
];

const manifest: Readonly<Record<string, unknown>> = JSON.parse(readFileSync('package.json', 'utf8'));

describe('exports', () => {
  const exported = reexportsOf(readFileSync('lib/index.ts', 'utf8'));

  it('are the values of the contract', () => {
    expect(Object.keys(library).sort()).to.deep.equal(values);
    expect(values.length).to.be.at.most(20);
  });

  it('are what the built package exports under its own name', async () => {
    // Not a literal: the compiler would want the built package before there is one.
    const name: string = 'mountpoint';
    const built: Readonly<Record<string, unknown>> = await import(name);
    expect(Object.keys(built).sort()).to.deep.equal(values);
  });

  it('are all read from the front door', () => {
    expect(exported.filter(({ isType }) => !isType).map(({ name }) => name)).to.deep.equal(values);
  });

  for (const { name, module } of exported) {
    it(`${name} has TSDoc`, () => {
      const source = readFileSync(module.replace(/^\./, 'lib').replace(/js$/, 'ts'), 'utf8');
      // A sentence: it begins with a word and ends with a full stop, before the first tag.
      expect(documentationOf(source, name)?.split(/^@/m)[0]).to.match(/^[`\w][\s\S]*\w[\s\S]*[.:]\s*$/);
    });
  }
});

describe('TSDoc of a declaration', () => {
  const rows: readonly (readonly [source: string, documentation: string | undefined])[] = [
    ['/** A. */\nexport const a = 1;', 'A.'],
    ['/** A. */\nexport abstract class a {}', 'A.'],
    ['/** A. */\nexport async function a() {}', 'A.'],
    [
      '/**\n * A\n * b.\n *\n * @example\n */\nexport function a(): void;\nexport function a() {}',
      'A\nb.\n\n@example',
    ],
    ['/** A. */\nexport interface a {}', 'A.'],
    ['/** A. */\nexport type a<T> = T;', 'A.'],
    ['/** Of b. */\nconst b = 1;\nexport const a = 1;', undefined],
    ['// A.\nexport const a = 1;', undefined],
    ['/** A. */\nexport const ab = 1;', undefined],
  ];
  for (const [source, documentation] of rows) {
    it(JSON.stringify(source), () => expect(documentationOf(source, 'a')).to.equal(documentation));
  }
});

describe('package.json', () => {
  const exportsMap = manifest.exports as Readonly<Record<string, unknown>>;

  it('is that of an ES module for these versions of Node', () => {
    expect(manifest).to.include({ name: 'mountpoint', type: 'module', sideEffects: false });
    expect(manifest.engines).to.deep.equal({ node: '^20.19.0 || >=22.12.0' });
  });

  it('has a door for each host with a mount() of its own', async () => {
    expect(Object.keys(exportsMap)).to.deep.equal([
      '.',
      './environ',
      './harness',
      './koa',
      './fastify',
      './protocol',
      './package.json',
    ]);
    for (const door of ['mountpoint/koa', 'mountpoint/fastify']) {
      expect(Object.keys(await import(door)), door).to.deep.equal(['mount']);
    }
  });

  it('has a door for meta-variables', async () => {
    const door: string = 'mountpoint/environ';
    const names = ['EnvironError', 'headerQuirks', 'quirks', 'requestHeaders', 'resolveEnviron'];
    expect(Object.keys(await import(door))).to.deep.equal(names);
  });

  it('has a door for tests of applications', async () => {
    const door: string = 'mountpoint/harness';
    const names = ['behind', 'describeMount', 'frontServers', 'inject', 'recorded'];
    expect(Object.keys(await import(door))).to.deep.equal(names);
  });

  it('has a door for the wire', async () => {
    const door: string = 'mountpoint/protocol';
    expect(Object.keys(await import(door))).to.deep.equal(['createConnection']);
  });

  it('exports the front door and itself', () => {
    expect(exportsMap['.']).to.deep.equal({ types: './dist/index.d.ts', default: './dist/index.js' });
    expect(exportsMap['./package.json']).to.equal('./package.json');
    expect(manifest).to.not.have.any.keys('main', 'module', 'types');
  });

  it('has types for each door, which come first, and files for all', () => {
    for (const [door, targets] of Object.entries(exportsMap)) {
      if (door === './package.json') continue;
      expect(Object.keys(targets as object), door).to.deep.equal(['types', 'default']);
      for (const path of Object.values(targets as Record<string, string>)) {
        expect(fileAt(path), path).to.not.equal(undefined);
      }
    }
  });

  it('publishes what is built, the documentation and the changes', () => {
    expect(manifest.files).to.deep.equal(['dist', 'data', 'docs', 'CHANGELOG.md']);
  });
});

describe('docs/errors.md', () => {
  const page = fileAt('docs/errors.md')?.text ?? '';
  const headings = [...page.matchAll(/^#{2,3} `?(ERR_\w+)`?$/gm)].map(([, code]) => code);
  const codes = [
    ...Object.keys(requestTargetCodes),
    ...configurationCodes,
    ...argumentCodes,
    ...environCodes,
    ...forwardedCodes,
    ...protocolCodes,
    'ERR_LINT',
  ];

  it('has a heading for each code, once, and for no other', () => {
    expect(headings.toSorted()).to.deep.equal(codes.toSorted());
  });

  for (const [code, status] of Object.entries(requestTargetCodes)) {
    it(`says that ${code} is answered with ${status}`, () => {
      const [section] = page.split(new RegExp(`^### ${code}$`, 'm')).slice(1);
      expect(section?.split(/^#/m)[0]).to.contain(`'${status} ${code}'`);
    });
  }
});
