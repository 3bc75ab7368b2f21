/** The kit of live tests itself. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Fate, fateOf, whichever } from './program.js';

describe('live tests', () => {
  let home = '';

  before(() => {
    home = mkdtempSync(join(tmpdir(), 'mountpoint-program-'));
    for (const folder of ['a', 'b', 'b/folder']) mkdirSync(join(home, folder));
    for (const file of ['a/data', 'a/both', 'b/both', 'b/only']) {
      writeFileSync(join(home, file), '');
      chmodSync(join(home, file), file === 'a/data' ? 0o644 : 0o755);
    }
  });

  after(() => rmSync(home, { recursive: true, force: true }));

  const rows: readonly (readonly [names: string | readonly string[], found: string | undefined])[] = [
    ['only', 'b/only'],
    ['both', 'a/both'],
    [['absent', 'only', 'both'], 'b/only'],
    ['absent', undefined],
    ['data', undefined],
    ['folder', undefined],
    [[], undefined],
  ];
  for (const [names, found] of rows) {
    it(`of ${names || 'none'}, ${found ?? 'nothing'} is found`, () => {
      const path = `${join(home, 'a')}::${join(home, 'b')}`;
      const all = typeof names === 'string' ? [names] : names;
      expect(whichever(all, path)).to.equal(found && join(home, found));
    });
  }

  const missing = 'absent or missing is not installed: npm run servers:install';
  const fates: readonly (readonly [name: string, environment: Record<string, string>, fate: Fate])[] = [
    ['is skipped with the reason', {}, { missing, isRequired: false }],
    ['is skipped without a wish', { REQUIRE_LIVE: '' }, { missing, isRequired: false }],
    ['fails where it is required', { REQUIRE_LIVE: '1' }, { missing, isRequired: true }],
  ];
  for (const [name, environment, fate] of fates) {
    it(`a test whose program is missing ${name}`, () => {
      expect(fateOf(['absent', 'missing'], { PATH: home, ...environment })).to.deep.equal(fate);
    });
  }

  it('a test whose program is there runs with it', () => {
    const environment = { PATH: join(home, 'b'), REQUIRE_LIVE: '1' };
    expect(fateOf('only', environment)).to.deep.equal({ program: join(home, 'b', 'only') });
  });
});
