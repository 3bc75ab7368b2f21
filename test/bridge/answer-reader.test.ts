/**
 * The reader of what a response of Node writes: each answer whole, byte by byte, and cut in two at each place.
 */

import { expect } from 'chai';
import { AnswerReader } from '../../lib/bridge/answer-reader.js';

interface Read {
  readonly head: readonly (readonly [status: number, reason: string, lines: string])[];
  readonly body: string;
}

type Answer = readonly [
  name: string,
  text: string,
  status: number,
  reason: string,
  lines: string,
  body: string,
  method?: string,
];

const chunked = 'Transfer-Encoding: chunked\r\n';

const answers: readonly Answer[] = [
  ['no field and no body', 'HTTP/1.1 200 OK\r\n\r\n', 200, 'OK', '', ''],
  ['no reason', 'HTTP/1.1 299 \r\n\r\n', 299, '', '', ''],
  [
    'a body of any bytes',
    'HTTP/1.1 200 OK\r\nA: b\r\n\r\n\xe9\r\n\r\n\0',
    200,
    'OK',
    'A: b\r\n',
    '\xe9\r\n\r\n\0',
  ],
  ['bytes in a field', 'HTTP/1.1 200 OK\r\nA: caf\xe9\r\n\r\n', 200, 'OK', 'A: caf\xe9\r\n', ''],
  [
    'chunks',
    `HTTP/1.1 200 OK\r\n${chunked}\r\n1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    200,
    'OK',
    chunked,
    'a0123456789',
  ],
  [
    'CRLF in a chunk',
    `HTTP/1.1 200 OK\r\n${chunked}\r\n7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n`,
    200,
    'OK',
    chunked,
    '0\r\n\r\n\r\n',
  ],
  ['no chunk', `HTTP/1.1 200 OK\r\n${chunked}\r\n0\r\n\r\n`, 200, 'OK', chunked, ''],
  [
    'trailers',
    `HTTP/1.1 200 OK\r\n${chunked}\r\n1\r\na\r\n0\r\nX-T: b\r\nX-U: c\r\n\r\n`,
    200,
    'OK',
    chunked,
    'a',
  ],
  ['an extension', `HTTP/1.1 200 OK\r\n${chunked}\r\n1;a=b\r\na\r\n0\r\n\r\n`, 200, 'OK', chunked, 'a'],
  [
    'another coding first',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    ...([200, 'OK', 'transfer-encoding: gzip, Chunked\r\n', 'a'] as const),
  ],
  [
    'another coding alone',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n1\r\n',
    ...([200, 'OK', 'Transfer-Encoding: gzip\r\n', '1\r\n'] as const),
  ],
  [
    'a field that ends in the name',
    'HTTP/1.1 200 OK\r\nX-Transfer-Encoding: chunked\r\n\r\n1\r\n',
    ...([200, 'OK', 'X-Transfer-Encoding: chunked\r\n', '1\r\n'] as const),
  ],
  ['HEAD', `HTTP/1.1 200 OK\r\n${chunked}\r\n`, 200, 'OK', chunked, '', 'HEAD'],
  ['HEAD with a body', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody', 200, 'OK', 'A: b\r\n', '', 'HEAD'],
  ['101', 'HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\nbody', 101, 'Switching Protocols', 'A: b\r\n', ''],
  ['204', 'HTTP/1.1 204 No Content\r\nA: b\r\n\r\nbody', 204, 'No Content', 'A: b\r\n', ''],
  ['304', `HTTP/1.1 304 Not Modified\r\n${chunked}\r\n0\r\n\r\n`, 304, 'Not Modified', chunked, ''],
];

const malformed: readonly (readonly [text: string, message: string])[] = [
  ['nothing of HTTP\r\n\r\n', 'a response must begin with a status line, got "nothing of HTTP\\r\\n\\r\\n"'],
  ['HTTP/1.1 20 OK\r\n\r\n', 'a response must begin with a status line, got "HTTP/1.1 20 OK\\r\\n\\r\\n"'],
  [
    `HTTP/1.1 200 OK\r\n${chunked}\r\nx\r\n`,
    'a response must have chunks that begin with their size, got "x\\r\\n"',
  ],
  [
    `HTTP/1.1 200 OK\r\n${chunked}\r\n\r\n`,
    'a response must have chunks that begin with their size, got "\\r\\n"',
  ],
  [
    `HTTP/1.1 200 OK\r\n${chunked}\r\n20000000000000\r\n`,
    'a response must have chunks that begin with their size, got "20000000000000\\r\\n"',
  ],
  [
    `HTTP/1.1 200 OK\r\n${chunked}\r\n${'1'.repeat(64)}`,
    `a response must have chunks that begin with their size, got "${'1'.repeat(32)}"`,
  ],
  [`HTTP/1.1 200 OK\r\n${chunked}\r\n1\r\nabc`, 'a response must end each chunk with CRLF, got "bc"'],
  [`HTTP/1.1 200 OK\r\n${chunked}\r\n0\r\n\r\nmore`, 'a response must end with its last chunk, got "more"'],
  [
    `HTTP/1.1 200 OK\r\n${chunked}\r\n0\r\n${'t'.repeat(65_536)}`,
    `a response must have trailers of lines, got "${'t'.repeat(32)}"`,
  ],
];

function read(pieces: readonly Buffer[], method = 'GET'): Read {
  const head: (readonly [number, string, string])[] = [];
  const body: Buffer[] = [];
  const reader = new AnswerReader(
    {
      takeHead: (lines, status, reason) => head.push([status, reason, lines]),
      takeBody: (bytes) => {
        expect(head, 'the head comes first').to.have.lengthOf(1);
        body.push(bytes);
      },
    },
    method,
  );
  for (const bytes of pieces) reader.read(bytes);
  return { head, body: Buffer.concat(body).toString('latin1') };
}

describe('an answer that Node wrote', () => {
  for (const [name, text, status, reason, lines, body, method] of answers) {
    it(`is read in pieces of any size: ${name}`, () => {
      const bytes = Buffer.from(text, 'latin1');
      const expected: Read = { head: [[status, reason, lines]], body };
      expect(read([bytes], method)).to.deep.equal(expected);
      const single = [...bytes].map((byte) => Buffer.of(byte));
      expect(read(single, method)).to.deep.equal(expected);
      for (let cut = 1; cut < bytes.length; cut++) {
        expect(read([bytes.subarray(0, cut), bytes.subarray(cut)], method), `cut at ${cut}`).to.deep.equal(
          expected,
        );
      }
    });
  }

  for (const [text, message] of malformed) {
    it(`is refused: ${message}`, () => {
      expect(() => read([Buffer.from(text, 'latin1')])).to.throw(message);
    });
  }

  it('is not copied', () => {
    const bodies: Buffer[] = [];
    const reader = new AnswerReader(
      { takeHead: () => undefined, takeBody: (bytes) => bodies.push(bytes) },
      undefined,
    );
    reader.read(Buffer.from(`HTTP/1.1 200 OK\r\n${chunked}\r\n5\r\n`));
    const bytes = Buffer.from('hello');
    reader.read(bytes);
    expect(bodies[0]?.buffer).to.equal(bytes.buffer);
    expect(bodies[0]?.byteOffset).to.equal(bytes.byteOffset);
  });
});
