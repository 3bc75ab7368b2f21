/** uWSGI 2.0: what its options do, each as a real one did it. */

import { expect } from 'chai';
import { ConfigurationError } from '../../../lib/errors.js';
import { passOf, type Row, tell } from './told.js';

/** A router, with these lines. */
const router = (lines = ''): string => `[uwsgi]\nhttp = 127.0.0.1:8000\nhttp-to = 127.0.0.1:9\n${lines}`;

/** A socket of HTTP, with these lines. */
const socket = (lines: string): string => `[uwsgi]\nhttp-socket = :8000\n${lines}`;
const managed = (...mounts: readonly string[]): string =>
  socket(`manage-script-name = true\n${mounts.map((mount) => `mount = ${mount}=app.py`).join('\n')}`);
const strict = (...mounts: readonly string[]): string => `${managed(...mounts)}\nno-default-app`;

const paths: readonly (readonly [target: string, path: string])[] = [
  ['/a/../b', '/b'],
  ['/a/b/../../../c', '/c'],
  ['/a//../b', '/a/b'],
  ['/a/..', '/'],
  ['/..', ''],
  ['/../', '/'],
  ['/a/.', '/a/'],
  ['/a/.b/..c/...', '/a/.b/..c/...'],
  ['/a/%2e./b', '/a/../b'],
  ['/..%41', '/..A'],
  ['..', ''],
  ['../a', '/a'],
  ['.a', '.a'],
  ['a/../b', '/b'],
  ['a/.', 'a/'],
  ['*', '*'],
  ['/a#b', '/a'],
  ['#', '/'],
  ['/a/..#b', '/'],
  ['/%zz%0x1', '/\0\x001'],
  ['/%%41', '/%41'],
  ['/%', '/'],
  ['/%4', '/'],
  ['/%/a', '/\0'],
  ['/a%2Fb+c', '/a/b+c'],
];

const rows: readonly Row[] = [
  [
    'a query is no path',
    router(),
    '/a?b?c',
    'PATH_INFO=/a QUERY_STRING=b?c',
    { of: ['PATH_INFO', 'QUERY_STRING'] },
  ],
  [
    'the router says so',
    router(),
    '/',
    'UWSGI_ROUTER=http SCRIPT_NAME= REMOTE_PORT=4000',
    { of: ['UWSGI_ROUTER', 'SCRIPT_NAME', 'REMOTE_PORT'] },
  ],
  ['its port is that of the configuration', router(), '/', 'SERVER_PORT=8000', { of: ['SERVER_PORT'] }],
  [
    'http-var comes behind what it does not replace',
    router('http-var = SCRIPT_NAME=/foo'),
    '/foo/a',
    'SCRIPT_NAME= SCRIPT_NAME=/foo PATH_INFO=/foo/a',
    { of: ['SCRIPT_NAME', 'PATH_INFO'] },
  ],
  ['http-var without a value is none', router('http-var = X'), '/', 'X-', { of: ['X'] }],
  [
    'http-server-name-as-http-host',
    router('http-server-name-as-http-host = true'),
    '/',
    'SERVER_NAME=gw.example',
    { of: ['SERVER_NAME'] },
  ],
  [
    'a flag that is false',
    router('http-server-name-as-http-host = false'),
    '/',
    'SERVER_NAME=localhost',
    { of: ['SERVER_NAME'] },
  ],
  [
    'fields of one name are put together',
    router(),
    '/',
    'HTTP_A_B=1, 2 CONTENT_LENGTH=3',
    {
      headers: [
        ['A-B', '1'],
        ['a_b', '2'],
        ['content_length', '3'],
      ],
      of: ['HTTP_A_B', 'CONTENT_LENGTH'],
    },
  ],
  [
    'blanks before a value are cut off',
    router(),
    '/',
    'HTTP_A=\tb ',
    { headers: [['A', '  \tb ']], of: ['HTTP_A'] },
  ],
  ['an empty Host goes nowhere', router(), '/', '0', { headers: [['Host', '']] }],
  ['nor does a long one', router(), '/', '0', { headers: [['Host', 'a'.repeat(256)]] }],
  ['a field without a name', router(), '/', '0', { headers: [['', 'a']] }],
  [
    'a router with its own worker',
    '[uwsgi]\nhttp = :8000\nmount = /foo=app.py\nmanage-script-name = 1',
    '/foo/a',
    'SCRIPT_NAME=/foo PATH_INFO=/a REQUEST_URI=/foo/a',
  ],
  [
    'a command line',
    'uwsgi --http-socket :8000 --mount /foo=app.py --manage-script-name',
    '/foo/a',
    'SCRIPT_NAME=/foo PATH_INFO=/a REQUEST_URI=/foo/a',
  ],
  [
    'options of a command line with a sign of equality',
    'uwsgi --http-socket=:8000 --mount=/foo=app.py --manage-script-name',
    '/foo/a',
    'SCRIPT_NAME=/foo PATH_INFO=/a REQUEST_URI=/foo/a',
  ],

  ['a mount', strict('/foo'), '/foo/a', 'SCRIPT_NAME=/foo PATH_INFO=/a REQUEST_URI=/foo/a'],
  ['a mount, decoded', strict('/foo'), '/%66oo%2Fa', 'SCRIPT_NAME=/foo PATH_INFO=/a REQUEST_URI=/%66oo%2Fa'],
  ['a mount as such', strict('/foo'), '/foo', 'SCRIPT_NAME=/foo PATH_INFO= REQUEST_URI=/foo'],
  ['no application', strict('/foo'), '/foobar', '500'],
  [
    'the first takes what belongs to none',
    managed('/foo', '/a'),
    '/b',
    'SCRIPT_NAME= PATH_INFO=/b REQUEST_URI=/b',
  ],
  ['a path of one character is not managed', managed('/foo'), '/', 'SCRIPT_NAME- PATH_INFO=/ REQUEST_URI=/'],
  [
    'the longest mount',
    managed('/foo', '/foo/bar'),
    '/foo/bar/a',
    'SCRIPT_NAME=/foo/bar PATH_INFO=/a REQUEST_URI=/foo/bar/a',
  ],
  [
    'a slash of a mount is part of it',
    managed('/foo/'),
    '/foo/a',
    'SCRIPT_NAME=/foo/ PATH_INFO=a REQUEST_URI=/foo/a',
  ],
  ['without it a worker dies', managed('/foo/'), '/foo', '0'],
  ['the root is no mount', strict('/'), '/a', '500'],
  [
    'without manage-script-name there is none',
    socket('mount = /foo=app.py'),
    '/foo/a',
    'SCRIPT_NAME= PATH_INFO=/foo/a REQUEST_URI=/foo/a',
  ],
  [
    'an application without a mount',
    socket('wsgi-file = app.py\nno-default-app = true'),
    '/a',
    'SCRIPT_NAME= PATH_INFO=/a REQUEST_URI=/a',
  ],
  ['no application at all', socket(''), '/', '500'],
  [
    'a scheme is what a field says',
    managed('/'),
    '/a',
    'wsgi.url_scheme=a',
    {
      headers: [
        ['X-Forwarded-Proto', 'a'],
        ['X-Forwarded-SSL', 'on'],
      ],
      of: ['wsgi.url_scheme'],
    },
  ],
  [
    'or that it is one',
    managed('/'),
    '/a',
    'wsgi.url_scheme=https',
    { headers: [['X-Forwarded-SSL', '1']], of: ['wsgi.url_scheme'] },
  ],
  [
    'or it is http',
    managed('/'),
    '/a',
    'wsgi.url_scheme=http REMOTE_PORT-',
    { headers: [['X-Forwarded-SSL', 'off']], of: ['wsgi.url_scheme', 'REMOTE_PORT'] },
  ],
];

describe('uwsgi', () => {
  for (const [rule, configuration, target, told, asked] of rows) {
    it(rule, () => {
      expect(tell('uwsgi', configuration, target, asked)).to.equal(told);
    });
  }

  for (const [target, path] of paths) {
    it(`the path of ${target}`, () => {
      expect(tell('uwsgi', router(), target, { of: ['PATH_INFO'] })).to.equal(`PATH_INFO=${path}`);
    });
  }

  const forwarded: readonly Row[] = [
    ['the target is as it came', '', '/a/../b?c', 'GET /a/../b?c'],
    [
      'names have one spelling',
      '',
      '/',
      'GET / a-b=1 Connection=close TE- Keep-Alive-',
      {
        headers: [
          ['a_b', '1'],
          ['TE', 'a'],
          ['Keep-Alive', 'a'],
          ['Connection', 'a'],
        ],
        of: ['a-b', 'Connection', 'TE', 'Keep-Alive'],
      },
    ],
    ['a `_` that stands first stays', '', '/', 'GET / A-_b=1', { headers: [['a--b', '1']], of: ['A-_b'] }],
    [
      'addresses are put together',
      '',
      '/',
      'GET / X-Forwarded-For=1, 192.0.2.1',
      { headers: [['X-Forwarded-For', '1']], of: ['X-Forwarded-For'] },
    ],
    ['another host', ',b.example', '/', 'GET / Host=b.example', { of: ['Host'] }],
    ['another target', ',b.example,/c?d,e', '/a', 'GET /c?d,e Host=b.example', { of: ['Host'] }],
    [
      'a body of no bytes has no length',
      '',
      '/',
      'POST / Content-Length- Content-Type=a',
      {
        method: 'POST',
        headers: [
          ['Content-Length', '0'],
          ['Content-Type', 'a'],
        ],
        of: ['Content-Length', 'Content-Type'],
      },
    ],
  ];
  for (const [rule, host, target, told, asked] of forwarded) {
    it(`route-run = http: ${rule}`, () => {
      expect(tell('uwsgi', socket(`route-run = http:127.0.0.1:9${host}`), target, asked)).to.equal(told);
    });
  }

  it('route-run = http: speaks HTTP/1.0', () => {
    const passed = passOf('uwsgi', socket('route-run = http:127.0.0.1:9'), '/');
    expect(passed.kind === 'http' && passed.message.version).to.equal('HTTP/1.0');
  });

  const refused: readonly (readonly [configuration: string, named: RegExp])[] = [
    [router('route = ^/a break:404'), /a configuration of uWSGI must hold .* got "route" in line 4/],
    ['uwsgi --http :8000 --https :8001,a,b', /got "https" in line 1/],
    ['[uwsgi]\nmaster = true', /a configuration of uWSGI must have a socket of HTTP, got none/],
    [
      socket('route-run = uwsgi:127.0.0.1:9,0,0'),
      /a route-run of uWSGI must be one of http: without variables, got/,
    ],
    [socket('route-run = http:127.0.0.1:9,a,/b$1'), /must be one of http: .*got/],
    [socket('mount = foo=app.py'), /a mount of uWSGI must begin with a slash, got "foo=app.py"/],
  ];
  for (const [configuration, named] of refused) {
    it(`refuses what it does not know: ${named.source}`, () => {
      expect(() => passOf('uwsgi', configuration, '/')).to.throw(ConfigurationError, named);
    });
  }

  it('other sections and comments do not count', () => {
    const configuration = '; a\n# b\n[other]\nroute = a\n[uwsgi]\nmaster\nhttp = :8000\nhttp-to = a:1\n';
    expect(tell('uwsgi', configuration, '/a', { of: ['PATH_INFO'] })).to.equal('PATH_INFO=/a');
  });
});
