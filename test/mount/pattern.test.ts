/** Patterns: what they match, which of them wins, and the types of their parameters. */

import { expect } from 'chai';
import { type MountOptions, MountTable, type ParamsOf, type Pattern, pattern } from '../../lib/index.js';

function ask(
  patterns: readonly (string | Pattern<unknown>)[],
  target: string,
  options?: MountOptions,
  host?: string,
): string {
  const table = new MountTable<number>(options);
  patterns.forEach((path, index) => {
    table.set(path, index);
  });
  const match = table.resolve(target, host);
  if (match === undefined) return 'none';
  return `${match.mountPoint} | ${match.rawScriptName} | ${match.rawPathInfo} | ${JSON.stringify(match.params)}`;
}

describe('pattern()', () => {
  const rows: readonly (readonly [path: string, target: string, answer: string])[] = [
    ['/t/:tenant', '/t/acme/x?q', '/t/:tenant | /t/acme | /x | {"tenant":"acme"}'],
    ['/t/:tenant', '/t/acme', '/t/:tenant | /t/acme |  | {"tenant":"acme"}'],
    ['/t/:tenant/', '/t/acme/', '/t/:tenant/ | /t/acme | / | {"tenant":"acme"}'],
    ['/t/:tenant', '/t/a%20b%2Fc/x', '/t/:tenant | /t/a%20b%2Fc | /x | {"tenant":"a b%2Fc"}'],
    ['/t/:tenant', '/t/a%2fb', '/t/:tenant | /t/a%2fb |  | {"tenant":"a%2fb"}'],
    ['/t/:tenant', '/t/%ff', '/t/:tenant | /t/%ff |  | {"tenant":"%FF"}'],
    ['/t/:tenant', '/t/%2541', '/t/:tenant | /t/%2541 |  | {"tenant":"%41"}'],
    ['/t/:tenant', '//t///acme//x', '/t/:tenant | /t/acme | /x | {"tenant":"acme"}'],
    ['/t/:tenant', '/%74/x/../acme', '/t/:tenant | /t/acme |  | {"tenant":"acme"}'],
    ['/t/:tenant//', '/t/acme', '/t/:tenant// | /t/acme |  | {"tenant":"acme"}'],
    ['/t/:tenant', '/t', 'none'],
    ['/t/:tenant', '/t/', 'none'],
    ['/t/:tenant', '/T/acme', 'none'],
    ['/föö/:id', '/f%c3%b6%C3%b6/1/x', '/föö/:id | /f%c3%b6%C3%b6/1 | /x | {"id":"1"}'],
    ['/föö/:id', '/f\xc3\xb6\xc3\xb6/1', '/föö/:id | /f\xc3\xb6\xc3\xb6/1 |  | {"id":"1"}'],
    ['/a b/:id', '/a%20b/%e9', '/a b/:id | /a%20b/%e9 |  | {"id":"%E9"}'],
    ['/100%/:id', '/100%25/1', '/100%/:id | /100%25/1 |  | {"id":"1"}'],
    ['/:a-:b', '/x-y/z', '/:a-:b | /x-y | /z | {"a":"x","b":"y"}'],
    ['/.:name', '/.git/x', '/.:name | /.git | /x | {"name":"git"}'],
    [
      '/files/*path',
      '/files/a/b%20c/',
      '/files/*path | /files/a/b%20c/ | x'.replace('/ | x', ' | / | {"path":["a","b c"]}'),
    ],
    ['{/:lang}/docs', '/docs/x', '{/:lang}/docs | /docs | /x | {}'],
    ['{/:lang}/docs', '/en/docs/x', '{/:lang}/docs | /en/docs | /x | {"lang":"en"}'],
    ['{:lang}/docs', '/docs/x', '{:lang}/docs | /docs | /x | {}'],
    ['/:__proto__', '/x', '/:__proto__ | /x |  | {"__proto__":"x"}'],
    ['', '/x', ' |  | /x | {}'],
    ['/', '/x', '/ |  | /x | {}'],
    ['/literal', '/literal/x', '/literal | /literal | /x | {}'],
    ['/\\:id', '/:id/x', '/\\:id | /:id | /x | {}'],
  ];
  for (const [path, target, answer] of rows) {
    it(`${path} asked for ${target}: ${answer}`, () => expect(ask([pattern(path)], target)).to.equal(answer));
  }

  it('folds case where the table does', () => {
    expect(ask([pattern('/T/:x')], '/t/A', { caseSensitive: false })).to.equal('/T/:x | /t/A |  | {"x":"A"}');
  });

  it('keeps runs of slashes where the table does, but not before the path info', () => {
    expect(ask([pattern('/t/:x')], '/t//a//b//c', { slashes: 'keep' })).to.equal(
      '/t/:x | /t/a | /b//c | {"x":"a"}',
    );
  });

  it("takes a raw path as it stands under 'keep', and never a dot segment or an odd spelling for a parameter", () => {
    const options = { nonNormal: 'keep' } as const;
    expect(ask([pattern('/t/:x')], '/t/a%20b/../%zz', options)).to.equal(
      '/t/:x | /t/a%20b | /../%zz | {"x":"a b"}',
    );
    for (const target of [
      '/t/..',
      '/t/./x',
      '/t/%2e%2e',
      '/t/%61',
      '/t/%zz',
      '/t/%00',
      '//t/a',
      '/x/../t/a',
    ]) {
      expect(ask([pattern('/t/:x')], target, options), target).to.equal('none');
    }
    expect(ask([pattern('/f/*x')], '/f/a//b', options)).to.equal('none');
    expect(ask([pattern('/@:x')], '/%40me', options)).to.equal('none');
    expect(ask([pattern('/:x')], '/\xc3\xa9', options)).to.equal('none');
    expect(ask([pattern('/')], '/x/../y', options)).to.equal('/ |  | /x/../y | {}');
  });

  const contests: readonly (readonly [
    paths: readonly (string | Pattern<unknown>)[],
    target: string,
    winner: string,
  ])[] = [
    [[pattern('/:a'), '/x'], '/x/y', '/x'],
    [['/x', pattern('/x/:b')], '/x/y', '/x/:b'],
    [[pattern('/*all'), pattern('/:a/:b')], '/x/y', '/:a/:b'],
    [[pattern('/*all'), '/x/y'], '/x/y', '/x/y'],
    [[pattern('/*all'), '/x'], '/x/y', '/*all'],
    [[pattern('/:a/y'), pattern('/x/:b')], '/x/y', '/x/:b'],
    [[pattern('/:a/:b'), pattern('/:a/y')], '/x/y', '/:a/y'],
    [[pattern('/*all'), pattern('/*some/y')], '/x/y', '/*some/y'],
    [[pattern('/:a'), pattern('/:b')], '/x', '/:a'],
    [[pattern('/:b'), pattern('/:a')], '/x', '/:b'],
    [[pattern('/x'), '/x'], '/x', '/x'],
    [['/', pattern('/:a')], '/x', '/:a'],
    [['/', pattern('/:a')], '/', '/'],
  ];
  for (const [paths, target, winner] of contests) {
    const names = paths.map((path) => (typeof path === 'string' ? `'${path}'` : path.key));
    it(`of ${names.join(' and ')}, ${winner} takes ${target}`, () => {
      expect(ask(paths, target).split(' | ')[0]).to.equal(winner);
    });
  }

  it('is first where it was declared first, if the table says so', () => {
    const paths = [pattern('/:a'), '/x/y', pattern('/x/:b')];
    expect(ask(paths, '/x/y', { order: 'declared' })).to.match(/^\/:a \|/);
    expect(ask([...paths].reverse(), '/x/y', { order: 'declared' })).to.match(/^\/x\/:b \|/);
    expect(ask(['/x', pattern('/:a')], '/x/y', { order: 'declared' })).to.match(/^\/x \|/);
  });

  it('can name a host', () => {
    const paths = [pattern('/:a', { host: '*.example.com' }), pattern('/:a')];
    expect(ask(paths, '/x', {}, 'a.example.com')).to.match(/^\/\/\*\.example\.com\/:a \|/);
    expect(ask(paths, '/x', {}, 'other.test')).to.match(/^\/:a \|/);
  });

  it('is replaced in place and listed by its key', () => {
    const table = new MountTable<number>()
      .set(pattern('/:a'), 1)
      .set(pattern('/:b'), 2)
      .set(pattern('/:a'), 3);
    expect([...table.entries()]).to.deep.equal([
      ['/:a', 3],
      ['/:b', 2],
    ]);
    expect(table.resolve('/x')?.value).to.equal(3);
  });

  it('has typed parameters', () => {
    // Checked by the compiler: each line is an error if the type is another.
    type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
    const types: [
      Same<ParamsOf<'/t/:tenant'>, { readonly tenant: string }>,
      Same<ParamsOf<'/:a/:b-:c'>, { readonly a: string; readonly b: string; readonly c: string }>,
      Same<ParamsOf<'/files/*path'>, { readonly path: readonly string[] }>,
      Same<ParamsOf<'{/:lang}/docs'>, { readonly lang?: string }>,
      Same<ParamsOf<'/:"with space"/x'>, { readonly 'with space': string }>,
      Same<ParamsOf<'/\\:literal/:id'>, { readonly id: string }>,
    ] = [true, true, true, true, true, true];
    expect(types).to.have.lengthOf(6);
  });
});
