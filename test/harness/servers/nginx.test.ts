/** nginx 1.22.1: what its directives do, each as a real one did it. */

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
}

type Row = readonly [rule: string, configuration: string, target: string, told: string, asked?: Asked];

const there: Readonly<Record<string, 'file' | 'folder'>> = {
  '/srv/www/index.php': 'file',
  '/srv/www/a.txt': 'file',
  '/srv/www/sub': 'folder',
  '/srv/www/index': 'folder',
  '/srv/www/index/index.html': 'file',
};

function passed(configuration: string, target: string, asked: Asked = {}): Passed {
  const { method = 'GET', version = 'HTTP/1.1', host = 'gw.example', headers = [], body } = asked;
  const interpret = interpreters.nginx;
  if (interpret === undefined) throw new Error('no model of nginx');
  const model = interpret({ 'nginx.conf': configuration }, { exists: (path) => there[path] });
  const request: ClientRequest = {
    ...{ method, target, version, headers: [...(host === '' ? [] : [['Host', host] as const]), ...headers] },
    body: body === undefined ? undefined : Buffer.from(body),
  };
  return model.pass(request, {
    ...{ remoteAddress: '192.0.2.7', remotePort: 4711, localAddress: '127.0.0.1', localPort: 8000 },
    isEncrypted: false,
  });
}

/** In one line: a status, or what a request of HTTP asks for, or the meta-variables that `X` begins. */
function told(outcome: Passed): string {
  switch (outcome.kind) {
    case 'refused':
      return `${outcome.status} ${outcome.location ?? ''}`.trim();
    case 'http':
      return `${outcome.message.method} ${outcome.message.target}`;
    case 'environ':
      return outcome.environ
        .filter(([name]) => /^X|^HTTP_X/.test(name))
        .map((pair) => pair.join('='))
        .join(' ');
    case 'ajp':
      return 'ajp';
  }
}

const up = 'http://127.0.0.1:9000';
const show = (values: string): string => `fastcgi_param X "${values}"; fastcgi_pass a:1;`;
const shown = (values: string): string => `location / { ${show(values)} }`;
const proxied = (path: string, url: string): string => `location ${path} { proxy_pass ${url}; }`;
const split = 'fastcgi_split_path_info ^(/foo)(/.*)$;';

const rows: readonly Row[] = [
  // Targets.
  ['dot segments go, slashes are merged', shown('$uri'), '//a/./b//c/../d', 'X=/a/b/d'],
  ['dot segments that are escaped go too', shown('$uri'), '/a/%2e%2E%2fb', 'X=/b'],
  ['merge_slashes off keeps runs', `merge_slashes off; ${shown('$uri')}`, '//a//b', 'X=//a//b'],
  ['what climbs above the root is refused', shown('$uri'), '/a/../../b', '400'],
  ['a malformed escape is refused', shown('$uri'), '/%zz', '400'],
  ['an escaped NUL is refused', shown('$uri'), '/%00', '400'],
  ['a control character is refused', shown('$uri'), '/a\u0001', '400'],
  ['%3F and %23 end nothing', shown('$uri|$args'), '/a%3Fb%23c?d', 'X=/a?b#c|d'],
  [
    'a fragment is cut off, but not from what came',
    shown('$uri|$args|$request_uri'),
    '/a?b#c',
    'X=/a|b|/a?b#c',
  ],
  ['OPTIONS * is refused', shown('$uri'), '*', '400', { method: 'OPTIONS' }],
  [
    'of an absolute target the host counts',
    shown('$host$request_uri'),
    'http://A.example:81/b',
    'X=a.example/b',
  ],
  ['an absolute target without a path', shown('$uri $request_uri'), 'http://a.example?b', 'X=/ ?b'],
  ['another scheme is as good', shown('$uri'), 'ftp://a.example/b', 'X=/b'],
  ['user information is refused', shown('$uri'), 'http://a@b/', '400'],

  // Heads.
  ['a method in lower case is refused', shown('$uri'), '/', '400', { method: 'get' }],
  ['TRACE is refused', shown('$uri'), '/', '405', { method: 'TRACE' }],
  ['HTTP/2.0 is refused', shown('$uri'), '/', '505', { version: 'HTTP/2.0' }],
  ['HTTP/1.1 needs a host', shown('$uri'), '/', '400', { host: '' }],
  ['HTTP/1.0 does not', shown('[$host]'), '/', 'X=[]', { host: '', version: 'HTTP/1.0' }],
  ['a host loses its port and its last dot', shown('$host'), '/', 'X=gw.example', { host: 'GW.example.:80' }],
  ['two dots in a host are refused', shown('$host'), '/', '400', { host: 'a..b' }],
  ['a second Host is refused', shown('$host'), '/', '400', { headers: [['Host', 'b']] }],
  [
    'a second Accept is not',
    shown('$http_accept'),
    '/',
    'X=a',
    {
      headers: [
        ['Accept', 'a'],
        ['Accept', 'b'],
      ],
    },
  ],
  ['an unknown coding', shown('$uri'), '/', '501', { headers: [['Transfer-Encoding', 'gzip']] }],
  [
    'a length beside chunks is refused',
    ...([shown('$uri'), '/', '400'] as const),
    {
      headers: [
        ['Content-Length', '1'],
        ['Transfer-Encoding', 'chunked'],
      ],
      body: 'a',
    },
  ],
  [
    'chunks have a length once they are read',
    ...([shown('$content_length'), '/', 'X=3'] as const),
    { method: 'POST', headers: [['Transfer-Encoding', 'chunked']], body: 'abc' },
  ],
  [
    'what is too long',
    `client_max_body_size 2; ${shown('a')}`,
    '/',
    '413',
    { headers: [['Content-Length', '3']] },
  ],
  ['a user name', shown('$remote_user'), '/', 'X=u', { headers: [['Authorization', 'Basic dTpw']] }],
  [
    'names with _ are dropped',
    shown('a'),
    '/',
    'X=a HTTP_X_A=1',
    {
      headers: [
        ['X-A', '1'],
        ['X_B', '2'],
      ],
    },
  ],
  [
    'but for underscores_in_headers',
    ...([`underscores_in_headers on; ${shown('a')}`, '/', 'X=a HTTP_X_B=2'] as const),
    {
      headers: [
        ['X_B', '2'],
        ['X.C', '3'],
      ],
    },
  ],
  [
    'ignore_invalid_headers off keeps all',
    ...([`ignore_invalid_headers off; ${shown('a')}`, '/', 'X=a HTTP_X.C=3'] as const),
    { headers: [['X.C', '3']] },
  ],

  // Locations.
  ['the longest path', `location /a { ${show('a')} } location /a/b { ${show('b')} }`, '/a/bc', 'X=b'],
  ['= is before all', `location = /a { ${show('=')} } location ~ a { ${show('~')} }`, '/a', 'X=='],
  [
    'an expression is before a path',
    `location /a { ${show('a')} } location ~ a { ${show('~')} }`,
    '/a',
    'X=~',
  ],
  ['^~ is before expressions', `location ^~ /a { ${show('^')} } location ~ a { ${show('~')} }`, '/ab', 'X=^'],
  ['the first expression', `location ~ b { ${show('1')} } location ~* A { ${show('2')} }`, '/ab', 'X=1'],
  ['~* takes either case', `location ~ A { ${show('1')} } location ~* A { ${show('2')} }`, '/a', 'X=2'],
  ['inside a location', `location /a { location ~ c { ${show('c')} } ${show('a')} }`, '/a/c', 'X=c'],
  ['none', `root /srv/www; location /a { ${show('a')} }`, '/b', '404'],
  ['the root without an index', `root /srv/www; location /a { ${show('a')} }`, '/', '403'],
  ['a slash that is missing', proxied('/a/', up), '/a?b', '301 http://gw.example:8000/a/?b'],
  ['absolute_redirect off', `absolute_redirect off; ${proxied('/a/', up)}`, '/a', '301 /a/'],
  [
    'none is missing where there is a location',
    `location = /a { return 204; } ${proxied('/a/', up)}`,
    '/a',
    '204',
  ],
  ['no slash is missing with variables', `location /a/ { set $b c:1; scgi_pass $b; }`, '/a', '404'],
  ['internal', `location /a { internal; ${show('a')} }`, '/a', '404'],
  ['a line feed is no dot', `location ~ ^/a(?<rest>.*)$ { ${show('$rest')} }`, '/a%0Ab', '404'],

  // Servers.
  [
    'the server with the name',
    ...(['server { return 201; } server { server_name *.b; return 202; }', '/', '202'] as const),
    { host: 'a.b' },
  ],
  [
    'else the default',
    'server { return 201; } server { listen 8000 default_server; return 202; }',
    '/',
    '202',
  ],

  [
    'a server by an expression, with what that leaves',
    `server { return 201; } server { server_name ~^(?<s>.+)\\.b$; ${shown('$s')} }`,
    ...(['/', 'X=a'] as const),
    { host: 'a.b' },
  ],

  // Rewrites.
  ['rewrite, break', `location /a { rewrite ^/a(.*)$ /b$1 break; ${show('$uri')} }`, '/a/c', 'X=/b/c'],
  [
    'rewrite, last',
    `location /a { rewrite ^/a(.*)$ /b$1 last; } location /b { ${show('b $uri')} }`,
    '/a/c',
    'X=b /b/c',
  ],
  [
    'its query comes before the other',
    `rewrite ^/a/(.*)$ /b?c=$1; ${shown('$uri?$args')}`,
    '/a/d%26e?f',
    'X=/b?c=d%26e&f',
  ],
  ['? at the end drops the other', `rewrite ^ /b?; ${shown('$uri$is_args$args')}`, '/a?c', 'X=/b'],
  [
    'a redirect',
    'rewrite ^/a/(.*)$ /b/$1 permanent; root /x;',
    '/a/c%20d?e',
    '301 http://gw.example:8000/b/c%20d?e',
  ],
  ['to another host', 'rewrite ^ https://b.example/; root /x;', '/a', '302 https://b.example/'],
  ['rounds come to an end', 'location /a { rewrite ^ /a/b last; }', '/a', '500'],
  [
    'set, with a capture of an escaped path',
    `location ~ ^/(.*)$ { set $a $1; ${show('$a')} }`,
    '/b%20c',
    'X=b%20c',
  ],
  ['if', `if ($arg_a = b) { return 403; } ${shown('a')}`, '/?a=b', '403'],
  ['if, a match', `location / { if ($uri ~ "^/(.)") { set $a $1; } ${show('$a')} }`, '/xy', 'X=x'],
  ['if, a file', `root /srv/www; if (!-f $request_filename) { return 404; } ${shown('a')}`, '/a.txt', 'X=a'],
  ['return with a text', 'location / { return 200 "a $uri"; }', '/', '200'],
  ['map', `map $uri $m { default d; ~^/a(?<r>.*)$ "r$r"; } server { ${shown('$m')} }`, '/ab', 'X=rb'],

  // Files.
  [
    'try_files, found',
    `root /srv/www; ${'location / { try_files $uri @a; } location @a { return 204; }'}`,
    '/a.txt',
    '200',
  ],
  [
    'try_files, a named location',
    `location / { try_files $uri @a; } location @a { ${show('$uri')} }`,
    '/b',
    'X=/b',
  ],
  [
    'try_files, a URI',
    `location / { try_files $uri /c?d=$uri; } location /c { ${show('$uri?$args')} }`,
    '/b',
    'X=/c?d=/b',
  ],
  ['try_files, a status', 'location / { try_files $uri =410; }', '/b', '410'],
  ['a folder', 'root /srv/www;', '/sub?a', '301 http://gw.example:8000/sub/?a'],
  ['an index', 'root /srv/www;', '/index/', '200'],
  [
    'an index that is passed on',
    `root /srv/www; index index.php; location ~ php$ { ${show('$uri')} }`,
    '/',
    'X=/index.php',
  ],
  ['another method than those of files', 'root /srv/www;', '/a.txt', '405', { method: 'PUT' }],
  ['alias', `location /b/ { alias /srv/www/; ${show('$request_filename')} }`, '/b/a.txt', 'X=/srv/www/a.txt'],
  ['error_page', `error_page 404 = @a; root /x; location @a { ${show('$uri')} }`, '/b', 'X=/b'],
  ['deny', 'location / { deny 192.0.2.0/24; allow all; }', '/', '403'],
  [
    'limit_except',
    `location / { limit_except GET { deny all; } ${show('a')} }`,
    '/',
    '403',
    { method: 'POST' },
  ],

  // Parameters.
  [
    'if_not_empty',
    'location / { fastcgi_param XA $args if_not_empty; fastcgi_param XB $args; fastcgi_pass a:1; }',
    '/',
    'XB=',
  ],
  ['twice', 'location / { uwsgi_param X 1; uwsgi_param X 2; uwsgi_pass a:1; }', '/', 'X=1 X=2'],
  ['of the nearest level only', `fastcgi_param XA 1; location / { ${show('b')} }`, '/', 'X=b'],
  [
    'a header field is replaced, or taken away',
    'location / { scgi_param HTTP_X_A a; scgi_param HTTP_X_B ""; scgi_pass a:1; }',
    ...(['/', 'HTTP_X_A=a HTTP_X_C=3'] as const),
    {
      headers: [
        ['X-A', '1'],
        ['X-B', '2'],
        ['X-C', '3'],
      ],
    },
  ],
  [
    'a split path',
    `location /foo { ${split} ${show('$fastcgi_script_name|$fastcgi_path_info')} }`,
    '/foo/a',
    'X=/foo|/a',
  ],
  [
    'a path that is not split',
    `location /foo { ${split} ${show('$fastcgi_script_name|$fastcgi_path_info')} }`,
    '/foob',
    'X=/foob|',
  ],
  ['fastcgi_index', `location / { fastcgi_index i; ${show('$fastcgi_script_name')} }`, '/a/', 'X=/a/i'],
  [
    'too much for a record',
    shown('a'),
    '/',
    '500',
    { headers: Array.from({ length: 9 }, (_, n) => [`X-${n}`, 'a'.repeat(8000)] as const) },
  ],

  // What is proxied.
  ['no path: as it came', proxied('/a', up), '/a//b%2Fc?d', 'GET /a//b%2Fc?d'],
  [
    'a path: in place of that of the location',
    proxied('/a/', `${up}/x/`),
    '/a//b%2fc%3Fd?e',
    'GET /x/b/c%3Fd?e',
  ],
  ['one slash too many', proxied('/a', `${up}/`), '/a/b', 'GET //b'],
  ['none', proxied('/a', `${up}/x`), '/ab', 'GET /xb'],
  ['raw bytes stay, as long as nothing is escaped', proxied('/', `${up}/`), '/\u00c3|', 'GET /\u00c3|'],
  ['else all are escaped', proxied('/', `${up}/`), '/\u00c3|%20', 'GET /%C3%7C%20'],
  ['variables are never escaped', proxied('~ ^/a(.*)$', `${up}$1$is_args$args`), '/a/%3Fb%20', 'GET /?b '],
  ['a variable without a path', proxied('~ ^/a(.*)$', `${up}$1`), '/a', 'GET /a'],
  [
    'a rewritten path',
    `location / { rewrite ^/a(.*)$ $1 break; proxy_pass ${up}/x; }`,
    '/a/b%20c',
    'GET /b%20c',
  ],
  ['a name that nobody can look up', `set $a b.example; ${proxied('/', 'http://$a')}`, '/', '502'],
  ['another method', `location / { proxy_method PUT; proxy_pass ${up}; }`, '/', 'PUT /'],
];

const longestRule = 60;

describe('the model of nginx', () => {
  for (const [rule, configuration, target, wanted, asked] of rows) {
    it(`${rule.slice(0, longestRule)}: ${target.slice(0, longestRule)} → ${wanted}`, () => {
      expect(told(passed(configuration, target, asked))).to.equal(wanted);
    });
  }

  const headersOf = (directives: string, asked: Asked = {}): string => {
    const outcome = passed(`location / { ${directives} proxy_pass ${up}; }`, '/', asked);
    if (outcome.kind !== 'http') throw new Error(told(outcome));
    return [outcome.message.version, ...outcome.message.headers.map((field) => field.join(': '))].join(', ');
  };
  const hop: Asked = {
    method: 'POST',
    headers: [
      ['TE', 'a'],
      ['Upgrade', 'b'],
      ['Expect', '100-continue'],
      ['X-Forwarded-For', '1.2.3.4'],
      ['Content-Length', '1'],
    ],
    body: 'a',
  };
  const headerRows: readonly (readonly [directives: string, wanted: string, asked?: Asked])[] = [
    ['', 'HTTP/1.0, Host: 127.0.0.1:9000, Connection: close'],
    [
      '',
      'HTTP/1.0, Host: 127.0.0.1:9000, Connection: close, Content-Length: 1, X-Forwarded-For: 1.2.3.4',
      hop,
    ],
    [
      'proxy_http_version 1.1; proxy_set_header connection ""; proxy_set_header Host $host;',
      'HTTP/1.1, Host: gw.example',
    ],
    [
      'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_pass_request_headers off;',
      'HTTP/1.0, X-Forwarded-For: 1.2.3.4, 192.0.2.7, Host: 127.0.0.1:9000, Connection: close, Content-Length: 1',
      hop,
    ],
    [
      'include proxy_params;',
      'HTTP/1.0, Host: gw.example, X-Real-IP: 192.0.2.7, X-Forwarded-For: 192.0.2.7, X-Forwarded-Proto: http, Connection: close',
    ],
  ];
  for (const [directives, wanted, asked] of headerRows) {
    it(`sends on, with ${directives || 'nothing set'}${asked === undefined ? '' : ', more'}`, () => {
      expect(headersOf(directives, asked)).to.equal(wanted);
    });
  }

  type RelayRow = readonly [rule: string, configuration: string, status: number, fields: Pairs, told: string];
  const relayRows: readonly RelayRow[] = [
    [
      'Status says it',
      shown('a'),
      200,
      [
        ['Status', '404 Not Found'],
        ['X-Accel-Buffering', 'no'],
      ],
      '404',
    ],
    ['Location is a redirect', shown('a'), 200, [['Location', '/b']], '302 Location: /b'],
    [
      'Location with Status',
      shown('a'),
      200,
      [
        ['Status', '201'],
        ['Location', '/b'],
      ],
      '201 Location: /b',
    ],
    ['a Status that is none', shown('a'), 200, [['Status', 'x']], '502 Content-Type: text/html'],
    [
      'a redirect to itself',
      proxied('/a/', `${up}/x/`),
      302,
      [['Location', `${up}/x/b`]],
      '302 Location: http://gw.example:8000/a/b',
    ],
    ['a redirect elsewhere', proxied('/a/', `${up}/x/`), 302, [['Location', '/x/b']], '302 Location: /x/b'],
    [
      'proxy_redirect',
      `location /a/ { proxy_redirect /x/ /a/; proxy_pass ${up}/x/; }`,
      302,
      [['Location', '/x/b']],
      '302 Location: http://gw.example:8000/a/b',
    ],
    [
      'proxy_redirect off',
      `location /a/ { proxy_redirect off; proxy_pass ${up}/; }`,
      302,
      [['Location', `${up}/b`]],
      `302 Location: ${up}/b`,
    ],
    [
      'a cookie',
      `location /a/ { proxy_cookie_path / /a/; proxy_pass ${up}/; }`,
      200,
      [['Set-Cookie', 'b=c;path=/d']],
      '200 Set-Cookie: b=c; path=/a/d',
    ],
    [
      'what is hidden',
      proxied('/a/', up),
      200,
      [
        ['Server', 'a'],
        ['Date', 'b'],
        ['Keep-Alive', 'c'],
        ['X-D', 'd'],
      ],
      '200 X-D: d',
    ],
    [
      'add_header',
      `location / { add_header X-A $uri; add_header X-B b always; proxy_pass ${up}; }`,
      404,
      [],
      '404 X-B: b',
    ],
    [
      'the status of an error',
      `error_page 410 /e; location /a { return 410; } ${proxied('/e', up)}`,
      200,
      [],
      '410',
    ],
  ];
  for (const [rule, configuration, status, fields, wanted] of relayRows) {
    it(`answers: ${rule}`, () => {
      const { relay } = passed(configuration, '/a/');
      const answer = relay?.headers(status, fields);
      const seen = answer?.headers
        .filter(([name]) => name !== 'Server')
        .map((field) => ` ${field.join(': ')}`);
      expect(`${answer?.status}${seen?.join()}`).to.equal(wanted);
    });
  }

  const refusedRows: readonly (readonly [configuration: string, got: string])[] = [
    ['location / {\n  proxy_foo on;\n}', '"proxy_foo" in line 2'],
    ['location / { fastcgi_param A $nothing; }', '"$nothing" in line 1'],
    ['location ~ a { proxy_pass http://b/c; }', '"http://b/c" in line 1'],
    ['location /a { location /b { } }', '"/b" in line 1'],
    ['location / { return x; }', '"x" in line 1'],
    ['location / { fastcgi_split_path_info ^(a)$; }', '"^(a)$" in line 1'],
    ['location / { if $a { } }', '"$a" in line 1'],
    ['include missing.conf;', '"missing.conf" in line 1'],
    ['location / {', '"location" in line 1'],
    ['location / { root /a }', '"root" in line 1'],
    ['}', '"}" in line 1'],
    ['root "a"b;', '"b" in line 1'],
  ];
  for (const [configuration, got] of refusedRows) {
    it(`refuses ${JSON.stringify(configuration)}`, () => {
      expect(() => passed(configuration, '/'))
        .to.throw(ConfigurationError, got)
        .with.property('code', 'ERR_HARNESS_CONFIGURATION');
    });
  }
});
