/** mod_proxy and mod_jk of the model of Apache: what becomes of a path, field by field; each row was tried with Apache 2.4.71. */

import { expect } from 'chai';
import type { ClientConnection, Pairs, Passed } from '../../../lib/harness/model.js';
import { apache } from '../../../lib/harness/servers/apache/index.js';
import { encodePath, encodePathKeepingSlashes } from '../../../lib/harness/servers/apache/proxy/encode.js';
import { mountsOf, sortMounts, workerOfPath } from '../../../lib/harness/servers/apache/proxy/jk-map.js';
import { matchPrefix } from '../../../lib/harness/servers/apache/proxy/match.js';
import { matchServlet } from '../../../lib/harness/servers/apache/proxy/servlet.js';
import { workerFor, workerOf } from '../../../lib/harness/servers/apache/proxy/workers.js';

const connection: ClientConnection = {
  ...{ remoteAddress: '192.0.2.1', remotePort: 40_000, localAddress: '127.0.0.1', localPort: 8080 },
  isEncrypted: false,
};
const files = { 'workers.properties': 'worker.list=w\nworker.w.type=ajp13\nworker.w.secret=s3\n' };

interface Asked {
  readonly method?: string;
  readonly version?: string;
  readonly headers?: Pairs;
  readonly body?: string;
}

function pass(configuration: string, target: string, asked: Asked = {}): Passed {
  const { method = 'GET', version = 'HTTP/1.1', headers = [], body } = asked;
  const model = apache({ 'apache.conf': `ServerName front.example\n${configuration}`, ...files }, {});
  return model.pass(
    {
      ...{ method, target, version, headers: [['Host', 'site.example'], ...headers] },
      body: body === undefined ? undefined : Buffer.from(body),
    },
    connection,
  );
}

/** What tells most: the target of HTTP or AJP, script name and path info of the others, or the status. */
function shown(passed: Passed): string {
  switch (passed.kind) {
    case 'refused':
      return String(passed.status);
    case 'http':
      return passed.message.target;
    case 'ajp':
      return [
        passed.message.reqUri,
        ...passed.message.attributes.filter(([name]) => name === 'query_string').map(([, query]) => query),
      ].join('?');
    case 'environ': {
      const of = (name: string): string => passed.environ.find(([each]) => each === name)?.[1] ?? '-';
      return `${of('SCRIPT_NAME')} ${of('PATH_INFO')} ${of('SCRIPT_FILENAME')}`;
    }
  }
}

const nodecode = 'AllowEncodedSlashes NoDecode\n';

/** Directives, a target, what comes of it. */
const rows: readonly (readonly [configuration: string, target: string, shown: string])[] = [
  // HTTP: decoded, normalised, encoded anew; the query as it came.
  ['ProxyPass /foo http://h:1', '/foo', '/'],
  ['ProxyPass /foo http://h:1', '/foo/', '/'],
  ['ProxyPass /foo http://h:1', '/foo/a%20b%3Fc;d=%65?q=%20', '/a%20b%3Fc;d=e?q=%20'],
  ['ProxyPass /foo http://h:1', '/foo//%2e%2e//foo/x', '/x'],
  ['ProxyPass /foo http://h:1', '/foobar', '404'],
  ['ProxyPass /foo http://h:1', '/foo/a%2Fb', '404'],
  ['ProxyPass /foo http://h:1', '/foo/a%zz', '400'],
  ['ProxyPass /foo http://h:1', '/foo/?', '/?'],
  ['ProxyPass /foo http://h:1/x', '/foo/bar', '/x/bar'],
  ['ProxyPass /foo http://h:1/', '/foo/bar', '//bar'],
  ['ProxyPass /foo/ http://h:1/', '/foo', '404'],
  ['ProxyPass /foo/ http://h:1/', '/foo/bar', '/bar'],
  // Nothing between host and path: the path becomes part of the port.
  ['ProxyPass /foo/ http://127.0.0.1:1', '/foo/', '/'],
  ['ProxyPass /foo/ http://127.0.0.1:1', '/foo/bar', '500'],
  ['ProxyPass /foo/ http://127.0.0.1:1', '/foo/a%3Fb', '400'],
  ['ProxyPass /foo http://h:1/a%20b', '/foo', '/a%2520b'],
  ['ProxyPass /foo !\nProxyPass / http://h:1/', '/foo/x', '404'],
  ['ProxyPass /foo !\nProxyPass / http://h:1/', '/bar', '/bar'],
  ['ProxyPass / http://h:1/\nProxyPass /foo http://h:1/x', '/foo', '/foo'],
  [`${nodecode}ProxyPass /foo http://h:1`, '/foo/a%2fb', '/a%2fb'],
  [`${nodecode}ProxyPass /foo http://h:1`, '/foo/a%25b', '400'],
  [`${nodecode}ProxyPass /foo http://h:1`, '/foo/a%252Fb', '/a%2Fb'],
  // nocanon: as it came, unless only the decoded path belongs to the alias.
  ['ProxyPass /foo http://h:1 nocanon', '/foo/%7e/../%c3?q', '/%7e/../%c3?q'],
  ['ProxyPass /foo http://h:1 nocanon', '/f%6fo/%7e', '/~'],
  ['ProxyPass /foo http://h:1 nocanon', '//foo/%c3', '/%C3'],
  // mapping: the path is matched before it is decoded.
  ['ProxyPass /foo http://h:1 mapping=encoded', '/foo/a%2fb%3F', '/a%2fb%3F'],
  ['ProxyPass /foo http://h:1/a mapping=servlet', '/foo;v=1/bar', '/a;v=1/bar'],
  ['ProxyPass /foo http://h:1/a mapping=servlet', '/foo/..;/x', '404'],
  // Expressions; without a reference the whole path is put behind.
  ['ProxyPassMatch ^/foo(/.*)?$ http://h:1$1', '/foo', '/'],
  ['ProxyPassMatch ^/foo(/.*)?$ http://h:1$1', '/foo/a%20b', '/a%20b'],
  ['ProxyPassMatch ^/foo http://h:1', '/foobar', '/foobar'],
  ['<LocationMatch "^/foo(/.*)?$">\nProxyPass http://h:1/x$1\n</LocationMatch>', '/foo/bar', '/x/bar'],
  ['<Location /foo>\nProxyPass http://h:1/x\n</Location>\nProxyPass /foo http://h:1/y', '/foo/bar', '/x/bar'],
  [
    '<Location /foo>\nProxyPass http://h:1/x\n</Location>\n<Location /foo/bar>\nProxyPass http://h:1/y\n</Location>',
    ...(['/foo/bar/z', '/y/z'] as const),
  ],
  ['RewriteEngine On\nRewriteRule ^/foo(/.*)?$ http://h:1$1 [P]', '/foo/a%20b?q', '/a%20b?q'],
  ['RewriteEngine On\nRewriteRule ^/foo(/.*)?$ http://h:1$1 [P]', '/foo/a%3Fb', '403'],
  ['RewriteEngine On\nRewriteRule ^/foo http://h:1/r [P]\nProxyPass /foo http://h:1/p', '/foo/x', '/r'],
  [
    '<Location /foo>\nSetHandler proxy:http://h:1\n</Location>\nDocumentRoot /srv/www',
    '/foo/x',
    '/srv/www/foo',
  ],
  [
    '<Proxy balancer://b>\nBalancerMember http://h:1/x\n</Proxy>\nProxyPass /foo balancer://b/y',
    ...(['/foo/z', '/x/y/z'] as const),
  ],
  // FastCGI: the whole path is the script name, whatever the URL.
  ['ProxyPass /foo fcgi://h:1', '/foo/bar', '/foo/bar - proxy:fcgi://h:1/bar'],
  ['ProxyPass /foo fcgi://h:8000/', '/foo/a%20b', '/foo/a b - proxy:fcgi://h//a%20b'],
  ['ProxyFCGIBackendType GENERIC\nProxyPass /foo fcgi://h:1/x', '/foo/bar', '/foo/bar - /x/bar'],
  ['ProxyPass /foo fcgi://h:1/ nocanon', '/foo/bar?q', '403'],
  [
    'SetEnvIf Request_URI . proxy-fcgi-pathinfo=1\nProxyPass /foo fcgi://h:1',
    ...(['/foo/a%20b', '/foo/a b /a%20b proxy:fcgi://h:1/a%20b'] as const),
  ],
  [
    'SetEnvIf Request_URI . proxy-fcgi-pathinfo=unescape\nProxyPass /foo fcgi://h:1',
    ...(['/foo/a%20b', '/foo /a b proxy:fcgi://h:1/a%20b'] as const),
  ],
  [
    'SetEnvIf Request_URI . proxy-fcgi-pathinfo=first-dot\nProxyPass /foo fcgi://h:1',
    ...(['/foo/a.php/b.php/c', '/foo/a.php /b.php/c proxy:fcgi://h:1/a.php/b.php/c'] as const),
  ],
  [
    'SetEnvIf Request_URI . proxy-fcgi-pathinfo=last-dot\nProxyPass /foo fcgi://h:1',
    ...(['/foo/a.php/b.php/c', '/foo/a.php/b.php /c proxy:fcgi://h:1/a.php/b.php/c'] as const),
  ],
  [
    '<Location /foo>\nSetHandler proxy:fcgi://h:1\n</Location>\nDocumentRoot /srv/www',
    ...(['/foo/bar', '/foo /bar proxy:fcgi://h:1/srv/www/foo'] as const),
  ],
  [
    `ProxyFCGISetEnvIf true SCRIPT_NAME /foo
    ProxyFCGISetEnvIf "reqenv('SCRIPT_FILENAME') =~ m#^proxy:fcgi://[^/]*(/.*)$#" PATH_INFO $1
    ProxyFCGISetEnvIf "%{REQUEST_METHOD} == 'GET' && ! -n reqenv('NOPE')" !SCRIPT_FILENAME
    ProxyPass /foo fcgi://h:1`,
    ...(['/foo/bar', '/foo /bar -'] as const),
  ],
  // SCGI has its own variable; uWSGI its own path info.
  ['ProxyPass /foo scgi://h:1/ nocanon', '/foo/%41?q', '/foo/A - proxy:scgi://h:1//%2541%3Fq'],
  [
    'SetEnvIf Request_URI . proxy-scgi-pathinfo\nProxyPass /foo scgi://h:4000',
    ...(['/foo/a%20b', '/foo/a b /a%20b proxy:scgi://h/a%20b'] as const),
  ],
  ['ProxyPass /foo uwsgi://h:1', '/foo/a%20b', '/foo /a b proxy:uwsgi://h:1/a b'],
  ['ProxyPass /foo uwsgi://h:1', '/foo/', '/foo/ / proxy:uwsgi://h:1/'],
  ['ProxyPass / uwsgi://h:1/', '/', ' / proxy:uwsgi://h:1/'],
  [`${nodecode}ProxyPass /foo uwsgi://h:1`, '/foo/a%2Fb', '500'],
  // AJP.
  ['ProxyPass /foo ajp://h:1/x', '/foo/a%3Bb?q=1', '/x/a;b?q=1'],
  ['ProxyPass /foo ajp://h:1/x nocanon', '/foo/a%3Bb?q=1', '/x/a%3Bb?q=1'],
  ['ProxyPass /foo nope://h:1', '/foo', '500'],
];

const jk = 'JkWorkersFile /etc/workers.properties\n';

const jkRows: typeof rows = [
  [`${jk}JkMount /foo|/* w`, '/foo', '/foo'],
  [`${jk}JkMount /foo|/* w`, '/foo/a%20b%3Bc?q', '/foo/a%20b;c?q'],
  [`${jk}JkMount /foo|/* w`, '/foo;v=1/bar', '/foo;v=1/bar'],
  [`${jk}JkMount /foo|/* w`, '/foobar', '404'],
  [`${jk}JkMount /foo/* w`, '/foo', '404'],
  [`${jk}JkMount /foo w`, '/foo/', '404'],
  [`${jk}JkOptions +ForwardURICompat\nJkMount /foo|/* w`, '/foo/a%20b', '/foo/a b'],
  [`${jk}JkOptions +ForwardURIEscaped\nJkMount /foo|/* w`, '/foo/a%20b|', '/foo/a%20b%7c'],
  [`${jk}JkOptions +ForwardURICompatUnparsed\nJkMount /foo|/* w`, '/foo//%41?q', '/foo//%41?q'],
  [`${jk}JkMount /foo|/* w\nJkUnMount /foo/x* w`, '/foo/xy', '404'],
  [`${jk}<Location /foo/*>\nJkMount w\n</Location>`, '/foo/x', '/foo/x'],
  [`${jk}JkMount /foo|/* nobody`, '/foo', '500'],
  [`${jk}SetEnvIf Request_URI x no-jk\nJkMount /foo|/* w`, '/foo/x', '404'],
];

describe('Apache: mod_proxy and mod_jk', () => {
  for (const [configuration, target, wanted] of [...rows, ...jkRows]) {
    it(`${configuration.replaceAll('\n', ' | ')}: ${target}`, () => {
      expect(shown(pass(configuration, target))).to.equal(wanted);
    });
  }

  describe('a request of HTTP', () => {
    const fields = (passed: Passed): Record<string, string> =>
      passed.kind === 'http' ? Object.fromEntries(passed.message.headers) : {};
    const added = {
      'X-Forwarded-For': '192.0.2.1',
      'X-Forwarded-Host': 'site.example',
      'X-Forwarded-Server': 'front.example',
    };
    const proxy = 'ProxyPass / http://h:1/';

    const headerRows: readonly (readonly [
      name: string,
      configuration: string,
      asked: Asked,
      fields: Record<string, string>,
    ])[] = [
      ['fields that are added', proxy, {}, { Host: 'h:1', ...added, Connection: 'Keep-Alive' }],
      [
        'ProxyPreserveHost, without ProxyAddHeaders',
        ...([`${proxy}\nProxyPreserveHost On\nProxyAddHeaders Off`, {}] as const),
        { Host: 'site.example', Connection: 'Keep-Alive' },
      ],
      [
        'what is there is joined; what is of the connection ends',
        proxy,
        {
          headers: [
            ['X-Forwarded-For', '1.1.1.1'],
            ['Connection', 'close, X-Hop'],
            ['X-Hop', 'h'],
            ['Upgrade', 'u'],
            ['TE', 't'],
          ],
        },
        { Host: 'h:1', ...added, 'X-Forwarded-For': '1.1.1.1, 192.0.2.1', Connection: 'Keep-Alive' },
      ],
      [
        'ProxyVia',
        ...([`${proxy}\nProxyVia On`, { headers: [['Via', '1.1 a']] }] as const),
        { Host: 'h:1', Via: '1.1 a, 1.1 front.example', ...added, Connection: 'Keep-Alive' },
      ],
      [
        'a worker that is none, and the port that is usual',
        ...(['RewriteEngine On\nRewriteRule ^(.*)$ http://h:80$1 [P]', {}] as const),
        { Host: 'h', ...added, Connection: 'close' },
      ],
      [
        'a worker with references',
        ...(['ProxyPassMatch ^(/.*)$ http://h:1$1', {}] as const),
        { Host: 'h:1', ...added, Connection: 'close' },
      ],
      [
        'HTTP/1.0',
        ...([`${proxy}\nSetEnvIf Request_URI . force-proxy-request-1.0`, {}] as const),
        { Host: 'h:1', ...added },
      ],
      [
        'upgrade=',
        ...([`${proxy} upgrade=websocket`, { headers: [['Upgrade', 'WebSocket']] }] as const),
        { Host: 'h:1', ...added, Connection: 'Upgrade', Upgrade: 'WebSocket' },
      ],
      [
        'a body in chunks',
        proxy,
        { method: 'POST', headers: [['Transfer-Encoding', 'chunked']], body: 'hello' },
        { Host: 'h:1', ...added, 'Content-Length': '5', Connection: 'Keep-Alive' },
      ],
      [
        'a long body in chunks',
        proxy,
        { method: 'POST', headers: [['Transfer-Encoding', 'chunked']], body: 'x'.repeat(16_385) },
        { Host: 'h:1', ...added, 'Transfer-Encoding': 'chunked', Connection: 'Keep-Alive' },
      ],
      [
        'directives of a Proxy section, and Max-Forwards',
        `${proxy}\n<Proxy http://h:1/*>\nProxyAddHeaders Off\n</Proxy>`,
        { headers: [['Max-Forwards', '2']] },
        { Host: 'h:1', 'Max-Forwards': '1', Connection: 'Keep-Alive' },
      ],
    ];
    for (const [name, configuration, asked, wanted] of headerRows) {
      it(name, () => {
        expect(fields(pass(configuration, '/', asked))).to.deep.equal(wanted);
      });
    }
  });

  it('bodies in chunks are not for SCGI and uwsgi, and become a length for FastCGI', () => {
    const asked: Asked = { method: 'POST', headers: [['Transfer-Encoding', 'chunked']], body: 'hello' };
    expect(shown(pass('ProxyPass / scgi://h:1/', '/', asked))).to.equal('411');
    expect(shown(pass('ProxyPass / uwsgi://h:1/', '/', asked))).to.equal('411');
    const passed = pass('ProxyPass / fcgi://h:1/', '/', asked);
    expect(passed.kind === 'environ' && passed.environ).to.deep.include(['CONTENT_LENGTH', '5']);
  });

  it('connections of FastCGI are kept where that is asked for', () => {
    for (const [parameter, isKept] of [
      ['', false],
      [' enablereuse=on', true],
      [' disablereuse=off', true],
      [' enablereuse=off', false],
    ] as const) {
      const passed = pass(`ProxyPass / fcgi://h:1/${parameter}`, '/');
      expect(passed.kind === 'environ' && passed.keepConnection, parameter).to.equal(isKept);
    }
  });

  it('a FORWARD_REQUEST has the secret, the method as an attribute, and what begins with AJP_', () => {
    const passed = pass('SetEnvIf Request_URI . AJP_X=y\nProxyPass / ajp://h:1/ secret=s', '/?q', {
      method: 'BREW',
    });
    expect(passed.kind === 'ajp' && passed.message).to.deep.include({ method: '(stored)', serverPort: 8080 });
    expect(passed.kind === 'ajp' && passed.message.attributes).to.deep.equal([
      ['secret', 's'],
      ['query_string', 'q'],
      ['stored_method', 'BREW'],
      ['@AJP_REMOTE_PORT', '40000'],
      ['@AJP_LOCAL_ADDR', '127.0.0.1'],
      ['@X', 'y'],
    ]);
  });

  it('one of mod_jk has a length, JkEnvVar and what mod_jk adds', () => {
    const passed = pass(`${jk}JkMount /* w\nJkEnvVar NOPE\nJkEnvVar A b`, '/', {
      headers: [['Accept-Encoding', 'x']],
    });
    expect(passed.kind === 'ajp' && passed.message).to.deep.include({ serverPort: 80 });
    expect(passed.kind === 'ajp' && passed.message.headers).to.deep.equal([
      ['host', 'site.example'],
      ['Accept-Encoding', 'x'],
      ['content-length', '0'],
    ]);
    expect(passed.kind === 'ajp' && passed.message.attributes).to.deep.equal([
      ['secret', 's3'],
      ['@AJP_REMOTE_PORT', '40000'],
      ['@AJP_LOCAL_ADDR', '127.0.0.1'],
      ['@JK_LB_ACTIVATION', 'ACT'],
      ['@A', 'b'],
    ]);
  });

  it('what is no configuration is refused', () => {
    for (const wrong of [
      'ProxyPass /foo',
      'ProxyPass /foo http://h:1 wrong',
      'ProxyPass /foo http://h:1 mapping=none',
      'ProxyPass /foo /bar',
      'ProxyPassMatch ~ ^/foo http://h:1',
      'ProxyRequests On',
      'ProxyRemote * http://h:1',
      'ProxyFCGISetEnvIf "true &&" A b',
      'ProxyFCGISetEnvIf true !A b',
      'BalancerMember balancer://b nowhere',
      `${jk}JkMount foo w`,
      `${jk}JkOptions +Nope`,
      'JkWorkersFile /etc/nope.properties',
    ]) {
      expect(() => pass(wrong, '/'), wrong)
        .to.throw()
        .with.property('code', 'ERR_HARNESS_CONFIGURATION');
    }
  });

  describe('answers', () => {
    const answer: Pairs = [
      ['Location', 'http://h:1/x/y'],
      ['Set-Cookie', 'a=b; Path=/x/z; Domain=h.example'],
      ['Connection', 'X-Hop'],
      ['X-Hop', '1'],
      ['X-A', '1'],
      ['X-A', '2'],
    ];
    const reverse = (scheme: string): string => `ProxyPass /foo ${scheme}://h:1/x
      ProxyPassReverse /foo http://h:1/x
      ProxyPassReverseCookiePath /x/ /foo/
      ProxyPassReverseCookieDomain h.example site.example`;
    const relayed = (configuration: string, headers = answer, status = 200): unknown =>
      pass(configuration, '/foo').relay?.headers(status, headers);
    const [location, cookie, connectionField, ...others] = answer as readonly Pairs[number][];

    it('of HTTP: addresses and cookies of the front', () => {
      expect(relayed(reverse('http'))).to.deep.equal({
        status: 200,
        headers: [
          ['Location', 'http://site.example/foo/y'],
          ['Set-Cookie', 'a=b; Path=/foo/; Domain=site.example'],
          ['X-A', '1'],
          ['X-A', '2'],
        ],
      });
    });

    it('of AJP: the same, and all fields of the connection', () => {
      expect(relayed(reverse('ajp'), [...answer, ['Content-Length', '3']])).to.deep.equal({
        status: 200,
        headers: [
          ['Location', 'http://site.example/foo/y'],
          ['Set-Cookie', 'a=b; Path=/foo/; Domain=site.example'],
          connectionField,
          ...others,
        ],
      });
    });

    it('of FastCGI and uwsgi: addresses as they are', () => {
      expect(relayed(reverse('fcgi'), [['Status', '302 Found'], ...answer])).to.deep.equal({
        status: 302,
        headers: [location, cookie, connectionField, ['X-Hop', '1'], ['X-A', '1, 2']],
      });
      expect(relayed(reverse('uwsgi'))).to.deep.equal({
        status: 200,
        headers: [location, cookie, ...others],
      });
    });

    it('of SCGI: a path without a status is a redirect inside', () => {
      expect(relayed('ProxyPass /foo scgi://h:1', [['Location', '/nowhere']])).to.deep.equal({
        status: 404,
        headers: [],
      });
      expect(relayed('ProxyPass /foo scgi://h:1', [['Location', '/nowhere']], 302)).to.deep.equal({
        status: 302,
        headers: [['Location', '/nowhere']],
      });
    });

    it('a mapping that is a path takes any host', () => {
      const configuration = '<Location /foo>\nProxyPass http://h:1/x\nProxyPassReverse /x\n</Location>';
      expect(relayed(configuration, [['Location', 'https://other.example/x/y']])).to.deep.equal({
        status: 200,
        headers: [['Location', 'http://site.example/foo/y']],
      });
    });
  });
});

describe('Apache: pieces of mod_proxy and mod_jk', () => {
  it('ap_proxy_canonenc()', () => {
    expect(encodePath("/a b%~$-_.+!*'(),;:@&=\xff")).to.equal("/a%20b%25~$-_.+!*'(),;:@&=%FF");
    expect(encodePathKeepingSlashes('a%2fb c%2F')).to.equal('a%2fb%20c%2F');
    expect(encodePathKeepingSlashes('a%41')).to.equal('a%2541');
    expect(encodePathKeepingSlashes('a%4')).to.equal(undefined);
  });

  it('alias_match()', () => {
    for (const [uri, alias, length] of [
      ['/foo', '/foo', 4],
      ['/foo/bar', '/foo', 4],
      ['/foobar', '/foo', 0],
      ['//foo///bar', '/foo', 5],
      ['/foo', '/foo/', 0],
      ['/foo//x', '/foo/', 6],
      ['/foo/x', '/foo//', 5],
      ['/', '/', 1],
      ['/x', '/', 1],
    ] as const) {
      expect(matchPrefix(uri, alias), `${uri} ${alias}`).to.equal(length);
    }
  });

  it('alias_match_servlet()', () => {
    for (const [uri, alias, rest, path] of [
      ['/foo', '/foo', '', '/foo'],
      ['/foo;a=b', '/foo', '', '/foo'],
      ['/foo/', '/foo', '/', '/foo/'],
      ['/foo;a=b/c;d', '/foo', ';a=b/c;d', '/foo/c'],
      ['/foo/;a/b', '/foo', '/;a/b', '/foo/b'],
      ['/foo/.;x/y', '/foo/', '.;x/y', '/foo/y'],
      ['/x/..;p/foo/y', '/foo', '/y', '/foo/y'],
    ] as const) {
      const found = matchServlet(uri, alias);
      expect([uri.slice(found.length), found.path], uri).to.deep.equal([rest, path]);
    }
    for (const [uri, alias] of [
      ['/foobar', '/foo'],
      ['/foo', '/foo/'],
      ['/..;/foo', '/foo'],
      ['/', '/foo'],
    ] as const) {
      expect(matchServlet(uri, alias).length, uri).to.equal(0);
    }
  });

  it('ap_proxy_get_worker()', () => {
    const workers = [
      ...['http://h:1', 'http://h:1/x', 'fcgi://h:8000/'].map((url) => workerOf(url, false, new Map())),
      ...['http://m:1/a$1', 'http://m:1/p$1/q$2', 'http://m:1$1/z'].map((url) =>
        workerOf(url, true, new Map()),
      ),
    ].flatMap((worker) => worker ?? []);
    for (const [url, name] of [
      ['http://h:1/', 'http://h:1'],
      ['http://H:1/y', 'http://h:1'],
      ['http://h:1/xy', 'http://h:1/x'],
      ['http://h:12/', undefined],
      ['fcgi://h/y', 'fcgi://h/'],
      ['http://m:1/a', undefined],
      ['http://m:1/a/', undefined],
      ['http://m:1/a/b', 'http://m:1/a$1'],
      ['http://m:1/p-/q-', undefined],
      ['http://m:1/p--/q--', 'http://m:1/p$1/q$2'],
      ['http://m:1/p--/r--', undefined],
    ] as const) {
      expect(workerFor(workers, url)?.name, url).to.equal(name);
    }
    expect(workerOf('nowhere', false, new Map())).to.equal(undefined);
  });

  it('JkMount: more segments first, then longer; a star is any text', () => {
    const mounts = sortMounts([
      ...mountsOf('/*', 'all', false),
      ...mountsOf('/foo|/*', 'foo;reply_timeout=1', false),
      ...mountsOf('/foo/a?c*.x', 'x', false),
      ...mountsOf('/foo/no*', '*', true),
      ...mountsOf('/foo/abc/*', 'foo', true),
    ]);
    for (const [path, worker] of [
      ['/bar', 'all'],
      ['/foo', 'foo'],
      ['/foo/', 'foo'],
      ['/foobar', 'all'],
      ['/foo/abcd.x', 'x'],
      ['/foo/ac.x', 'foo'],
      ['/foo/not', undefined],
      ['/foo/abc/d', undefined],
    ] as const) {
      expect(workerOfPath(mounts, path), path).to.equal(worker);
    }
  });
});
