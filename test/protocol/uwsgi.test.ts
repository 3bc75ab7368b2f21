/**
 * The uwsgi codec: each row whole, byte by byte, cut at each point, and followed by more; both sides against each other; and
 * whatever bytes there are.
 */

import { expect } from 'chai';
import type { Environ } from '../../lib/protocol/events.js';
import { createConnection } from '../../lib/protocol/index.js';
import { feed, told } from './drive.js';
import { itReads, itSurvives, type Maker, type Row } from './rows.js';
import { ask, bytes, bytesOfText, endless, framed, itCarries, itIsSingle } from './single.js';

/** A number of two bytes, the lower first. */
const u16 = (number: number): string => String.fromCharCode(number & 255, number >> 8);
const text = (of: string): string => u16(of.length) + of;
const pairs = (...all: Environ): string => all.map(([name, value]) => text(name) + text(value)).join('');

/** A request's header and variables. */
const packet = (variables: string, modifier1 = 0, modifier2 = 0): Buffer =>
  bytes(String.fromCharCode(modifier1) + u16(variables.length) + String.fromCharCode(modifier2) + variables);

const uri: Environ[number] = ['REQUEST_URI', '/foo'];
const length = (value: string): Environ[number] => ['CONTENT_LENGTH', value];

const rows: readonly Row[] = [
  ['a request', [packet(pairs(uri))], ['begin 0 REQUEST_URI="/foo"', 'end 0']],
  ['without variables', [bytes('\0\0\0\0')], ['begin 0', 'end 0']],
  // 0 is what nginx, Apache and lighttpd send; 7 uWSGI's own router when told so; 30 nginx with uwsgi_modifier1 30.
  ...[0, 5, 7, 30].map(
    (modifier1): Row => [
      `of modifier1 ${modifier1}`,
      [packet(pairs(uri), modifier1)],
      ['begin 0 REQUEST_URI="/foo"', 'end 0'],
    ],
  ),
  [
    'with a body',
    [packet(pairs(length('6'))), bytes('abc'), bytes('def')],
    ['begin 0 CONTENT_LENGTH="6"', 'body 0 "abcdef"', 'end 0'],
  ],
  // As nginx says of a GET.
  ['with an empty CONTENT_LENGTH', [packet(pairs(length('')))], ['begin 0 CONTENT_LENGTH=""', 'end 0']],
  ['with a CONTENT_LENGTH of 0', [packet(pairs(length('0')))], ['begin 0 CONTENT_LENGTH="0"', 'end 0']],
  [
    'with the same CONTENT_LENGTH twice',
    [packet(pairs(length('1'), uri, length('01'))), bytes('a')],
    ['begin 0 CONTENT_LENGTH="1" REQUEST_URI="/foo" CONTENT_LENGTH="01"', 'body 0 "a"', 'end 0'],
  ],
  [
    'whose header Content-Length is another',
    [packet(pairs(length('1'), ['HTTP_CONTENT_LENGTH', '99'])), bytes('a')],
    ['begin 0 CONTENT_LENGTH="1" HTTP_CONTENT_LENGTH="99"', 'body 0 "a"', 'end 0'],
  ],
  [
    'with a header Content-Length alone',
    [packet(pairs(['HTTP_CONTENT_LENGTH', '9'], ['HTTP_TRANSFER_ENCODING', 'chunked']))],
    ['begin 0 HTTP_CONTENT_LENGTH="9" HTTP_TRANSFER_ENCODING="chunked"', 'end 0'],
  ],
  [
    'with a name that comes twice, empty values, NUL and bytes above 127',
    [packet(pairs(['A', ''], ['A', '\u00ff\0\u0080']))],
    ['begin 0 A="" A="\u00ff\\u0000\u0080"', 'end 0'],
  ],
  ...[127, 128, 255, 256, 257, 1023, 1024, 4097].map(
    (size): Row => [
      `with texts of ${size} bytes`,
      [packet(pairs(['N'.repeat(size), 'v'.repeat(size)]))],
      [`begin 0 ${'N'.repeat(size)}=${size} bytes`, 'end 0'],
    ],
  ),
  [
    'with just enough variables',
    [packet(pairs(uri, ['A', '']))],
    ['begin 0 REQUEST_URI="/foo" A=""', 'end 0'],
    { maxParams: 2 },
  ],
  [
    'with too many variables',
    [packet(pairs(uri, ['A', ''], ['B', '']))],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParams: 2 },
  ],
  [
    'with just enough bytes',
    [packet(pairs(['A', 'x'.repeat(95)]))],
    ['begin 0 A=95 bytes', 'end 0'],
    { maxParamsBytes: 100 },
  ],
  [
    'with too many bytes',
    [packet(pairs(['A', 'x'.repeat(96)]))],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParamsBytes: 100 },
  ],
  [
    'that announces too many bytes',
    [bytes('\0\u00ff\u00ff\0')],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParamsBytes: 65_534 },
  ],
  // Spooler 17, eval 22, exec 23, signals 110, cache 111, RPC 173, reload 98, 'G' of GET; 255 is an answer.
  ...[1, 2, 3, 4, 6, 8, 9, 14, 17, 18, 22, 23, 31, 71, 72, 98, 99, 100, 110, 111, 173, 200, 250, 255].map(
    (modifier1): Row => [
      `of modifier1 ${modifier1}`,
      [packet(pairs(uri), modifier1)],
      ['error ERR_PROTOCOL_RECORD'],
    ],
  ),
  ...[1, 5, 255].map(
    (modifier2): Row => [
      `of modifier2 ${modifier2}`,
      [packet(pairs(uri), 0, modifier2)],
      ['error ERR_PROTOCOL_RECORD'],
    ],
  ),
  // Lengths that lie, and what is left over.
  ...[
    ['a byte', '\u0001'],
    ['a name past the end', `${u16(2)}A`],
    ['a name far past the end', `${u16(65_535)}A`],
    ['a name without a value', text('A')],
    ['half a length of a value', `${text('A')}\0`],
    ['a value past the end', `${text('A')}${u16(2)}b`],
    ['a value far past the end', `${text('A')}${u16(65_535)}b`],
    ['a byte behind', `${pairs(uri)}\u0001`],
    ['two bytes behind', `${pairs(uri)}\u0001A`],
    ['an empty name', pairs(['', 'a'])],
    ['an empty pair', pairs(uri, ['', ''])],
    ['half a pair behind', `${pairs(uri)}\0\0`],
    ...['-1', '+5', '5 ', '1e3', '0x5', '5,5', '9007199254740992', '9'.repeat(30)].map(
      (value) => [`the CONTENT_LENGTH ${JSON.stringify(value)}`, pairs(length(value))] as const,
    ),
    ['two different CONTENT_LENGTH', pairs(length('1'), length('2'))],
    ['an empty and another CONTENT_LENGTH', pairs(length(''), length('2'))],
    ['a CONTENT_LENGTH and none', pairs(length('2'), length('x'))],
  ].map(
    ([name, variables = '']): Row => [`with ${name}`, [packet(variables)], ['error ERR_PROTOCOL_PARAMS']],
  ),
];

const http: readonly Row[] = [
  [
    'an answer of HTTP',
    [bytes('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc')],
    ['head 0 200 Content-Length: 3', 'body 0 "abc"'],
  ],
  [
    'of HTTP/1.0, with a reason of words',
    [bytes('HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n')],
    ['head 0 404 Content-Length: 0'],
  ],
  ['without a reason', [bytes('HTTP/1.1 204 \r\n\r\n')], ['head 0 204']],
  ['without a reason and the space', [bytes('HTTP/1.1 304\r\nA: b\r\n\r\n')], ['head 0 304 A: b']],
  [
    'with a status twice',
    [bytes('HTTP/1.1 201 Created\r\nStatus: 201 Created\r\nContent-Length: 0\r\n\r\n')],
    ['head 0 201 Content-Length: 0'],
  ],
  [
    'with a Location, which is no redirect',
    [bytes('HTTP/1.1 201 Created\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n')],
    ['head 0 201 Location: /a | Content-Length: 0'],
  ],
  ...[
    'HTTP/1.1 200 OK\r\nStatus: 201\r\n\r\n',
    'HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\n\r\n',
    'A: b\r\nHTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 99 OK\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    'HTTP/2 200\r\n\r\n',
    'http/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  ].map((head): Row => [`with the head ${JSON.stringify(head)}`, [bytes(head)], ['error ERR_PROTOCOL_HEAD']]),
];

const responder: Maker = (options) => createConnection('uwsgi', 'responder', options);
const asked: Maker = (options) => ask('uwsgi', [], options);

describe('uwsgi', () => {
  describe('requests', () => itReads(responder, rows, { bytes: bytes('\0\u0001\0\0'), event: undefined }));
  describe('answers', () => {
    itReads(asked, [...http, ...framed], { bytes: bytes('HTTP/1.1 200 OK\r\n\r\n'), event: undefined });
    itReads(asked, endless, { bytes: bytes('more'), event: 'body 0 "more"' });
  });
  itSurvives([responder, asked], [...rows, ...http, ...framed, ...endless]);
  itIsSingle('uwsgi', {
    request: packet(pairs(length('3'))),
    begin: 'begin 0 CONTENT_LENGTH="3"',
    head: 'HTTP/1.1 404 Nowhere\r\nA: b\r\nA: c\r\n\r\n',
  });
  itCarries('uwsgi', (environ, bodyLength) => [...environ, length(bodyLength)]);

  it('names the modifier that it refuses, at its first byte', () => {
    const [event] = responder().receive(bytes('G'));
    expect(event?.type === 'error' && event.message).to.equal(
      'modifier1 must be one of a request with variables (0, 5, 7, 30), got 71',
    );
  });

  it('is too early at its end where a request is cut', () => {
    for (const cut of ['\0', '\0\u0001\0\0'])
      expect(told(feed(responder(), bytes(cut), undefined, true))).to.deep.equal([
        'error ERR_PROTOCOL_TRUNCATED',
      ]);
  });

  it('is nothing where it never came', () => {
    const connection = responder();
    expect(connection.receive(bytes(''))).to.deep.equal([]);
    expect(connection.receive(null)).to.deep.equal([]);
    expect(connection.reusable).to.equal(false);
  });

  describe('a request that is sent', () => {
    const sent = (environ: Environ): string =>
      bytesOfText(createConnection('uwsgi', 'client').send([{ type: 'begin', id: 0, environ }]));

    it('has its variables as they are', () => {
      expect(sent([])).to.equal('\0\0\0\0');
      expect(
        sent([
          ['A', 'b'],
          ['A', ''],
        ]),
      ).to.equal('\0\u000b\0\0\u0001\0A\u0001\0b\u0001\0A\0\0');
    });

    it('has at most 65535 bytes of them', () => {
      const most = sent([['A', 'x'.repeat(65_530)]]);
      expect(most.length).to.equal(4 + 65_535);
      expect(told(feed(responder(), bytes(most)))).to.deep.equal(['begin 0 A=65530 bytes', 'end 0']);
      for (const environ of [[['A', 'x'.repeat(65_531)]], [['A', 'x'.repeat(70_000)]]] as const)
        expect(() => sent(environ))
          .to.throw(/at most 65535 bytes/)
          .with.property('code', 'ERR_ARGUMENT_EVENT');
    });

    it('has a reason that may be empty', () => {
      const application = responder();
      application.receive(packet(''));
      const head = { type: 'head', id: 0, status: 299, headers: [['Status', '500']] } as const;
      expect(bytesOfText(application.send([head]))).to.equal('HTTP/1.1 299 \r\n\r\n');
    });

    for (const [name, environ] of [
      ['an empty name', [['', 'b']]],
      ['a length that is none', [length('-1')]],
      ['two lengths', [length('1'), length('2')]],
    ] as const satisfies readonly (readonly [string, Environ])[]) {
      it(`never has ${name}`, () =>
        expect(() => sent(environ))
          .to.throw()
          .with.property('code', 'ERR_ARGUMENT_EVENT'));
    }
  });
});
