/**
 * The runner of blocks: pages that are right pass, and each kind of mistake is found, on its line.
 */

import { expect } from 'chai';
import { type Results, runBlocks } from './batch.js';
import { blocksOf } from './markdown.js';

const server = (listen: string): string => `\`\`\`ts
import { createServer } from 'node:http';
import { mount } from 'mountpoint';

createServer(mount('/foo', (req, res) => {
  res.setHeader('X-Seen', req.url).end(\`\${req.baseUrl} + \${req.url}\\n\`);
})).listen(${listen});
\`\`\`
`;
const console_ = (text: string): string => `\n\`\`\`console\n${text}\n\`\`\`\n`;
const block = (code: string, language = 'ts'): string => `\`\`\`${language}\n${code}\n\`\`\`\n`;

/** What it shows, a page of one block, and for each of its failures how it begins. */
const rows: readonly (readonly [name: string, page: string, ...failures: readonly string[]])[] = [
  ['a doctest that holds', block('[1].map((one) => one + 1); // → [2]')],
  ['a doctest that does not', block('const two = 2;\ntwo; // → 3'), 'line 3: must be 3, got 2'],
  ['a doctest in a catch block', block('try {\n  throw 1;\n} catch (error) {\n  error; // → 1\n}')],
  [
    'a doctest in a catch block that is never reached',
    block('try {\n} catch (error) {\n  error; // → 1\n}'),
    'line 4: the doctest was never reached',
  ],
  ['a doctest that is none', block('const two = 2; // → 2'), 'line 2: a doctest must be'],
  ['a type error', block('const text: string = 1;\ntext;'), 'line 2: TS2322'],
  [
    'an option that is none',
    block("import { mount } from 'mountpoint';\nmount('/', () => {}, { no: 1 });"),
    'line 3: TS',
  ],
  ['an import that is none', block("import { no } from 'mountpoint';\nno;"), 'line 2: TS2305'],
  [
    'JavaScript',
    block("import { mount } from 'mountpoint';\nfunction app(req, res) {}\nmount('/', app);", 'js'),
  ],
  ['CommonJS', block("const { mount } = require('mountpoint');\ntypeof mount; // → 'function'", 'js')],
  ['JavaScript with a mistake', block("import { no } from 'mountpoint';\nno;", 'js'), 'line 2: TS2305'],
  ['a throw', block("throw new Error('no luck');"), 'Error: no luck'],
  ['a throw later', block("queueMicrotask(() => {\n  throw new Error('no luck');\n});"), 'Error: no luck'],
  ['a rejection', block("Promise.reject(new Error('no luck'));"), 'Error: no luck'],
  [
    'what a block printed before it failed',
    block("console.log('so far');\nthrow new Error('no luck');"),
    'Error: no luck',
    'it printed\nso far',
  ],
  ['an end of the process', block('process.exit(3);'), 'it ended the process (3)'],
  ['a block after that', block('1; // → 1')],
  ['a top level that waits', block('await Promise.resolve(1); // → 1')],

  ['an answer', server('8000') + console_('$ curl -s http://localhost:8000//foo/%61?b\n/foo + /a?b')],
  ['another port', server('80') + console_('$ curl -s http://localhost/foo\n/foo + /')],
  ['any port', server('') + console_('$ curl -s http://localhost:3000/foo\n/foo + /')],
  ['an options object', server('{ port: 8000 }') + console_('$ curl -s http://localhost:8000/foo\n/foo + /')],
  [
    'the program itself',
    server('8000') + console_('$ node app.js &\n$ curl -s http://localhost:8000/foo\n/foo + /'),
  ],
  [
    'a head',
    server('8000') + console_('$ curl -si http://localhost:8000/foo\nHTTP/1.1 200 OK\nX-Seen: /\n\n/foo + /'),
  ],
  [
    'a head that goes on',
    server('8000') + console_('$ curl -si http://localhost:8000/\nHTTP/1.1 404 Not Found\n...'),
  ],
  [
    'a method',
    server('8000') + console_('$ curl -si -X OPTIONS http://localhost:8000/bar\nHTTP/1.1 404 Not Found\n...'),
  ],
  [
    'another answer',
    server('8000') + console_('$ curl -s http://localhost:8000/foo\n/bar'),
    'line 11: $ curl -s http://localhost:8000/foo\nmust print\n    /bar\nprinted\n    /foo + /',
  ],
  [
    'another head',
    server('8000') +
      console_('$ curl -si http://localhost:8000/foo\nHTTP/1.1 200 OK\nX-Seen: /a\n\n/foo + /'),
    'line 11: $ curl -si http://localhost:8000/foo\nmust print',
  ],
  [
    'a field that is not there',
    server('8000') + console_('$ curl -si http://localhost:8000/foo\nHTTP/1.1 200 OK\nX-Not: /\n\n/foo + /'),
    'line 11: $ curl -si http://localhost:8000/foo\nmust print',
  ],
  [
    'the port of another',
    server('3000') + console_('$ curl -s http://localhost:8000/foo\n/foo + /'),
    'line 11: $ curl -s http://localhost:8000/foo\nthe block listens on port 3000',
  ],
  [
    'no server',
    block('1;') + console_('$ curl -s http://localhost:8000/'),
    'line 6: the block before opened no server',
  ],
  [
    'a command that is not played',
    server('8000') + console_('$ curl -s http://localhost:8000/foo\n/foo + /\n$ ls'),
    'line 13: $ ls\nthe command must be curl',
  ],
  ['no-run', `<!-- for a reason -->\n${block('process.exit(4);', 'ts no-run')}`],
  [
    'a type error in no-run',
    `<!-- for a reason -->\n${block('const a: string = 1;', 'ts no-run')}`,
    'line 3: TS2322',
  ],
];

describe('the runner of documentation', function () {
  this.timeout(60_000);
  const pages = rows.map(([, page]) => blocksOf('page.md', page));
  const blocks = pages.flatMap((page) => page.blocks);
  let results: Results = new Map();

  before(async () => {
    results = await runBlocks(blocks, 'build/docs-trial');
  });

  rows.forEach(([name, , ...wanted], index) => {
    it(`${wanted.length === 0 ? 'passes' : 'finds'} ${name}`, () => {
      expect(pages[index]?.problems).to.deep.equal([]);
      const [one, ...others] = pages[index]?.blocks ?? [];
      expect(others).to.deep.equal([]);
      const failures = (one && results.get(one)) ?? ['it was not looked at'];
      expect(failures.map((failure, at) => failure.slice(0, wanted[at]?.length))).to.deep.equal(wanted);
    });
  });
});
