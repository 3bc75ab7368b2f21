/** Caddy 2.6: what its directives do, each as a real one did it. */

import { expect } from 'chai';
import { ConfigurationError } from '../../../lib/errors.js';
import { interpreters } from '../../../lib/harness/servers/index.js';
import { passOf, type Row, tell } from './told.js';

const site = (...lines: readonly string[]): string => `:8000 {\n${lines.join('\n')}\n}`;

const proxy = 'reverse_proxy 127.0.0.1:9';
const fastcgi = (...lines: readonly string[]): string =>
  `reverse_proxy 127.0.0.1:9 {\ntransport fastcgi {\nroot /srv\n${lines.join('\n')}\n}\n}`;
const up = (...lines: readonly string[]): string => `reverse_proxy 127.0.0.1:9 {\n${lines.join('\n')}\n}`;

const all = ['SCRIPT_NAME', 'PATH_INFO', 'SCRIPT_FILENAME', 'PATH_TRANSLATED'];

const rows: readonly Row[] = [
  ['a spelling stays if Go takes it for one', site(proxy), '/%41//a/../!%2f', 'GET /%41//a/../!%2f'],
  ['and is made anew if not', site(proxy), '/a|b\\\xe9', 'GET /a%7Cb%5C%E9'],
  ['a fragment is part of the path', site(proxy), '/a#b', 'GET /a%23b'],
  ['malformed escapes are refused', site(proxy), '/%zz', '400'],
  [
    'of a URI the path is sent on, and the host is Host',
    site(proxy),
    'http://a.example/b?c',
    'GET /b?c host=a.example',
    { of: ['host'] },
  ],
  ['an empty query stays', site(proxy), '/a?', 'GET /a?'],
  ['HTTP/1.1 wants a Host', site(proxy), '/', '400', { headers: [] }],
  [
    'HTTP/1.0 does not',
    site(proxy),
    '/',
    'GET / host=127.0.0.1:9',
    { headers: [], version: 'HTTP/1.0', of: ['host'] },
  ],
  ['OPTIONS * is answered by Go', site(proxy), '*', '200', { method: 'OPTIONS' }],
  [
    'other expectations fail',
    site(proxy),
    '/',
    '417',
    {
      headers: [
        ['Host', 'a'],
        ['Expect', 'x'],
      ],
    },
  ],

  ['nobody answers: 200', site(`handle /foo/* {\n${proxy}\n}`), '/foo', '200'],
  ['a star at the end is a prefix', site(`handle /foo* {\n${proxy}\n}`), '/foobar', 'GET /foobar'],
  ['in whatever case', site(`handle /foo/* {\n${proxy}\n}`), '/FOO/bar', 'GET /FOO/bar'],
  [
    'paths are cleaned to be matched',
    site(`handle /foo/* {\n${proxy}\n}`),
    '//a/../foo/b',
    'GET //a/../foo/b',
  ],
  ['dots at the end do not count', site(`handle /foo {\n${proxy}\n}`), '/foo..', 'GET /foo..'],
  ['escapes of a pattern are compared as such', site('handle /a%2Fb {\nrespond 418\n}'), '/a/b', '200'],
  ['the same escape matches', site('handle /a%2Fb {\nrespond 418\n}'), '/a%2fb', '418'],
  [
    'the longest path is first',
    site('handle /a* {\nrespond 201\n}', 'handle /a/b* {\nrespond 202\n}'),
    '/a/b',
    '202',
  ],
  [
    'the first handle that matches is the only one',
    site('handle {\nrespond 202\n}', 'handle /a {\nuri strip_prefix /a\n}', 'respond 203'),
    '/a',
    '203',
  ],
  ['directives have an order', site('respond 201', 'redir /a /b'), '/a', '302 /b'],
  ['but not in a route', site('route {\nrespond 201\nredir /a /b\n}'), '/a', '201'],
  [
    'neighbours that match the same are asked once',
    site('uri /a/* strip_prefix /a', 'reverse_proxy /a/* 127.0.0.1:9'),
    '/a/b',
    'GET /b',
  ],
  [
    'a set of matchers matches as a whole',
    site('@m {\npath /a*\nnot path /ab\nmethod GET\n}', 'respond @m 201'),
    '/ab',
    '200',
  ],
  [
    'groups of expressions are placeholders',
    site('@m path_regexp x ^/a/(.*)$', 'redir @m /b/{re.x.1}'),
    '/a/c',
    '302 /b/c',
  ],
  [
    'hosts',
    `http://*.example.com:8000 {\nrespond 201\n}\n${site('respond 202')}`,
    '/',
    '201',
    { headers: [['Host', 'a.EXAMPLE.com:1']] },
  ],

  [
    'handle_path strips what is before the star',
    site(`handle_path /foo/* {\n${proxy}\n}`),
    '/foo/bar',
    'GET /bar',
  ],
  ['and leaves no slash behind', site(`handle_path /foo* {\n${proxy}\n}`), '/foobar', 'GET bar'],
  ['an empty path is a slash', site(`handle_path /foo* {\n${proxy}\n}`), '/foo?a', 'GET /?a'],
  ['what is stripped is cleaned', site(`handle_path /foo/* {\n${proxy}\n}`), '//foo//a/../b', 'GET /b'],
  [
    'the rest keeps its spelling, if Go takes it',
    site(`handle_path /foo/* {\n${proxy}\n}`),
    '/f%6Fo/%41%2F',
    'GET /%41%2F',
  ],
  ['strip_suffix', site('uri strip_suffix .php', proxy), '/a.php', 'GET /a'],
  ['replace', site('uri replace o 0 1', proxy), '/foo?o', 'GET /f0o?0'],
  ['path_regexp', site('uri path_regexp /a(/|$) /b$1', proxy), '/a/a', 'GET /b/a'],
  ['rewrite changes what it names', site('rewrite * /x{path}', proxy), '/a%2Fb?c', 'GET /x/a/b?c'],
  ['the whole URI in a rewrite', site('rewrite * /x{uri}', proxy), '/a?b=c', 'GET /x/a?b=c'],
  [
    'values of a query are escaped, the query is not',
    site('rewrite * ?p={path}&{query}', proxy),
    '/a?b=/',
    'GET /a?p=%2Fa&b=/',
  ],

  [
    'the address of a client is the only one',
    site(proxy),
    '/',
    'GET / x-forwarded-for=192.0.2.1',
    {
      headers: [
        ['Host', 'a'],
        ['X-Forwarded-For', '1'],
      ],
      of: ['x-forwarded-for'],
    },
  ],
  [
    'unless it is trusted',
    site(up('trusted_proxies 192.0.2.0/24')),
    '/',
    'GET / x-forwarded-for=1, 192.0.2.1',
    {
      headers: [
        ['Host', 'a'],
        ['X-Forwarded-For', '1'],
      ],
      of: ['x-forwarded-for'],
    },
  ],
  [
    'fields of the connection stay',
    site(proxy),
    '/',
    'GET / x-hop- te=trailers connection=Upgrade upgrade=h2c',
    {
      headers: [
        ['Host', 'a'],
        ['Connection', 'X-Hop, upgrade'],
        ['X-Hop', '1'],
        ['TE', 'trailers, gzip'],
        ['Upgrade', 'H2C'],
      ],
      of: ['x-hop', 'te', 'connection', 'upgrade'],
    },
  ],
  ['Go compresses', site(proxy), '/', 'GET / accept-encoding=gzip', { of: ['accept-encoding'] }],
  [
    'but no ranges',
    site(proxy),
    '/',
    'GET / accept-encoding-',
    {
      headers: [
        ['Host', 'a'],
        ['Range', 'bytes=0-'],
      ],
      of: ['accept-encoding'],
    },
  ],
  [
    'header_up sets, adds, deletes',
    site(up('header_up X-A {path}', 'header_up +X-B 2', 'header_up -X-C', 'header_up X-D a(.) b$1')),
    '/p',
    'GET /p x-a=/p x-b=1 x-b=2 x-c- x-d=bc',
    {
      headers: [
        ['Host', 'a'],
        ['X-B', '1'],
        ['X-C', '1'],
        ['X-D', 'ac'],
      ],
      of: ['x-a', 'x-b', 'x-c', 'x-d'],
    },
  ],
  [
    'header_up Host',
    site(up('header_up Host {upstream_hostport}')),
    '/',
    'GET / host=127.0.0.1:9',
    { of: ['host'] },
  ],

  [
    'without split all is path info',
    site(fastcgi()),
    '/a%20b',
    'SCRIPT_NAME= PATH_INFO=/a b SCRIPT_FILENAME=/srv PATH_TRANSLATED=/srv/a b',
    { of: all },
  ],
  [
    'split',
    site(fastcgi('split .php')),
    '/a.PHP/b',
    'SCRIPT_NAME=/a.PHP PATH_INFO=/b SCRIPT_FILENAME=/srv/a.PHP PATH_TRANSLATED=/srv/b',
    { of: all },
  ],
  [
    'split that is not there',
    site(fastcgi('split .php')),
    '/a/../b',
    'SCRIPT_NAME=/a/../b PATH_INFO= SCRIPT_FILENAME=/srv/b PATH_TRANSLATED-',
    { of: all },
  ],
  [
    'env comes last, but for fields',
    site(fastcgi('env SCRIPT_NAME {path}', 'env HTTP_HOST b', 'env HTTP_A b')),
    '/x',
    'SCRIPT_NAME=/x HTTP_HOST=b HTTP_A=1',
    {
      headers: [
        ['Host', 'a'],
        ['A', '1'],
      ],
      of: ['SCRIPT_NAME', 'HTTP_HOST', 'HTTP_A'],
    },
  ],
  [
    'REQUEST_URI is that of the client',
    site(`handle_path /foo/* {\n${fastcgi()}\n}`),
    '/foo/a?b',
    'SCRIPT_NAME= PATH_INFO=/a REQUEST_URI=/foo/a?b',
  ],
  [
    'a length that nobody knows',
    site(fastcgi()),
    '/',
    'CONTENT_LENGTH=-1',
    {
      method: 'POST',
      headers: [
        ['Host', 'a'],
        ['Transfer-Encoding', 'chunked'],
      ],
      body: 'a',
      of: ['CONTENT_LENGTH'],
    },
  ],
  ['NUL is refused', site(fastcgi()), '/%00', '400'],
];

/** `php_fastcgi`, where only /srv/index.php and /srv/a/index.php are. */
const phpRows: readonly (readonly [target: string, told: string])[] = [
  ['/', 'script /index.php, path info '],
  ['/x/y', 'script /index.php, path info '],
  ['/index.php/x', 'script /index.php, path info /x'],
  ['/a', '308 /a/'],
  ['/a/', 'script /a/index.php, path info '],
  ['/a/index.php/b', 'script /a/index.php, path info /b'],
];

const refused: readonly (readonly [configuration: string, message: string])[] = [
  [
    ':8000 {\nfoo\n}',
    'a configuration of Caddy must hold directives that the model knows, got "foo" in line 2',
  ],
  [':8000 {\nhandle @a {\n}\n}', 'got "@a" in line 2'],
  [':8000 {\nhandle {', 'got "a block without its end" in line 2'],
  ['', 'a Caddyfile must have a site, got none'],
];

describe('harness/servers/caddy', () => {
  for (const [rule, configuration, target, told, asked] of rows) {
    it(`${rule}: ${target}`, () => {
      expect(tell('caddy', configuration, target, asked)).to.equal(told);
    });
  }

  for (const [target, told] of phpRows) {
    it(`php_fastcgi ${target}: ${told}`, () => {
      const files = ['/srv/index.php', '/srv/a/index.php'];
      const exists = (path: string) =>
        files.includes(path) ? 'file' : path === '/srv/a' ? 'folder' : undefined;
      const model = interpreters.caddy?.(
        { Caddyfile: site('root * /srv', 'php_fastcgi 127.0.0.1:9') },
        { exists },
      );
      const request = {
        method: 'GET',
        target,
        version: 'HTTP/1.1',
        headers: [['Host', 'a']] as const,
        body: undefined,
      };
      const connection = {
        remoteAddress: '::1',
        remotePort: 1,
        localAddress: '::1',
        localPort: 8000,
        isEncrypted: false,
      };
      const passed = model?.pass(request, connection);
      const said =
        passed?.kind === 'environ'
          ? ['SCRIPT_NAME', 'PATH_INFO'].map((name) => passed.environ.find(([each]) => each === name)?.[1])
          : undefined;
      const refusedWith = passed?.kind === 'refused' ? `${passed.status} ${passed.location}` : '';
      expect(said === undefined ? refusedWith : `script ${said[0]}, path info ${said[1]}`).to.equal(told);
    });
  }

  for (const [configuration, message] of refused) {
    it(`refuses ${JSON.stringify(configuration)}`, () => {
      expect(() => passOf('caddy', configuration, '/')).to.throw(ConfigurationError, message);
    });
  }

  it('adds its name to an answer, and takes from it what belongs to the connection', () => {
    const { relay } = passOf(
      'caddy',
      site('header X-A 1', up('header_down -X-B', 'header_down Location ^/ /foo/')),
      '/',
    );
    const sent = [
      ['Connection', 'X-Hop'],
      ['X-Hop', '1'],
      ['Server', 'app'],
      ['X-B', '2'],
      ['Location', '/c'],
    ] as const;
    expect(relay?.headers(302, sent)).to.deep.equal({
      status: 302,
      headers: [
        ['Location', '/foo/c'],
        ['Server', 'Caddy'],
        ['Server', 'app'],
        ['X-A', '1'],
      ],
    });
  });
});
