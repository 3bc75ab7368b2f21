/**
 * The floor plan of docs/architecture.md is kept by lib; and each of its rules is shown something that breaks it.
 */

import { expect } from 'chai';
import { headComment, rules } from './floor-plan.js';
import { filesIn } from './sources.js';

/** A rule, a made-up file, and what the rule says of it (`''`: nothing). */
type Row = readonly [rule: keyof typeof rules, path: string, text: string, says: string];

const head = '/**\n * What it is for.\n */\n\n';

const rows: readonly Row[] = [
  ['knownPlace', 'lib/path/a.ts', '', ''],
  ['knownPlace', 'lib/protocol/fastcgi/a.ts', '', ''],
  ['knownPlace', 'lib/errors.ts', '', ''],
  ['knownPlace', 'lib/util.ts', '', 'lib/util.ts: no file stands beside the folders'],
  ['knownPlace', 'lib/util/a.ts', '', 'lib/util/a.ts: the folder util has no floor'],
  ['knownPlace', 'lib/constructor/a.ts', '', 'lib/constructor/a.ts: the folder constructor has no floor'],

  ['lowerFloors', 'lib/mount/a.ts', "import { a } from './b.js';", ''],
  ['lowerFloors', 'lib/mount/a.ts', "import { a } from '../path/b.js';", ''],
  ['lowerFloors', 'lib/path/a.ts', "import type { A } from '../errors.js';", ''],
  ['lowerFloors', 'lib/protocol/x/a.ts', "import { a } from '../y/b.js';", ''],
  ['lowerFloors', 'lib/index.ts', "export { a } from './cli/b.js';", ''],
  ['lowerFloors', 'lib/mount/a.ts', "import { a } from 'anything';", ''],
  ['lowerFloors', 'lib/mount/a.ts', "// import { a } from '../cli/b.js';", ''],
  ['lowerFloors', 'lib/mount/a.ts', 'const text = `import { a } from "../cli/b.js"`;', ''],
  [
    'lowerFloors',
    'lib/path/a.ts',
    "import {\n  a,\n} from '../mount/b.js';",
    'lib/path/a.ts:3: path must not import mount',
  ],
  [
    'lowerFloors',
    'lib/path/a.ts',
    "import type { A } from '../mount/b.js';",
    'lib/path/a.ts:1: path must not import mount',
  ],
  [
    'lowerFloors',
    'lib/mount/a.ts',
    "import '../environ/b.js';",
    'lib/mount/a.ts:1: mount must not import environ',
  ],
  [
    'lowerFloors',
    'lib/environ/a.ts',
    "export * from '../mount/b.js';",
    'lib/environ/a.ts:1: environ must not import mount',
  ],
  [
    'lowerFloors',
    'lib/cli/a.ts',
    "await import('../harness/b.js');",
    'lib/cli/a.ts:1: cli must not import harness',
  ],
  [
    'lowerFloors',
    'lib/fixup/a.ts',
    "let a: import('../bridge/b.js').A;",
    'lib/fixup/a.ts:1: fixup must not import bridge',
  ],
  [
    'lowerFloors',
    'lib/errors.ts',
    "import { a } from './path/b.js';",
    'lib/errors.ts:1: the ground must not import path',
  ],
  [
    'lowerFloors',
    'lib/cli/a.ts',
    "import { a } from '../../test/b.js';",
    'lib/cli/a.ts:1: ../../test/b.js is outside lib',
  ],
  [
    'lowerFloors',
    'lib/cli/a.ts',
    "import { a } from '../index.js';",
    'lib/cli/a.ts:1: nothing goes through the front door from inside',
  ],

  ['httpFromTheBridge', 'lib/bridge/a.ts', "import { createServer } from 'node:http';", ''],
  [
    'httpFromTheBridge',
    'lib/protocol/a.ts',
    "import type { IncomingMessage } from 'node:http';",
    'lib/protocol/a.ts:1: node:http from floor 4 up only',
  ],
  [
    'httpFromTheBridge',
    'lib/mount/a.ts',
    "import h2 from 'http2';",
    'lib/mount/a.ts:1: http2 from floor 4 up only',
  ],
  [
    'httpFromTheBridge',
    'lib/errors.ts',
    "import https from 'node:https';",
    'lib/errors.ts:1: node:https from floor 4 up only',
  ],

  ['processesOutside', 'lib/gateway/a.ts', "import net from 'node:net'; process.exit();", ''],
  ['processesOutside', 'lib/bridge/a.ts', 'job.process(); const a = { process: 1 }; // process', ''],
  [
    'processesOutside',
    'lib/middleware/a.ts',
    "import net from 'node:net';",
    'lib/middleware/a.ts:1: node:net in gateway, upstream, script, harness, cli only',
  ],
  [
    'processesOutside',
    'lib/bridge/a.ts',
    "import { spawn } from 'child_process';",
    'lib/bridge/a.ts:1: child_process in gateway, upstream, script, harness, cli only',
  ],
  [
    'processesOutside',
    'lib/bridge/a.ts',
    'const a = `$\u{7b}process.env.A}`;',
    'lib/bridge/a.ts:1: the global process in gateway, upstream, script, harness, cli only',
  ],
  [
    'processesOutside',
    'lib/bridge/a.ts',
    'const { env } = globalThis.process;',
    'lib/bridge/a.ts:1: the global process in gateway, upstream, script, harness, cli only',
  ],

  [
    'noMadeExpressions',
    'lib/mount/pattern.ts',
    "import { pathToRegexp } from 'path-to-regexp'; new RegExp(a);",
    '',
  ],
  [
    'noMadeExpressions',
    'lib/script/a.ts',
    'function a(b: RegExp, c: RegExp | string) { return b instanceof RegExp && /x/; }',
    '',
  ],
  [
    'noMadeExpressions',
    'lib/mount/a.ts',
    'const a = new RegExp(b);',
    'lib/mount/a.ts:1: a regular expression is made (RegExp) in lib/mount/pattern.ts only',
  ],
  [
    'noMadeExpressions',
    'lib/mount/a.ts',
    "import { match } from 'path-to-regexp';",
    "lib/mount/a.ts:1: a regular expression is made ('path-to-regexp') in lib/mount/pattern.ts only",
  ],

  ['noLooseTypes', 'lib/path/a.ts', "await Promise.any([]); // any\nconst a = 'any' + /enum/.source;", ''],
  ['noLooseTypes', 'lib/path/a.ts', 'let a: any;', 'lib/path/a.ts:1: no any'],
  ['noLooseTypes', 'lib/path/a.ts', 'let a = b as any;', 'lib/path/a.ts:1: no any'],
  ['noLooseTypes', 'lib/path/a.ts', 'const a = 1 / 2;\nenum B {}', 'lib/path/a.ts:2: no enum'],

  [
    'onlyReexports',
    'lib/index.ts',
    `${head}export { a } from './a.js';\nexport type { B, C } from './b.js';\n`,
    '',
  ],
  ['onlyReexports', 'lib/index.ts', "export * from './a.js';\nexport * as b from './b.js';", ''],
  ['onlyReexports', 'lib/index.ts', "import { a } from './a.js';", 'lib/index.ts:1: re-exports only'],
  ['onlyReexports', 'lib/index.ts', 'export const a = 1;', 'lib/index.ts:1: re-exports only'],
  ['onlyReexports', 'lib/index.ts', "export { a } from './a.js';\na();", 'lib/index.ts:2: re-exports only'],

  ['hasHead', 'lib/path/a.ts', `${head}const a = 1;`, ''],
  ['hasHead', 'lib/cli/a.ts', `#!/usr/bin/env node\n${head}const a = 1;`, ''],
  [
    'hasHead',
    'lib/path/a.ts',
    'const a = 1;',
    'lib/path/a.ts:1: begins with a comment that says what it is for',
  ],
  [
    'hasHead',
    'lib/path/a.ts',
    '/** What a is for. */\nexport const a = 1;\n\nexport const b = 2;',
    'lib/path/a.ts:1: begins with a comment that says what it is for',
  ],
  [
    'hasHead',
    'lib/path/a.ts',
    '/** */\n\nconst a = 1;',
    'lib/path/a.ts:1: begins with a comment that says what it is for',
  ],

  ['notLong', 'lib/path/a.ts', head + 'a;\n'.repeat(396), ''],
  ['notLong', 'lib/path/a.ts', `/** This table is long. */\n\n${'a;\n'.repeat(400)}`, ''],
  [
    'notLong',
    'lib/path/a.ts',
    head + 'a;\n'.repeat(397),
    'lib/path/a.ts: 401 lines, and the head comment does not say why it is long',
  ],
];

describe('architecture', () => {
  const files = filesIn('lib', '.ts');

  it('finds the files of lib', () => {
    expect(files.map(({ path }) => path)).to.include.members(['lib/index.ts', 'lib/mount/semantics.ts']);
  });

  for (const [name, rule] of Object.entries(rules)) {
    it(`lib keeps ${name}`, () => {
      expect(files.flatMap(rule)).to.deep.equal([]);
    });
  }
});

describe('the rules of the architecture', () => {
  for (const [name, path, text, says] of rows) {
    const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
    it(`${name} ${says === '' ? 'passes' : 'reports'} ${path} ${shown}`, () => {
      expect(rules[name]({ path, text })).to.deep.equal(says === '' ? [] : [says]);
    });
  }

  it('a head comment is read whole', () => {
    expect(headComment(`${head}/** Another. */\nconst a = 1;`)).to.equal(head.trim());
  });
});
