/** Varnish 7.1: what VCL does, each as a real one did it. */

import { expect } from 'chai';
import { ConfigurationError } from '../../../lib/errors.js';
import { interpreters } from '../../../lib/harness/servers/index.js';
import { passOf, type Row, tell } from './told.js';

const backend = `vcl 4.1;\nimport std;\nbackend default { .host = "127.0.0.1"; .port = "9000"; }\n`;

/** A `vcl_recv` with these statements, and what else there is. */
const vcl = (recv: string, more = ''): string => `${backend}sub vcl_recv { ${recv} }\n${more}`;

/** What an expression is, as text. */
const of = (expression: string): string => vcl(`set req.http.V = ${expression}; return (pass);`);
const v = { of: ['V'] };

const pass = vcl('return (pass);');
const hash = vcl('return (hash);');
const gw = ['Host', 'gw.example'] as const;

const rows: readonly Row[] = [
  ['targets are not changed', pass, '//a/../%41?b#c', 'GET //a/../%41?b#c'],
  ['a whole URI is taken apart', pass, 'http://a.example:81/b', 'GET /b Host=a.example:81', { of: ['Host'] }],
  ['one without a path is not', pass, 'http://a.example', 'GET http://a.example'],
  ['nor is one of https', pass, 'https://a.example/b', 'GET https://a.example/b'],
  ['no control characters', pass, '/\x01', '400'],
  ['a version it does not speak', pass, '/', '400', { version: 'HTTP/2.0' }],
  ['two Hosts', pass, '/', '400', { headers: [gw, gw] }],
  ['two lengths', pass, '/', '400', { headers: [gw, ['Content-Length', '1'], ['Content-Length', '1']] }],
  [
    'a length and a coding',
    pass,
    '/',
    '400',
    { headers: [gw, ['Content-Length', '1'], ['Transfer-Encoding', 'chunked']] },
  ],
  ['HEAD has no body', pass, '/', '400', { method: 'HEAD', headers: [gw, ['Content-Length', '1']] }],
  ['an expectation', pass, '/', '417', { headers: [gw, ['Expect', 'more']] }],
  ['a Connection that names a known field', pass, '/', '400', { headers: [gw, ['Connection', 'Cookie']] }],
  [
    'a Connection that names another',
    pass,
    '/',
    'GET / X-A- Connection-',
    { headers: [gw, ['Connection', 'x-a'], ['X-A', '1']], of: ['X-A', 'Connection'] },
  ],
  ['a backend is its own Host', pass, '/', 'GET / Host=127.0.0.1', { headers: [], of: ['Host'] }],
  ['space behind a value is cut off', pass, '/', 'GET / A= \tb', { headers: [['A', ' \tb\t ']], of: ['A'] }],
  [
    'addresses are put together',
    pass,
    '/',
    'GET / X-Forwarded-For=a, b, 192.0.2.1',
    {
      headers: [
        ['X-Forwarded-For', 'a'],
        ['x-forwarded-for', 'b'],
      ],
      of: ['X-Forwarded-For'],
    },
  ],

  [
    'what is looked up is got',
    hash,
    '/',
    'GET / Accept-Encoding=gzip',
    { method: 'POST', of: ['Accept-Encoding'] },
  ],
  [
    'what is looked up is no part',
    hash,
    '/',
    'GET / Range- If-None-Match- Authorization=a',
    {
      headers: [gw, ['Range', 'bytes=0-1'], ['If-None-Match', '"e"'], ['Authorization', 'a']],
      of: ['Range', 'If-None-Match', 'Authorization'],
    },
  ],
  [
    'GET loses its body',
    pass,
    '/',
    'GET / Content-Length-',
    { headers: [gw, ['Content-Length', '1']], of: ['Content-Length'] },
  ],
  [
    'but not where a configuration returns before',
    vcl('return (pass);', 'sub vcl_backend_fetch { return (fetch); }'),
    '/',
    'GET / Content-Length=1',
    { headers: [gw, ['Content-Length', '1']], of: ['Content-Length'] },
  ],
  [
    'a pipe is closed behind it',
    vcl('return (pipe);'),
    '/',
    'GET / Connection=close Upgrade=a X-A-',
    {
      headers: [gw, ['Connection', 'x-a'], ['X-A', '1'], ['Upgrade', 'a']],
      of: ['Connection', 'Upgrade', 'X-A'],
    },
  ],
  [
    'what the built-in code does',
    vcl(''),
    '/',
    'GET / host=gw.example Accept-Encoding=gzip',
    { headers: [['Host', 'GW.example']], of: ['host', 'Accept-Encoding'] },
  ],
  [
    'the built-in code passes on',
    vcl(''),
    '/',
    'POST / Accept-Encoding-',
    { method: 'POST', of: ['Accept-Encoding'] },
  ],
  ['the built-in code wants a Host', vcl(''), '/', '400', { headers: [] }],
  ['which HTTP/1.0 need not have', vcl(''), '/', 'GET /', { headers: [], version: 'HTTP/1.0' }],
  [
    'a configuration adds to built-in subroutines',
    vcl('', 'sub vcl_req_method { if (req.url == "/a") { return (synth(403)); } }'),
    '/a',
    '403',
  ],

  [
    'statements in turn',
    vcl(
      'if (req.url ~ "^/a") { return (synth(401)); } elsif (req.url ~ "^/b") { return (synth(402)); } else { return (synth(403)); }',
    ),
    '/b',
    '402',
  ],
  [
    'a redirection',
    vcl(
      'return (synth(301, "/foo/"));',
      'sub vcl_synth { set resp.http.Location = resp.reason; return (deliver); }',
    ),
    '/',
    '301 /foo/',
  ],
  [
    'a status says its reason',
    vcl(
      'return (synth(700, "/a"));',
      'sub vcl_synth { set resp.status = 302; set resp.http.Location = resp.reason; }',
    ),
    '/',
    '302 Found',
  ],
  ['no URL', vcl('set req.url = ""; return (pass);'), '/', '503'],
  ['restarts come to an end', vcl('return (restart);'), '/', '503'],
  [
    'a restart',
    vcl('if (req.restarts == 0) { set req.url = "/a" + req.url; return (restart); } return (pass);'),
    '/',
    'GET /a/',
  ],
  ['a purge', vcl('return (purge);'), '/', '200'],
  [
    'a subroutine of its own',
    vcl('call a; return (pass);', 'sub a { set req.url = "/b"; return; }'),
    '/',
    'GET /b',
  ],
  [
    'no backend',
    vcl('set req.backend_hint = n; return (pass);').replace('sub', 'backend n none; sub'),
    '/',
    '503',
  ],
  [
    'another backend',
    vcl('set req.backend_hint = d.backend(); unset req.http.Host; return (pass);').replace(
      'sub',
      'import directors; backend b { .host = "b.example"; } sub vcl_init { new d = directors.random(); d.add_backend(b, 1); } sub',
    ),
    '/',
    'GET / Host=b.example',
    { of: ['Host'] },
  ],
  [
    'acl: the narrowest counts',
    vcl('if (client.ip ~ a) { return (synth(403)); } return (pass);').replace(
      'sub',
      'acl a { "192.0.2.0"/24; ! "192.0.2.1"; } sub',
    ),
    '/',
    'GET /',
  ],

  [
    'regsub: letters behind a backslash',
    of(String.raw`regsub("abcabc", "(b)(c)", "[\0|\1|\2|\3|\&|\\|\n]")`),
    '/',
    String.raw`GET / V=a[bc|b|c||&|\|n]abc`,
    v,
  ],
  ['regsuball: only the first may be empty', of('regsuball("abcabc", "b*", "-")'), '/', 'GET / V=-a-ca-c', v],
  ['regsuball: the beginning is one', of('regsuball("/foo/foo", "^/foo", "")'), '/', 'GET / V=/foo', v],
  ['a field that is not there is no text', of('"a" + req.http.N + "b"'), '/', 'GET / V=ab', v],
  ['nor is it an empty one', of('(req.http.N == "")'), '/', 'GET / V=false', v],
  ['but nothing is matched as such', of('(req.http.N ~ "^$")'), '/', 'GET / V=true', v],
  [
    'an empty field is there',
    vcl('if (req.http.A) { return (synth(403)); } return (pass);'),
    '/',
    '403',
    { headers: [['A', '']] },
  ],
  [
    'a field that is set is one',
    vcl('set req.http.a = "c"; return (pass);'),
    '/',
    'GET / A=c',
    {
      headers: [
        ['A', 'a'],
        ['A', 'b'],
      ],
      of: ['A'],
    },
  ],
  ['numbers are reckoned with', of('5 + 3 * 2'), '/', 'GET / V=11', v],
  ['times are of seconds', of('2m'), '/', 'GET / V=120.000', v],
  ['texts stand together', of('"a" {"b"} """c"""'), '/', 'GET / V=abc', v],
  ['methods of texts', of('req.http.host.upper()'), '/', 'GET / V=GW.EXAMPLE', v],
  ['std.querysort of nothing', of('std.querysort("/a?")'), '/', 'GET / V=/a?', v],
  [
    'an error before anything is fetched',
    vcl('return (pass);', 'sub vcl_backend_fetch { return (error(404, "no")); }'),
    '/',
    '404',
  ],
  [
    'an error without a status',
    vcl('return (pass);', 'sub vcl_backend_fetch { return (error); }'),
    '/',
    '503',
  ],
  ['an abandoned one', vcl('return (pass);', 'sub vcl_backend_fetch { return (abandon); }'), '/', '503'],
  [
    'the length of a body that is not there stays',
    hash,
    '/',
    'GET / Content-Length=0',
    { method: 'POST', headers: [gw, ['Content-Length', '0']], of: ['Content-Length'] },
  ],
  [
    'that of a body that is taken away does not',
    hash,
    '/',
    'GET / Content-Length-',
    { method: 'POST', headers: [gw, ['Content-Length', '1']], of: ['Content-Length'] },
  ],
  ['std.querysort', of('std.querysort("/a?c=1&b=2&&a")'), '/', 'GET / V=/a?a&b=2&c=1', v],
  ['std.duration', of('std.duration("2m", 1s)'), '/', 'GET / V=120.000', v],
  [
    'a director is a backend',
    of('d.backend()').replace(
      'sub',
      'import directors; sub vcl_init { new d = directors.random(); d.add_backend(default, 1); } sub',
    ),
    '/',
    'GET / V=d',
    v,
  ],
  [
    'what restarts is looked at as what is looked up',
    vcl('if (req.restarts == 0) { return (restart); } return (pass);'),
    '/',
    'GET / Accept-Encoding=gzip',
    { headers: [['Accept-Encoding', 'br, gzip;q=0.5']], of: ['Accept-Encoding'] },
  ],
  ['std.port', of('std.port(server.ip)'), '/', 'GET / V=8000', v],
];

describe('varnish', () => {
  for (const [rule, configuration, target, told, asked] of rows) {
    it(rule, () => {
      expect(tell('varnish', configuration, target, asked)).to.equal(told);
    });
  }

  it('a body without a length is in chunks', () => {
    const headers = [gw, ['Transfer-Encoding', 'chunked'] as const];
    expect(tell('varnish', pass, '/', { method: 'POST', headers, of: ['Transfer-Encoding'] })).to.equal(
      'POST / Transfer-Encoding=chunked',
    );
  });

  it('answers pass through vcl_backend_response and vcl_deliver', () => {
    const more =
      'sub vcl_backend_response { set beresp.http.Location = regsub(beresp.http.Location, "^http://[^/]+", "/foo"); } ' +
      'sub vcl_deliver { unset resp.http.X-Varnish; set resp.http.X-S = resp.status; }';
    const { relay } = passOf('varnish', vcl('return (pass);', more), '/');
    expect(
      relay?.headers(302, [
        ['Location', 'http://a/b'],
        ['Connection', 'x-a'],
        ['X-A', '1'],
        ['Via', '1.1 a'],
      ]),
    ).to.deep.equal({
      status: 302,
      headers: [
        ['Location', '/foo/b'],
        ['Age', '0'],
        ['Via', '1.1 a, 1.1 varnish (Varnish/7.1)'],
        ['X-S', '302'],
      ],
    });
  });

  it('files are included by name', () => {
    const files = {
      'default.vcl': `${backend}include "/etc/varnish/a.vcl";`,
      'a.vcl': 'sub vcl_recv { return (synth(204)); }',
    };
    const model = interpreters.varnish?.(files, {});
    const request = { method: 'GET', target: '/', version: 'HTTP/1.1', headers: [], body: undefined };
    const connection = {
      ...{ remoteAddress: '192.0.2.1', remotePort: 1, localAddress: '127.0.0.1', localPort: 80 },
      isEncrypted: false,
    };
    expect(model?.pass(request, connection)).to.deep.equal({ kind: 'refused', status: 204 });
  });

  const refused: readonly (readonly [configuration: string, named: RegExp])[] = [
    [vcl('set req.http.A = now;'), /got "now" in line 4/],
    [`${backend}import cookie;`, /got "import cookie" in line 4/],
    [`${backend}C{ int a; }C`, /got "C\{" in line 4/],
    [vcl('set req.nothing = "a";'), /got "req.nothing" in line 4/],
    [vcl('set req.restarts = 1;'), /got "req.restarts" in line 4/],
    [vcl('if (req.url ~ "(") { }'), /an expression of a configuration must be one that the model can read/],
    [vcl('if (client.ip ~ none) { }'), /got "none" in line 4/],
    ['vcl 3.0;', /got "vcl 3.0" in line 1/],
    ['vcl 4.1;', /a configuration of Varnish must declare a backend, got none/],
    [`${backend}sub a {`, /must hold directives that the model knows, got "" in line 4/],
    [`${backend}backend b { .hosts = "a"; }`, /got ".hosts" in line 4/],
    [`${backend}backend b {`, /got "" in line 4/],
    [`${backend}probe p { .url = "/";`, /got "" in line 4/],
  ];
  for (const [configuration, named] of refused) {
    it(`refuses what it does not know: ${named.source}`, () => {
      expect(() => passOf('varnish', configuration, '/')).to.throw(ConfigurationError, named);
    });
  }
});
