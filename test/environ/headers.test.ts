/**
 * Header fields out of meta-variables: as front servers were recorded, and what CGI cannot tell apart.
 */

import { expect } from 'chai';
import fc from 'fast-check';
import {
  type CollisionPolicy,
  type HeaderQuirk,
  headerQuirks,
  requestHeaders,
} from '../../lib/environ/headers.js';
import { EnvironError } from '../../lib/errors.js';
import { isHttp, recordings, variablesOf } from '../fixup/recordings.js';

type Pairs = readonly (readonly [string, string])[];

function ask(pairs: Pairs, collisions?: CollisionPolicy): string {
  try {
    const { headers } = requestHeaders(pairs, collisions && { collisions });
    return headers.map((field) => field.join(': ')).join(' | ');
  } catch (error) {
    if (error instanceof EnvironError) return error.code;
    throw error;
  }
}

const rows: readonly (readonly [Pairs, string, CollisionPolicy?])[] = [
  [[['HTTP_HOST', 'h']], 'Host: h'],
  [[['HTTP_X_FORWARDED_FOR', '192.0.2.1']], 'X-Forwarded-For: 192.0.2.1'],
  [[['HTTP_X_EMPTY', '']], 'X-Empty: '],
  [
    [
      ['REQUEST_METHOD', 'GET'],
      ['SERVER_NAME', 'h'],
      ['HTTPS', 'on'],
    ],
    '',
  ],
  [
    [
      ['CONTENT_TYPE', 'text/plain'],
      ['CONTENT_LENGTH', '5'],
    ],
    'Content-Type: text/plain | Content-Length: 5',
  ],
  [
    [
      ['CONTENT_TYPE', ''],
      ['CONTENT_LENGTH', ''],
    ],
    '',
  ],
  [[['CONTENT_LENGTH', '-1']], ''],
  [[['CONTENT_LENGTH', '0']], 'Content-Length: 0'],
  [
    [
      ['CONTENT_LENGTH', '5'],
      ['CONTENT_LENGTH', '5'],
    ],
    'Content-Length: 5',
  ],
  [
    [
      ['CONTENT_LENGTH', '5'],
      ['CONTENT_LENGTH', '6'],
    ],
    'ERR_ENVIRON_CONTENT_LENGTH',
  ],
  ...['+5', '5 ', '0x5', '5, 5', '-2', '1e3', '99999999999999999999'].map((value): [Pairs, string] => [
    [['CONTENT_LENGTH', value]],
    'ERR_ENVIRON_CONTENT_LENGTH',
  ]),
  [
    [
      ['HTTP_CONTENT_LENGTH', '5'],
      ['HTTP_CONTENT_TYPE', 'text/evil'],
      ['CONTENT_TYPE', 'text/plain'],
    ],
    'Content-Type: text/plain',
  ],
  [
    [
      ['HTTP_TRANSFER_ENCODING', 'chunked'],
      ['CONTENT_LENGTH', '11'],
    ],
    'Content-Length: 11',
  ],
  // CVE-2016-5385, in each spelling that names the same variable.
  [
    [
      ['HTTP_PROXY', 'http://evil.example'],
      ['HTTP_PROXY_AUTHORIZATION', 'Basic x'],
    ],
    'Proxy-Authorization: Basic x',
  ],
  [[['HTTP_X_CR', 'a\r\nSet-Cookie: b']], 'ERR_ENVIRON_CHARACTER'],
  [[['HTTP_X_NUL', 'a\u0000']], 'ERR_ENVIRON_CHARACTER'],
  [
    [
      ['HTTP_', 'x'],
      ['HTTP_A B', 'x'],
      ['HTTP_A\n', 'x'],
      ['HTTP_A:', 'x'],
    ],
    '',
  ],
  [[['HTTP_X.DOT', 'd']], 'X.dot: d'],
  // Two fields, or two names.
  [
    [
      ['HTTP_ACCEPT', 'a/a'],
      ['HTTP_ACCEPT', 'b/b'],
    ],
    'Accept: a/a, b/b',
  ],
  [
    [
      ['HTTP_X_USER', 'alice'],
      ['HTTP_X_USER', 'mallory'],
    ],
    'ERR_ENVIRON_COLLISION',
  ],
  [
    [
      ['HTTP_X_USER', 'alice'],
      ['HTTP_X_USER', 'mallory'],
    ],
    'X-User: alice',
    'first',
  ],
  [
    [
      ['HTTP_X_USER', 'alice'],
      ['HTTP_X_USER', 'mallory'],
    ],
    'X-User: mallory',
    'last',
  ],
  [
    [
      ['HTTP_X_USER', 'alice'],
      ['HTTP_X_USER', 'mallory'],
    ],
    'X-User: alice, mallory',
    'join',
  ],
  [
    [
      ['HTTP_X_USER', 'alice'],
      ['HTTP_X_USER', 'mallory'],
      ['HTTP_HOST', 'h'],
    ],
    'Host: h',
    'drop',
  ],
  [
    [
      ['HTTP_X_FORWARDED_PREFIX', '/a'],
      ['HTTP_X_FORWARDED_PREFIX', '/b'],
    ],
    'ERR_ENVIRON_COLLISION',
  ],
  [
    [
      ['HTTP_HOST', 'a'],
      ['HTTP_HOST', 'b'],
    ],
    'Host: b',
  ],
  [
    [
      ['HTTP_TRACESTATE', 'a=1'],
      ['HTTP_TRACESTATE', 'b=2'],
    ],
    'Tracestate: a=1, b=2',
  ],
  // Not folded as CGI asks, and the same all the same.
  [
    [
      ['HTTP_TRANSFER-ENCODING', 'chunked'],
      ['HTTP_transfer_encoding', 'chunked'],
      ['HTTP_CONTENT-LENGTH', '5'],
      ['HTTP_Proxy', 'x'],
    ],
    '',
  ],
  [
    [
      ['HTTP_x-user', 'a'],
      ['HTTP_X_USER', 'b'],
    ],
    'ERR_ENVIRON_COLLISION',
  ],
  [[['HTTP_X', '\u0416']], 'ERR_ENVIRON_CHARACTER'],
  // Cookies.
  [[['HTTP_COOKIE', 'q=a,session=evil']], 'Cookie: q=a,session=evil'],
  [[['HTTP_COOKIE', 'a="1, b=2"; c=3, d=4']], 'Cookie: a="1, b=2"; c=3; d=4'],
  [
    [
      ['HTTP_COOKIE', 'a=1'],
      ['HTTP_COOKIE', 'b=2'],
    ],
    'Cookie: a=1; b=2',
  ],
  [[['HTTP_COOKIE', 'a=1, b=2']], 'Cookie: a=1; b=2'],
  [[['HTTP_COOKIE', 'a=1;b=2']], 'Cookie: a=1;b=2'],
  [[['HTTP_COOKIE', 'a=1,2; d=Mon, 01 Jan']], 'Cookie: a=1,2; d=Mon, 01 Jan'],
];

describe('requestHeaders()', () => {
  for (const [pairs, answer, collisions] of rows) {
    it(`${JSON.stringify(pairs)}${collisions === undefined ? '' : ` ${collisions}`}`, () => {
      expect(ask(pairs, collisions)).to.equal(answer);
    });
  }

  it('takes an object', () => {
    expect(requestHeaders({ HTTP_HOST: 'h', CONTENT_LENGTH: '3', HTTP_X: undefined })).to.deep.equal({
      headers: [
        ['Host', 'h'],
        ['Content-Length', '3'],
      ],
      contentLength: 3,
      quirks: [],
    });
  });

  it('knows no length where none is said', () => {
    for (const value of ['', '-1']) {
      expect(requestHeaders({ CONTENT_LENGTH: value }).contentLength).to.equal(undefined);
    }
  });

  it('refuses what is no environ, and no option', () => {
    for (const given of [undefined, null, 'x', [1], [[1, 'x']], { HTTP_X: 1 }]) {
      expect(() => requestHeaders(given as never), JSON.stringify(given)).to.throw(/environ must be/);
    }
    expect(() => requestHeaders({}, { collision: 'last' } as never)).to.throw(
      /option must be collisions, got "collision"/,
    );
  });

  it('knows names however many there were before', () => {
    for (let index = 0; index < 1200; index++) ask([[`HTTP_X_${index}`, 'a']]);
    expect(
      ask([
        ['HTTP_X_FORWARDED_FOR', 'a'],
        ['HTTP_X_5', 'b'],
      ]),
    ).to.equal('X-Forwarded-For: a | X-5: b');
  });

  it('refuses a policy that is none', () => {
    expect(() => requestHeaders({}, { collisions: 'merge' as never })).to.throw(
      /collisions must be .*"merge"/,
    );
  });

  it('answers or refuses, whatever comes', () => {
    const name = fc.oneof(
      fc.constantFrom('CONTENT_LENGTH', 'HTTP_COOKIE', 'HTTP_PROXY'),
      fc.string().map((tail) => `HTTP_${tail}`),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (pairs) => {
        const answer = ask(pairs);
        expect(answer).not.to.match(/^Proxy:|\| Proxy:|[\r\n\0]/);
      }),
    );
  });
});

describe('requestHeaders() and the recordings', () => {
  const fields = (id: string, name: string): Map<string, string[]> => {
    const found = new Map<string, string[]>();
    for (const recording of recordings) {
      const exchange = recording.exchanges.find((each) => each.id === id);
      if (exchange === undefined || isHttp(recording, exchange)) continue;
      try {
        const { headers } = requestHeaders(variablesOf(recording, exchange));
        found.set(
          recording.name,
          headers.filter(([each]) => each === name).map(([, value]) => value),
        );
      } catch (error) {
        if (!(error instanceof EnvironError)) throw error;
        found.set(recording.name, [error.code]);
      }
    }
    return found;
  };

  it('makes one cookie of two, whoever joined them', () => {
    const cookies = fields('h-cookies', 'Cookie');
    expect(cookies.size).to.be.above(30);
    for (const [name, values] of cookies) {
      expect(
        values.map((value) => value.replace(/;\s*/g, '; ')),
        name,
      ).to.deep.equal(['a=1; b=2']);
    }
  });

  it('has no Proxy', () => {
    const proxies = fields('h-proxy', 'Proxy');
    expect(proxies.size).to.be.above(30);
    for (const [name, values] of proxies) expect(values, name).to.deep.equal([]);
  });

  it('takes no length from a client that spells it Content_Length, but of uWSGI', () => {
    const lengths = [...fields('h-cgi-names', 'Content-Length')].filter(([, values]) => values.includes('5'));
    // The uWSGI router makes CONTENT_LENGTH of it: there is nothing to tell by.
    expect(lengths.map(([name]) => name)).to.deep.equal([
      'uwsgi.uwsgi-httprouter.root',
      'uwsgi.wsgi-httpsocket.foo-mount',
    ]);
  });

  it('never takes the name with `_` for the one with `-` where both came', () => {
    for (const [name, values] of fields('h-underscore-clash', 'X-Clash')) {
      // Caddy and uWSGI made one of them: nothing is left to tell by.
      if (/^(?:caddy|uwsgi)\./.test(name)) continue;
      expect(values, name).to.be.deep.oneOf([['dash'], ['ERR_ENVIRON_COLLISION']]);
    }
  });

  it('keeps header values byte for byte', () => {
    for (const [name, values] of fields('h-nonascii', 'X-Latin')) {
      // mod_python closes such a connection.
      if (!name.startsWith('apache.mod_python.'))
        expect(values, name).to.be.deep.oneOf([['caf\u00e9'], ['caf\u00c3\u00a9']]);
    }
  });

  it('meets each quirk', () => {
    const met = new Set<HeaderQuirk['name']>();
    for (const recording of recordings) {
      for (const exchange of recording.exchanges) {
        try {
          for (const quirk of requestHeaders(variablesOf(recording, exchange), { collisions: 'last' }).quirks)
            met.add(quirk);
        } catch (error) {
          expect(error).to.be.instanceOf(EnvironError);
        }
      }
    }
    expect([...met].sort()).to.deep.equal(headerQuirks.map(({ name }) => name).sort());
  });
});
