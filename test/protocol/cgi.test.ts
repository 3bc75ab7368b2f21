/**
 * The CGI codec: a process's environment and input, and what it prints; both sides against each other; and whatever bytes
 * there are.
 */

import { expect } from 'chai';
import { ConfigurationError } from '../../lib/errors.js';
import type { Connection, Environ } from '../../lib/protocol/events.js';
import { createConnection, type ProtocolOptions } from '../../lib/protocol/index.js';
import { feed, told } from './drive.js';
import { itReads, itSurvives, type Maker, type Row } from './rows.js';
import { ask, bytes, bytesOfText, endless, framed, itCarries, itIsSingle } from './single.js';

const length = (value: string): Environ => [['CONTENT_LENGTH', value]];
const chunked = (value: string): Environ => [['HTTP_TRANSFER_ENCODING', value]];
const none = bytes('');

/** Inputs that end by themselves. */
const rows: readonly Row[] = [
  [
    'a request with a body',
    [bytes('abc'), bytes('def')],
    ['begin 0 A="" A="\u00ff" CONTENT_LENGTH="6"', 'body 0 "abcdef"', 'end 0'],
    { environ: [['A', ''], ['A', '\u00ff'], ...length('6')] },
  ],
  ['without one', [bytes('x')], ['begin 0', 'end 0'], { environ: [] }],
  [
    'with an empty CONTENT_LENGTH',
    [bytes('x')],
    ['begin 0 CONTENT_LENGTH=""', 'end 0'],
    { environ: length('') },
  ],
  // As nginx and fcgiwrap: both, and the chunks are gone.
  [
    'of chunks with a length',
    [bytes('abc')],
    ['begin 0 CONTENT_LENGTH="3" HTTP_TRANSFER_ENCODING="chunked"', 'body 0 "abc"', 'end 0'],
    { environ: [...length('3'), ...chunked('chunked')] },
  ],
  [
    'of another coding',
    [bytes('x')],
    ['begin 0 HTTP_TRANSFER_ENCODING="chunkedly"', 'end 0'],
    { environ: chunked('chunkedly') },
  ],
  [
    'whose header Content-Length is another',
    [bytes('a')],
    ['begin 0 CONTENT_LENGTH="1" HTTP_CONTENT_LENGTH="9"', 'body 0 "a"', 'end 0'],
    { environ: [...length('1'), ['HTTP_CONTENT_LENGTH', '9']] },
  ],
  ...['-1', '+5', '5 ', '1e3', '5,5', '9'.repeat(30)].map(
    (value): Row => [
      `of the length ${value}`,
      [bytes('x')],
      ['error ERR_PROTOCOL_PARAMS'],
      { environ: length(value) },
    ],
  ),
  [
    'of two lengths',
    [bytes('x')],
    ['error ERR_PROTOCOL_PARAMS'],
    { environ: [...length('1'), ...length('2')] },
  ],
];

const responder: Maker = (options = { environ: length('3') }) =>
  createConnection('cgi', 'responder', options);
const asked: Maker = (options) => ask('cgi', [], options);

describe('CGI', () => {
  describe('requests', () => itReads(responder, rows, { bytes: bytes('more'), event: undefined }));
  describe('answers', () => {
    itReads(asked, framed, { bytes: bytes('Status: 200\r\n\r\n'), event: undefined });
    itReads(asked, endless, { bytes: bytes('more'), event: 'body 0 "more"' });
  });
  itSurvives(
    [responder, () => responder({ environ: chunked('chunked') }), asked, () => asked({ isNonParsed: true })],
    [...rows, ...framed, ...endless],
  );
  itIsSingle('cgi', {
    request: none,
    begin: 'begin 0 CONTENT_LENGTH="3"',
    head: 'Status: 404 Nowhere\r\nA: b\r\nA: c\r\n\r\n',
    options: { environ: length('3') },
    endsWithBody: true,
  });
  itCarries(
    'cgi',
    (environ, bodyLength) => [...environ, ...length(bodyLength)],
    (environ) => ({ environ }),
  );

  it('begins at the first bytes, be they none', () => {
    const connection = responder({ environ: [] });
    expect(told(connection.receive(none))).to.deep.equal(['begin 0', 'end 0']);
    expect(connection.receive(none)).to.deep.equal([]);
    expect(told(responder().receive(none))).to.deep.equal(['begin 0 CONTENT_LENGTH="3"']);
  });

  const ends: readonly (readonly [string, Environ, string, readonly string[]])[] = [
    ['is nothing behind no body', [], '', ['begin 0', 'end 0']],
    ['is nothing behind a body', length('3'), 'abc', ['begin 0 CONTENT_LENGTH="3"', 'body 0 "abc"', 'end 0']],
    ['aborts amid a body', length('3'), 'ab', ['begin 0 CONTENT_LENGTH="3"', 'body 0 "ab"', 'abort 0']],
    ['aborts before a body', length('3'), '', ['begin 0 CONTENT_LENGTH="3"', 'abort 0']],
    ['is nothing more behind an error', length('x'), 'a', ['error ERR_PROTOCOL_PARAMS']],
    ['finds an error', length('x'), '', ['error ERR_PROTOCOL_PARAMS']],
    // As Apache's mod_cgi and mod_cgid pass what came in chunks.
    ...['chunked', 'Chunked', 'gzip, chunked '].map(
      (coding) =>
        [
          `is that of a body that came ${JSON.stringify(coding)}`,
          [...length(''), ...chunked(coding)],
          'abc',
          [
            `begin 0 CONTENT_LENGTH="" HTTP_TRANSFER_ENCODING=${JSON.stringify(coding)}`,
            'body 0 "abc"',
            'end 0',
          ],
        ] as const,
    ),
    [
      'is that of a body of chunks that is empty',
      chunked('chunked'),
      '',
      ['begin 0 HTTP_TRANSFER_ENCODING="chunked"', 'end 0'],
    ],
  ];
  describe('the end of the input', () => {
    for (const [name, environ, input, events] of ends) {
      it(name, () => {
        for (const size of [1, 100])
          expect(told(feed(responder({ environ }), bytes(input), size, true))).to.deep.equal(events);
      });
    }
    it('is nothing after the answer', () => {
      for (const environ of [length('3'), chunked('chunked')]) {
        const connection = responder({ environ });
        connection.receive(bytes('a'));
        connection.send([{ type: 'end', id: 0 }]);
        expect(connection.receive(null)).to.deep.equal([]);
      }
    });
    it('lets the answer be made', () => {
      const connection = responder({ environ: [] });
      connection.receive(null);
      const head = { type: 'head', id: 0, status: 200, headers: [] } as const;
      expect(bytesOfText(connection.send([head, { type: 'end', id: 0 }]))).to.equal('Status: 200\r\n\r\n');
    });
  });

  describe('a script that is not parsed', () => {
    const answer = (options: ProtocolOptions): string => {
      const connection: Connection = responder(options);
      connection.receive(none);
      const headers = [
        ['A', 'b'],
        ['connection', 'keep-alive'],
        ['Status', '200'],
      ] as const;
      return bytesOfText(connection.send([{ type: 'head', id: 0, status: 404, reason: 'Nowhere', headers }]));
    };
    it('answers whole', () => {
      expect(answer({ environ: [], isNonParsed: true })).to.equal(
        'HTTP/1.1 404 Nowhere\r\nConnection: close\r\nA: b\r\n\r\n',
      );
      expect(answer({ environ: [], isNonParsed: false })).to.match(/^Status: 404 Nowhere\r\nA: b\r\n/);
    });
    it('is heard where it is known', () => {
      const whole = bytes('HTTP/1.1 404 Nowhere\r\nA: b\r\n\r\n');
      expect(told(feed(asked({ isNonParsed: true }), whole))).to.deep.equal(['head 0 404 A: b']);
      expect(told(feed(asked(), whole))).to.deep.equal(['error ERR_PROTOCOL_HEAD']);
    });
  });

  const wrong: readonly (readonly [string, object])[] = [
    ['no environment', {}],
    ['an environment of one object', { environ: { A: 'b' } }],
    ['a variable that is no pair', { environ: [['A', 'b'], ['A']] }],
    ['a variable of a number', { environ: [['A', 1]] }],
    ['a variable of text', { environ: [['A', '\u0416']] }],
    ['a doubtful form', { environ: [], isNonParsed: 'no' }],
  ];
  for (const [name, options] of wrong) {
    it(`is never made with ${name}`, () =>
      expect(() => createConnection('cgi', 'responder', options))
        .to.throw(ConfigurationError, /^the option (?:environ|isNonParsed) of CGI must be .+, got .+$/)
        .with.property('code', 'ERR_PROTOCOL_OPTION'));
  }
  it('has options that no other protocol has', () => {
    expect(() => createConnection('scgi', 'responder', { environ: [] })).to.throw(
      /a limit must be one of .*"environ"/,
    );
    expect(() => createConnection('cgi', 'responder', { environ: [], secret: 'x' })).to.throw(
      /isNonParsed, got "secret"/,
    );
  });
});
