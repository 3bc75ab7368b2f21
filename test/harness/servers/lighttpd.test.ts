/** lighttpd 1.4.69: what its directives do, each as a real one did it. */

import { expect } from 'chai';
import { ConfigurationError } from '../../../lib/errors.js';
import type { ClientRequest, Pairs, Passed } from '../../../lib/harness/model.js';
import { interpreters } from '../../../lib/harness/servers/index.js';

/** What differs from `GET <target> HTTP/1.1` of `Host: gw.example`. */
interface Asked {
  readonly method?: string;
  readonly version?: string;
  readonly host?: string;
  readonly headers?: Pairs;
  readonly body?: string;
  readonly encrypted?: boolean;
  /** The names of interest. */
  readonly of?: readonly string[];
}

type Row = readonly [rule: string, configuration: string, target: string, told: string, asked?: Asked];

const there: Readonly<Record<string, 'file' | 'folder'>> = {
  '/srv/app.cgi': 'file',
  '/srv/www/a.php': 'file',
  '/srv/www/dir': 'folder',
  '/srv/www/dir/index.php': 'file',
  '/srv/www/a.txt': 'file',
};

const whole = 'server.document-root = "/srv/www"\nserver.port = 8000\nserver.bind = "127.0.0.1"\n';

const loaded = [
  'rewrite',
  'redirect',
  'access',
  'alias',
  'setenv',
  'cgi',
  'fastcgi',
  'scgi',
  'ajp13',
  'proxy',
]
  .map((name) => `"mod_${name}"`)
  .join(', ');

function modelOf(configuration: string) {
  const modules = configuration.includes('server.modules') ? '' : `server.modules = ( ${loaded} )\n`;
  const interpret = interpreters.lighttpd;
  if (interpret === undefined) throw new Error('no model of lighttpd');
  const files = { 'lighttpd.conf': whole + modules + configuration, 'more.conf': 'server.name = "more"' };
  return interpret(files, { exists: (path) => there[path] });
}

function passed(configuration: string, target: string, asked: Asked = {}): Passed {
  const { method = 'GET', version = 'HTTP/1.1', host = 'gw.example', headers = [], body } = asked;
  const request: ClientRequest = {
    ...{ method, target, version, headers: [...(host === '' ? [] : [['Host', host] as const]), ...headers] },
    body: body === undefined ? undefined : Buffer.from(body),
  };
  return modelOf(configuration).pass(request, {
    ...{ remoteAddress: '192.0.2.1', remotePort: 4000, localAddress: '127.0.0.1', localPort: 8000 },
    isEncrypted: asked.encrypted === true,
  });
}

/** A status, and where to; or the values of the names of interest, `-` for one that is not there. */
function tell(configuration: string, target: string, asked: Asked = {}): string {
  const result = passed(configuration, target, asked);
  const list = (pairs: Pairs, names: readonly string[]): string[] =>
    names.map((name) => {
      const values = pairs.filter(([each]) => each === name).map(([, value]) => value);
      return values.length === 0 ? '-' : values.join('|');
    });
  switch (result.kind) {
    case 'refused':
      return [result.status, result.location].filter((each) => each !== undefined).join(' ');
    case 'environ':
      return list(result.environ, asked.of ?? ['SCRIPT_NAME', 'PATH_INFO']).join(' ');
    case 'http':
      return [result.message.target, ...list(result.message.headers, asked.of ?? [])].join(' ');
    case 'ajp':
      return [result.message.reqUri, ...list(result.message.headers, asked.of ?? [])].join(' ');
  }
}

const server = (kind: string, key: string, options = ''): string =>
  `${kind}.server = ( "${key}" => ( ( "host" => "127.0.0.1", "port" => 9, ${options} ) ) )\n`;
const fastcgi = (key: string, options = ''): string =>
  server('fastcgi', key, `"check-local" => "disable", ${options}`);
const foo = fastcgi('/foo');
const proxy = server('proxy', '');
const mapped = `${proxy}proxy.header = ( "map-urlpath" => ( "/foo/" => "/", "/foo" => "/" ) )\n`;
const parse = (options: string): string => `server.http-parseopts = ( ${options} )\n${proxy}`;

const targets: readonly Row[] = [
  ['escapes of unreserved characters are decoded', proxy, '/%41%2d?%7e', '/A-?~'],
  ['other escapes are in upper case', proxy, '/%c3%a9', '/%C3%A9'],
  ['what needs an escape gets one', proxy, '/a|b c%zz', '/a%7Cb%20c%25zz'],
  ['slashes are decoded, runs merged, dots removed', proxy, '/a%2F..%2f/b/.', '/b/'],
  ['of a query they stay', proxy, '/a?b%2fc//..', '/a?b%2Fc//..'],
  ['a fragment is cut off', proxy, '/a?b#c', '/a?b'],
  ['bytes that UTF-8 never has', proxy, '/%ff', '400'],
  ['those that it has out of place are taken', proxy, '/%80', '/%80'],
  ['control characters', proxy, '/a?%0A', '400'],
  ['an absolute target is its path', proxy, 'http://GW.example/a?b', '/a?b'],
  ['its host is that of Host', proxy, 'http://other/a', '400'],
  ['without a path it is none', proxy, 'http://gw.example', '400'],
  ['encoded slashes may stay', parse('"url-path-2f-decode" => "disable"'), '/a%2fb', '/a%2Fb'],
  ['or be refused', parse('"url-path-2f-decode" => 0, "url-path-2f-reject" => 1'), '/a%2fb', '400'],
  [
    'dots may be refused',
    parse('"url-path-dotseg-remove" => 0, "url-path-dotseg-reject" => 1'),
    '/a/..',
    '400',
  ],
  ['nothing may be changed', parse('"url-normalize" => "disable"'), '/%41//b#c', '/%41//b'],
  ['spaces of a query may be +', parse('"url-query-20-plus" => "enable"'), '/a%20?%20', '/a%20?+'],
  ['all that can be is decoded', parse('"url-normalize-required" => "enable"'), '/%3B%2F?%3B%2F', '/;/?%3B/'],
  ['OPTIONS * is answered', proxy, '*', '200', { method: 'OPTIONS' }],
];

const requests: readonly Row[] = [
  ['an unknown method', proxy, '/', '501', { method: 'BREW' }],
  ['HTTP/2.0 in a line', proxy, '/', '505', { version: 'HTTP/2.0' }],
  ['a POST without a length', proxy, '/', '411', { method: 'POST' }],
  ['a GET with a body', proxy, '/', '400', { headers: [['Content-Length', '1']], body: 'a' }],
  ['no Host', proxy, '/', '400', { host: '' }],
  ['no Host in HTTP/1.0', proxy, '/', '/ -', { host: '', version: 'HTTP/1.0', of: ['Host'] }],
  ['Host is in lower case', proxy, '/', '/ a.example:81', { host: 'A.Example.:81', of: ['Host'] }],
  ['without the port of its scheme', proxy, '/', '/ a', { host: 'a:443', encrypted: true, of: ['Host'] }],
  ['no underscore in it', proxy, '/', '400', { host: 'a_b' }],
  ['no three numbers', proxy, '/', '400', { host: '1.2.3' }],
  ['a coding that is not chunked', proxy, '/', '501', { headers: [['Transfer-Encoding', 'gzip']] }],
  ['a space in a name', proxy, '/', '400', { headers: [['A b', 'c']] }],
  ['an upgrade of HTTP/1.0', proxy, '/', '400', { version: 'HTTP/1.0', headers: [['Upgrade', 'x']] }],
  ['a long head', proxy, '/', '431', { headers: [['A', 'b'.repeat(9000)]] }],
  ['two types', foo, '/foo', '400', { headers: ['a/b', 'a/c'].map((value) => ['Content-Type', value]) }],
  [
    'a large body',
    `server.max-request-size = 1\n${foo}`,
    '/foo',
    '413',
    { method: 'PUT', headers: [['Content-Length', '1025']], body: 'a'.repeat(1025) },
  ],
];

const applications: readonly Row[] = [
  ['a prefix is text', foo, '/foobar/x', '/foobar /x'],
  ['the script ends with the segment', fastcgi('/foo/'), '/foo/a/b', '/foo/a /b'],
  ['and is not there before it', fastcgi('/foo/'), '/foo', '404'],
  ['of all the first segment is the script', fastcgi('/'), '/foo/bar', '/foo /bar'],
  ['or nothing', fastcgi('/', '"fix-root-scriptname" => "enable"'), '/foo/bar', ' /foo/bar'],
  ['which only the root can have', fastcgi('/foo', '"fix-root-scriptname" => "enable"'), '/foo/b', '/foo /b'],
  ['an end needs a file', server('fastcgi', '.php'), '/a.php/b', '/a.php /b'],
  ['and without one', server('fastcgi', '.php'), '/b.php', '404'],
  ['unless it does not ask', fastcgi('.php'), '/b.php', '/b.php -'],
  [
    'index files',
    `${server('fastcgi', '.php')}index-file.names = ( "index.php" )`,
    '/dir/',
    '/dir/index.php -',
  ],
  ['the first that fits', `${foo}${fastcgi('/foo/x').replace('=', '+=')}`, '/foo/x/y', '/foo /x/y'],
  [
    'REQUEST_URI without a prefix',
    fastcgi('/foo', '"strip-request-uri" => "/foo/"'),
    '/foo/a?b',
    '/a?b /foo',
    { of: ['REQUEST_URI', 'SCRIPT_NAME'] },
  ],
  [
    'which SCGI does not take off',
    server('scgi', '/foo', '"check-local" => 0, "strip-request-uri" => "/foo"'),
    '/foo/a',
    '/foo/a 1',
    { of: ['REQUEST_URI', 'SCGI'] },
  ],
  [
    'files of another machine',
    fastcgi('/foo', '"docroot" => "/app"'),
    '/foo/b',
    '/app/foo /app/b /app',
    { of: ['SCRIPT_FILENAME', 'PATH_TRANSLATED', 'DOCUMENT_ROOT'] },
  ],
  [
    'REDIRECT_URI where a target was changed',
    foo,
    '/foo//b',
    '/foo//b /foo/b',
    { of: ['REQUEST_URI', 'REDIRECT_URI'] },
  ],
  [
    'two fields of one variable',
    foo,
    '/foo',
    'a|b',
    {
      headers: [
        ['X-A', 'a'],
        ['X_A', 'b'],
      ],
      of: ['HTTP_X_A'],
    },
  ],
  [
    'one field twice',
    foo,
    '/foo',
    'a, b',
    {
      headers: [
        ['X-A', 'a'],
        ['x-a', 'b'],
      ],
      of: ['HTTP_X_A'],
    },
  ],
  [
    'cookies',
    foo,
    '/foo',
    'a=1; b=2',
    {
      headers: [
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
      ],
      of: ['HTTP_COOKIE'],
    },
  ],
  [
    'Proxy and what is empty',
    foo,
    '/foo',
    '- -',
    {
      headers: [
        ['Proxy', 'a'],
        ['X', ' '],
      ],
      of: ['HTTP_PROXY', 'HTTP_X'],
    },
  ],
  [
    'IPv6 without its port',
    foo,
    '/foo',
    '[::1] [::1]:81',
    { host: '[::1]:81', of: ['SERVER_NAME', 'HTTP_HOST'] },
  ],
  [
    'a body in chunks has a length',
    foo,
    '/foo',
    '3 -',
    {
      method: 'POST',
      headers: [['Transfer-Encoding', 'chunked']],
      body: 'abc',
      of: ['CONTENT_LENGTH', 'HTTP_CONTENT_LENGTH'],
    },
  ],
  ['AJP has no path info', server('ajp13', '/foo'), '/foo/bar', '/foo 0', { of: ['content-length'] }],
  ['nor a word for each method', server('ajp13', '/foo'), '/foo', '400', { method: 'QUERY' }],
  [
    'an authorizer allows',
    `${fastcgi('/foo', '"mode" => "authorizer"')}${server('scgi', '/', '"check-local" => 0')}`,
    '/foo/b',
    '/foo /b',
  ],
  [
    'and says where the files are',
    fastcgi('/', '"mode" => "authorizer", "docroot" => "/srv"'),
    '/app.cgi',
    '200',
  ],
  [
    'in place of an error',
    `${server('fastcgi', '.php')}server.error-handler-404 = "/a.php?e"`,
    '/no',
    '/a.php 404',
    { of: ['SCRIPT_NAME', 'REDIRECT_STATUS'] },
  ],
  ['a folder', foo, '/dir?q', '301 /dir/?q'],
  ['a folder without an index', foo, '/', '403'],
  ['a file', foo, '/a.txt', '200'],
  ['a file is not for PUT', foo, '/a.txt', '501', { method: 'PUT' }],
];

const cgi = 'cgi.assign = ( ".cgi" => "" )\n';

const modules: readonly Row[] = [
  ['alias.url', `alias.url = ( "/foo" => "/srv/app.cgi" )\n${cgi}`, '/foo/b', '/foo /b'],
  ['is a prefix of text', `alias.url = ( "/foo" => "/srv/app.cgi" )\n${cgi}`, '/foobar', '404'],
  ['and climbs nowhere', 'alias.url = ( "/foo" => "/srv/www/" )', '/foo../x', '403'],
  ['rewrite-once', `url.rewrite-once = ( "^/a(/[^?]*)?" => "/foo$1" )\n${foo}`, '/a/b?c', '/foo /b'],
  ['rewrites once', `url.rewrite-once = ( "^/(.*)" => "/foo/$1" )\n${foo}`, '/foo/b', '/foo /foo/b'],
  ['rewrite-repeat', `url.rewrite-repeat = ( "^/x(/.*)" => "$1" )\n${proxy}`, '/x/x/b', '/b'],
  ['without end', `url.rewrite-repeat = ( "^/x" => "/x" )\n${proxy}`, '/x', '0'],
  ['to nothing', `url.rewrite-once = ( "^/foo(.*)" => "$1" )\n${proxy}`, '/foo', '0'],
  ['a rule for nothing ends it', `url.rewrite = ( "^/a" => "", "^/" => "/b" )\n${proxy}`, '/a', '/a'],
  [
    'if-not-file',
    `url.rewrite-if-not-file = ( "^(.*)" => "/a.php$1" )\n${server('fastcgi', '.php')}`,
    '/b',
    '/a.php /b',
  ],
  [
    'the condition is asked again',
    `$HTTP["url"] =~ "^/foo(/|$)" {\nurl.rewrite-once = ( "^/foo(/.*)$" => "$1" )\n${proxy}}`,
    '/foo/a',
    '404',
  ],
  [
    'what a condition captured',
    `$HTTP["host"] =~ "^(..)[.]" { url.rewrite = ( "^/(.*)" => "/%1/\${esc:1}\${qsa}" ) }\n${proxy}`,
    '/a?b',
    '/gw/a%3Fb?b',
  ],
  [
    'redirect',
    'url.redirect = ( "^/a(.*)" => "https://h$1" )\nurl.redirect-code = 308',
    '/a/b',
    '308 https://h/b',
  ],
  ['access-deny', `url.access-deny = ( "~", ".inc" )\n${foo}`, '/foo/a.inc', '403'],
  [
    'setenv',
    `setenv.set-request-header = ( "X-A" => "1" )\nsetenv.add-environment = ( "b-c" => "2" )\n${foo}`,
    '/foo',
    '1 2',
    { headers: [['x-a', '0']], of: ['HTTP_X_A', 'B_C'] },
  ],
  [
    'its variables are not for HTTP',
    `setenv.set-environment = ( "REMOTE_USER" => "u" )\nproxy.forwarded = ( "remote_user" => 1, "proto" => 1 )\n${proxy}`,
    '/',
    '/ proto=http',
    { of: ['Forwarded'] },
  ],
  [
    'else',
    `$HTTP["url"] == "/a" { server.name = "a" } else $HTTP["url"] =^ "/f" { server.name = "f" } else { server.name = "e" }\n${foo}`,
    '/foo',
    'f',
    { of: ['SERVER_NAME'] },
  ],
  [
    'a condition in a condition',
    `$HTTP["scheme"] == "https" { $HTTP["remoteip"] == "192.0.2.0/24" { server.name = "a" } }\n${foo}`,
    '/foo',
    'gw.example',
    { of: ['SERVER_NAME'] },
  ],
  [
    'hosts are the same with a port',
    `$HTTP["host"] == "gw.example" { server.name = "a" }\n${foo}`,
    '/foo',
    'a',
    { host: 'gw.example:81', of: ['SERVER_NAME'] },
  ],
  [
    'what is not UTF-8 matches nothing',
    `$HTTP["url"] =~ "^/f?" { server.name = "a" }\n${foo}`,
    '/foo%80',
    'gw.example',
    { of: ['SERVER_NAME'] },
  ],
  [
    'variables, sums and what is included',
    `include "mo" + "re.conf"\nx = "/f" + "oo"\nfastcgi.server = ( x => ( ( "host" => "h", "check-local" => 0 ) ), )`,
    '/foo',
    'more',
    { of: ['SERVER_NAME'] },
  ],
  [
    '+= in a place',
    `setenv.add-environment = ( "A" => "1" )\n$HTTP["url"] =~ "o" { setenv.add-environment += ( "B" => "2" ) }\n${foo}`,
    '/foo',
    '1 2',
    { of: ['A', 'B'] },
  ],
  [
    'a module that is not loaded',
    `server.modules = ( "mod_fastcgi" )\nurl.rewrite = ( "^/foo" => "/x" )\n${foo}`,
    '/foo',
    '/foo -',
  ],
];

const http: readonly Row[] = [
  ['map-urlpath', mapped, '/foo/a', '/a'],
  ['is text', mapped, '/foobar', '/bar'],
  ['the first that fits', mapped, '/foo', '/'],
  [
    'map-host-request',
    `proxy.header = ( "map-host-request" => ( "-" => "in" ) )\n${proxy}`,
    '/',
    '/ in gw.example',
    { of: ['Host', 'X-Forwarded-Host'] },
  ],
  [
    'X-Forwarded-For grows',
    proxy,
    '/',
    '/ a, 192.0.2.1 http',
    {
      headers: [
        ['X-Forwarded-For', 'a'],
        ['X-Forwarded-Proto', 'b'],
      ],
      of: ['X-Forwarded-For', 'X-Forwarded-Proto'],
    },
  ],
  [
    'Forwarded',
    `proxy.forwarded = ( "for" => 1, "by" => 1, "host" => 1 )\n${proxy}`,
    '/',
    '/ for="[::1]", for=192.0.2.1;by="127.0.0.1:8000";host="gw.example"',
    { headers: [['X-Forwarded-For', '::1']], of: ['Forwarded'] },
  ],
  [
    'no upgrade',
    proxy,
    '/',
    '/ close -',
    {
      headers: [
        ['Connection', 'upgrade'],
        ['Upgrade', 'x'],
      ],
      of: ['Connection', 'Upgrade'],
    },
  ],
  [
    'but where it is asked for',
    `proxy.header = ( "upgrade" => "enable" )\n${proxy}`,
    '/',
    '/ close, upgrade x',
    {
      headers: [
        ['Connection', 'upgrade'],
        ['Upgrade', 'x'],
      ],
      of: ['Connection', 'Upgrade'],
    },
  ],
  [
    'replace-http-host',
    `proxy.replace-http-host = 1\nproxy.server = ( "" => ( "in" => ( "host" => "h" ) ) )`,
    '/',
    '/ in',
    { of: ['Host'] },
  ],
];

const unknown: readonly (readonly [configuration: string, message: string])[] = [
  [
    'foo.bar = 1',
    'a configuration of lighttpd must hold directives that the model knows, got "foo.bar" in line 5',
  ],
  [
    '\n\nserver.modules := ( "mod_magnet" )',
    'a configuration of lighttpd must hold directives that the model knows, got "mod_magnet" in line 6',
  ],
  [
    fastcgi('/', '"chek-local" => 1'),
    'a configuration of lighttpd must hold directives that the model knows, got "chek-local" in line 5',
  ],
  [
    '$HTTP["moon"] == "full" { }',
    'a configuration of lighttpd must hold directives that the model knows, got "$HTTP[\\"moon\\"]" in line 5',
  ],
  [
    'include "absent.conf"',
    'a configuration of lighttpd must hold directives that the model knows, got "absent.conf" in line 5',
  ],
  [
    'server.name = "a"\nserver.name = "b"',
    'server.name of lighttpd must be set once in a place, got "b" in line 6',
  ],
  ['server.name = 1', 'server.name of lighttpd must be a text, got 1 in line 5'],
];

type Answered = readonly [
  rule: string,
  configuration: string,
  given: readonly [number, Pairs],
  got: readonly [number, Pairs],
];

const own: Pairs = [['Server', 'lighttpd/1.4.69']];
const ranges: Pairs = [['Accept-Ranges', 'bytes'], ...own];

const answers: readonly Answered[] = [
  ['Status is the status', foo, [200, [['Status', '201 Made']]], [201, own]],
  ['a Location alone is a redirect', foo, [0, [['Location', '/x']]], [302, [['Location', '/x'], ...own]]],
  [
    'what is no status',
    foo,
    [
      200,
      [
        ['Status', 'ok'],
        ['X', 'y'],
      ],
    ],
    [502, [['Content-Type', 'text/html'], ...own]],
  ],
  [
    'X-Sendfile stays here',
    foo,
    [
      200,
      [
        ['X-Sendfile', '/a'],
        ['X', ''],
      ],
    ],
    [200, ranges],
  ],
  [
    'names stand together',
    foo,
    [
      404,
      [
        ['A', '1'],
        ['B', '2'],
        ['a', '3'],
      ],
    ],
    [404, [['A', '1'], ['a', '3'], ['B', '2'], ...own]],
  ],
  [
    'setenv',
    `setenv.add-response-header = ( "X" => "1" )\nsetenv.set-response-header = ( "Y" => "" )\n${foo}`,
    [
      500,
      [
        ['X', '0'],
        ['Y', '2'],
      ],
    ],
    [500, [['X', '0'], ['X', '1'], ...own]],
  ],
  ['server.tag', `server.tag = "t"\n${foo}`, [204, [['Content-Length', '1']]], [204, [['Server', 't']]]],
  ['Status of HTTP is a field', mapped, [404, [['Status', '200']]], [404, [['Status', '200'], ...own]]],
  [
    'Location is mapped back',
    mapped,
    [302, [['Location', 'http://in/a']]],
    [302, [['Location', 'http://in/foo/a'], ...own]],
  ],
  [
    'and paths of cookies',
    mapped,
    [404, [['Set-Cookie', 'a=b; Path=/; HttpOnly']]],
    [404, [['Set-Cookie', 'a=b; Path=/foo/; HttpOnly'], ...own]],
  ],
  [
    'hosts of answers',
    `proxy.header = ( "map-host-response" => ( "in" => "-" ) )\n${proxy}`,
    [302, [['Location', 'http://in/a']]],
    [302, [['Location', 'http://gw.example/a'], ...own]],
  ],
];

describe('lighttpd, a model of it', () => {
  for (const [group, rows] of Object.entries({ targets, requests, applications, modules, http })) {
    describe(group, () => {
      for (const [rule, configuration, target, told, asked] of rows) {
        it(rule, () => expect(tell(configuration, target, asked)).to.equal(told));
      }
    });
  }

  it('has its variables in the order of the server', () => {
    const result = passed(foo, '/foo/b', { headers: [['X', 'y']] });
    expect(result.kind === 'environ' && result.environ.map(([name]) => name).join(' ')).to.equal(
      'CONTENT_LENGTH QUERY_STRING REQUEST_URI REDIRECT_STATUS SCRIPT_NAME PATH_INFO PATH_TRANSLATED SCRIPT_FILENAME ' +
        'DOCUMENT_ROOT REQUEST_METHOD SERVER_PROTOCOL SERVER_SOFTWARE GATEWAY_INTERFACE REQUEST_SCHEME SERVER_PORT ' +
        'SERVER_ADDR SERVER_NAME REMOTE_ADDR REMOTE_PORT HTTP_HOST HTTP_X',
    );
  });

  describe('refuses', () => {
    for (const [configuration, message] of unknown) {
      it(message, () => expect(() => modelOf(configuration)).to.throw(ConfigurationError, message));
    }
  });

  describe('answers', () => {
    for (const [rule, configuration, [status, headers], [gotStatus, got]] of answers) {
      it(rule, () => {
        const relayed = passed(configuration, '/foo/x').relay?.headers(status, headers);
        expect(relayed).to.deep.equal({ status: gotStatus, headers: got });
      });
    }
  });
});
