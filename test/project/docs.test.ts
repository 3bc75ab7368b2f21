/**
 * The documentation is right: each `ts` and `js` block of README.md, of docs/ and of the TSDoc in lib type-checks against
 * the built package and runs, its doctests hold, and the console block behind it prints what it says.
 */

import { expect } from 'chai';
import { type Results, runBlocks } from './docs/batch.js';
import { deadLinks } from './docs/links.js';
import { type Block, blocksOf, docComments } from './docs/markdown.js';
import { fileAt, filesIn } from './sources.js';

describe('documentation', function () {
  this.timeout(120_000);
  const markdown = [
    ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].flatMap((path) => fileAt(path) ?? []),
    ...filesIn('docs', '.md'),
  ];
  const pages = [
    ...markdown,
    ...filesIn('lib', '.ts').map(({ path, text }) => ({ path, text: docComments(text) })),
  ].map(({ path, text }) => blocksOf(path, text));
  const blocks = pages.flatMap((page) => page.blocks);
  let results: Results = new Map();

  before(async () => {
    results = await runBlocks(blocks, 'build/docs');
  });

  it('has pages without mistakes', () => {
    expect(pages.flatMap((page) => page.problems)).to.deep.equal([]);
  });

  it('links to what is there', () => {
    expect(markdown.flatMap((page) => deadLinks(page))).to.deep.equal([]);
  });

  it('is there', () => {
    expect(blocks.map(({ file }) => file)).to.include.members(['docs/errors.md', 'lib/mount/table.ts']);
  });

  const excluded = blocks.filter((block) => block.excluded !== undefined);
  it(`runs all but ${excluded.length} blocks, each of which says why`, () => {
    expect(excluded.filter((block) => block.excluded === '')).to.deep.equal([]);
  });

  for (const block of blocks) {
    it(`${block.file}:${block.line} ${block.excluded === undefined ? 'runs' : 'type-checks'}`, () => {
      expect(failuresOf(results, block)).to.equal('');
    });
  }
});

function failuresOf(results: Results, block: Block): string {
  return (results.get(block) ?? ['it was not looked at']).join('\n');
}
