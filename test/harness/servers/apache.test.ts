/**
 * The core of the model of Apache, and CGI, mod_fcgid and mod_wsgi on it; the rules were tried with Apache 2.4.71, mod_fcgid 2.3.9 and
 * mod_wsgi 4.9.4.
 */

import { expect } from 'chai';
import { ConfigurationError } from '../../../lib/errors.js';
import type { Pairs, Surroundings } from '../../../lib/harness/model.js';
import { apache } from '../../../lib/harness/servers/apache/index.js';
import { passOf, type Row, tell } from './told.js';

const foo = 'ScriptAlias /foo /cgi/dump.cgi\n';
const root = 'ScriptAlias / /cgi/dump.cgi/\n';
const rewrite = `RewriteEngine On\n${foo}`;
const pair = ['SCRIPT_NAME', 'PATH_INFO'];
const of = (...names: string[]): { of: string[] } => ({ of: names });

const rows: readonly Row[] = [
  // The target.
  [
    'the leading slashes are one, even where none are merged',
    `MergeSlashes Off\n${root}`,
    '//a//b',
    'SCRIPT_NAME= PATH_INFO=/a/b',
    of(...pair),
  ],
  ['dot segments go', foo, '/x/../foo/./a/..', 'SCRIPT_NAME=/foo PATH_INFO=/', of(...pair)],
  ['an escaped dot is a dot', foo, '/foo/%2e%2E/foo/x', 'SCRIPT_NAME=/foo PATH_INFO=/x', of(...pair)],
  ['above the root is nothing', foo, '/foo/../../x', '400'],
  ['a malformed escape', foo, '/foo/%4', '400'],
  ['a fragment', foo, '/foo#x', '400'],
  ['an escaped slash', foo, '/foo/a%2Fb', '404'],
  [
    'AllowEncodedSlashes On: decoded, and normalised again',
    `AllowEncodedSlashes On\n${root}`,
    '/a/..%2f..%2fb',
    'SCRIPT_NAME= PATH_INFO=/b',
    of(...pair),
  ],
  [
    'AllowEncodedSlashes NoDecode: as it is',
    `AllowEncodedSlashes NoDecode\n${foo}`,
    '/foo/a%2fb/..%2Fc',
    'SCRIPT_NAME=/foo PATH_INFO=/a%2fb/..%2Fc',
    of(...pair),
  ],
  ['a NUL', `AllowEncodedSlashes On\n${foo}`, '/foo/%00', '404'],
  ['the query is looked at by nobody', foo, '/foo?%00%2F%zz', 'QUERY_STRING=%00%2F%zz', of('QUERY_STRING')],
  ['a target that is a query', root, '?q', 'PATH_INFO=/ QUERY_STRING=q', of('PATH_INFO', 'QUERY_STRING')],
  [
    'absolute form: its host counts',
    foo,
    'http://H.Example.:81/foo',
    'HTTP_HOST=h.example:81 SERVER_NAME=h.example SERVER_PORT=81',
    of('HTTP_HOST', 'SERVER_NAME', 'SERVER_PORT'),
  ],
  [
    'absolute form of another scheme: its port only',
    foo,
    'https://other:99/foo',
    'HTTP_HOST=gw.example SERVER_NAME=gw.example SERVER_PORT=99',
    of('HTTP_HOST', 'SERVER_NAME', 'SERVER_PORT'),
  ],
  ['user info', foo, 'http://u@h/foo', '400'],
  ['all of the server', foo, '*', '200', { method: 'OPTIONS' }],
  ['all of the server, asked to GET', foo, '*', '400'],
  ['TRACE', foo, '/foo', '200', { method: 'TRACE' }],
  ['TRACE, off', `TraceEnable Off\n${foo}`, '/foo', '405', { method: 'TRACE' }],
  ['HTTP/1.1 without a Host', foo, '/foo', '400', { headers: [] }],
  [
    'HTTP/1.0 without a Host',
    `ServerName own.example:8080\n${foo}`,
    '/foo',
    'SERVER_NAME=own.example SERVER_PORT=8080',
    { headers: [], version: 'HTTP/1.0', ...of('SERVER_NAME', 'SERVER_PORT') },
  ],
  ['HTTP/0.9, written out', foo, '/foo', '400', { version: 'HTTP/0.9' }],
  ['a host that is half an address', foo, '/foo', '400', { headers: [['Host', '1.2.3']] }],
  [
    'two hosts',
    foo,
    '/foo',
    '400',
    {
      headers: [
        ['Host', 'a'],
        ['Host', 'a'],
      ],
    },
  ],
  [
    'an expectation that nobody has',
    foo,
    '/foo',
    '417',
    {
      headers: [
        ['Host', 'a'],
        ['Expect', 'x'],
      ],
    },
  ],
  [
    'a transfer coding that does not end',
    foo,
    '/foo',
    '400',
    {
      headers: [
        ['Host', 'a'],
        ['Transfer-Encoding', 'gzip'],
      ],
    },
  ],
  // Aliases.
  ['an alias ends where a segment does', foo, '/foobar', '404'],
  [
    'the first alias wins',
    `ScriptAlias /foo/bar /cgi/other.cgi\n${foo}`,
    '/foo/bar/x',
    'SCRIPT_NAME=/foo/bar PATH_INFO=/x',
    of(...pair),
  ],
  ['a slash in the alias needs one in the path', 'ScriptAlias /foo/ /cgi/dump.cgi/', '/foo', '404'],
  [
    'a slash only behind the file is the path info',
    'ScriptAlias /foo /cgi/dump.cgi/',
    '/foo',
    'SCRIPT_NAME=/foo PATH_INFO=/',
    of(...pair),
  ],
  [
    'a slash only in the alias: a name of a file that is not',
    'ScriptAlias /foo/ /cgi/dump.cgi',
    '/foo/x',
    '404',
  ],
  [
    'an expression without an anchor takes the whole path',
    'ScriptAliasMatch /foo /cgi/dump.cgi',
    '/a/foo/b',
    'SCRIPT_NAME=/a/foo/b PATH_INFO-',
    of(...pair),
  ],
  [
    'CONTEXT_PREFIX is of plain aliases',
    foo,
    '/foo',
    'CONTEXT_PREFIX=/foo CONTEXT_DOCUMENT_ROOT=/cgi/dump.cgi',
    of('CONTEXT_PREFIX', 'CONTEXT_DOCUMENT_ROOT'),
  ],
  [
    'PATH_TRANSLATED is where the path info would lead',
    `DocumentRoot /d\n${foo}`,
    '/foo/x%20y',
    'PATH_TRANSLATED=/d/x y',
    of('PATH_TRANSLATED'),
  ],
  [
    'a redirect keeps the query',
    'Redirect 301 /old http://new.example/new',
    '/old/a%20b?c',
    '301 http://new.example/new/a%20b?c',
  ],
  ['a redirect that is gone', 'Redirect gone /old', '/old', '410'],
  ['AcceptPathInfo Off', `AcceptPathInfo Off\n${foo}`, '/foo/x', '404'],
  [
    'no ExecCGI',
    'Alias /foo /cgi/dump.cgi\n<Directory /cgi>\nAddHandler cgi-script .cgi\n</Directory>',
    '/foo',
    '403',
  ],
  ['a method that nobody knows', foo, '/nope', '501', { method: 'BREW' }],
  ['a method that no file has', foo, '/nope', '405', { method: 'PUT' }],
  // Sections.
  [
    'a Location after a Directory after the server',
    `${foo}<Location /foo>\nSetEnv A 3\n</Location>\n<Directory /cgi>\nSetEnv A 2\n</Directory>\nSetEnv A 1`,
    '/foo',
    'A=3',
    of('A'),
  ],
  [
    'a Location ends where a segment does',
    `${root}<Location /foo>\nSetEnv A 1\n</Location>`,
    '/foobar',
    'A-',
    of('A'),
  ],
  [
    'a LocationMatch names what it found',
    `${foo}<LocationMatch "^/(?<site>[^/]+)">\nSetEnv A 1\n</LocationMatch>`,
    '/foo/x',
    'MATCH_SITE=foo',
    of('MATCH_SITE'),
  ],
  [
    'a LimitExcept',
    `${foo}<Location /foo>\n<LimitExcept GET>\nRequire all denied\n</LimitExcept>\n</Location>`,
    '/foo',
    '403',
    { method: 'PUT' },
  ],
  [
    'who may',
    `${foo}<Location /foo>\n<RequireAll>\nRequire all granted\nRequire not ip 192.0.2.0/24\n</RequireAll>\n</Location>`,
    '/foo',
    '403',
  ],
  [
    'SetHandler default-handler',
    `${foo}<Location /foo/x>\nSetHandler default-handler\n</Location>`,
    '/foo/x',
    '404',
  ],
  [
    'an IfModule of what is not loaded',
    `LoadModule cgid_module x\n<IfModule !mod_rewrite.c>\n${foo}</IfModule>`,
    '/foo/x',
    'PATH_INFO=/x',
    of('PATH_INFO'),
  ],
  [
    'a line that goes on, and a variable',
    ['Define where /foo\nScriptAlias \\\n  "$', '{where}" \\\n  /cgi/dump.cgi'].join(''),
    '/foo/x',
    'PATH_INFO=/x',
    of('PATH_INFO'),
  ],
  // The environment.
  [
    'SetEnv does not reach what is made of the request',
    `${foo}SetEnv SCRIPT_NAME /x\nSetEnv A-B "c d"`,
    '/foo',
    'SCRIPT_NAME=/foo A_B=c d',
    of('SCRIPT_NAME', 'A_B'),
  ],
  [
    'SetEnvIf with what it found',
    `${foo}SetEnvIf Request_URI ^/foo/(.*) REST=$1\nSetEnvIf REST x AGAIN !REST`,
    '/foo/x',
    'REST- AGAIN=1',
    of('REST', 'AGAIN'),
  ],
  [
    'SetEnvIf of fields by an expression: the last',
    `${foo}SetEnvIf ^X- (.+) A=$1`,
    '/foo',
    'A=2',
    {
      headers: [
        ['Host', 'h'],
        ['X-A', '1'],
        ['X-B', '2'],
      ],
      ...of('A'),
    },
  ],
  [
    'a field with an underscore, or that is a variable of programs',
    foo,
    '/foo',
    'HTTP_A_B- HTTP_PROXY-',
    {
      headers: [
        ['Host', 'h'],
        ['A_B', '1'],
        ['Proxy', 'x'],
      ],
      ...of('HTTP_A_B', 'HTTP_PROXY'),
    },
  ],
  [
    'a field twice',
    foo,
    '/foo',
    'HTTP_COOKIE=a, b',
    {
      headers: [
        ['Host', 'h'],
        ['Cookie', 'a'],
        ['cookie', 'b'],
      ],
      ...of('HTTP_COOKIE'),
    },
  ],
  [
    'Authorization is kept back',
    foo,
    '/foo',
    'HTTP_AUTHORIZATION-',
    {
      headers: [
        ['Host', 'h'],
        ['Authorization', 'x'],
      ],
      ...of('HTTP_AUTHORIZATION'),
    },
  ],
  [
    'CGIPassAuth',
    `${foo}<Location /foo>\nCGIPassAuth On\n</Location>`,
    '/foo',
    'HTTP_AUTHORIZATION=x',
    {
      headers: [
        ['Host', 'h'],
        ['Authorization', 'x'],
      ],
      ...of('HTTP_AUTHORIZATION'),
    },
  ],
  [
    'a variable of a rule',
    `${rewrite}RewriteRule ^ - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]`,
    '/foo',
    'HTTP_AUTHORIZATION=x',
    {
      headers: [
        ['Host', 'h'],
        ['Authorization', 'x'],
      ],
      ...of('HTTP_AUTHORIZATION'),
    },
  ],
  [
    'RequestHeader in order',
    `${foo}RequestHeader add X-A b\nRequestHeader edit* X-A [ab] <$0>\nRequestHeader append X-A c`,
    '/foo',
    'HTTP_X_A=<b>',
    {
      headers: [
        ['Host', 'h'],
        ['X-A', 'a'],
      ],
      ...of('HTTP_X_A'),
    },
  ],
  [
    'RequestHeader early, before SetEnvIf',
    `${foo}RequestHeader set X-A 1 early\nSetEnvIf X-A 1 SEEN`,
    '/foo',
    'SEEN=1',
    of('SEEN'),
  ],
  [
    'UseCanonicalName',
    `ServerName https://own.example\nUseCanonicalName On\n${foo}`,
    '/foo',
    'SERVER_NAME=own.example SERVER_PORT=443 REQUEST_SCHEME=https',
    of('SERVER_NAME', 'SERVER_PORT', 'REQUEST_SCHEME'),
  ],
  [
    'the port of the Host',
    foo,
    '/foo',
    'SERVER_PORT=8443',
    { headers: [['Host', 'h:8443']], ...of('SERVER_PORT') },
  ],
  [
    'a virtual host by name, with what it inherits',
    `SetEnv A main\n<VirtualHost *:*>\nServerName a.example\n</VirtualHost>\n<VirtualHost *:*>\nServerAlias *.b.example\n${foo}</VirtualHost>`,
    '/foo',
    'A=main',
    { headers: [['Host', 'x.B.example']], ...of('A') },
  ],
  // Rewriting.
  [
    '[PT]: the new path is the script name',
    `${rewrite}RewriteRule ^/bar(.*)$ /foo$1 [PT]`,
    '/bar/x',
    'SCRIPT_NAME=/foo PATH_INFO=/x REQUEST_URI=/bar/x',
  ],
  [
    'a path without [PT] is below the document root',
    `DocumentRoot /d\n${rewrite}RewriteRule ^/bar(.*)$ /foo$1 [L]`,
    '/bar/x',
    '404',
  ],
  [
    'a query of a rule replaces',
    `${rewrite}RewriteRule ^/bar/(.*)$ /foo?p=$1 [PT]`,
    '/bar/x?y',
    'QUERY_STRING=p=x',
    of('QUERY_STRING'),
  ],
  [
    'a query of a rule is added to',
    `${rewrite}RewriteRule ^/bar/(.*)$ /foo?p=$1 [PT,QSA]`,
    '/bar/x?y',
    'QUERY_STRING=p=x&y',
    of('QUERY_STRING'),
  ],
  [
    '[B] escapes what was found',
    `${rewrite}RewriteRule ^/bar/(.*)$ /foo?p=$1 [PT,B]`,
    '/bar/a&b',
    'QUERY_STRING=p=a%26b',
    of('QUERY_STRING'),
  ],
  ['white space gets into no query', `${rewrite}RewriteRule ^/bar/(.*)$ /foo?p=$1 [PT]`, '/bar/a%20b', '403'],
  [
    'an escaped question mark begins no query',
    `${rewrite}RewriteRule ^/bar/(.*)$ /foo/$1 [PT]`,
    '/bar/a%3Fb',
    '403',
  ],
  [
    'a redirect',
    `${rewrite}RewriteRule ^/bar(.*)$ /new$1 [R=301]`,
    '/bar/a%20b?c',
    '301 http://gw.example/new/a%20b?c',
  ],
  ['[F] and [G]', `${rewrite}RewriteRule ^/bar - [F]\nRewriteRule ^/old - [G]`, '/old', '410'],
  [
    'a condition with [OR], and what it found',
    `${rewrite}RewriteCond %{REQUEST_METHOD} POST [OR]\nRewriteCond %{QUERY_STRING} ^x=(.)\nRewriteRule ^/bar$ /foo/%1 [PT]`,
    '/bar?x=1',
    'PATH_INFO=/1',
    of('PATH_INFO'),
  ],
  [
    'a rule that is chained to one that does not apply',
    `${rewrite}RewriteRule ^/none - [C]\nRewriteRule .* - [F]`,
    '/foo',
    'SCRIPT_NAME=/foo',
    of('SCRIPT_NAME'),
  ],
  // Programs.
  [
    'mod_fcgid: a body is counted, and a connection never kept',
    'ScriptAlias /foo /cgi/a.fcgi\n<Directory /cgi>\nSetHandler fcgid-script\nOptions +ExecCGI\n</Directory>',
    '/foo',
    'CONTENT_LENGTH=2 HTTP_TRANSFER_ENCODING- HTTP_CONNECTION=close',
    {
      method: 'POST',
      headers: [
        ['Host', 'h'],
        ['Transfer-Encoding', 'chunked'],
      ],
      body: 'ab',
      ...of('CONTENT_LENGTH', 'HTTP_TRANSFER_ENCODING', 'HTTP_CONNECTION'),
    },
  ],
  [
    'mod_fcgid: a field under two names',
    'ScriptAlias /foo /cgi/a.fcgi\nFcgidPassHeader Authorization\n<Directory /cgi>\nSetHandler fcgid-script\nOptions +ExecCGI\n</Directory>',
    '/foo',
    'Authorization=x',
    {
      headers: [
        ['Host', 'h'],
        ['Authorization', 'x'],
      ],
      ...of('Authorization'),
    },
  ],
  [
    'mod_fcgid: a virtual wrapper takes the first segment for the script',
    'DocumentRoot /d\n<Location />\nSetHandler fcgid-script\nOptions +ExecCGI\nFcgidWrapper /cgi/a virtual\n</Location>',
    '/foo/bar',
    'SCRIPT_NAME=/foo PATH_INFO=/bar',
    of(...pair),
  ],
  [
    'mod_wsgi: a mount at the root',
    'WSGIScriptAlias / /app.wsgi',
    '/foo//bar',
    'SCRIPT_NAME= PATH_INFO=/foo/bar',
    of(...pair),
  ],
  [
    'mod_wsgi: no path info is an empty one',
    'WSGIScriptAlias /foo /app.wsgi',
    '/foo',
    'SCRIPT_NAME=/foo PATH_INFO=',
    of(...pair),
  ],
  [
    'mod_wsgi: no body of unknown length',
    'WSGIScriptAlias /foo /app.wsgi',
    '/foo',
    '411',
    {
      method: 'POST',
      headers: [
        ['Host', 'h'],
        ['Transfer-Encoding', 'chunked'],
      ],
      body: 'ab',
    },
  ],
  [
    'mod_wsgi: a script name of a proxy, unchecked',
    'WSGIScriptAlias /foo /app.wsgi\nWSGITrustedProxyHeaders X-Script-Name',
    '/foo/x',
    'SCRIPT_NAME=//a PATH_INFO=/x',
    {
      headers: [
        ['Host', 'h'],
        ['X-Script-Name', '//a'],
      ],
      ...of(...pair),
    },
  ],
  [
    'an Action gets the path behind its script',
    'ScriptAlias /bin /cgi/dump.cgi\nAction own /bin virtual\n<Location /foo>\nSetHandler own\n</Location>',
    '/foo/x',
    'SCRIPT_NAME=/bin PATH_INFO=/foo/x REDIRECT_URL=/foo/x',
    of(...pair, 'REDIRECT_URL'),
  ],
];

/** With files: a folder with an .htaccess, and a program in it. */
const site: Surroundings = {
  exists: (path) =>
    new Map<string, 'file' | 'folder'>([
      ['/d', 'folder'],
      ['/d/foo', 'folder'],
      ['/d/foo/dump.cgi', 'file'],
    ]).get(path.replace(/\/$/, '')),
};
const folder =
  '<Directory /d>\nAllowOverride All\nOptions +ExecCGI\nAddHandler cgi-script .cgi\n</Directory>';

const rowsOfFiles: readonly (readonly [rule: string, access: string, target: string, told: string])[] = [
  [
    'a front controller',
    'RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^(.*)$ dump.cgi/$1 [L]',
    '/foo/a/b',
    '/foo/dump.cgi /a/b',
  ],
  [
    'a folder without its slash is redirected first',
    'RewriteEngine On\nRewriteRule ^(.*)$ dump.cgi/$1 [L]',
    '/foo?x',
    '301 http://h/foo/?x',
  ],
  [
    'a base',
    'RewriteEngine On\nRewriteBase /foo\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^a/(.*)$ dump.cgi?$1 [L]',
    '/foo/a/b',
    '/foo/dump.cgi -',
  ],
  ['a fallback has no path info', 'FallbackResource /foo/dump.cgi', '/foo/a/b', '/foo/dump.cgi -'],
  ['an index', 'DirectoryIndex dump.cgi', '/foo/', '/foo/dump.cgi -'],
  ['a program by its name', 'SetEnv A b', '/foo/dump.cgi/x', '/foo/dump.cgi /x'],
];

/** An answer of a program, and what a client gets: the status, then the fields. */
const answers: readonly (readonly [headers: Pairs, told: string])[] = [
  [
    [
      ['Status', '404 No'],
      ['X-A', '1'],
      ['x-a', '2'],
      ['Content-Length', '9'],
    ],
    '404 X-A: 1, 2',
  ],
  [
    [
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
    ],
    '200 Set-Cookie: a; Set-Cookie: b',
  ],
  [
    [
      ['Location', 'http://h/x'],
      ['X-A', '1'],
    ],
    '302 Location: http://h/x',
  ],
  [
    [
      ['Status', '201'],
      ['Location', '/x'],
    ],
    '201 Location: /x',
  ],
  [[['Location', '/nope']], '404 '],
];

/** What is not understood: said with its line. */
const refusedRows: readonly (readonly [configuration: string, message: string])[] = [
  ['Foo bar', 'hold directives that the model knows, got "Foo" in line 1'],
  ['\n<Location /foo>\nBar\n</Location>', 'hold directives that the model knows, got "Bar" in line 3'],
  ['<Nope>\n</Nope>', 'hold sections that the model knows, got "Nope" in line 1'],
  ['<Location /foo>', 'close each section that it opens, got "<Location /foo>" in line 1'],
  ['</Location>', 'close each section that it opens, got "</Location>" in line 1'],
  ['RewriteRule ^/(a /b', 'hold regular expressions'],
  ['RewriteRule ^/a /b [XX]', 'hold flags that the model knows'],
  ['Include missing.conf', 'include files that it was given with'],
  ['Require group-of-mine', 'require all'],
  ['RequestHeader sat X-A b', 'do add, append'],
];

describe('the model of Apache', () => {
  for (const [rule, configuration, target, told, asked] of rows) {
    it(`${rule}: ${target}`, () => {
      expect(tell('apache', configuration, target, asked)).to.equal(told);
    });
  }

  for (const [rule, access, target, told] of rowsOfFiles) {
    it(`.htaccess: ${rule}: ${target}`, () => {
      const files = { 'httpd.conf': `DocumentRoot /d\n${folder}`, '/d/foo/.htaccess': access };
      const passed = apache(files, site).pass(
        { method: 'GET', target, version: 'HTTP/1.1', headers: [['Host', 'h']], body: undefined },
        {
          ...{ remoteAddress: '192.0.2.1', remotePort: 4000, localAddress: '127.0.0.1', localPort: 80 },
          isEncrypted: false,
        },
      );
      if (passed.kind === 'refused') {
        expect(`${passed.status} ${passed.location}`).to.equal(told);
        return;
      }
      if (passed.kind !== 'environ') throw new Error(passed.kind);
      const { SCRIPT_NAME, PATH_INFO = '-' } = Object.fromEntries(passed.environ);
      expect(`${SCRIPT_NAME} ${PATH_INFO}`).to.equal(told);
    });
  }

  for (const [headers, told] of answers) {
    it(`answers of programs: ${told}`, () => {
      const { relay } = passOf('apache', foo, '/foo');
      const answer = relay?.headers(200, headers);
      const fields = answer?.headers.map((field) => field.join(': ')).join('; ');
      expect(`${answer?.status} ${fields}`).to.equal(told);
    });
  }

  for (const [configuration, message] of refusedRows) {
    it(`refuses ${JSON.stringify(configuration)}`, () => {
      expect(() => passOf('apache', configuration, '/'))
        .to.throw(ConfigurationError, message)
        .with.property('code', 'ERR_HARNESS_CONFIGURATION');
    });
  }
});
