/** Normal form: rows, and that it is what the quick look says it is. */

import { expect } from 'chai';
import fc from 'fast-check';
import { lookAtPlain } from '../../lib/mount/plain.js';
import { Node } from '../../lib/mount/tree.js';
import { normalForm } from '../../lib/path/normal.js';
import { parseTarget } from '../../lib/path/target.js';
import { rawTargets } from '../support/targets.js';

describe('normal form', () => {
  const rows: readonly (readonly [raw: string, path: string, refusal?: string])[] = [
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['//', '/'],
    ['//a///b//', '/a/b/'],
    ['/.', '/'],
    ['/./', '/'],
    ['/a/.', '/a/'],
    ['/a/./b', '/a/b'],
    ['/a/..', '/'],
    ['/a/b/..', '/a/'],
    ['/a/../b', '/b'],
    ['/a//../b', '/b'],
    ['/a/%2e%2E/b', '/b'],
    ['/..a/.b/c..', '/..a/.b/c..'],
    ['/..;/x', '/..;/x'],
    ['/...', '/...'],
    ['/%61%41', '/aA'],
    ['/%2F/%c3%A9/\xc3', '/%2F/%c3%A9/\xc3'],
    ['/a\\..\\b', '/a\\..\\b'],
    ['/a%5C..%5Cb', '/a%5C..%5Cb'],
    ['/a/..%2Fb', '/a/..%2Fb'],
    ['/x%00/../a', '/a'],
    ['/..', '/', 'ERR_TARGET_ABOVE_ROOT'],
    ['/a/../../b', '/b', 'ERR_TARGET_ABOVE_ROOT'],
    ['/%', '/%', 'ERR_TARGET_ESCAPE'],
    ['/%zz/../..', '/', 'ERR_TARGET_ESCAPE'],
    ['/a%00', '/a%00', 'ERR_TARGET_NUL'],
  ];
  for (const [raw, path, refusal] of rows) {
    it(`of ${JSON.stringify(raw)} is ${JSON.stringify(path)}${refusal ? `, refused: ${refusal}` : ''}`, () => {
      expect(normalForm(raw, 'merge', 'keep')).to.deep.equal({ path, refusal });
    });
  }

  const encoded: readonly (readonly [
    raw: string,
    policy: 'reject' | 'decode',
    path: string,
    refusal?: string,
  ])[] = [
    ['/a%2Fb', 'reject', '/a%2Fb', 'ERR_TARGET_ENCODED_SLASH'],
    ['/a%2fb', 'reject', '/a%2fb', 'ERR_TARGET_ENCODED_SLASH'],
    ['/x%2Fy/../a', 'reject', '/a'],
    ['/a%2Fb', 'decode', '/a/b'],
    ['/a%2F%2fb/', 'decode', '/a/b/'],
    ['/a/..%2f..%2fb', 'decode', '/b'],
    ['/a%2F..', 'decode', '/'],
    ['/a%252Fb', 'decode', '/a%252Fb'],
    ['/..%2Fx', 'decode', '/x'],
    ['/x%00%2F..%2Fa', 'decode', '/a', 'ERR_TARGET_NUL'],
  ];
  for (const [raw, policy, path, refusal] of encoded) {
    it(`of ${raw}, encodedSlashes: '${policy}', is ${path}${refusal ? `, refused: ${refusal}` : ''}`, () => {
      expect(normalForm(raw, 'merge', policy)).to.deep.equal({ path, refusal });
    });
  }

  it("slashes: 'keep' keeps runs, but not where dot segments are removed", () => {
    expect(normalForm('/a//b//', 'keep', 'keep').path).to.equal('/a//b//');
    expect(normalForm('/a//b/./c', 'keep', 'keep').path).to.equal('/a/b/c');
    expect(normalForm('/a//b%2Fc', 'keep', 'decode').path).to.equal('/a/b/c');
  });

  it('is the same when it is made of itself', () => {
    fc.assert(
      fc.property(rawTargets, (target) => {
        const { path } = parseTarget(target);
        if (!path.startsWith('/')) return;
        const once = normalForm(path, 'merge', 'keep').path;
        const { malformed } = {
          malformed: normalForm(path, 'merge', 'keep').refusal === 'ERR_TARGET_ESCAPE',
        };
        if (!malformed) expect(normalForm(once, 'merge', 'keep').path).to.equal(once);
        expect(once).to.match(/^\/(?!\/)/);
      }),
      { numRuns: 2000 },
    );
  });

  it('is what the quick look takes for it, and only that', () => {
    fc.assert(
      fc.property(rawTargets, (target) => {
        const end = lookAtPlain(target, new Node())?.pathEnd ?? -1;
        const parts = parseTarget(target);
        const normal = parts.path.startsWith('/') ? normalForm(parts.path, 'merge', 'reject') : undefined;
        const isPlain =
          parts.refusal === undefined &&
          target.startsWith('/') &&
          !/[^!-~]/.test(target) &&
          !parts.path.includes('%') &&
          normal?.refusal === undefined &&
          normal?.path === parts.path;
        expect(end).to.equal(isPlain ? parts.path.length : -1);
      }),
      { numRuns: 5000 },
    );
  });
});
