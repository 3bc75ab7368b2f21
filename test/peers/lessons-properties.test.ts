/**
 * The same lessons for all paths, not only for those that broke others: no boundary is crossed, nothing of a path is lost,
 * and no path is expensive.
 */

import { expect } from 'chai';
import fc from 'fast-check';
import { MountTable, RequestTargetError } from '../../lib/index.js';

const mountPaths = ['/foo', '/foo/bar', '/a.b', '/a+b', '/(x)', '/f oo', '/föö', '/c++/d', '/'];

function tableOf(paths: readonly string[]): MountTable<string> {
  const table = new MountTable<string>();
  for (const path of paths) table.set(path, path);
  return table;
}

function resolve(table: MountTable<string>, target: string): string | undefined {
  try {
    return table.resolve(target)?.value;
  } catch (error) {
    if (error instanceof RequestTargetError) return undefined;
    throw error;
  }
}

/** Whatever a segment can hold, and what has been mistaken for its end. */
const piece = fc.oneof(
  fc.constantFrom(
    '%0A',
    '%0D',
    '%0D%0A',
    '%E2%80%A8',
    '%E2%80%A9',
    '%09',
    '%20',
    '%2F',
    '%5C',
    '%3B',
    '%3F',
    '%23',
    '%25',
  ),
  fc.constantFrom(
    ';',
    '..',
    '.',
    '\\',
    '$',
    '^',
    '(',
    ')',
    '*',
    '+',
    '|',
    '~',
    '@',
    ':',
    '=',
    '&',
    '%C3%A9',
    '%FF',
  ),
  fc.constantFrom('foo', 'bar', 'a.b', 'a+b', '(x)', 'F', 'x', '2'),
);
const segment = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''));
const plainSegment = segment.filter((written) => written !== '.' && written !== '..');

describe('lessons of other projects, for all paths', () => {
  it('no mount takes what only begins like it (starlette#2599)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...mountPaths.slice(0, -1)),
        segment,
        fc.array(plainSegment),
        (path, more, rest) => {
          const target = [encodeURI(path) + more, ...rest].join('/');
          expect(resolve(tableOf([path]), target), target).to.equal(undefined);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('script name and path info are together the whole path, whatever is in it (CVE-2019-11043)', () => {
    const table = tableOf(mountPaths);
    fc.assert(
      fc.property(
        fc.constantFrom(...mountPaths),
        fc.array(plainSegment),
        fc.boolean(),
        (path, rest, isSlashed) => {
          const base = path === '/' ? '' : encodeURI(path);
          const target = [base, ...rest].join('/') + (isSlashed ? '/' : '');
          if (target === '') return;
          const match = table.resolve(target);
          expect(match?.rawScriptName, target).to.satisfy((script: string) => script.startsWith(base));
          expect(`${match?.rawScriptName}${match?.rawPathInfo}`).to.equal(target);
          // Decoding the halves is decoding the whole: no character is cut in two.
          const whole = tableOf(['/']).resolve(target)?.pathInfo;
          expect(`${match?.scriptName}${match?.pathInfo}`).to.equal(whole);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a path of a megabyte is no more work than its bytes (CVE-2024-45296)', () => {
    const table = tableOf([...mountPaths, ...Array.from({ length: 1000 }, (_, index) => `/-/${index}`)]);
    for (const unit of [
      '/',
      '-',
      '%2D',
      '%25',
      '/-',
      '/.',
      '/x/..',
      '/%2e',
      '/%2F',
      ';',
      '/a;/..;',
      '%0A',
      '\\',
      '/foo',
    ]) {
      const target = `/foo${unit.repeat(Math.ceil(2 ** 20 / unit.length))}`;
      const start = performance.now();
      resolve(table, target);
      // About a tenth of it is used; what is quadratic takes minutes.
      expect(performance.now() - start, unit).to.be.lessThan(2000);
    }
  });
});
