/** What proxies say: lists, hops, addresses, schemes, hosts and ports, of both families; and who is asked. */

import { expect } from 'chai';
import fc from 'fast-check';
import { type Forwarded, readForwarded, readXForwarded } from '../../lib/fixup/forwarded.js';
import { FieldNames } from '../../lib/fixup/names.js';
import { compileTrust } from '../../lib/fixup/trust.js';
import { ForwardedError } from '../../lib/index.js';

const isTrusted = compileTrust(['loopback', '10.0.0.0/8', '2001:db8::/32']);

type Fields = Readonly<Record<string, string>>;

/** Fields without their `x-forwarded-`, and what they say; a code: they are refused. */
const rows: readonly (readonly [fields: Fields, said: Partial<Forwarded> | string])[] = [
  [{}, {}],
  [{ for: '', proto: '', host: '', port: '' }, {}],
  [{ for: ' , ,', proto: ',' }, {}],
  [{ for: ' ', proto: ' ', host: '\t' }, {}],
  // The client is the first from the right that is not trusted, or the last there is.
  [{ for: ',10.0.0.1' }, { client: { address: '10.0.0.1', port: undefined } }],
  [{ for: '192.0.2.1' }, { client: { address: '192.0.2.1', port: undefined } }],
  [{ for: '192.0.2.1, 10.0.0.1' }, { client: { address: '192.0.2.1', port: undefined }, hops: 2 }],
  [{ for: '192.0.2.1,10.0.0.1,,127.0.0.1' }, { client: { address: '192.0.2.1', port: undefined }, hops: 3 }],
  [{ for: '192.0.2.9, 192.0.2.1, 10.0.0.1' }, { client: { address: '192.0.2.1', port: undefined }, hops: 2 }],
  [{ for: '10.0.0.2, 10.0.0.1' }, { client: { address: '10.0.0.2', port: undefined }, hops: 2 }],
  [{ for: '<script>, 192.0.2.1' }, { client: { address: '192.0.2.1', port: undefined } }],
  [{ for: '127.0.0.1, evil, 192.0.2.1' }, { client: { address: '192.0.2.1', port: undefined } }],
  // Addresses with ports, of both kinds; hidden ones.
  [{ for: '192.0.2.1:1234' }, { client: { address: '192.0.2.1', port: '1234' } }],
  [{ for: '192.0.2.1:_http' }, { client: { address: '192.0.2.1', port: undefined } }],
  [{ for: '2001:DB9::1' }, { client: { address: '2001:db9::1', port: undefined } }],
  [{ for: '[2001:db9::1]' }, { client: { address: '2001:db9::1', port: undefined } }],
  [{ for: '[2001:db9::1]:80' }, { client: { address: '2001:db9::1', port: '80' } }],
  [{ for: '::ffff:192.0.2.1' }, { client: { address: '::ffff:192.0.2.1', port: undefined } }],
  [
    { for: '192.0.2.1, ::ffff:10.0.0.1, 2001:db8::1' },
    { client: { address: '192.0.2.1', port: undefined }, hops: 3 },
  ],
  [{ for: '192.0.2.1, unknown' }, { client: { address: undefined, port: undefined } }],
  [{ for: '192.0.2.1, UNKNOWN:80' }, { client: { address: undefined, port: undefined } }],
  [{ for: '192.0.2.1, _hidden.1-2' }, { client: { address: undefined, port: undefined } }],
  ...[
    ...['localhost', '192.0.2', '192.0.2.256', '192.0.2.1:', '192.0.2.1:x', '192.0.2.1:65536', '_', '[::1'],
    ...['::1]', '[192.0.2.1]:', '1:2:3', '192.0.2.1 10.0.0.1', '"192.0.2.1"', 'fe80::1%eth0', '192.0.2.1/24'],
  ].map((element) => [{ for: `192.0.2.1, ${element}` }, 'ERR_FORWARDED_HEADER'] as const),
  // The last element, which the peer wrote or let stand.
  [{ proto: 'https' }, { scheme: 'https' }],
  [{ proto: 'HTTP' }, { scheme: 'http' }],
  [{ proto: 'wss' }, { scheme: 'https' }],
  [{ proto: 'ws' }, { scheme: 'http' }],
  [{ proto: 'ftp, https' }, { scheme: 'https' }],
  [{ proto: 'https, http' }, { scheme: 'http' }],
  [{ proto: 'https, ' }, { scheme: 'https' }],
  ...['ftp', 'https:', 'http https', 'on', 'javascript'].map(
    (proto) => [{ proto: `https, ${proto}` }, 'ERR_FORWARDED_PROTO'] as const,
  ),
  [{ host: 'site.example' }, { host: 'site.example' }],
  [{ host: 'evil.example/, Site.example:8443' }, { host: 'Site.example:8443' }],
  [{ host: '[::1]:80' }, { host: '[::1]:80' }],
  ...[
    'a b',
    'a/b',
    'a@b',
    'a:b',
    'http://a',
    'a..b',
    '[::1',
    'a:65536',
    '*',
    'a\\b',
    'a?b',
    'a#b',
    'a%2f',
    'é',
  ].map((host) => [{ host: `a, ${host}` }, 'ERR_FORWARDED_HOST'] as const),
  [{ port: '443' }, { port: '443' }],
  [{ port: '80, 08443' }, { port: '8443' }],
  ...['0', '65536', '-1', '8o', '80a', '1e3', '0x50'].map(
    (port) => [{ port: `80, ${port}` }, 'ERR_FORWARDED_HEADER'] as const,
  ),
];

const nothing: Forwarded = {
  scheme: undefined,
  host: undefined,
  port: undefined,
  client: undefined,
  hops: 1,
};

function codeOf(read: () => Forwarded): Forwarded | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof ForwardedError) return error.code;
    throw error;
  }
}

const prefixed = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`x-forwarded-${name}`, value]));

describe('X-Forwarded-*', () => {
  for (const [fields, said] of rows) {
    it(JSON.stringify(fields), () => {
      expect(codeOf(() => readXForwarded(prefixed(fields), isTrusted, 'last'))).to.deep.equal(
        typeof said === 'string' ? said : { ...nothing, ...said },
      );
    });
  }

  it('may be fields that came several times', () => {
    const fields = { 'x-forwarded-for': ['192.0.2.1', '10.0.0.1'], 'x-forwarded-proto': ['http', 'https'] };
    const { client, scheme } = readXForwarded(fields, isTrusted, 'last');
    expect([client?.address, scheme]).to.deep.equal(['192.0.2.1', 'https']);
  });

  const hops: readonly (readonly [proto: string, scheme: string])[] = [
    ['https', 'https'],
    ['https, http', 'https'],
    ['ftp, https, http', 'https'],
    ['http, https, http', 'https'],
  ];
  for (const [proto, scheme] of hops) {
    it(`of two hops that each add an element, ${proto} says ${scheme}`, () => {
      const fields = prefixed({ for: '192.0.2.9, 192.0.2.1, 10.0.0.1', proto });
      expect(readXForwarded(fields, isTrusted, 'hops').scheme).to.equal(scheme);
    });
  }

  it('says the same whatever a client puts in front of it', () => {
    const element = fc.constantFrom(
      '127.0.0.1',
      '10.9.9.9',
      'unknown',
      'evil.example',
      'https',
      'ftp',
      '',
      ' ',
      '/',
    );
    const made = fc.array(element, { maxLength: 5 }).map((all) => all.map((each) => `${each}, `).join(''));
    fc.assert(
      fc.property(fc.record({ for: made, proto: made, host: made, port: made }), (front) => {
        const fields = prefixed({
          for: `${front.for}192.0.2.1, 10.0.0.1`,
          proto: `${front.proto}https`,
          host: `${front.host}site.example`,
          port: `${front.port}443`,
        });
        expect(readXForwarded(fields, isTrusted, 'last')).to.deep.equal({
          ...{ scheme: 'https', host: 'site.example', port: '443', hops: 2 },
          client: { address: '192.0.2.1', port: undefined },
        });
      }),
    );
  });
});

/** A value of Forwarded, and what it says. */
const forwardedRows: readonly (readonly [value: string, said: Partial<Forwarded> | string])[] = [
  ['', {}],
  ['for=192.0.2.1', { client: { address: '192.0.2.1', port: undefined } }],
  [
    'for=192.0.2.1;proto=https;host=site.example;by=10.0.0.1',
    { client: { address: '192.0.2.1', port: undefined }, scheme: 'https', host: 'site.example' },
  ],
  [
    'For="[2001:db9::1]:4711";Proto=HTTPS;Host="site.example:8443"',
    { client: { address: '2001:db9::1', port: '4711' }, scheme: 'https', host: 'site.example:8443' },
  ],
  [
    'for=192.0.2.1;proto=https;host=site.example, for=10.0.0.1;proto=http;host=inner.example',
    { client: { address: '192.0.2.1', port: undefined }, scheme: 'https', host: 'site.example', hops: 2 },
  ],
  [
    'for=192.0.2.1;proto=https, for=10.0.0.1;proto=http;host=site.example',
    { client: { address: '192.0.2.1', port: undefined }, scheme: 'https', host: 'site.example', hops: 2 },
  ],
  [
    'for=10.0.0.9;proto=ftp;host="a b", for=192.0.2.1;proto=https',
    { client: { address: '192.0.2.1', port: undefined }, scheme: 'https' },
  ],
  ['proto=https', { scheme: 'https' }],
  ['for=192.0.2.1, proto=https', { scheme: 'https' }],
  ['for=unknown;proto=https', { client: { address: undefined, port: undefined }, scheme: 'https' }],
  ['for=_SEVKISEK', { client: { address: undefined, port: undefined } }],
  ['for="_gazonk:_port"', { client: { address: undefined, port: undefined } }],
  ['for=127.0.0.1:', 'ERR_FORWARDED_HEADER'],
  ['for="127.0.0.1:"', 'ERR_FORWARDED_HEADER'],
  ['for="2a02:918:175:ab60:45ee:c12c:dac1:808b"', 'ERR_FORWARDED_HEADER'],
  ['for=evil.example', 'ERR_FORWARDED_HEADER'],
  ['for="192.0.2.1', 'ERR_FORWARDED_HEADER'],
  ['192.0.2.1', 'ERR_FORWARDED_HEADER'],
  ['for=192.0.2.1;', 'ERR_FORWARDED_HEADER'],
  ['proto=ftp', 'ERR_FORWARDED_PROTO'],
  ['proto=""', 'ERR_FORWARDED_PROTO'],
  ['host="a b"', 'ERR_FORWARDED_HOST'],
  ['host="evil.example/"', 'ERR_FORWARDED_HOST'],
];

describe('Forwarded', () => {
  for (const [value, said] of forwardedRows) {
    it(value, () => {
      expect(codeOf(() => readForwarded({ forwarded: value }, isTrusted))).to.deep.equal(
        typeof said === 'string' ? said : { ...nothing, ...said },
      );
    });
  }
});

describe('trust', () => {
  const trusts: readonly (readonly [
    trust: string | readonly string[],
    yes: readonly string[],
    no: readonly string[],
  ])[] = [
    [
      'loopback',
      ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'],
      ['10.0.0.1', 'unix', 'localhost', ''],
    ],
    ['loopback, 10.0.0.0/8', ['127.0.0.1', '10.1.2.3'], ['11.0.0.1', '192.0.2.1']],
    [
      ['192.0.2.1', '2001:db8::/32'],
      ['192.0.2.1', '2001:db8::5'],
      ['192.0.2.2', '2001:db9::5', '127.0.0.1'],
    ],
    ['uniquelocal', ['192.168.1.1', '172.16.0.1', 'fd00::1'], ['172.32.0.1', '127.0.0.1']],
    [['unix', 'linklocal'], ['unix', '169.254.1.1'], ['127.0.0.1']],
    [[], [], ['127.0.0.1', 'unix', 'unknown']],
  ];
  for (const [trust, yes, no] of trusts) {
    it(JSON.stringify(trust), () => {
      const trusts = compileTrust(trust);
      // Twice: the second time it is remembered.
      for (let time = 0; time < 2; time++) {
        for (const address of yes) expect(trusts(address, 0), address).to.equal(true);
        for (const address of no) expect(trusts(address, 0), address).to.equal(false);
      }
    });
  }

  it('is right after more addresses than are remembered', () => {
    const trusts = compileTrust(['10.0.0.0/8', 'unix']);
    for (let index = 0; index < 3000; index++) {
      expect(trusts(`10.1.${index >> 8}.${index & 255}`, 0)).to.equal(true);
      expect(trusts(`11.1.${index >> 8}.${index & 255}`, 0)).to.equal(false);
    }
    expect(trusts('unix', 0)).to.equal(true);
  });
});

describe('the fields that are taken off', () => {
  const names: readonly (readonly [name: string, trusted: boolean, stranger: boolean, kept: boolean])[] = [
    ['X-Forwarded-For', true, true, false],
    ['x-forwarded-prefix', true, true, false],
    ['Forwarded', true, true, false],
    ['X-Script-Name', true, true, false],
    ['X-Ingress-Path', true, true, false],
    ['X-Prefix', true, true, false],
    ['X-Original-URI', false, true, false],
    ['X-Envoy-Original-Path', false, true, false],
    ['X-Forwarded-User', false, true, false],
    ['X_Forwarded_For', true, true, true],
    ['X-Forwarded_For', true, true, true],
    ['X_Forwarded_User', true, true, true],
    ['x_original_uri', true, true, true],
    ['SCRIPT_NAME', true, true, true],
    ['Path_Info', true, true, true],
    ['x_prefix', true, true, true],
    ['Host', false, false, false],
    ['X-Real-IP', false, false, false],
    ['X_Real_IP', false, false, false],
    ['Accept', false, false, false],
    [':path', false, false, false],
    ['', false, false, false],
  ];
  for (const [name, ...wanted] of names) {
    it(`${name || 'no name'}`, () => {
      const kinds = ['trusted', 'stranger', 'kept'] as const;
      expect(kinds.map((kind) => new FieldNames(kind, 'x-prefix').has(name))).to.deep.equal(wanted);
    });
  }
});
