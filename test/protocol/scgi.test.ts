/**
 * The SCGI codec: each row whole, byte by byte, cut at each point, and followed by more; both sides against each other; and
 * whatever bytes there are.
 */

import { expect } from 'chai';
import type { Environ } from '../../lib/protocol/events.js';
import { createConnection } from '../../lib/protocol/index.js';
import { feed, told } from './drive.js';
import { itReads, itSurvives, type Maker, type Row } from './rows.js';
import { ask, bytes, bytesOfText, endless, framed, itCarries, itIsSingle } from './single.js';

const netstring = (text: string): Buffer => bytes(`${text.length}:${text},`);
const headers = (...pairs: Environ): Buffer =>
  netstring(pairs.map(([name, value]) => `${name}\0${value}\0`).join(''));
const framing = (length: string): Environ => [
  ['CONTENT_LENGTH', length],
  ['SCGI', '1'],
];
const told0 = 'begin 0 CONTENT_LENGTH="0" SCGI="1"';

const rows: readonly Row[] = [
  ['a request', [headers(...framing('0'))], [told0, 'end 0']],
  // The example of the specification, section 4.
  [
    'with a body',
    [
      bytes('70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0,'),
      bytes('What is the answer to life?'),
    ],
    [
      'begin 0 CONTENT_LENGTH="27" SCGI="1" REQUEST_METHOD="POST" REQUEST_URI="/deepthought"',
      'body 0 "What is the answer to life?"',
      'end 0',
    ],
  ],
  [
    'with a body of one byte',
    [headers(...framing('1')), bytes('\0')],
    ['begin 0 CONTENT_LENGTH="1" SCGI="1"', 'body 0 "\\u0000"', 'end 0'],
  ],
  [
    'with a length that begins with zeros',
    [headers(...framing('003')), bytes('abc')],
    ['begin 0 CONTENT_LENGTH="003" SCGI="1"', 'body 0 "abc"', 'end 0'],
  ],
  [
    'with SCGI at the end, empty values and bytes above 127',
    [headers(['CONTENT_LENGTH', '0'], ['A', ''], ['B', '\u00ff\u0080'], ['SCGI', '1'])],
    ['begin 0 CONTENT_LENGTH="0" A="" B="\u00ff\u0080" SCGI="1"', 'end 0'],
  ],
  // As nginx 1.22 sends two fields of a client, and lighttpd 1.4.69 X-Clash beside X_Clash.
  [
    'with a name that comes twice',
    [headers(...framing('0'), ['HTTP_ACCEPT', 'a'], ['HTTP_COOKIE', 'c'], ['HTTP_ACCEPT', 'b'])],
    [`${told0} HTTP_ACCEPT="a" HTTP_COOKIE="c" HTTP_ACCEPT="b"`, 'end 0'],
  ],
  [
    'whose header Content-Length is another',
    [headers(...framing('2'), ['HTTP_CONTENT_LENGTH', '99']), bytes('ab')],
    ['begin 0 CONTENT_LENGTH="2" SCGI="1" HTTP_CONTENT_LENGTH="99"', 'body 0 "ab"', 'end 0'],
  ],
  [
    'with just enough bytes of headers',
    [headers(...framing('0'), ['A', 'x'.repeat(73)])],
    [`${told0} A=73 bytes`, 'end 0'],
    { maxParamsBytes: 100 },
  ],
  [
    'with headers that are too long',
    [headers(...framing('0'), ['A', 'x'.repeat(74)])],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParamsBytes: 100 },
  ],
  [
    'with too many headers',
    [headers(...framing('0'), ['A', ''])],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParams: 2 },
  ],
  ['with just enough headers', [headers(...framing('0'))], [told0, 'end 0'], { maxParams: 2 }],
  ...['65537', '99999', '100000', '9'.repeat(400)].map(
    (length): Row => [
      `that announces ${length.slice(0, 9)} bytes`,
      [bytes(length)],
      ['error ERR_PROTOCOL_LIMIT'],
    ],
  ),
  // No netstring.
  ...[
    '0:',
    '0:,',
    '00:,',
    ':,',
    '+5:',
    '-5:',
    ' 24:',
    '2 4:',
    '0x10:',
    ',',
    '24;',
    'GET / HTTP/1.1',
    '\0',
  ].map(
    (text): Row => [
      `that begins with ${JSON.stringify(text)}`,
      [bytes(text), headers(...framing('0'))],
      ['error ERR_PROTOCOL_RECORD'],
    ],
  ),
  ...['0', '00', '+', ' '].map(
    (text): Row => [
      `with ${JSON.stringify(text)} before its length`,
      [bytes(text), headers(...framing('0'))],
      ['error ERR_PROTOCOL_RECORD'],
    ],
  ),
  ...[';', '\0', 'S'].map(
    (text): Row => [
      `with ${JSON.stringify(text)} for its comma`,
      [headers(...framing('0')).subarray(0, -1), bytes(text)],
      ['error ERR_PROTOCOL_RECORD'],
    ],
  ),
  [
    'of a length that is too short',
    [bytes('23:CONTENT_LENGTH\x000\0SCGI\x001\0,')],
    ['error ERR_PROTOCOL_RECORD'],
  ],
  [
    'of a length that is too long',
    [bytes('25:CONTENT_LENGTH\x000\0SCGI\x001\0,,')],
    ['error ERR_PROTOCOL_PARAMS'],
  ],
  // No headers.
  ...(
    [
      ['a name alone', 'CONTENT_LENGTH\x000\0SCGI\x001\0A\0'],
      ['a value that does not end', 'CONTENT_LENGTH\x000\0SCGI\x001'],
      ['a NUL too many', 'CONTENT_LENGTH\x000\0SCGI\x001\0\0'],
      ['a NUL too many between', 'CONTENT_LENGTH\x000\0\0SCGI\x001\0A\0'],
      ['an empty name', 'CONTENT_LENGTH\x000\0SCGI\x001\0\0a\0'],
      ['NULs alone', '\0\0\0\0'],
      ['no NUL', 'x'],
      ['CONTENT_LENGTH second', 'SCGI\x001\0CONTENT_LENGTH\x000\0'],
      ['no CONTENT_LENGTH', 'SCGI\x001\0A\0b\0'],
      ['CONTENT_LENGTH in small letters', 'content_length\x000\0SCGI\x001\0'],
      ['CONTENT_LENGTH twice', 'CONTENT_LENGTH\x000\0CONTENT_LENGTH\x000\0SCGI\x001\0'],
      ['CONTENT_LENGTH twice and different', 'CONTENT_LENGTH\x000\0SCGI\x001\0CONTENT_LENGTH\x005\0'],
      ...['', '-1', '+5', '5 ', ' 5', '1e3', '0x5', '5,5', '9007199254740992', '9'.repeat(30), '\u00b2'].map(
        (length) =>
          [`the CONTENT_LENGTH ${JSON.stringify(length)}`, `CONTENT_LENGTH\0${length}\0SCGI\x001\0`] as const,
      ),
      ['no SCGI', 'CONTENT_LENGTH\x000\0'],
      ['SCGI twice', 'CONTENT_LENGTH\x000\0SCGI\x001\0SCGI\x001\0'],
      ['SCGI 2', 'CONTENT_LENGTH\x000\0SCGI\x002\0'],
      ['an empty SCGI', 'CONTENT_LENGTH\x000\0SCGI\0\0'],
    ] as const
  ).map(([name, text]): Row => [`with ${name}`, [netstring(text)], ['error ERR_PROTOCOL_PARAMS']]),
];

const responder: Maker = (options) => createConnection('scgi', 'responder', options);
const asked: Maker = (options) => ask('scgi', framing('0'), options);

const notCgi: readonly Row[] = [
  ['with a status line', [bytes('HTTP/1.1 200 OK\r\nA: b\r\n\r\n')], ['error ERR_PROTOCOL_HEAD']],
];

describe('SCGI', () => {
  describe('requests', () => itReads(responder, rows, { bytes: bytes('5:more,'), event: undefined }));
  describe('answers', () => {
    itReads(asked, [...framed, ...notCgi], { bytes: bytes('Status: 200\r\n\r\n'), event: undefined });
    itReads(asked, endless, { bytes: bytes('more'), event: 'body 0 "more"' });
  });
  itSurvives([responder, asked], [...rows, ...framed, ...endless]);
  itIsSingle('scgi', {
    request: headers(...framing('3')),
    begin: 'begin 0 CONTENT_LENGTH="3" SCGI="1"',
    head: 'Status: 404 Nowhere\r\nA: b\r\nA: c\r\n\r\n',
  });

  it('keeps no more of a request than has come', () => {
    // A length is no reason to take memory: with ten thousand announcements the process would be gone.
    const before = process.memoryUsage().arrayBuffers;
    const connections = Array.from({ length: 10_000 }, () => responder({ maxParamsBytes: 1e9 }));
    for (const connection of connections) connection.receive(bytes('999999999:C'));
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(50_000_000);
    expect(connections.every(({ reusable }) => reusable)).to.equal(true);
  });

  describe('a request that is sent', () => {
    const sent = (environ: Environ): string =>
      bytesOfText(createConnection('scgi', 'client').send([{ type: 'begin', id: 0, environ }]));

    it('has CONTENT_LENGTH first and SCGI second', () => {
      expect(sent([['A', 'b']])).to.equal('28:CONTENT_LENGTH\x000\0SCGI\x001\0A\0b\0,');
      expect(
        sent([
          ['SCGI', '1'],
          ['A', 'b'],
          ['CONTENT_LENGTH', '07'],
        ]),
      ).to.equal('28:CONTENT_LENGTH\x007\0SCGI\x001\0A\0b\0,');
      expect(sent([['CONTENT_LENGTH', '']])).to.equal('24:CONTENT_LENGTH\x000\0SCGI\x001\0,');
    });

    for (const [name, environ] of [
      ['an empty name', [['', 'b']]],
      ['another SCGI', [['SCGI', '2']]],
      ['a length that is none', [['CONTENT_LENGTH', '-1']]],
      [
        'two lengths',
        [
          ['CONTENT_LENGTH', '1'],
          ['CONTENT_LENGTH', '2'],
        ],
      ],
    ] as const satisfies readonly (readonly [string, Environ])[]) {
      it(`never has ${name}`, () =>
        expect(() => sent(environ))
          .to.throw()
          .with.property('code', 'ERR_ARGUMENT_EVENT'));
    }
  });

  itCarries('scgi', (environ, length) => [...framing(length), ...environ]);

  it('tells nothing of a request that is cut', () => {
    const cut = headers(...framing('0')).subarray(0, -1);
    expect(told(feed(responder(), cut, undefined, true))).to.deep.equal(['error ERR_PROTOCOL_TRUNCATED']);
  });

  it('is nothing where it never came', () => {
    const connection = responder();
    expect(connection.receive(bytes(''))).to.deep.equal([]);
    expect(connection.receive(null)).to.deep.equal([]);
    expect(connection.reusable).to.equal(false);
  });
});
