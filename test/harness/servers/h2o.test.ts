/** h2o 2.2: what its directives do, each as a real one did it. */

import { expect } from 'chai';
import { ConfigurationError } from '../../../lib/errors.js';
import { passOf, type Row, tell } from './told.js';

const paths = (...lines: readonly string[]): string =>
  `hosts:\n  default:\n    paths:\n${lines.map((each) => `      ${each}\n`).join('')}`;

const proxy = (path: string, url: string, more = ''): string =>
  `${more}\n${paths(`"${path}":`, `  proxy.reverse.url: "http://127.0.0.1:9${url}"`)}`;

const fastcgi = (path: string, ...lines: readonly string[]): string =>
  paths(`"${path}":`, '  fastcgi.connect: { port: 9 }', ...lines.map((each) => `  ${each}`));

const all = ['SCRIPT_NAME', 'PATH_INFO', 'QUERY_STRING', 'REQUEST_URI'];

const rows: readonly Row[] = [
  ['what follows the path follows the URL', proxy('/foo', ''), '/foo/a?b', 'GET /a?b'],
  ['the path itself is the URL itself', proxy('/foo', ''), '/foo?b', 'GET /?b'],
  ['one slash between them', proxy('/foo/', '/bar'), '/foo/a', 'GET /bar/a'],
  ['whichever side has it', proxy('/foo', '/bar/'), '/foo/a', 'GET /bar/a'],
  ['a path ends at a slash', proxy('/foo', ''), '/foobar', '404'],
  ['with a slash it is not without', proxy('/foo/', ''), '/foo', '404'],
  [
    'the longest path is first',
    paths('"/":', '  redirect: http://a/', '"/b":', '  redirect: http://b/'),
    '/b/c',
    '302 http://b/c',
  ],
  ['dot segments are gone before', proxy('/foo', ''), '/x/../foo/%2e%2e/foo/a', 'GET /a'],
  ['what follows is sent as it came', proxy('/foo', ''), '/foo/%41//b/./c', 'GET /%41//b/./c'],
  ['a URI is a path without a slash', proxy('/', '/'), 'http://a/b', 'GET /http://a/b'],
  ['so is *', proxy('/', '/'), '*', 'OPTIONS /', { method: 'OPTIONS' }],
  ['above the root is the root', proxy('/', '/'), '/../a', 'GET /../a'],

  ['the host is that of the URL', proxy('/', ''), '/', 'GET / host=127.0.0.1:9', { of: ['host'] }],
  [
    'unless it is preserved',
    proxy('/', '', 'proxy.preserve-host: ON'),
    '/',
    'GET / host=gw.example',
    { of: ['host'] },
  ],
  [
    'the last Host counts',
    proxy('/', ''),
    '/',
    'GET / via=1.1 b',
    {
      headers: [
        ['Host', 'a'],
        ['Host', 'b'],
      ],
      of: ['via'],
    },
  ],
  [
    'without a Host it is that of the configuration',
    proxy('/', ''),
    '/',
    'GET / via=1.0 default',
    { headers: [], version: 'HTTP/1.0', of: ['via'] },
  ],
  [
    'addresses are appended',
    proxy('/', ''),
    '/',
    'GET / x-forwarded-for=1, 2, 192.0.2.1 x-forwarded-proto=http',
    {
      headers: [
        ['X-Forwarded-For', '1'],
        ['X-Forwarded-For', '2'],
        ['X-Forwarded-Proto', 'https'],
      ],
      of: ['x-forwarded-for', 'x-forwarded-proto'],
    },
  ],
  [
    'x-forwarded-proto is preserved if asked for',
    proxy('/', '', 'proxy.preserve-x-forwarded-proto: ON'),
    '/',
    'GET / x-forwarded-proto=https',
    { headers: [['X-Forwarded-Proto', 'https']], of: ['x-forwarded-proto'] },
  ],
  [
    'cookies are one',
    proxy('/', ''),
    '/',
    'GET / cookie=a=1; b=2',
    {
      headers: [
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
      ],
      of: ['cookie'],
    },
  ],
  [
    'white space at the end of a value stays',
    proxy('/', ''),
    '/',
    'GET / x-a=a ',
    { headers: [['X-A', ' a ']], of: ['x-a'] },
  ],
  [
    'a POST has a length',
    proxy('/', ''),
    '/',
    'POST / content-length=0',
    { method: 'POST', of: ['content-length'] },
  ],
  [
    'proxy.header.*',
    proxy('/', '', 'proxy.header.set: "X-A: b"'),
    '/',
    'GET / x-a=b',
    {
      headers: [
        ['X-A', '1'],
        ['x-a', '2'],
      ],
      of: ['x-a'],
    },
  ],
  [
    'expectations fail where there is a body',
    proxy('/', ''),
    '/',
    '417',
    {
      headers: [
        ['Expect', 'x'],
        ['Content-Length', '0'],
      ],
    },
  ],

  [
    'PATH_INFO is all of the path',
    fastcgi('/foo'),
    '/foo/%41?b',
    'SCRIPT_NAME= PATH_INFO=/foo/A QUERY_STRING=b REQUEST_URI=/foo/%41?b',
    { of: all },
  ],
  [
    'document_root',
    fastcgi('/', 'fastcgi.document_root: /srv'),
    '/a',
    'DOCUMENT_ROOT=/srv PATH_TRANSLATED=/srv/a',
    { of: ['DOCUMENT_ROOT', 'PATH_TRANSLATED'] },
  ],
  [
    'setenv adds a variable',
    fastcgi('/', 'setenv:', '  SCRIPT_NAME: /foo'),
    '/a',
    'SCRIPT_NAME= SCRIPT_NAME=/foo',
    { of: ['SCRIPT_NAME'] },
  ],
  [
    'and hides a field',
    fastcgi('/', 'setenv: { HTTP_A: b }'),
    '/a',
    'HTTP_A=b',
    { headers: [['A', '1']], of: ['HTTP_A'] },
  ],
  [
    'names that look alike come twice',
    fastcgi('/'),
    '/',
    'HTTP_A_B=1 HTTP_A_B=2',
    {
      headers: [
        ['A-B', '1'],
        ['A_B', '2'],
      ],
      of: ['HTTP_A_B'],
    },
  ],
  [
    'the name is that of the configuration',
    fastcgi('/'),
    '/',
    'SERVER_NAME=default SERVER_PORT=8000',
    { of: ['SERVER_NAME', 'SERVER_PORT'] },
  ],

  [
    'hosts',
    'hosts:\n  a:\n    paths:\n      /:\n        redirect: http://x/\n  "*.b:8000":\n    paths:\n      /:\n        redirect: http://y/',
    '/',
    '302 http://y/',
    { headers: [['Host', 'C.B:8000']] },
  ],
  [
    'the first host takes the rest',
    'hosts:\n  a:\n    paths:\n      /:\n        redirect: http://x/\n  b:\n    paths:\n      /:\n        redirect: http://y/',
    '/',
    '302 http://x/',
    { headers: [['Host', 'b:8000']] },
  ],
  [
    'anchors and merges',
    `hosts:\n  a:\n    paths: &p\n      "/":\n        redirect: { status: 301, url: 'http://x/' }\n      "/b": # c\n        - redirect: http://y/\n  b: { paths: *p }`,
    '/b/',
    '302 http://y/',
    { headers: [['Host', 'b']] },
  ],
];

const refused: readonly (readonly [configuration: string, message: string])[] = [
  [
    paths('/:', '  foo: bar'),
    'a configuration of h2o must hold directives that the model knows, got "foo" in line 5',
  ],
  [paths('/:', '  proxy.reverse.url: a'), 'got "a" in line 5'],
  ['hosts: |\n  a', 'got "|" in line 1'],
  ['listen: 80', 'a configuration of h2o must have hosts, got none'],
];

describe('harness/servers/h2o', () => {
  for (const [rule, configuration, target, told, asked] of rows) {
    it(`${rule}: ${target}`, () => {
      expect(tell('h2o', configuration, target, asked)).to.equal(told);
    });
  }

  for (const [configuration, message] of refused) {
    it(`refuses ${JSON.stringify(configuration)}`, () => {
      expect(() => passOf('h2o', configuration, '/')).to.throw(ConfigurationError, message);
    });
  }

  it('rewrites a location below the URL, and says who it is', () => {
    const { relay } = passOf('h2o', proxy('/foo', '/bar/'), '/foo/a');
    const sent = [
      ['Location', 'http://127.0.0.1:9/bar/b'],
      ['Server', 'app'],
      ['Connection', 'close'],
    ] as const;
    expect(relay?.headers(302, sent)).to.deep.equal({
      status: 302,
      headers: [
        ['Server', 'h2o/2.2.5'],
        ['Location', 'http://gw.example/foob'],
      ],
    });
  });

  it('takes the status of an answer from Status only', () => {
    const { relay } = passOf('h2o', fastcgi('/'), '/');
    expect(relay?.headers(200, [['Status', '404 x']]).status).to.equal(404);
    expect(relay?.headers(200, [['Location', '/a']]).status).to.equal(200);
  });
});
