/** HAProxy 2.6: what its directives do, each as a real one did it. */

import { expect } from 'chai';
import { ConfigurationError } from '../../../lib/errors.js';
import { passOf, type Row, tell } from './told.js';

/** A frontend with these lines, and a backend with those. */
const http = (frontend: string, backend = '', more = ''): string => `
${more}
frontend f
  bind :8000
${frontend.includes('backend') ? frontend : `${frontend}\n  default_backend b`}
backend b
  ${backend}
  server s 127.0.0.1:9
`;

const fcgi = (app: string, backend = ''): string => `
fcgi-app a
  docroot /srv
${app}
frontend f
  bind :8000
  default_backend b
backend b
  use-fcgi-app a
  ${backend}
  server s 127.0.0.1:9 proto fcgi
`;

const stripped = `http-request replace-path ^/foo(/.*)?$ \\1`;

const rows: readonly Row[] = [
  ['targets are not changed', http(''), '//a/../%41?b', 'GET //a/../%41?b'],
  ['bytes beyond ASCII are refused', http(''), '/\xe9', '400'],
  ['a fragment is refused', http(''), '/a#b', '400'],
  ['a target is a path or a URI', http(''), 'a', '400'],
  ['Host is that of the target', http(''), 'http://other.example/', '400'],
  [
    'the port that the scheme has falls away',
    http(''),
    'http://gw.example:80/a',
    'GET http://gw.example/a host=gw.example',
    { of: ['host'] },
  ],
  [
    'two lengths are refused',
    http(''),
    '/',
    '400',
    {
      headers: [
        ['Content-Length', '1'],
        ['Content-Length', '2'],
      ],
    },
  ],
  ['no backend: 503', http('  use_backend b if { path /a }'), '/b', '503'],

  ['path_beg knows no segments', http('  use_backend b if { path_beg /foo }'), '/foobar', 'GET /foobar'],
  ['path_dir does', http('  use_backend b if { path_dir foo }'), '/foobar', '503'],
  ['-i folds case', http('  use_backend b if { path -i /foo }'), '/FOO', 'GET /FOO'],
  [
    'of one name any line holds',
    http('  acl m path /a\n  acl m path /b\n  use_backend b if m'),
    '/b',
    'GET /b',
  ],
  [
    'terms stand together, or apart',
    http('  use_backend b if { path /a } { method PUT } or !{ path_beg / }'),
    '/a',
    '503',
  ],
  [
    'hdr_dom finds a domain',
    http('  use_backend b if { hdr_dom(host) example.com }'),
    '/',
    'GET /',
    { headers: [['Host', 'a.example.com:8080']] },
  ],
  ['a name of a backend may be made', http('  use_backend %[path,field(2,/)] if TRUE'), '/b/c', 'GET /b/c'],
  ['numbers are compared', http('  use_backend b if { dst_port ge 8000 }'), '/', 'GET /'],
  ['addresses are compared', http('  use_backend b if { src 192.0.2.0/24 }'), '/', 'GET /'],

  ['set-path keeps the query', http('', 'http-request set-path /x%[path]'), '/a?b', 'GET /x/a?b'],
  [
    'an empty path stays empty',
    http('', `http-request set-path '%[path,regsub(^/foo,,)]'`),
    '/foo?x',
    'GET ?x',
  ],
  [
    'of an absolute target the path is changed',
    http('', stripped),
    'http://gw.example/foo/a',
    'GET http://gw.example/a',
  ],
  ['* is no path, and so all of it', http('', 'http-request set-path /x'), '*', 'GET /x', {}],
  ['replace-path replaces all of it', http('', stripped), '/foo/a/b?c', 'GET /a/b?c'],
  ['set-query adds one', http('', 'http-request set-query a=b'), '/x', 'GET /x?a=b'],
  [
    'set-uri sets Host',
    http('', 'http-request set-uri http://in.example/x'),
    '/',
    'GET http://in.example/x host=in.example',
    { of: ['host'] },
  ],
  [
    'merge slashes',
    http('', 'http-request normalize-uri path-merge-slashes'),
    '//a//b?c//d',
    'GET /a/b?c//d',
  ],
  ['strip dots', http('', 'http-request normalize-uri path-strip-dot'), '/a/./b/.', 'GET /a/b/'],
  [
    'strip double dots',
    http('', 'http-request normalize-uri path-strip-dotdot'),
    '/a/../../b/..',
    'GET /../',
  ],
  [
    'strip all double dots',
    http('', 'http-request normalize-uri path-strip-dotdot full'),
    '/a/../../b/..',
    'GET /',
  ],
  [
    'sort the query',
    http('', 'http-request normalize-uri query-sort-by-name'),
    '/?b=1&a=2&b=0',
    'GET /?a=2&b=1&b=0',
  ],
  [
    'strict: malformed is refused',
    http('', 'http-request normalize-uri percent-to-uppercase strict'),
    '/%zz',
    '400',
  ],
  [
    'escapes that need none',
    http('', 'http-request normalize-uri percent-decode-unreserved'),
    '/%41%2f',
    'GET /A%2f',
  ],

  [
    'a field of its own for the address',
    http('  option forwardfor'),
    '/',
    'GET / x-forwarded-for=1 x-forwarded-for=192.0.2.1',
    { headers: [['X-Forwarded-For', '1']], of: ['x-forwarded-for'] },
  ],
  [
    'if-none',
    http('  option forwardfor if-none'),
    '/',
    'GET / x-forwarded-for=1',
    { headers: [['X-Forwarded-For', '1']], of: ['x-forwarded-for'] },
  ],
  [
    'except',
    http('  option forwardfor except 192.0.2.0/24'),
    '/',
    'GET / x-forwarded-for-',
    { of: ['x-forwarded-for'] },
  ],
  [
    'set-header replaces',
    http('  http-request set-header X-A %[src]:%[dst_port]'),
    '/',
    'GET / x-a=192.0.2.1:8000',
    {
      headers: [
        ['X-A', '1'],
        ['x-a', '2'],
      ],
      of: ['x-a'],
    },
  ],
  [
    'defaults come first',
    http('', 'http-request add-header X-A b', 'defaults\n  option forwardfor'),
    '/',
    'GET / x-a=b x-forwarded-for=192.0.2.1',
    { of: ['x-a', 'x-forwarded-for'] },
  ],
  [
    'Connection is of each side',
    http(''),
    '/',
    'GET / connection=Upgrade',
    { headers: [['Connection', 'close, Upgrade']], of: ['connection'] },
  ],
  ['httpclose', http('  option httpclose'), '/', 'GET / connection=close', { of: ['connection'] }],
  [
    'redirect prefix',
    http('  http-request redirect prefix /foo code 301 if { path / }'),
    '/?a',
    '301 /foo/?a',
  ],
  ['redirect location', http('  redirect location /foo/ if { path /foo }'), '/foo', '302 /foo/'],
  [
    'redirect scheme',
    http('  http-request redirect scheme https unless { ssl_fc }'),
    '/a',
    '302 https://gw.example/a',
  ],
  ['deny', http('  http-request deny deny_status 429'), '/', '429'],

  ['the path is the script', fcgi(''), '/foo/%41?b', 'SCRIPT_NAME=/foo/A PATH_INFO- REQUEST_URI=/foo/%41?b'],
  ['index', fcgi('  index i.php'), '/foo/', 'SCRIPT_NAME=/foo/i.php PATH_INFO- REQUEST_URI=/foo/'],
  [
    'path-info splits what is decoded',
    fcgi('  path-info ^(/foo)(/.*)?$'),
    '/foo%2Fbar',
    'SCRIPT_NAME=/foo PATH_INFO=/bar REQUEST_URI=/foo%2Fbar',
  ],
  ['path-info: no newline', fcgi('  path-info ^(/foo)(/.*)?$'), '/foo/%0a', '500'],
  ['malformed escapes are not decoded', fcgi(''), '/%zz', '500'],
  [
    'with SCRIPT_NAME set nothing is decoded, and no PATH_INFO made',
    fcgi('  set-param SCRIPT_NAME /foo'),
    '/%zz',
    'SCRIPT_NAME=/foo PATH_INFO- SERVER_SOFTWARE-',
    { of: ['SCRIPT_NAME', 'PATH_INFO', 'SERVER_SOFTWARE'] },
  ],
  [
    'names that CGI cannot tell apart are dropped',
    fcgi(''),
    '/',
    'HTTP_A_B=1',
    {
      headers: [
        ['A-B', '1'],
        ['A_B', '2'],
      ],
      of: ['HTTP_A_B'],
    },
  ],
  [
    'credentials are kept',
    fcgi(''),
    '/',
    'HTTP_AUTHORIZATION- AUTH_TYPE=Basic REMOTE_USER=u',
    { headers: [['Authorization', 'Basic dTpw']], of: ['HTTP_AUTHORIZATION', 'AUTH_TYPE', 'REMOTE_USER'] },
  ],
  [
    'unless they are passed',
    fcgi('  pass-header Authorization'),
    '/',
    'HTTP_AUTHORIZATION=Basic dTpw',
    { headers: [['Authorization', 'Basic dTpw']], of: ['HTTP_AUTHORIZATION'] },
  ],
  [
    'a later set-param wins',
    fcgi('  set-param A 1\n  set-param a 2 if { path /x }'),
    '/x',
    'A=2',
    { of: ['A'] },
  ],
];

/** Configurations that are refused. */
const refused: readonly (readonly [configuration: string, message: string])[] = [
  [
    'frontend f\n  foo bar',
    'a configuration of HAProxy must hold directives that the model knows, got "foo" in line 2',
  ],
  [
    'frontend f\n  http-request foo',
    'a configuration of HAProxy must hold directives that the model knows, got "foo" in line 2',
  ],
  [
    'frontend f\n  option foo',
    'a configuration of HAProxy must hold directives that the model knows, got "option foo" in line 2',
  ],
  [
    'frontend f\n  use_backend b if x',
    'a condition of HAProxy must name an acl that stands before it, got "x" in line 2',
  ],
  ['global\n  maxconn 1', 'a configuration of HAProxy must have a frontend or a listen section, got none'],
  [
    'frontend f\n  http-request replace-path ^(?>a) b',
    'an expression of a configuration must be one that the model can read, got "^(?>a)"',
  ],
];

describe('harness/servers/haproxy', () => {
  for (const [rule, configuration, target, told, asked] of rows) {
    it(`${rule}: ${target}`, () => {
      expect(tell('haproxy', configuration, target, asked)).to.equal(told);
    });
  }

  for (const [configuration, message] of refused) {
    it(`refuses ${JSON.stringify(configuration)}`, () => {
      expect(() => passOf('haproxy', configuration, '/')).to.throw(ConfigurationError, message);
    });
  }

  it('takes the status of an answer from Status, or from Location', () => {
    const { relay } = passOf('haproxy', fcgi(''), '/');
    expect(
      relay?.headers(200, [
        ['Status', '404 Not Found'],
        ['X', '1'],
      ]),
    ).to.deep.equal({ status: 404, headers: [['X', '1']] });
    expect(relay?.headers(200, [['Location', '/a']]).status).to.equal(302);
  });

  it('changes the fields of an answer', () => {
    const configuration = http(
      '  http-response set-header X-A %[res.hdr(x-b)]',
      'http-response del-header Server',
    );
    const { relay } = passOf('haproxy', configuration, '/');
    expect(
      relay?.headers(200, [
        ['Server', 's'],
        ['X-B', 'b'],
      ]).headers,
    ).to.deep.equal([
      ['x-b', 'b'],
      ['x-a', 'b'],
    ]);
  });
});
