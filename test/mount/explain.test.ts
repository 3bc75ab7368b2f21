/** `explain()`: the words for each step, and that they say what `resolve()` does. */

import { expect } from 'chai';
import fc from 'fast-check';
import { MountTable, pattern } from '../../lib/index.js';
import { mountPaths, rawTargets } from '../support/targets.js';

const table = new MountTable<string>()
  .set('/', 'site')
  .set('/blog', 'blog')
  .set('/blog/2026', 'year')
  .set('//api.example.com/v1', 'api')
  .set(pattern('/t/:tenant'), 'tenant');

describe('explain()', () => {
  it('tells a match step by step', () => {
    expect(String(table.explain('/x/../bl%6Fg/%C3%A9t%C3%A9?page=2'))).to.equal(
      [
        'the path of "/x/../bl%6Fg/%C3%A9t%C3%A9?page=2" is "/x/../bl%6Fg/%C3%A9t%C3%A9", the query "?page=2"',
        'in normal form it is "/blog/%C3%A9t%C3%A9"',
        'decoded it is "/blog/été"',
        'the host "" can reach the mounts of any host',
        '"/blog" takes it, before "/": by host, then by segments, then literal before parameter before wildcard, then by declaration',
        'script name "/blog" (raw "/blog")',
        'path info "/été" (raw "/%C3%A9t%C3%A9")',
      ].join('\n'),
    );
  });

  const sentences: readonly (readonly [
    target: string,
    host: string | undefined,
    outcome: string,
    sentence: RegExp,
  ])[] = [
    ['/blog', undefined, 'match', /^it is in normal form$/m],
    ['/v1/x', 'API.example.com:8080', 'match', /can reach the mounts of api\.example\.com, then any host/],
    ['http://api.example.com/v1', 'x', 'match', /the target's host "api.example.com"/],
    ['/x', 'api.example.com', 'match', /no mount of api\.example\.com takes this path$/m],
    ['/t/acme/x', undefined, 'match', /^parameters \{"tenant":"acme"\}$/m],
    ['/blog/2026/x', undefined, 'match', /"\/blog\/2026" takes it, before "\/blog", "\/"/],
    ['/%zz', undefined, 'refused', /^refused with 400 ERR_TARGET_ESCAPE: a request target must have two/m],
    ['/x', 'a b', 'refused', /ERR_TARGET_HOST/],
  ];
  for (const [target, host, outcome, sentence] of sentences) {
    it(`${target} at ${host ?? 'any host'}: ${sentence.source}`, () => {
      const explanation = table.explain(target, host);
      expect(explanation.outcome).to.equal(outcome);
      expect(String(explanation)).to.match(sentence);
    });
  }

  it('says what a person may have meant', () => {
    const foo = new MountTable<string>().set('/foo', 'foo').set('//h.example/foo', 'h');
    expect(String(foo.explain('/foobar'))).to.match(/\("\/foo" takes whole segments only\)/);
    expect(String(foo.explain('/FOO/x'))).to.match(/\("\/foo" differs in case\)/);
    expect(String(foo.explain('/bar'))).to.match(/no mount of any host takes this path$/m);
    expect(String(new MountTable().set('/', 1).set('/a', 1).explain('/x'))).to.match(
      /^"\/" takes it: no other mount does$/m,
    );
    expect(String(new MountTable({ order: 'declared' }).set('/', 1).set('/a', 1).explain('/a'))).to.match(
      /then by declaration \(order: 'declared'\)/,
    );
    const asSent = new MountTable({ nonNormal: 'keep' }).set('/foo', 1);
    expect(String(asSent.explain('/foo/../x'))).to.match(/as it stands/);
    expect(String(asSent.explain('*'))).to.match(/no match: that is no path/);
  });

  it('names each candidate of the same depth', () => {
    const several = new MountTable<number>()
      .set('/a/b', 1)
      .set(pattern('/a/:x'), 2)
      .set(pattern('/*all'), 3)
      .set('/a', 4);
    expect(String(several.explain('/a/b'))).to.match(
      /^"\/a\/b" takes it, before "\/a", "\/a\/:x", "\/\*all": /m,
    );
  });

  it('lets other errors through', () => {
    const broken = { toString: () => '/x' } as never;
    expect(() => table.explain(broken)).to.throw(TypeError);
  });

  it('agrees with resolve()', () => {
    fc.assert(
      fc.property(fc.array(mountPaths, { maxLength: 4 }), rawTargets, (keys, target) => {
        const mounts = new MountTable<string>();
        for (const key of keys) mounts.set(key, key);
        const { outcome, match, error } = mounts.explain(target);
        if (error !== undefined) {
          expect(outcome).to.equal('refused');
          expect(() => mounts.resolve(target)).to.throw(error.message);
        } else {
          expect(match).to.deep.equal(mounts.resolve(target));
          expect(outcome).to.equal(match === undefined ? 'no match' : 'match');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
