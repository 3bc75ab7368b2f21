/**
 * `resolveEnviron()` where no recording tells: options, targets of every form, variables of old servers, hostile ones.
 */

import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError, ConfigurationError, RequestTargetError } from '../../lib/errors.js';
import { type EnvironInput, type EnvironOptions, resolveEnviron } from '../../lib/fixup/index.js';
import { decodeAll, recordings, variablesOf } from './recordings.js';

/** The raw pair and the query; what was refused, by its code; `undefined` outside the mount. */
function ask(environ: EnvironInput, options?: EnvironOptions): string | undefined {
  try {
    const resolved = resolveEnviron(environ, options);
    if (resolved === undefined) return undefined;
    const { rawScriptName, rawPathInfo, query, exact, inferred } = resolved;
    const words = [exact ? '' : ' inexact', inferred ? ' inferred' : ''].join('');
    return `${rawScriptName} + ${rawPathInfo}${query}${words}`;
  } catch (error) {
    if (error instanceof RequestTargetError) return `${error.status} ${error.code}`;
    throw error;
  }
}

type Row = readonly [
  environ: Readonly<Record<string, string>>,
  options: EnvironOptions,
  answer: string | undefined,
];

const foo: EnvironOptions = { mount: '/foo' };
const stripped: EnvironOptions = { mount: '/foo', target: 'stripped' };
const rewritten: EnvironOptions = { mount: '/foo', target: 'rewritten' };

const groups: Readonly<Record<string, readonly Row[]>> = {
  'with REQUEST_URI': [
    [{ REQUEST_URI: '/foo' }, foo, '/foo + '],
    [{ REQUEST_URI: '/foo/' }, foo, '/foo + /'],
    [{ REQUEST_URI: '/foo/a%2Fb?c=d' }, foo, '/foo + /a%2Fb?c=d'],
    [{ REQUEST_URI: '/foo?' }, foo, '/foo + ?'],
    [{ REQUEST_URI: '/foobar' }, foo, undefined],
    [{ REQUEST_URI: '/foo;v=1/bar' }, foo, undefined],
    [{ REQUEST_URI: '/FOO/bar' }, foo, undefined],
    [{ REQUEST_URI: '/FOO/bar' }, { ...foo, caseSensitive: false }, '/FOO + /bar'],
    [{ REQUEST_URI: '/foo%2Fbar' }, foo, undefined],
    [{ REQUEST_URI: '/foo%2Fbar' }, { ...foo, encodedSlashes: 'decode' }, '/foo + /bar'],
    [{ REQUEST_URI: '/foo//a' }, foo, '/foo + /a'],
    [{ REQUEST_URI: '/foo/a//b' }, { ...foo, slashes: 'keep' }, '/foo + /a//b'],
    [{ REQUEST_URI: '//foo/a' }, foo, '/foo + /a'],
    [{ REQUEST_URI: '/f%6fo/%61' }, foo, '/foo + /a'],
    [{ REQUEST_URI: '/a%20b/c/x' }, { mount: '/a b/c' }, '/a%20b/c + /x'],
    [{ REQUEST_URI: '/f%C3%B6%C3%B6/x' }, { mount: '/föö' }, '/f%C3%B6%C3%B6 + /x'],
    [{ REQUEST_URI: '/x' }, { mount: '' }, ' + /x'],
    [{ REQUEST_URI: '/x' }, { mount: '/' }, ' + /x'],
    [{ REQUEST_URI: 'http://h:8080/foo/a?b' }, foo, '/foo + /a?b'],
    [{ REQUEST_URI: 'http://h' }, { mount: '' }, ' + /'],
    [{ REQUEST_URI: '?a' }, { mount: '' }, ' + /?a'],
    [{ REQUEST_URI: '' }, { mount: '' }, ' + /'],
    [{ REQUEST_URI: '' }, foo, undefined],
    [{ REQUEST_METHOD: 'OPTIONS', REQUEST_URI: '*' }, foo, undefined],
    [{ REQUEST_METHOD: 'GET', REQUEST_URI: '*' }, foo, '400 ERR_TARGET_FORM'],
    // SCRIPT_NAME and PATH_INFO do not count.
    [{ REQUEST_URI: '/foo/a', SCRIPT_NAME: '/evil', PATH_INFO: '/evil' }, foo, '/foo + /a'],
  ],
  refused: [
    [{ REQUEST_URI: '/foo/%zz' }, foo, '400 ERR_TARGET_ESCAPE'],
    // To nginx's guards it is /foo/open.
    [{ REQUEST_URI: '/foo/admin/x%2F..%2F..%2Fopen' }, foo, '404 ERR_TARGET_ENCODED_SLASH'],
    [{ REQUEST_URI: '/foo/admin%5c..%5Copen' }, foo, '404 ERR_TARGET_ENCODED_SLASH'],
    [{ REQUEST_URI: '/foo/a%2F..b' }, foo, '/foo + /a%2F..b'],
    [{ REQUEST_URI: '/foo//a' }, { ...foo, nonNormal: 'reject' }, '400 ERR_TARGET_NOT_NORMAL'],
    [{ REQUEST_URI: '/foo/a' }, { ...foo, nonNormal: 'reject' }, '/foo + /a'],
    [{ REQUEST_URI: '/foo/%00' }, foo, '404 ERR_TARGET_NUL'],
    [{ REQUEST_URI: '/../foo' }, foo, '400 ERR_TARGET_ABOVE_ROOT'],
    [{ REQUEST_URI: '/foo/../x' }, foo, '400 ERR_TARGET_ABOVE_ROOT'],
    [{ REQUEST_URI: '/foo/a/%2e%2E/.%2e/x' }, foo, '400 ERR_TARGET_ABOVE_ROOT'],
    [{ REQUEST_URI: '/x/../y' }, foo, undefined],
    [{ REQUEST_URI: '/foo/a#b', SCRIPT_NAME: '/foo/a' }, foo, '400 ERR_TARGET_CHARACTER'],
    [{ REQUEST_URI: '/foo/a#b/../c' }, foo, '400 ERR_TARGET_CHARACTER'],
    [{ REQUEST_URI: '/foo/a b', PATH_INFO: '/foo/a b' }, foo, '400 ERR_TARGET_CHARACTER'],
    [{ REQUEST_URI: 'http://u:p@h/foo' }, foo, '400 ERR_TARGET_USER_INFO'],
    [{ REQUEST_URI: 'foo' }, foo, '400 ERR_TARGET_FORM'],
    [{ SCRIPT_NAME: '/foo', PATH_INFO: '/a\u0000' }, foo, '404 ERR_TARGET_NUL'],
    [{ SCRIPT_NAME: '/foo', PATH_INFO: '/\u0416' }, foo, '400 ERR_TARGET_CHARACTER'],
  ],
  "target: 'stripped'": [
    [{ REQUEST_URI: '/bar?x' }, stripped, '/foo + /bar?x'],
    [{ REQUEST_URI: '/' }, stripped, '/foo + /'],
    [{ REQUEST_URI: '' }, stripped, '/foo + '],
    [{ REQUEST_URI: '?x=1' }, stripped, '/foo + ?x=1'],
    [{ REQUEST_URI: '//bar' }, stripped, '/foo + /bar'],
    [{ REQUEST_URI: 'http://h/bar' }, stripped, '/foo + /bar inexact'],
    [{ REQUEST_URI: 'http://h/bar', HTTP_HOST: 'h' }, stripped, '/foo + /bar'],
    // What HAProxy and lighttpd leave of `/foohttp:/admin`, `/foohttp://h/admin`.
    [{ REQUEST_URI: 'http:/admin' }, stripped, undefined],
    [{ REQUEST_URI: 'http://x/admin', HTTP_HOST: 'h' }, stripped, '/foo + /admin inexact'],
    [{ REQUEST_URI: '/a%2Fb' }, { mount: '/a/b', target: 'stripped' }, '/a/b + /a%2Fb'],
    [{ REQUEST_URI: '/FOO?x' }, { ...stripped, caseSensitive: false }, '/FOO + ?x inexact'],
    [{ REQUEST_URI: 'bar' }, stripped, undefined],
    [{ REQUEST_URI: '/../x' }, stripped, '400 ERR_TARGET_ABOVE_ROOT'],
    [{ REQUEST_URI: '/foo/bar' }, stripped, '/foo + /foo/bar'],
    [{ REQUEST_URI: '/foo' }, stripped, '/foo +  inexact'],
    [{ REQUEST_URI: '/a%20b' }, { mount: '/a b', target: 'stripped' }, '/a%20b +  inexact'],
    [{ REQUEST_URI: '/x' }, { mount: '/a b', target: 'stripped' }, '/a%20b + /x'],
    [{ REQUEST_URI: '/x' }, { mount: '', target: 'stripped' }, ' + /x'],
    [{ SCRIPT_NAME: '/foo', PATH_INFO: '/bar', QUERY_STRING: 'q' }, stripped, '/foo + /bar?q inexact'],
    [{ SCRIPT_NAME: '/foo', PATH_INFO: '' }, stripped, '/foo +  inexact'],
    [{ SCRIPT_NAME: '/bar' }, stripped, '/foo + /bar inexact'],
    [{ PATH_INFO: '/bar' }, stripped, '/foo + /bar inexact'],
    [{}, stripped, undefined],
  ],
  "target: 'rewritten'": [
    [{ SCRIPT_NAME: '/foo', PATH_INFO: '/a b', REQUEST_URI: '/pretty' }, rewritten, '/foo + /a%20b inexact'],
    [{ SCRIPT_NAME: '', PATH_INFO: '/foo/a', REQUEST_URI: '/pretty' }, rewritten, '/foo + /a inexact'],
    [{ SCRIPT_NAME: '/bar', PATH_INFO: '/a', REQUEST_URI: '/foo/a' }, rewritten, undefined],
    [{ REQUEST_URI: '/foo/a' }, rewritten, undefined],
  ],
  'without REQUEST_URI': [
    [{ SCRIPT_NAME: '/foo', PATH_INFO: '/a b', QUERY_STRING: 'q=1' }, foo, '/foo + /a%20b?q=1 inexact'],
    [{ SCRIPT_NAME: '/foo/a', PATH_INFO: '/b' }, foo, '/foo + /a/b inexact'],
    [{ SCRIPT_NAME: '', PATH_INFO: '/foo/a' }, foo, '/foo + /a inexact'],
    [{ SCRIPT_NAME: '/index.cgi', PATH_INFO: '/foo/a' }, foo, '/foo + /a inexact'],
    [{ DOCUMENT_URI: '/foo/100%' }, foo, '/foo + /100%25 inexact'],
    [{ PATH_INFO: '/foo/a?b' }, foo, '/foo + /a%3Fb inexact'],
    [{ PATH_INFO: '/foo/../x' }, foo, '400 ERR_TARGET_ABOVE_ROOT'],
    [{ PATH_INFO: '/bar' }, foo, undefined],
    [{ SCRIPT_NAME: '', PATH_INFO: '' }, { mount: '' }, ' + / inexact'],
    [{}, foo, undefined],
  ],
  'of old servers': [
    // IIS with URL Rewrite; the raw target has a name of its own.
    [
      { IIS_WasUrlRewritten: '1', UNENCODED_URL: '/foo/a%2Fb?q', REQUEST_URI: '/index.js/a/b' },
      foo,
      '/foo + /a%2Fb?q',
    ],
    [{ UNENCODED_URL: '/foo/a%20b' }, foo, '/foo + /a%20b'],
    [{ UNENCODED_URL: '/evil', REQUEST_URI: '/foo/a' }, foo, '/foo + /a'],
    [
      { SERVER_SOFTWARE: 'Microsoft-IIS/10.0', SCRIPT_NAME: '/foo', PATH_INFO: '/foo/bar' },
      foo,
      '/foo + /bar inexact',
    ],
    [
      { SERVER_SOFTWARE: 'Microsoft-IIS/10.0', SCRIPT_NAME: '/foo', PATH_INFO: '/foobar' },
      foo,
      '/foo + /foobar inexact',
    ],
    [{ SCRIPT_NAME: '/foo', ORIG_PATH_INFO: '/bar' }, foo, '/foo + /bar inexact'],
    [{ SCRIPT_URL: '/foo/a', SCRIPT_NAME: '/index.cgi', PATH_INFO: '/x' }, foo, '/foo + /a inexact'],
    [{ REDIRECT_URL: '/foo/a', SCRIPT_NAME: '/index.cgi' }, foo, '/foo + /a inexact'],
    // lighttpd before 1.4.23, at the root.
    [
      { SERVER_SOFTWARE: 'lighttpd/1.4.19', SCRIPT_NAME: '/foo', PATH_INFO: '/bar' },
      { mount: '' },
      ' + /foo/bar inexact',
    ],
    [
      {
        SERVER_SOFTWARE: 'Apache/2.4 mod_python/3.5.0 Python/3',
        REQUEST_URI: '/foo/a%2Fb?',
        SCRIPT_NAME: '/foo/a%2Fb?',
        QUERY_STRING: 'q',
      },
      foo,
      '/foo + /a%252Fb%3F?q inexact',
    ],
    // Apache names each module that it has loaded, whichever answers.
    [
      { SERVER_SOFTWARE: 'Apache/2.4 mod_python/3.5.0', REQUEST_URI: '/foo/a%20b', SCRIPT_NAME: '/foo/a b' },
      foo,
      '/foo + /a%20b',
    ],
    // What the client asked for lies outside, whatever else there is.
    [{ SCRIPT_URL: '/bar', REDIRECT_URL: '/foo/z', PATH_INFO: '/foo/y' }, foo, undefined],
    // mod_jk decodes the path of its one variable.
    [{ REQUEST_METHOD: 'GET', REQUEST_URI: '/foo/a b' }, foo, '/foo + /a%20b inexact'],
    // Escapes are left: a client sent it so.
    [{ REQUEST_METHOD: 'GET', REQUEST_URI: '/foo/a b%c' }, foo, '400 ERR_TARGET_CHARACTER'],
    [{ REQUEST_METHOD: 'GET', REQUEST_URI: '/foo/x/%2e%2e/a#' }, foo, '400 ERR_TARGET_CHARACTER'],
    [{ REQUEST_METHOD: 'GET', REQUEST_URI: '/foo/a#b' }, foo, '/foo + /a%23b inexact'],
  ],
  'without a mount': [
    [{ SCRIPT_NAME: '/foo', PATH_INFO: '/a b', QUERY_STRING: 'q' }, {}, '/foo + /a%20b?q inexact inferred'],
    [{ SCRIPT_NAME: '/foo/bar', REQUEST_URI: '/foo/bar' }, {}, '/foo/bar +  inexact inferred'],
    [{ SCRIPT_NAME: '', PATH_INFO: '', REQUEST_URI: '/' }, {}, ' + / inexact inferred'],
    [{ REQUEST_URI: '/foo/a%20b?q' }, {}, ' + /foo/a%20b?q inexact inferred'],
    [{ DOCUMENT_URI: '/foo/a b' }, {}, ' + /foo/a%20b inexact inferred'],
    [{ REQUEST_URI: '*' }, {}, undefined],
    [{ SCRIPT_NAME: '', PATH_INFO: '' }, {}, ' + / inexact inferred'],
    [{ SCRIPT_NAME: '/app', REQUEST_URI: '/app?q=1' }, {}, '/app + ?q=1 inexact inferred'],
    [
      { SERVER_SOFTWARE: 'Microsoft-IIS/10.0', SCRIPT_NAME: '/foo', PATH_INFO: '/foo/bar' },
      {},
      '/foo + /bar inexact inferred',
    ],
    [{}, {}, undefined],
  ],
};

describe('resolveEnviron()', () => {
  for (const [group, rows] of Object.entries(groups)) {
    describe(group, () => {
      for (const [environ, options, answer] of rows) {
        it(`${JSON.stringify(environ)} ${JSON.stringify(options)}`, () => {
          expect(ask(environ, options)).to.equal(answer);
        });
      }
    });
  }

  it('takes pairs, of which the last of a name counts', () => {
    const pairs: [string, string][] = [
      ['REQUEST_URI', '/foo/a'],
      ['REQUEST_URI', '/foo/b'],
    ];
    expect(ask(pairs, foo)).to.equal('/foo + /b');
    expect(ask(new Map(pairs), foo)).to.equal('/foo + /b');
  });

  it('gives text beside the raw forms', () => {
    const resolved = resolveEnviron({ REQUEST_URI: '/f%C3%B6/%C3%A9%FF' }, { mount: '/fö' });
    expect(resolved).to.include({ scriptName: '/fö', pathInfo: '/é%FF' });
  });

  it('takes no variable for another that is named like a member of all objects', () => {
    expect(ask({ __proto__: '/foo/evil' } as never, foo)).to.equal(undefined);
    expect(ask(JSON.parse('{"__proto__": "/foo/evil", "PATH_INFO": "/"}'), foo)).to.equal(undefined);
  });

  const mistakes: readonly (readonly [unknown, unknown, string])[] = [
    [{}, { mount: 'foo' }, 'ERR_MOUNT_PATH'],
    [{}, { mount: '/a%20b' }, 'ERR_MOUNT_PATH'],
    [{}, { mount: '//example.com/foo' }, 'ERR_MOUNT_HOST'],
    [{}, { mount: '/foo', target: 'strip' }, 'ERR_MOUNT_OPTION'],
    [{}, { target: 'stripped' }, 'ERR_MOUNT_OPTION'],
    [{}, { target: 'rewritten' }, 'ERR_MOUNT_OPTION'],
    [{}, { mount: '/foo', prefix: '/foo' }, 'ERR_MOUNT_OPTION'],
    [{}, { mount: '/foo', caseSensitive: 'no' }, 'ERR_MOUNT_OPTION'],
    [{}, null, 'ERR_MOUNT_OPTION'],
    [undefined, { mount: '/foo' }, 'ERR_ARGUMENT_ENVIRON'],
    ['REQUEST_URI=/foo', { mount: '/foo' }, 'ERR_ARGUMENT_ENVIRON'],
    [[1], { mount: '/foo' }, 'ERR_ARGUMENT_ENVIRON'],
    [[null], { mount: '/foo' }, 'ERR_ARGUMENT_ENVIRON'],
    [[['REQUEST_URI']], { mount: '/foo' }, 'ERR_ARGUMENT_ENVIRON'],
    [{ REQUEST_URI: 1 }, { mount: '/foo' }, 'ERR_ARGUMENT_ENVIRON'],
  ];
  for (const [environ, options, code] of mistakes) {
    it(`throws ${code} for ${JSON.stringify(environ)} ${JSON.stringify(options)}`, () => {
      let thrown: unknown;
      try {
        resolveEnviron(environ as never, options as never);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).to.satisfy(
        (error: unknown) => error instanceof ConfigurationError || error instanceof ArgumentError,
      );
      expect(thrown).to.include({ code });
    });
  }

  // CVE-2019-11043: where a pattern's `.` stopped at a line feed, PATH_INFO came out empty.
  for (const odd of ['%0A', '%0D', '%E2%80%A8', '%E2%80%A9', '%C2%85']) {
    for (const path of [`/foo/${odd}x/y`, `/foo/x${odd}`, `/foo/x/${odd}/y`]) {
      it(`loses nothing of ${path}`, () =>
        expect(ask({ REQUEST_URI: path }, foo)).to.equal(`/foo + ${path.slice(4)}`));
    }
    it(`takes /foo${odd} for no spelling of /foo`, () => {
      expect(ask({ REQUEST_URI: `/foo${odd}/x` }, foo)).to.equal(undefined);
    });
  }

  it('takes no path for one below the mount that only begins with its letters', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 8, unit: 'binary-ascii' }), (text) => {
        const behind = encodeURIComponent(text).replace(/^\./, 'x');
        expect(ask({ REQUEST_URI: `/foo${behind}/bar` }, foo)).to.be.oneOf([undefined, '404 ERR_TARGET_NUL']);
      }),
    );
  });

  it('takes a time that grows with the target, no faster', () => {
    // A hundred times as long: what is quadratic would take minutes.
    const timeOf = (length: number): number => {
      const start = performance.now();
      for (const odd of ['\t', '/', '%2F', '/.', '#', '..', '\t?']) {
        ask({ REQUEST_URI: `/foo/${odd.repeat(length)}?` }, foo);
        ask({ SCRIPT_NAME: '/foo', PATH_INFO: odd.repeat(length), SCRIPT_URL: odd.repeat(length) }, foo);
      }
      return performance.now() - start;
    };
    timeOf(1000);
    expect(timeOf(100_000)).to.be.below(5000);
  });

  it('is never wrong without a word, whatever is mixed', () => {
    // An oracle of its own: the path of the target segment by segment, decoded, dots resolved.
    const truth = (uri: string, mount: string): string | undefined => {
      const path = uri.replace(/^https?:\/\/[^/?]*/, '').replace(/\?.*$/s, '') || '/';
      const segments: string[] = [];
      for (const segment of path.split('/').slice(1).map(decodeAll)) {
        if (segment === '..') segments.pop();
        else if (segment !== '.' && segment !== '') segments.push(segment);
      }
      const isDirectory = /\/(?:\.|%2e){0,2}$/i.test(path);
      const normal = segments.length === 0 ? '/' : `/${segments.join('/')}${isDirectory ? '/' : ''}`;
      const isBelow = mount === '' || normal === mount || normal.startsWith(`${mount}/`);
      return isBelow ? normal : undefined;
    };
    const environs = recordings.flatMap((recording) =>
      recording.exchanges.map((exchange) => Object.fromEntries(variablesOf(recording, exchange))),
    );
    const names = [
      'REQUEST_URI',
      'SCRIPT_NAME',
      'PATH_INFO',
      'DOCUMENT_URI',
      'SCRIPT_URL',
      'SERVER_SOFTWARE',
    ];
    const valuesOf = (name: string): (string | undefined)[] => [
      ...new Set(environs.map((each) => each[name])),
    ];
    const mixed = fc.record(
      Object.fromEntries(names.map((name) => [name, fc.constantFrom(...valuesOf(name))])),
    );
    let exact = 0;
    const check = (environ: Record<string, string | undefined>, mount: string): void => {
      const given = Object.entries(environ).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      let resolved: ReturnType<typeof resolveEnviron>;
      try {
        resolved = resolveEnviron(given, { mount });
      } catch (error) {
        expect(error).to.be.instanceOf(RequestTargetError);
        return;
      }
      if (resolved?.exact !== true) return;
      exact++;
      const joined = decodeAll(resolved.rawScriptName + resolved.rawPathInfo);
      expect(joined).to.equal(truth(environ.REQUEST_URI ?? '/', mount));
      expect(decodeAll(resolved.rawScriptName)).to.equal(mount);
    };
    fc.assert(fc.property(mixed, fc.constantFrom('', '/foo', '/a/b'), check), { numRuns: 20_000 });
    expect(exact).to.be.above(1000);
  });
});
