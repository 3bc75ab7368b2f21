/** What `describeMount()` finds in one answer, and what it does not mind. */

import { expect } from 'chai';
import { type CheckName, findingsOf, type ReadAnswer, type Sample } from '../../lib/harness/checks.js';

const html = (body: string): ReadAnswer => ({ status: 200, headers: [['Content-Type', 'text/html']], body });
const redirect = (location: string): ReadAnswer => ({
  status: 302,
  headers: [['Location', location]],
  body: '',
});
const cookie = (text: string): ReadAnswer => ({ status: 200, headers: [['Set-Cookie', text]], body: '' });
const text = (body: string, status = 200): ReadAnswer => ({ status, headers: [], body });

const rows: readonly (readonly [
  name: string,
  answer: ReadAnswer,
  plain: ReadAnswer,
  found: readonly CheckName[],
  more?: Partial<Sample>,
])[] = [
  ['the same', text('a'), text('a'), []],
  ['another body', text('a'), text('b'), ['same']],
  ['another status', text('', 404), text(''), ['same']],
  ['another body of a route that varies', text('a'), text('b'), [], { varies: true }],
  ['an error everywhere', text('', 404), text('', 404), ['status']],
  ['an error that is meant', text('', 404), text('', 404), [], { status: 404 }],
  ['another error than is meant', text('', 500), text('', 500), ['status'], { status: 404 }],

  ['a redirect below', redirect('/foo/x'), redirect('/x'), []],
  ['a redirect to the mount', redirect('/foo'), redirect('/'), []],
  ['a relative redirect', redirect('x'), redirect('x'), []],
  ['a redirect that climbs out', redirect('../x'), redirect('../x'), ['redirect']],
  [
    'a redirect to another host',
    redirect('https://other.example/x'),
    redirect('https://other.example/x'),
    [],
  ],
  [
    'a redirect to the whole URL',
    redirect('http://site.example/foo/x'),
    redirect('http://site.example/x'),
    [],
  ],
  ['a redirect outside', redirect('/x'), redirect('/x'), ['redirect']],
  ['a redirect to a neighbour', redirect('/foobar'), redirect('/bar'), ['redirect']],
  ['a redirect to the mount twice', redirect('/foo/foo/x'), redirect('/x'), ['redirect']],
  ['a redirect elsewhere', redirect('/foo/y'), redirect('/x'), ['redirect']],

  ['a cookie of the mount', cookie('a=1; Path=/foo'), cookie('a=1; Path=/'), []],
  ['a cookie without a path', cookie('a=1'), cookie('a=1'), []],
  ['a cookie of all', cookie('a=1; Path=/'), cookie('a=1; Path=/'), ['cookie']],

  ['a link below', html('<a href="/foo/x">'), html('<a href="/x">'), []],
  ['a relative link', html('<a href="x">'), html('<a href="x">'), []],
  ['a relative link that climbs out', html('<a href="../x">'), html('<a href="../x">'), ['link']],
  ['a link that climbs out', html('<a href="/foo/../x">'), html('<a href="/../x">'), ['link']],
  [
    'links that lead to no page',
    html('<a href="#a"><a href="mailto:a@b.c">'),
    html('<a href="#a"><a href="mailto:a@b.c">'),
    [],
  ],
  ['a link home', html('<a href="/foo">'), html('<a href="/">'), []],
  ['a link outside', html('<a href="/x">'), html('<a href="/x">'), ['link']],
  ['one without quotes', html('<a href=/x>'), html('<a href=/x>'), ['link']],
  ['one with an entity', html('<a href="&#x2F;x">'), html('<a href="&#x2F;x">'), ['link']],
  ['one of an image', html("<img src='/x.png'>"), html("<img src='/x.png'>"), ['link']],
  ['one that has the mount twice', html('<a href="/foo/foo/x">'), html('<a href="/x">'), ['link']],
  ['what looks like one in a comment', html('<!-- <a href="/x"> -->'), html('<!-- <a href="/x"> -->'), []],
  [
    'what looks like one in a script',
    html('<script>a.href="/x"</script>'),
    html('<script>a.href="/x"</script>'),
    [],
  ],
  ['what an attribute of its own has', html('<a data-href="/x">'), html('<a data-href="/x">'), []],
  ['a link of a page that is none', text('<a href="/x">'), text('<a href="/x">'), []],

  [
    'the address of the application',
    text('http://127.0.0.1:9000/x'),
    text('http://127.0.0.1:9000/x'),
    ['leak'],
  ],
  ['what a client made up', text('a'), text('a'), ['spoof'], { spoofed: text('evil-4c1f9d') }],
  ['another status for what a client made up', text('a'), text('a'), ['spoof'], { spoofed: text('a', 404) }],
  ['what differs each time', text('medieval 1'), text('medieval 1'), [], { spoofed: text('medieval 2') }],
];

describe('what is found in an answer', () => {
  for (const [name, answer, plain, found, more] of rows) {
    it(`${name}: ${found.join(', ') || 'nothing'}`, () => {
      const sample: Sample = {
        ...{ mount: '/foo', path: '/', answer, plain, spoofed: undefined, varies: false, status: undefined },
        ...more,
      };
      expect(findingsOf(sample).map(({ check }) => check)).to.have.members([...found]);
    });
  }

  it('is nothing at the root but errors and what a client made up', () => {
    const sample: Sample = {
      ...{ mount: '/', path: '/', answer: redirect('/x'), plain: redirect('/x') },
      ...{ spoofed: undefined, varies: false, status: undefined },
    };
    expect(findingsOf(sample)).to.deep.equal([]);
  });
});
