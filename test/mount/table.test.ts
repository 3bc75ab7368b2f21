/** `MountTable`: which mount point takes a target, by path, host and option. */

import { expect } from 'chai';
import { type MountOptions, MountTable, pattern, RequestTargetError } from '../../lib/index.js';

/** Mounts named by their keys. */
function tableOf(keys: readonly string[], options?: MountOptions): MountTable<string> {
  const table = new MountTable<string>(options);
  for (const key of keys) table.set(key, key);
  return table;
}

/** `mount point | raw script name | raw path info | query`, or what happened instead. */
function ask(table: MountTable<unknown>, target: string, host?: string): string {
  try {
    const match = table.resolve(target, host);
    if (match === undefined) return 'none';
    return [match.mountPoint, match.rawScriptName, match.rawPathInfo, match.query]
      .join(' | ')
      .replace(/ \| $/, '');
  } catch (error) {
    if (error instanceof RequestTargetError) return `${error.status} ${error.code}`;
    throw error;
  }
}

interface Row {
  readonly mounts: readonly string[];
  readonly options?: MountOptions;
  /** Target, or `host target`, and the answer. */
  readonly asked: Readonly<Record<string, string>>;
}

const rows: Readonly<Record<string, Row>> = {
  'segment boundary': {
    mounts: ['/foo'],
    asked: {
      '/foo': '/foo | /foo | ',
      '/foo/': '/foo | /foo | /',
      '/foo/x?y=1': '/foo | /foo | /x | ?y=1',
      '/foo?': '/foo | /foo |  | ?',
      '/f%6fo/x': '/foo | /foo | /x',
      '//foo//x': '/foo | /foo | /x',
      '/x/../foo': '/foo | /foo | ',
      '/foobar': 'none',
      '/foo;p': 'none',
      '/foo.html': 'none',
      '/foo%2Fx': 'none',
      '/foo\\x': 'none',
      '/foo%5Cx': 'none',
      '/FOO': 'none',
      '/': 'none',
    },
  },
  'written decoded and literal': {
    mounts: ['/foo bar', '/föö', '/a+b', '/c++', '/100%', '/q?', '/h#', '/x(y)*', '/日本', '/foo//bar/'],
    asked: {
      '/foo%20bar/x': '/foo bar | /foo%20bar | /x',
      '/f%C3%B6%c3%b6/x': '/föö | /f%C3%B6%c3%b6 | /x',
      '/f\xc3\xb6\xc3\xb6/x': '/föö | /f\xc3\xb6\xc3\xb6 | /x',
      '/a+b': '/a+b | /a+b | ',
      '/a%2Bb/': '/a+b | /a%2Bb | /',
      '/a%20b': 'none',
      '/c++/x': '/c++ | /c++ | /x',
      '/100%25/x': '/100% | /100%25 | /x',
      '/q%3F/x': '/q? | /q%3F | /x',
      '/h%23/x': '/h# | /h%23 | /x',
      '/x(y)*/z': '/x(y)* | /x(y)* | /z',
      '/%E6%97%A5%E6%9C%AC': '/日本 | /%E6%97%A5%E6%9C%AC | ',
      '/foo/bar/x': '/foo//bar/ | /foo/bar | /x',
    },
  },
  'the most segments win': {
    mounts: ['/', '/foo', '/foo/bar', '/foobar', '/a/b/c'],
    asked: {
      '/': '/ |  | /',
      '/x': '/ |  | /x',
      '/foo': '/foo | /foo | ',
      '/foo/barx': '/foo | /foo | /barx',
      '/foo/bar': '/foo/bar | /foo/bar | ',
      '/foo/bar/..': '/foo | /foo | /',
      '/foobar/x': '/foobar | /foobar | /x',
      '/a/b': '/ |  | /a/b',
      '/a/b/c/': '/a/b/c | /a/b/c | /',
    },
  },
  'the first declared wins': {
    mounts: ['/foo', '/foo/bar', '/', '/x'],
    options: { order: 'declared' },
    asked: { '/foo/bar/y': '/foo | /foo | /bar/y', '/x': '/ |  | /x' },
  },
  'case folded': {
    mounts: ['/Foo', '/Ä'],
    options: { caseSensitive: false },
    asked: {
      '/fOO/X': '/Foo | /fOO | /X',
      '/F%4f%4F': '/Foo | /FOO | ',
      '/%C3%84': '/Ä | /%C3%84 | ',
      '/%C3%A4': 'none',
    },
  },
  'encoded slashes kept': {
    mounts: ['/', '/foo'],
    asked: {
      '/foo/a%2Fb': '/foo | /foo | /a%2Fb',
      '/foo%2Fa': '/ |  | /foo%2Fa',
      '/..%2Fa': '/ |  | /..%2Fa',
    },
  },
  'encoded slashes rejected': {
    mounts: ['/foo'],
    options: { encodedSlashes: 'reject' },
    asked: {
      '/foo/a%2fb': '404 ERR_TARGET_ENCODED_SLASH',
      '/x%2F/../foo': '/foo | /foo | ',
      '/foo?%2F': '/foo | /foo |  | ?%2F',
    },
  },
  'encoded slashes decoded': {
    mounts: ['/foo'],
    options: { encodedSlashes: 'decode' },
    asked: { '/foo%2Fx': '/foo | /foo | /x', '/x%2f..%2F..%2ffoo%2F%2F': '/foo | /foo | /' },
  },
  'slashes kept': {
    mounts: ['/a/b', '/t'],
    options: { slashes: 'keep' },
    asked: {
      '/a/b/x//y': '/a/b | /a/b | /x//y',
      '/a//b///x//?q//': '/a/b | /a/b | /x// | ?q//',
      '//a/b': '/a/b | /a/b | ',
      '/a/b//': '/a/b | /a/b | /',
      '/a/b/x//./y': '/a/b | /a/b | /x/y',
      '/t//evil.example': '/t | /t | /evil.example',
    },
  },
  'slashes kept at the root': {
    mounts: ['/'],
    options: { slashes: 'keep' },
    asked: { '//evil.example//x': '/ |  | /evil.example//x' },
  },
  'as it stands': {
    mounts: ['/foo', '/foo bar', '/100%'],
    options: { nonNormal: 'keep' },
    asked: {
      '/foo/x/../y': '/foo | /foo | /x/../y',
      '/foo/..': '/foo | /foo | /..',
      '/foo/%61/%zz/%00': '/foo | /foo | /%61/%zz/%00',
      '/foo%20bar/x': '/foo bar | /foo%20bar | /x',
      '/foo/x//y': '/foo | /foo | /x//y',
      '/foo//x': '400 ERR_TARGET_LEADING_SLASHES',
      '/foo?a b#c': '/foo | /foo |  | ?a b#c',
      '/f%6fo': 'none',
      '//foo': 'none',
      '/./foo': 'none',
      '/x/../foo': 'none',
      '/foo#': 'none',
      '/100%25': '/100% | /100%25 | ',
      '/100%': 'none',
      'http://h/foo/x': '/foo | /foo | /x',
      '*': 'none',
      '': 'none',
    },
  },
  'as it stands: one spelling for each byte': {
    mounts: ['/@me', '/a+b', '/é', '/q?'],
    options: { nonNormal: 'keep' },
    asked: {
      '/@me/x': '/@me | /@me | /x',
      '/%40me/x': 'none',
      '/a%2Bb': 'none',
      '/%C3%A9': '/é | /%C3%A9 | ',
      '/%c3%a9': '/é | /%c3%a9 | ',
      '/\xc3\xa9': 'none',
      '/q%3F/x': '/q? | /q%3F | /x',
    },
  },
  'a target with a host, as it stands': {
    mounts: ['/'],
    options: { nonNormal: 'keep' },
    asked: {
      'http://h/x/../y': '/ |  | /x/../y',
      'http://h;/admin': '400 ERR_TARGET_HOST',
      "http://h'/admin": '400 ERR_TARGET_HOST',
      'http://h/x#/admin': '400 ERR_TARGET_CHARACTER',
      'http://u@h/x': '400 ERR_TARGET_USER_INFO',
    },
  },
  'as it stands, without encoded slashes': {
    mounts: ['/foo'],
    options: { nonNormal: 'keep', encodedSlashes: 'reject' },
    asked: { '/foo/a%2Fb': '404 ERR_TARGET_ENCODED_SLASH', '/bar/a%2Fb': 'none' },
  },
  'only in normal form': {
    mounts: ['/foo'],
    options: { nonNormal: 'reject' },
    asked: {
      '/foo/x': '/foo | /foo | /x',
      '/foo/a%20b': '/foo | /foo | /a%20b',
      '/f%6fo': '400 ERR_TARGET_NOT_NORMAL',
      '/foo//x': '400 ERR_TARGET_NOT_NORMAL',
      '/x/../foo': '400 ERR_TARGET_NOT_NORMAL',
      '/foo/%zz': '400 ERR_TARGET_ESCAPE',
      '/../foo': '400 ERR_TARGET_ABOVE_ROOT',
      '/foo/%00': '404 ERR_TARGET_NUL',
      '/foo/.. ': '400 ERR_TARGET_CHARACTER',
      '/bar//x': 'none',
      '/bar/%zz': 'none',
      '*': 'none',
    },
  },
  refusals: {
    mounts: ['/foo'],
    asked: {
      '/%zz': '400 ERR_TARGET_ESCAPE',
      '/foo/%4': '400 ERR_TARGET_ESCAPE',
      '/foo?%zz': '/foo | /foo |  | ?%zz',
      '/..': '400 ERR_TARGET_ABOVE_ROOT',
      '/foo/%00': '404 ERR_TARGET_NUL',
      '/foo?%00': '/foo | /foo |  | ?%00',
      '/foo#x': '400 ERR_TARGET_CHARACTER',
      '/foo?#x': '400 ERR_TARGET_CHARACTER',
      '/foo x': '400 ERR_TARGET_CHARACTER',
      '/foo\u20ac': '400 ERR_TARGET_CHARACTER',
      '*': '400 ERR_TARGET_FORM',
      '': '400 ERR_TARGET_FORM',
      foo: '400 ERR_TARGET_FORM',
      'http://u@h/foo': '400 ERR_TARGET_USER_INFO',
      'http://h:x/foo': '400 ERR_TARGET_HOST',
      'http://h/foo': '/foo | /foo | ',
      'http:/foo': '/foo | /foo | ',
    },
  },
  hosts: {
    mounts: [
      '/',
      '//a.example/',
      '//a.example/v1',
      '//a.example:8080',
      '//*.example/',
      '//*.b.example/x',
      '//[0::1]:81/',
      '//bücher.example',
    ],
    asked: {
      'a.example /v1/x': '//a.example/v1 | /v1 | /x',
      'A.Example.:80 /': '//a.example/ |  | /',
      'a.example:8080 /v1/x': '//a.example:8080 |  | /v1/x',
      'c.example /': '//*.example/ |  | /',
      'c.b.example /x': '//*.b.example/x | /x | ',
      'c.b.example /y': '//*.example/ |  | /y',
      'b.example /x': '//*.example/ |  | /x',
      'example /x': '/ |  | /x',
      'other.test /x': '/ |  | /x',
      '[::1]:81 /': '//[0::1]:81/ |  | /',
      '[::1] /': '/ |  | /',
      'xn--bcher-kva.example /': '//bücher.example |  | /',
      'a.example http://other.test/v1': '/ |  | /v1',
      'other.test http://a.example/v1': '//a.example/v1 | /v1 | ',
      'other.test http://a.example:8080/v1': '//a.example:8080 |  | /v1',
      'a_b:x /': '400 ERR_TARGET_HOST',
      'a@b /': '400 ERR_TARGET_HOST',
    },
  },
  'a named host without a matching path': {
    mounts: ['//a.example/v1', '//*.example/v2', '/v3'],
    asked: {
      'a.example /v2': '//*.example/v2 | /v2 | ',
      'a.example /v3': '/v3 | /v3 | ',
      'a.example /v4': 'none',
    },
  },
  'a malformed host of a target, taken as it stands': {
    mounts: ['/', '//a.example./'],
    options: { nonNormal: 'keep' },
    asked: { 'x http://h:x/': '400 ERR_TARGET_HOST', 'a.example /': '//a.example./ |  | /' },
  },
  'ports of a scheme': {
    mounts: ['//h.example:80/', '//h.example:443/'],
    asked: {
      'x http://h.example/': '//h.example:80/ |  | /',
      'x https://h.example/': '//h.example:443/ |  | /',
      'h.example /': 'none',
    },
  },
};

describe('MountTable', () => {
  for (const [name, { mounts, options, asked }] of Object.entries(rows)) {
    describe(name, () => {
      const table = tableOf(mounts, options);
      for (const [question, answer] of Object.entries(asked)) {
        it(`${JSON.stringify(question)} → ${answer}`, () => {
          const [, host, target] =
            /^([^/ ?]+) (.*)$/s.exec(mounts.some((key) => key.startsWith('//')) ? question : '') ?? [];
          expect(ask(table, target ?? question, host)).to.equal(answer);
        });
      }
    });
  }

  it('answers with decoded forms and frozen parameters', () => {
    const match = tableOf(['/föö']).resolve('/f%C3%B6%C3%B6/a%20b%2Fc%ff?q');
    expect(match).to.deep.equal({
      value: '/föö',
      mountPoint: '/föö',
      params: Object.create(null),
      scriptName: '/föö',
      pathInfo: '/a b%2Fc%FF',
      rawScriptName: '/f%C3%B6%C3%B6',
      rawPathInfo: '/a%20b%2Fc%ff',
      query: '?q',
    });
  });

  it('replaces in place, and keeps the place in the order', () => {
    const table = tableOf(['/foo', '/'], { order: 'declared' });
    table.set('/foo/', 'new');
    expect([...table.entries()]).to.deep.equal([
      ['/foo/', 'new'],
      ['/', '/'],
    ]);
    expect(table.size).to.equal(2);
    expect(table.resolve('/foo/x')?.value).to.equal('new');
    expect(table.resolve('/foo/x')?.mountPoint).to.equal('/foo/');
  });

  it('takes mount points away, with the branches and hosts that only they needed', () => {
    const table = tableOf(['/a/b/c', '/a', '//h.example/x', '//*.example/']).set(
      pattern('/t/:id'),
      'pattern',
    );
    expect(table.delete('/a/b')).to.equal(false);
    expect(table.delete('/a/b/c/')).to.equal(true);
    expect(table.delete('/a/b/c')).to.equal(false);
    expect(ask(table, '/a/b/c')).to.equal('/a | /a | /b/c');
    expect(table.hasHosts).to.equal(true);
    expect(table.delete('//H.example/x')).to.equal(true);
    expect(table.delete('//*.example')).to.equal(true);
    expect(table.hasHosts).to.equal(false);
    expect(table.resolve('/a', 'not a host')?.value).to.equal('/a');
    expect(table.delete(pattern('/t/:id'))).to.equal(true);
    expect(table.delete(pattern('/t/:id'))).to.equal(false);
    expect(table.delete('/a')).to.equal(true);
    expect(table.size).to.equal(0);
    expect(ask(table, '/a')).to.equal('none');
  });

  it('keeps a host as long as one mount point is left at it', () => {
    const table = tableOf(['//h.example/', '//h.example/a/b']).set(
      pattern('/:p', { host: 'h.example' }),
      'p',
    );
    for (const path of [pattern('/:p', { host: 'h.example' }), '//h.example/', '//h.example/a/b']) {
      expect(table.hasHosts).to.equal(true);
      table.delete(path);
    }
    expect(table.hasHosts).to.equal(false);
  });

  it('keeps siblings when one of them goes', () => {
    const table = tableOf(['/a/b', '/a/c']);
    table.delete('/a/b');
    expect(ask(table, '/a/c/x')).to.equal('/a/c | /a/c | /x');
    expect(ask(table, '/a/b')).to.equal('none');
    table.set('/a/d', 'd');
    expect(ask(table, '/a/d')).to.equal('/a/d | /a/d | ');
  });

  it('can be listed while it changes', () => {
    const table = tableOf(['/a', '/b']);
    const seen: string[] = [];
    for (const [key] of table.entries()) {
      seen.push(key);
      table.delete('/b');
      table.set('/c', 'c');
    }
    expect(seen).to.deep.equal(['/a', '/b']);
  });

  it('judges values from the moment that it is asked to', () => {
    const table = tableOf(['/a']);
    const refuse = (value: string, key: string) => {
      if (value === 'bad') throw new Error(`bad value at ${key}`);
    };
    table.checkValues(refuse);
    expect(() => table.set('/b', 'bad')).to.throw('bad value at /b');
    expect(table.size).to.equal(1);
    expect(() => tableOf(['/a']).set('/a', 'bad').checkValues(refuse)).to.throw('bad value at /a');
  });

  it('has one mount point for each spelling of it', () => {
    const twice: readonly (readonly [string, string])[] = [
      ['/foo', '/foo/'],
      ['/foo', '/foo//'],
      ['/', ''],
      ['//H.example', '//h.example/'],
      ['//h.example:080/', '//h.example:80/'],
      ['//[::1]/x', '//[0:0::1]/x'],
      ['//*.h.example/', '//*.H.example'],
    ];
    for (const [one, other] of twice) {
      expect(() => new MountTable().add(one, 1).add(other, 2), other).to.throw('mount points must differ');
    }
    const table = new MountTable({ caseSensitive: false }).add('/foo', 1);
    expect(() => table.add('/FOO', 2)).to.throw('mount points must differ');
  });
});
