/**
 * The extractor of code blocks: what it takes, and what it reports.
 */

import { expect } from 'chai';
import { blocksOf, docComments } from './markdown.js';

const reason = '<!-- it needs a server -->';
const ts = '```ts\na();\n```\n';
const curl = '```console\n$ curl -s http://localhost:8000/\nyes\n```\n';

/** A page, its blocks as `language:line` (with `!` where excluded, `?` where a console block asks it), its problems. */
const rows: readonly (readonly [page: string, blocks: string, problems: readonly string[]])[] = [
  ['no block', '', []],
  [`# A\n\n${ts}`, 'ts:4', []],
  [`${ts}\ntext\n\n\`\`\`js\nb();\n\`\`\``, 'ts:2 js:8', []],
  ['```nginx\nlocation / {}\n```\n\n```\n$ npm start\n```\n', '', []],
  ['~~~ts\n```\n~~~\n', 'ts:2', []],
  ['````ts\n```ts\n````\n', 'ts:2', []],
  ['- a\n\n  ```ts\n  a();\n    b();\n  ```\n', 'ts:4', []],
  [`${ts}\n${curl}`, 'ts:2?', []],
  [`${ts}\nThen:\n\n${curl}`, 'ts:2?', []],
  [`${ts}\n\`\`\`console\n$ npm start\n\`\`\`\n`, 'ts:2', []],
  [`${reason}\n\n\`\`\`ts no-run\na();\n\`\`\`\n`, 'ts:4!', []],
  [`${reason}\n\`\`\`console no-run\n$ curl http://localhost/\n\`\`\`\n`, '', []],

  ['```ts\na();\n', '', ['a.md:1: a block that does not end']],
  ['```typescript\na();\n```\n', '', ['a.md:2: write ts instead of typescript']],
  ['```mjs\na();\n```\n', '', ['a.md:2: write js instead of mjs']],
  ['```ts norun\na();\n```\n', 'ts:2', ["a.md:1: a block's only attribute is no-run, got norun"]],
  [
    '```ts no-run\na();\n```\n',
    'ts:2!',
    ['a.md:2: no-run needs its reason, in an HTML comment just before the block'],
  ],
  [
    `${reason}\n\ntext\n\n\`\`\`ts no-run\na();\n\`\`\`\n`,
    'ts:6!',
    ['a.md:6: no-run needs its reason, in an HTML comment just before the block'],
  ],
  [
    '<!-- x -->\n```ts no-run\na();\n```\n',
    'ts:3!',
    ['a.md:3: no-run needs its reason, in an HTML comment just before the block'],
  ],
  [curl, '', ['a.md:2: curl needs the ts or js block that it asks, directly before it']],
  [
    `${ts}\n# B\n\n${curl}`,
    'ts:2',
    ['a.md:8: curl needs the ts or js block that it asks, directly before it'],
  ],
  [
    `${reason}\n\`\`\`ts no-run\na();\n\`\`\`\n\n${curl}`,
    'ts:3!',
    ['a.md:7: curl needs the ts or js block that it asks, directly before it'],
  ],
];

describe('code blocks of a page', () => {
  for (const [page, wanted, problems] of rows) {
    it(JSON.stringify(page), () => {
      const found = blocksOf('a.md', page);
      const shown = found.blocks.map(({ language, line, excluded, console }) => {
        const marks = `${excluded === undefined ? '' : '!'}${console === undefined ? '' : '?'}`;
        return `${language}:${line}${marks}`;
      });
      expect([shown.join(' '), found.problems]).to.deep.equal([wanted, problems]);
    });
  }

  it('keeps the code as it is, without the indentation of the fence', () => {
    const [block] = blocksOf('a.md', '  ```ts\n  a({\n    b,\n  });\n  ```\n').blocks;
    expect(block?.code).to.equal('a({\n  b,\n});');
  });

  it('keeps the reason of an exclusion', () => {
    const [block] = blocksOf('a.md', `${reason}\n\`\`\`ts no-run\na();\n\`\`\`\n`).blocks;
    expect(block?.excluded).to.equal('it needs a server');
  });
});

describe('doc comments of a source', () => {
  it('stay on their lines', () => {
    const source = [
      'const a = 1;',
      '/** One line. */',
      'export class B {',
      '  /**',
      '   * @example',
      '   * ```ts',
      '   *   b(); // → 1',
      '   *',
      '   * ```',
      '   */',
      '  b() {} // * no',
      '}',
    ];
    expect(docComments(source.join('\n')).split('\n')).to.deep.equal([
      '',
      'One line.',
      '',
      '',
      '@example',
      '```ts',
      '  b(); // → 1',
      '',
      '```',
      '',
      '',
      '',
    ]);
  });
});
