/**
 * What SCGI, uwsgi and CGI are held to alike: a connection carries one request, its id is 0, and its end is that of the answer.
 */

import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError } from '../../lib/errors.js';
import type { Connection, Environ, HeadEvent, ProtocolEvent } from '../../lib/protocol/events.js';
import { createConnection, type ProtocolOptions } from '../../lib/protocol/index.js';
import { feed, told } from './drive.js';
import type { Row } from './rows.js';

export type SingleProtocol = Exclude<Parameters<typeof createConnection>[0], 'fastcgi' | 'ajp'>;

/** Text of one character a byte as bytes. */
export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Bytes as text. */
export const bytesOfText = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString('latin1');

/** The bodies of events, as one. */
export function bodyOf(events: readonly ProtocolEvent[]): Buffer {
  return Buffer.concat(events.flatMap((event) => (event.type === 'body' ? [event.bytes] : [])));
}

/** Answers with a length: what comes behind them is not told. */
export const framed: readonly Row[] = [
  [
    'an answer',
    [bytes('Status: 200 OK\r\nContent-Length: 3\r\n\r\nabc')],
    ['head 0 200 Content-Length: 3', 'body 0 "abc"'],
  ],
  ['with line feeds alone', [bytes('Content-Length: 0\n\n')], ['head 0 200 Content-Length: 0']],
  ['without content', [bytes('Status: 204\r\nA: b\r\n\r\n')], ['head 0 204 A: b']],
  [
    'that is not modified',
    [bytes('Status: 304\r\nContent-Length: 9\r\n\r\n')],
    ['head 0 304 Content-Length: 9'],
  ],
  [
    'with its length twice',
    [bytes('Content-Length: 1\r\ncontent-length: 1\r\n\r\na')],
    ['head 0 200 Content-Length: 1 | content-length: 1', 'body 0 "a"'],
  ],
  ...[
    'no colon\r\n\r\n',
    ': x\r\n\r\n',
    'A b: c\r\n\r\n',
    'Status: 99\r\n\r\n',
    'Status: 100\r\n\r\n',
    'Status: 103 Early Hints\r\nLink: a\r\n\r\nStatus: 200\r\n\r\n',
    'Status: 200\r\nStatus: 200\r\n\r\n',
    'A: b\rC: d\r\n\r\n',
    'A: \0\r\n\r\n',
    'Content-Length: -1\r\n\r\n',
    'Content-Length: 5, 5\r\n\r\n',
    'Content-Length: \r\n\r\n',
    'Content-Length: 5\r\nContent-Length: 6\r\n\r\n',
  ].map((text): Row => [`with the head ${JSON.stringify(text)}`, [bytes(text)], ['error ERR_PROTOCOL_HEAD']]),
  [
    'with a head that is too long',
    [bytes('A: '.padEnd(200, 'b'))],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxHeadBytes: 100 },
  ],
];

/** Answers without one: all that comes is their body. */
export const endless: readonly Row[] = [
  ['without a length', [bytes('Status: 404 Not Found\r\nA: b\r\n\r\n')], ['head 0 404 A: b']],
  ['with a Location alone', [bytes('Location: http://h/\r\n\r\n')], ['head 0 302 Location: http://h/']],
  [
    'with two cookies',
    [bytes('Set-Cookie: a\r\nSet-Cookie: b\r\n\r\n')],
    ['head 0 200 Set-Cookie: a | Set-Cookie: b'],
  ],
];

/** A client that has asked. */
export function ask(protocol: SingleProtocol, environ: Environ, options?: ProtocolOptions): Connection {
  const client = createConnection(protocol, 'client', options);
  client.send([{ type: 'begin', id: 0, environ }]);
  return client;
}

/** How a protocol writes what all of them have. */
export interface Example {
  /** A request with three bytes of body, without them. */
  readonly request: Uint8Array;
  readonly begin: string;
  /** The head of a 404 "Nowhere" with A: b and A: c. */
  readonly head: string;
  readonly options?: ProtocolOptions;
  /** CGI's input ends with the body, and means nothing then. */
  readonly endsWithBody?: boolean;
}

const head: HeadEvent = {
  type: 'head',
  id: 0,
  status: 404,
  reason: 'Nowhere',
  headers: [
    ['A', 'b'],
    ['status', '200'],
    ['A', 'c'],
  ],
};
const body = (text: string): ProtocolEvent => ({ type: 'body', id: 0, bytes: bytes(text) });
const end: ProtocolEvent = { type: 'end', id: 0 };

export function itIsSingle(protocol: SingleProtocol, example: Example): void {
  const responder = (): Connection => createConnection(protocol, 'responder', example.options);
  /** A responder that was asked with this much of the body. */
  const askedFor = (text: string): Connection => {
    const connection = responder();
    connection.receive(example.request);
    connection.receive(bytes(text));
    return connection;
  };
  const length3: Environ = [['CONTENT_LENGTH', '3']];

  describe('one request a connection', () => {
    it('can come until it has begun', () => {
      const connection = responder();
      expect(connection.reusable).to.equal(true);
      expect(told(feed(connection, Buffer.concat([example.request, bytes('abc')])))).to.deep.equal([
        example.begin,
        'body 0 "abc"',
        'end 0',
      ]);
      expect(connection.reusable).to.equal(false);
      connection.send([head, end]);
      expect(connection.reusable).to.equal(false);
      const client = createConnection(protocol, 'client', example.options);
      expect(client.reusable).to.equal(true);
      client.send([{ type: 'begin', id: 0, environ: [] }]);
      expect(client.reusable).to.equal(false);
    });

    it('has a body that is not copied, and that ends', () => {
      const connection = askedFor('');
      const more = bytes('abcdef');
      const events = connection.receive(more);
      expect(told(events)).to.deep.equal(['body 0 "abc"', 'end 0']);
      expect(bodyOf(events).toString()).to.equal('abc');
      expect(events[0]?.type === 'body' && events[0].bytes.buffer === more.buffer).to.equal(true);
      expect(connection.receive(more)).to.deep.equal([]);
    });

    it('has a body in the bytes of its head', () => {
      const all = Buffer.concat([example.request, bytes('abcdef')]);
      const events = responder().receive(all);
      expect(told(events)).to.deep.equal([example.begin, 'body 0 "abc"', 'end 0']);
      expect(events[1]?.type === 'body' && events[1].bytes.buffer === all.buffer).to.equal(true);
    });

    it('is given up by whoever closes before its answer', () => {
      expect(told(askedFor('a').receive(null))).to.deep.equal(['abort 0']);
      const complete = askedFor('abc');
      complete.send([head]);
      expect(told(complete.receive(null))).to.deep.equal(example.endsWithBody ? [] : ['abort 0']);
      expect(complete.receive(null)).to.deep.equal([]);
      // An answer can still be made of what was asked, for whoever hears it.
      expect(complete.send([body('x'), end])).to.have.lengthOf(1);
    });

    it('is done when it is answered, whatever of its body is missing', () => {
      const connection = askedFor('a');
      connection.send([head, end]);
      expect(connection.receive(bytes('bc'))).to.deep.equal([]);
      expect(connection.receive(null)).to.deep.equal([]);
    });

    it('has an answer of one part where it is small, and of no copy where it is large', () => {
      const connection = askedFor('abc');
      const parts = connection.send([head, body('hello'), body(''), { type: 'pull', id: 0, count: 1 }]);
      expect(parts).to.have.lengthOf(1);
      expect(bytesOfText(parts)).to.equal(`${example.head}hello`);
      const large = Buffer.alloc(100_000, 'x');
      const [part] = connection.send([{ type: 'body', id: 0, bytes: large }]);
      expect(part?.buffer === large.buffer).to.equal(true);
      expect(connection.send([{ type: 'stderr', id: 0, bytes: large }, end])).to.deep.equal([]);
    });

    it('may be answered before its body is there, and without a word', () => {
      expect(bytesOfText(askedFor('').send([head, end]))).to.equal(example.head);
      expect(askedFor('').send([end])).to.deep.equal([]);
    });

    const answers: readonly (readonly [string, readonly ProtocolEvent[]])[] = [
      ['of another id', [{ ...head, id: 1 }]],
      ['a body before a head', [body('x')]],
      ['two heads', [head, head]],
      ['a body after its end', [head, end, body('x')]],
      ['two ends', [head, end, end]],
      ['what comes after it broke off', [head, { type: 'abort', id: 0 }, end]],
      ['a request', [{ type: 'begin', id: 0, environ: [] }]],
      ['what a codec says by itself', [{ type: 'management', bytes: bytes('x') }]],
      ['an error', [{ type: 'error', code: 'ERR_PROTOCOL_HEAD', blame: 'peer', message: '' }]],
      ['a field that is two', [{ ...head, headers: [['A', 'b\r\nC: d']] }]],
      ['a field of text', [{ ...head, headers: [['A', '\u0416']] }]],
      ['a field without a name', [{ ...head, headers: [['', 'b']] }]],
      ['a reason that is two lines', [{ ...head, reason: 'a\r\nB: c' }]],
      ['a status of two digits', [{ ...head, status: 99 }]],
      ['half a status', [{ ...head, status: 200.5 }]],
    ];
    for (const [name, events] of answers) {
      it(`is never answered with ${name}`, () =>
        expect(() => askedFor('abc').send(events))
          .to.throw(ArgumentError)
          .with.property('code', 'ERR_ARGUMENT_EVENT'));
    }
    it('is answered when it is there', () =>
      expect(() => responder().send([head]))
        .to.throw(ArgumentError)
        .with.property('code', 'ERR_ARGUMENT_EVENT'));

    const requests: readonly (readonly [string, readonly ProtocolEvent[]])[] = [
      ['with another id', [{ type: 'begin', id: 1, environ: [] }]],
      ['to an authorizer', [{ type: 'begin', id: 0, environ: [], role: 'authorizer' }]],
      ['with fields of their own', [{ type: 'begin', id: 0, environ: [], headers: [['A', 'b']] }]],
      ['with NUL in a parameter', [{ type: 'begin', id: 0, environ: [['A', '\0']] }]],
      ['with text in a parameter', [{ type: 'begin', id: 0, environ: [['\u0416', 'b']] }]],
      [
        'twice',
        [
          { type: 'begin', id: 0, environ: [] },
          { type: 'begin', id: 0, environ: [] },
        ],
      ],
      ['without a beginning', [body('x')]],
      ['without a beginning but an end', [end]],
      [
        'with a body of another id',
        [{ type: 'begin', id: 0, environ: length3 }, { ...body('x'), id: 1 } as ProtocolEvent],
      ],
      [
        'with a body after its end',
        [{ type: 'begin', id: 0, environ: length3 }, body('abc'), end, body('x')],
      ],
      ['with two ends', [{ type: 'begin', id: 0, environ: [] }, end, end]],
      ['with an answer', [{ type: 'begin', id: 0, environ: [] }, head]],
      [
        'with a body after an abort',
        [{ type: 'begin', id: 0, environ: length3 }, { type: 'abort', id: 0 }, body('abc')],
      ],
      ['with what a codec says by itself', [{ type: 'management', bytes: bytes('x') }]],
    ];
    for (const [name, events] of requests) {
      it(`is never asked ${name}`, () =>
        expect(() => createConnection(protocol, 'client', example.options).send(events))
          .to.throw(ArgumentError)
          .with.property('code', 'ERR_ARGUMENT_EVENT'));
    }

    it('has as much of a body as it says', () => {
      if (example.endsWithBody) {
        const client = ask(protocol, []);
        expect(bytesOfText(client.send([body('abc'), body(''), body('def'), end]))).to.equal('abcdef');
        return;
      }
      expect(bytesOfText(ask(protocol, length3).send([body('ab'), body(''), body('c'), end]))).to.equal(
        'abc',
      );
      const wrong: readonly (readonly [Environ, readonly ProtocolEvent[]])[] = [
        [length3, [body('abcd')]],
        [length3, [body('abc'), body('d')]],
        [length3, [body('ab'), end]],
        [[], [body('a')]],
      ];
      for (const [environ, events] of wrong)
        expect(() => ask(protocol, environ).send(events))
          .to.throw(ArgumentError)
          .with.property('code', 'ERR_ARGUMENT_EVENT');
    });

    it('has an answer that ends with the connection', () => {
      const client = ask(protocol, []);
      expect(told(client.receive(bytes('A: b\r\n\r\nx')))).to.deep.equal(['head 0 200 A: b', 'body 0 "x"']);
      expect(told(client.receive(bytes('yz')))).to.deep.equal(['body 0 "yz"']);
      expect(told(client.receive(null))).to.deep.equal(['end 0']);
      expect(client.receive(null)).to.deep.equal([]);
      expect(() => client.send([end])).to.throw(ArgumentError);
    });

    it('has an answer that is never cut without a word', () => {
      const cut = (text: string, environ: Environ = []): string[] =>
        told(feed(ask(protocol, environ), bytes(text), undefined, true));
      expect(cut('')).to.deep.equal(['error ERR_PROTOCOL_TRUNCATED']);
      expect(cut('A: b\r\n')).to.deep.equal(['error ERR_PROTOCOL_TRUNCATED']);
      const three = 'Content-Length: 3\r\n\r\n';
      const told3 = 'head 0 200 Content-Length: 3';
      expect(cut(`${three}ab`)).to.deep.equal([told3, 'body 0 "ab"', 'error ERR_PROTOCOL_TRUNCATED']);
      expect(cut(`${three}abc`)).to.deep.equal([told3, 'body 0 "abc"', 'end 0']);
      // More than it says is not handed on, nor is a body where there is none.
      expect(cut(`${three}abcd`)).to.deep.equal([told3, 'body 0 "abc"', 'end 0']);
      expect(cut(`${three}abc`, [['REQUEST_METHOD', 'HEAD']])).to.deep.equal([told3, 'end 0']);
      for (const status of [204, 304]) {
        expect(cut(`Status: ${status}\r\n${three}abc`)).to.deep.equal([
          `head 0 ${status} Content-Length: 3`,
          'end 0',
        ]);
      }
    });

    it('has an answer that nobody hears after an abort', () => {
      const client = ask(protocol, []);
      expect(client.send([{ type: 'abort', id: 0 }])).to.deep.equal([]);
      expect(client.receive(bytes('A: b\r\n\r\nx'))).to.deep.equal([]);
      expect(client.receive(null)).to.deep.equal([]);
    });

    it('has an answer only where it was asked', () => {
      const client = createConnection(protocol, 'client', example.options);
      expect(client.receive(bytes(''))).to.deep.equal([]);
      expect(told(client.receive(bytes('A: b\r\n\r\n')))).to.deep.equal(['error ERR_PROTOCOL_ORDER']);
      expect(client.receive(null)).to.deep.equal([]);
      expect(() => client.send([{ type: 'begin', id: 0, environ: [] }])).to.throw(ArgumentError);
    });

    it('is nothing where it never came', () => {
      const client = createConnection(protocol, 'client', example.options);
      expect(client.receive(null)).to.deep.equal([]);
      expect(client.reusable).to.equal(false);
    });
  });
}

/** Any request and any answer, there and back. `framed`: the variables with what the protocol adds, for a body of this length. */
export function itCarries(
  protocol: SingleProtocol,
  framed: (environ: Environ, length: string) => Environ,
  optionsOf: (environ: Environ) => ProtocolOptions = () => ({}),
): void {
  const byteText = (minLength: number): fc.Arbitrary<string> =>
    fc.string({
      unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
      minLength,
      maxLength: 300,
    });
  const environs = fc.array(fc.tuple(byteText(1), byteText(0)), { maxLength: 20 });
  const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 9000 }), { maxLength: 4 });

  it('carries any request and any answer there and back', () => {
    const carried = fc.property(environs, bodies, fc.integer({ min: 1, max: 40 }), (more, parts, size) => {
      const environ = framed(more, String(Buffer.concat(parts).length));
      const client = createConnection(protocol, 'client');
      const application = createConnection(protocol, 'responder', optionsOf(environ));
      const pieces = parts.map((part) => ({ type: 'body', id: 0, bytes: part }) as const);
      const asking = client.send([{ type: 'begin', id: 0, environ }, ...pieces, end]);
      const received = [...application.receive(bytes('')), ...feed(application, Buffer.concat(asking), size)];
      expect(received[0]).to.deep.equal({ type: 'begin', id: 0, environ });
      expect(received.at(-1)).to.deep.equal(end);
      expect(bodyOf(received).equals(Buffer.concat(parts))).to.equal(true);
      const answer = { type: 'head', id: 0, status: 404, headers: [['A', 'b']] } as const;
      const answered = application.send([answer, ...pieces, end]);
      const got = feed(client, Buffer.concat(answered), size, true);
      expect(got[0]).to.deep.equal(answer);
      expect(got.at(-1)).to.deep.equal(end);
      expect(bodyOf(got).equals(Buffer.concat(parts))).to.equal(true);
    });
    fc.assert(carried, { numRuns: 200 });
  });
}
