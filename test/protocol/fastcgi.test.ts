/**
 * The FastCGI codec: each row whole, byte by byte, cut at each point, and followed by more; both sides against each other; and
 * whatever bytes there are.
 */

import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError, ConfigurationError } from '../../lib/errors.js';
import type { Connection, Environ, ProtocolEvent } from '../../lib/protocol/events.js';
import { createConnection, type ProtocolOptions } from '../../lib/protocol/index.js';
import { feed, told } from './drive.js';
import { itReads, itSurvives, type Maker, type Row } from './rows.js';

/** One record, by the specification, section 3.3. */
function record(
  type: number,
  id: number,
  content: string | Uint8Array = '',
  padding = 0,
  version = 1,
): Buffer {
  const body = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const header = Buffer.from([
    version,
    type,
    id >> 8,
    id & 255,
    body.length >> 8,
    body.length & 255,
    padding,
    0,
  ]);
  return Buffer.concat([header, body, Buffer.alloc(padding, 0xee)]);
}

const begin = (id: number, role = 1, flags = 0): Buffer =>
  record(1, id, Uint8Array.from([0, role, flags, 0, 0, 0, 0, 0]));
const ended = (id: number, protocolStatus = 0, appStatus = 0): string =>
  record(3, id, Uint8Array.from([0, 0, 0, appStatus, protocolStatus, 0, 0, 0])).toString('hex');

/** One pair; a length of up to 127 takes one byte. */
function pair(name: string, value: string): string {
  const length = ({ length: n }: string): string =>
    n < 128
      ? String.fromCharCode(n)
      : String.fromCharCode((n >>> 24) | 128, (n >> 16) & 255, (n >> 8) & 255, n & 255);
  return length(name) + length(value) + name + value;
}

const uri = pair('REQUEST_URI', '/foo');
const simple = [begin(1), record(4, 1, uri), record(4, 1)];
const long = 'x'.repeat(128);

const rows: readonly Row[] = [
  ['a request', [...simple, record(5, 1)], ['begin 1 REQUEST_URI="/foo"', 'end 1']],
  [
    'with KEEP_CONN',
    [begin(1, 1, 1), record(4, 1, uri), record(4, 1), record(5, 1)],
    ['begin 1 keep REQUEST_URI="/foo"', 'end 1'],
  ],
  ['without parameters', [begin(1), record(4, 1), record(5, 1)], ['begin 1', 'end 1']],
  ['of the highest id', [begin(65535), record(4, 65535), record(5, 65535)], ['begin 65535', 'end 65535']],
  ...[255, 256].map(
    (id): Row => [`of id ${id}`, [begin(id), record(4, id), record(5, id)], [`begin ${id}`, `end ${id}`]],
  ),
  [
    'with a body',
    [...simple, record(5, 1, 'abc'), record(5, 1, 'def'), record(5, 1)],
    ['begin 1 REQUEST_URI="/foo"', 'body 1 "abcdef"', 'end 1'],
  ],
  [
    'with padding up to 255',
    [begin(1), record(4, 1, uri, 7), record(4, 1, '', 255), record(5, 1, 'a', 255), record(5, 1, '', 1)],
    ['begin 1 REQUEST_URI="/foo"', 'body 1 "a"', 'end 1'],
  ],
  [
    'with a pair that straddles records',
    [
      begin(1),
      record(4, 1, uri.slice(0, 1)),
      record(4, 1, uri.slice(1, 9)),
      record(4, 1, uri.slice(9)),
      record(4, 1),
      record(5, 1),
    ],
    ['begin 1 REQUEST_URI="/foo"', 'end 1'],
  ],
  [
    'with lengths of 0, 127 and 128',
    [
      begin(1),
      record(4, 1, pair('A', '') + pair('', 'B') + pair('C', long.slice(1)) + pair(long, long)),
      record(4, 1),
      record(5, 1),
    ],
    [`begin 1 A="" ="B" C=127 bytes ${long}=128 bytes`, 'end 1'],
  ],
  [
    'with a name that comes twice, and bytes above 127',
    [begin(1), record(4, 1, pair('A', '\u00ff') + pair('A', '\u0080')), record(4, 1), record(5, 1)],
    ['begin 1 A="\u00ff" A="\u0080"', 'end 1'],
  ],
  [
    'to an authorizer',
    [begin(1, 2), record(4, 1, uri), record(4, 1)],
    ['begin 1 authorizer REQUEST_URI="/foo"', 'end 1'],
  ],
  [
    'to an authorizer, with an empty body',
    [begin(1, 2), record(4, 1), record(5, 1)],
    ['begin 1 authorizer', 'end 1'],
  ],
  [
    'to an authorizer, with a body',
    [begin(1, 2), record(4, 1), record(5, 1, 'a')],
    ['begin 1 authorizer', 'end 1', 'error ERR_PROTOCOL_ORDER'],
  ],
  ...[0, 3, 9].map(
    (role): Row => [`to role ${role}`, [begin(1, role), record(4, 1, uri)], [`management ${ended(1, 3)}`]],
  ),
  // Of ids that are not active (section 3.3).
  ['for nobody', [record(4, 7, uri), record(5, 7, 'a'), record(2, 7), record(8, 7)], []],
  [
    'of an unknown type',
    [...simple, record(12, 1, 'a'), record(255, 1), record(8, 1, 'data'), record(5, 1)],
    ['begin 1 REQUEST_URI="/foo"', 'end 1'],
  ],
  // Management.
  ...[1, 2, 4, 5, 10, 11, 12, 255].map(
    (type): Row => [
      `of management type ${type}`,
      [record(type, 0, 'a')],
      [`management ${record(11, 0, Uint8Array.from([type, 0, 0, 0, 0, 0, 0, 0])).toString('hex')}`],
    ],
  ),
  [
    'for values',
    [
      record(
        9,
        0,
        pair('FCGI_MAX_REQS', '') +
          pair('FCGI_MPXS_CONNS', '') +
          pair('FCGI_OTHER', '') +
          pair('toString', ''),
      ),
    ],
    [
      `management ${record(10, 0, pair('FCGI_MAX_REQS', '1') + pair('FCGI_MPXS_CONNS', '0')).toString('hex')}`,
    ],
  ],
  [
    'for values of a connection that multiplexes',
    [record(9, 0, pair('FCGI_MPXS_CONNS', ''))],
    [`management ${record(10, 0, pair('FCGI_MPXS_CONNS', '1')).toString('hex')}`],
    { maxRequests: 4 },
  ],
  [
    'for values amid a request',
    [begin(1), record(4, 1, uri), record(9, 0), record(4, 1), record(5, 1)],
    [`management ${record(10, 0).toString('hex')}`, 'begin 1 REQUEST_URI="/foo"', 'end 1'],
  ],
  ['for values that are none', [record(9, 0, '\u0005')], ['error ERR_PROTOCOL_PARAMS']],
  // Aborts.
  ['given up', [...simple, record(2, 1)], ['begin 1 REQUEST_URI="/foo"', 'abort 1']],
  ['given up twice', [...simple, record(2, 1), record(2, 1)], ['begin 1 REQUEST_URI="/foo"', 'abort 1']],
  [
    'given up before its parameters are complete',
    [begin(1), record(4, 1, uri), record(2, 1), record(4, 1)],
    [`management ${ended(1)}`],
  ],
  // Several at once.
  ['one too many', [...simple, begin(2)], ['begin 1 REQUEST_URI="/foo"', `management ${ended(2, 1)}`]],
  [
    'two at once',
    [
      begin(1),
      begin(2),
      record(4, 2),
      record(4, 1),
      record(5, 1, 'a'),
      record(5, 2, 'b'),
      record(5, 2),
      record(5, 1),
    ],
    ['begin 2', 'begin 1', 'body 1 "a"', 'body 2 "b"', 'end 2', 'end 1'],
    { maxRequests: 2 },
  ],
  [
    'three where two are allowed',
    [begin(1), begin(2), begin(3)],
    [`management ${ended(3, 2)}`],
    { maxRequests: 2 },
  ],
  // What closes the connection.
  ['of version 0', [record(1, 1, 'a', 0, 0)], ['error ERR_PROTOCOL_RECORD']],
  [
    'of version 2',
    [...simple, record(5, 1, 'a', 0, 2)],
    ['begin 1 REQUEST_URI="/foo"', 'error ERR_PROTOCOL_RECORD'],
  ],
  ['with a short BEGIN_REQUEST', [record(1, 1, '\0\u0001\0\0')], ['error ERR_PROTOCOL_RECORD']],
  ['with an empty BEGIN_REQUEST', [record(1, 1)], ['error ERR_PROTOCOL_RECORD']],
  ['with a long BEGIN_REQUEST', [record(1, 1, '\0\u0001\0\0\0\0\0\0\0')], ['error ERR_PROTOCOL_RECORD']],
  [
    'for an id that is active',
    [...simple, begin(1)],
    ['begin 1 REQUEST_URI="/foo"', 'error ERR_PROTOCOL_ORDER'],
  ],
  ['with a body before its parameters', [begin(1), record(5, 1, 'a')], ['error ERR_PROTOCOL_ORDER']],
  [
    'with parameters after their end',
    [...simple, record(4, 1, uri)],
    ['begin 1 REQUEST_URI="/foo"', 'error ERR_PROTOCOL_ORDER'],
  ],
  [
    'with a body after its end',
    [...simple, record(5, 1), record(5, 1, 'a')],
    ['begin 1 REQUEST_URI="/foo"', 'end 1', 'error ERR_PROTOCOL_ORDER'],
  ],
  ...[3, 6, 7].map(
    (type): Row => [
      `with a record of type ${type}`,
      [...simple, record(type, 1, '12345678')],
      ['begin 1 REQUEST_URI="/foo"', 'error ERR_PROTOCOL_ORDER'],
    ],
  ),
  // Lengths that lie.
  ...[
    '\u0005',
    '\u0005\u0005ab',
    '\u0080',
    '\u0080\0\0',
    '\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffab',
    '\u0001\u00ff\u00ff\u00ff\u00ffa',
    '\u00ff\u00ff\u00ff\u00ff\u0001a',
  ].map(
    (lie): Row => [
      `with the lie ${JSON.stringify(lie)}`,
      [begin(1), record(4, 1, lie), record(4, 1)],
      ['error ERR_PROTOCOL_PARAMS'],
    ],
  ),
  [
    'with parameters that are too long',
    [begin(1), record(4, 1, 'x'.repeat(60)), record(4, 1, 'x'.repeat(41))],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParamsBytes: 100 },
  ],
  [
    'with too many parameters',
    [begin(1), record(4, 1, pair('A', '') + pair('B', '') + pair('C', '')), record(4, 1)],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParams: 2 },
  ],
  [
    'with just enough parameters',
    [begin(1), record(4, 1, pair('A', '') + pair('B', '')), record(4, 1), record(5, 1)],
    ['begin 1 A="" B=""', 'end 1'],
    { maxParams: 2 },
  ],
];

const answer = (...parts: readonly string[]): Buffer[] => [
  ...parts.map((part) => record(6, 1, part)),
  record(6, 1),
];
const head = 'Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n';

const answers: readonly Row[] = [
  [
    'an answer',
    [...answer(`${head}abc`), record(3, 1, '\0\0\0\0\0\0\0\0')],
    ['head 1 200 Content-Type: text/plain', 'body 1 "abc"', 'end 1'],
  ],
  [
    'with a head in pieces',
    [...answer(...head, 'a'), record(3, 1, '\0\0\0\0\0\0\0\0')],
    ['head 1 200 Content-Type: text/plain', 'body 1 "a"', 'end 1'],
  ],
  [
    'with line feeds alone',
    [...answer('Status: 404 Not Found\nA: b\n\nx'), record(3, 1, '\0\0\0\0\0\0\0\0')],
    ['head 1 404 A: b', 'body 1 "x"', 'end 1'],
  ],
  [
    'without a status',
    [...answer('A: b\r\n\r\n'), record(3, 1, '\0\0\0\0\0\0\0\0')],
    ['head 1 200 A: b', 'end 1'],
  ],
  [
    'with a Location alone',
    [...answer('Location: http://h/\r\n\r\n'), record(3, 1, '\0\0\0\0\0\0\0\0')],
    ['head 1 302 Location: http://h/', 'end 1'],
  ],
  [
    'with two cookies',
    [...answer('Set-Cookie: a\r\nSet-Cookie: b\r\n\r\n')],
    ['head 1 200 Set-Cookie: a | Set-Cookie: b'],
  ],
  [
    'with errors',
    [record(7, 1, 'oops'), ...answer(head), record(7, 1), record(3, 1, '\0\0\0\u0005\0\0\0\0')],
    ['stderr 1 "oops"', 'head 1 200 Content-Type: text/plain', 'end 1 status 5'],
  ],
  ['that is refused', [record(3, 1, '\0\0\0\0\u0002\0\0\0')], ['end 1 overloaded']],
  ['for nobody', [record(6, 9, 'x'), record(3, 9, '\0\0\0\0\0\0\0\0'), record(10, 0)], []],
  ['without a head', [...answer(), record(3, 1, '\0\0\0\0\0\0\0\0')], ['error ERR_PROTOCOL_HEAD']],
  ...[
    'no colon\r\n\r\n',
    ': x\r\n\r\n',
    'A b: c\r\n\r\n',
    'Status: 99\r\n\r\n',
    'Status: 2000\r\n\r\n',
    'Status: 200\r\nStatus: 201\r\n\r\n',
    'A: b\rC: d\r\n\r\n',
    'A: \0\r\n\r\n',
  ].map((text): Row => [`with the head ${JSON.stringify(text)}`, answer(text), ['error ERR_PROTOCOL_HEAD']]),
  [
    'with a head that is too long',
    answer('A: '.padEnd(200, 'b')),
    ['error ERR_PROTOCOL_LIMIT'],
    { maxHeadBytes: 100 },
  ],
  ['with a short END_REQUEST', [record(3, 1, '\0\0')], ['error ERR_PROTOCOL_RECORD']],
  ['with a record of a request', [record(5, 1, 'x')], ['error ERR_PROTOCOL_ORDER']],
  ['of version 0', [record(6, 1, 'x', 0, 0)], ['error ERR_PROTOCOL_RECORD']],
];

/** A client that has asked. */
function asked(options?: ProtocolOptions): Connection {
  const client = createConnection('fastcgi', 'client', options);
  client.send([{ type: 'begin', id: 1, environ: [], keepConnection: true }]);
  return client;
}

const responder: Maker = (options) => createConnection('fastcgi', 'responder', options);

describe('FastCGI', () => {
  const trailing = { bytes: Buffer.alloc(9, 9), event: 'error ERR_PROTOCOL_RECORD' };
  describe('requests', () => itReads(responder, rows, trailing));
  describe('answers', () => itReads(asked, answers, trailing));
  itSurvives([() => responder({ maxRequests: 3 }), asked], [...rows, ...answers]);

  describe('the end of the connection', () => {
    const atEnd = (...parts: readonly Uint8Array[]): string[] =>
      told(feed(createConnection('fastcgi', 'responder'), Buffer.concat(parts), undefined, true));

    it('is nothing where nothing is under way', () => expect(atEnd()).to.deep.equal([]));
    it('aborts a request', () => expect(atEnd(...simple).slice(1)).to.deep.equal(['abort 1']));
    it('is too early amid a record', () =>
      expect(atEnd(begin(1).subarray(0, 3))).to.deep.equal(['error ERR_PROTOCOL_TRUNCATED']));
    it('is too early amid parameters', () =>
      expect(atEnd(begin(1))).to.deep.equal(['error ERR_PROTOCOL_TRUNCATED']));
    it('aborts a request that is cut, too', () => {
      expect(atEnd(...simple, record(5, 1, 'abc').subarray(0, 9)).slice(1)).to.deep.equal([
        'body 1 "a"',
        'abort 1',
        'error ERR_PROTOCOL_TRUNCATED',
      ]);
    });
    it('is too early for an answer', () => {
      expect(told(feed(asked(), record(6, 1, head), undefined, true)).at(-1)).to.equal(
        'error ERR_PROTOCOL_TRUNCATED',
      );
    });
  });

  describe('what is sent', () => {
    const inRequest = (): Connection => {
      const connection = createConnection('fastcgi', 'responder');
      feed(connection, Buffer.concat([...simple, record(5, 1)]));
      return connection;
    };
    const ok: ProtocolEvent = { type: 'head', id: 1, status: 200, reason: 'OK', headers: [['A', 'b']] };
    const body = (text: string): ProtocolEvent => ({ type: 'body', id: 1, bytes: Buffer.from(text) });

    it('is one part where it is small', () => {
      const parts = inRequest().send([ok, body('hello'), { type: 'end', id: 1 }]);
      expect(parts).to.have.lengthOf(1);
      const wanted = [
        record(6, 1, 'Status: 200 OK\r\nA: b\r\n\r\n'),
        record(6, 1, 'hello'),
        record(6, 1),
        Buffer.from(ended(1), 'hex'),
      ];
      expect(Buffer.from(parts[0] as Uint8Array).toString('hex')).to.equal(
        Buffer.concat(wanted).toString('hex'),
      );
    });

    it('is not copied where it is large', () => {
      const bytes = Buffer.alloc(200_000, 'x');
      const parts = inRequest().send([ok, { type: 'body', id: 1, bytes }]);
      expect(
        parts.filter((part) => part.buffer === bytes.buffer).reduce((sum, { length }) => sum + length, 0),
      ).to.be.above(190_000);
    });

    it('never holds a Status of the application, and no empty body record', () => {
      const [bytes] = inRequest().send([
        {
          ...ok,
          headers: [
            ['status', '500'],
            ['B', 'c'],
          ],
        },
        body(''),
      ]);
      expect(Buffer.from(bytes as Uint8Array).toString()).to.equal(
        record(6, 1, 'Status: 200 OK\r\nB: c\r\n\r\n').toString(),
      );
    });

    it('ends the stream of errors where there were some', () => {
      const [bytes] = inRequest().send([
        ok,
        { type: 'stderr', id: 1, bytes: Buffer.from('e') },
        { type: 'end', id: 1, appStatus: 1 },
      ]);
      const wanted = Buffer.concat([record(6, 1), record(7, 1), Buffer.from(ended(1, 0, 1), 'hex')]);
      expect(
        Buffer.from(bytes as Uint8Array)
          .subarray(-wanted.length)
          .toString('hex'),
      ).to.equal(wanted.toString('hex'));
    });

    it('breaks an answer off by what is no record, behind what was sent', () => {
      const client = asked();
      const parts = inRequest().send([ok, body('half'), { type: 'abort', id: 1 }]);
      expect(told(feed(client, Buffer.concat(parts)))).to.deep.equal([
        'head 1 200 A: b',
        'body 1 "half"',
        'error ERR_PROTOCOL_RECORD',
      ]);
    });

    it('refuses a role, before a head only', () => {
      const refused: ProtocolEvent = { type: 'end', id: 1, refused: 'unknown-role' };
      expect(told(feed(asked(), Buffer.concat(inRequest().send([refused]))))).to.deep.equal([
        'end 1 unknown-role',
      ]);
      const connection = inRequest();
      connection.send([ok]);
      expect(() => connection.send([refused])).to.throw(ArgumentError, /refuse before a head/);
    });

    it('makes room for the next request', () => {
      const connection = createConnection('fastcgi', 'responder');
      for (let round = 0; round < 3; round++) {
        const again = Buffer.concat([begin(1, 1, 1), record(4, 1), record(5, 1)]);
        expect(told(feed(connection, again))).to.deep.equal(['begin 1 keep', 'end 1']);
        connection.send([ok, { type: 'end', id: 1 }]);
        expect(connection.reusable).to.equal(true);
      }
    });

    it('is not reusable without KEEP_CONN, nor after an error', () => {
      expect(inRequest().reusable).to.equal(false);
      const broken = createConnection('fastcgi', 'responder');
      expect(broken.reusable).to.equal(true);
      broken.receive(Buffer.alloc(8));
      expect(broken.reusable).to.equal(false);
      expect(broken.receive(Buffer.concat(simple))).to.deep.equal([]);
    });

    it('is for an authorizer without a body', () => {
      const responder = createConnection('fastcgi', 'responder');
      const sent = createConnection('fastcgi', 'client').send([
        { type: 'begin', id: 1, environ: [], role: 'authorizer' },
      ]);
      expect(told(sent.flatMap((bytes) => responder.receive(bytes)))).to.deep.equal([
        'begin 1 authorizer',
        'end 1',
      ]);
    });

    it('is what the codec answers by itself, as it is', () => {
      const bytes = record(11, 0, '\u0005\0\0\0\0\0\0\0');
      expect(inRequest().send([{ type: 'management', bytes }])).to.deep.equal([bytes]);
    });

    it('is a request of large parts too', () => {
      const client = createConnection('fastcgi', 'client');
      const responder = createConnection('fastcgi', 'responder', { maxParamsBytes: 300_000 });
      const events: ProtocolEvent[] = [
        {
          type: 'begin',
          id: 1,
          environ: [
            ['A', 'x'.repeat(200_000)],
            ['B', '\u00ff'],
          ],
        },
        { type: 'body', id: 1, bytes: Buffer.alloc(70_000, 'y') },
        { type: 'end', id: 1 },
      ];
      const received = client.send(events).flatMap((bytes) => responder.receive(bytes));
      expect(told(received)).to.deep.equal([
        'begin 1 A=200000 bytes B="\u00ff"',
        'body 1 70000 bytes',
        'end 1',
      ]);
      expect(
        told(client.send([{ type: 'abort', id: 1 }]).flatMap((bytes) => responder.receive(bytes))),
      ).to.deep.equal(['abort 1']);
    });

    const wrong: readonly (readonly [string, () => Connection, ProtocolEvent])[] = [
      ['an answer to nobody', inRequest, { ...ok, id: 2 }],
      ['a body before a head', inRequest, body('x')],
      ['a request of a responder', inRequest, { type: 'begin', id: 1, environ: [] }],
      [
        'an error of a responder',
        inRequest,
        { type: 'error', code: 'ERR_PROTOCOL_HEAD', blame: 'peer', message: '' },
      ],
      ['a field that is two', inRequest, { ...ok, headers: [['A', 'b\r\nC: d']] }],
      ['a field of text', inRequest, { ...ok, headers: [['A', '\u0416']] }],
      ['a field without a name', inRequest, { ...ok, headers: [['', 'b']] }],
      ['an answer of a client', asked, ok],
      ['a body for nobody', asked, { type: 'body', id: 2, bytes: Buffer.from('x') }],
      ['a request of id 0', asked, { type: 'begin', id: 0, environ: [] }],
      ['a request of an id that is taken', asked, { type: 'begin', id: 1, environ: [] }],
      ['a parameter of text', asked, { type: 'begin', id: 2, environ: [['A', '\u0416']] }],
      ['an error', asked, { type: 'error', code: 'ERR_PROTOCOL_HEAD', blame: 'peer', message: '' }],
    ];
    for (const [name, make, event] of wrong) {
      it(`is never ${name}`, () =>
        expect(() => make().send([event]))
          .to.throw(ArgumentError)
          .with.property('code', 'ERR_ARGUMENT_EVENT'));
    }
    it('is no second head, and no body after its end', () => {
      const connection = inRequest();
      connection.send([ok, { type: 'pull', id: 1, count: 1 }]);
      expect(() => connection.send([ok])).to.throw(ArgumentError);
      const client = asked();
      client.send([
        { type: 'end', id: 1 },
        { type: 'management', bytes: new Uint8Array(8) },
      ]);
      expect(() => client.send([body('x')])).to.throw(ArgumentError);
    });
  });

  it('is of known protocols, sides and limits only', () => {
    expect(() => createConnection('spdy' as never, 'client')).to.throw(
      ConfigurationError,
      /protocol must be one of "fastcgi".*"spdy"/,
    );
    expect(() => createConnection('fastcgi', 'server' as never)).to.throw(ConfigurationError, /side must be/);
    expect(() => createConnection('toString' as never, 'client')).to.throw(ConfigurationError);
    expect(() => createConnection('fastcgi', 'client', { maxParams: 0 })).to.throw(
      ConfigurationError,
      /maxParams must be a positive integer, got 0/,
    );
    expect(() => createConnection('fastcgi', 'client', { maxParam: 5 } as never)).to.throw(
      ConfigurationError,
      /must be one of maxParamsBytes/,
    );
    expect(createConnection('fastcgi', 'client', { maxParams: undefined } as never).reusable).to.equal(true);
  });

  it('carries any request and any answer there and back', () => {
    const byteText = fc.string({
      unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 300,
    });
    const environs: fc.Arbitrary<Environ> = fc.array(fc.tuple(byteText, byteText), { maxLength: 20 });
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 9000 }), { maxLength: 4 });
    const carried = fc.property(environs, bodies, fc.integer({ min: 1, max: 40 }), (environ, parts, size) => {
      const client = createConnection('fastcgi', 'client');
      const responder = createConnection('fastcgi', 'responder');
      const bytes = parts.map((part): ProtocolEvent => ({ type: 'body', id: 1, bytes: part }));
      const sent = client.send([{ type: 'begin', id: 1, environ }, ...bytes, { type: 'end', id: 1 }]);
      const received = feed(responder, Buffer.concat(sent), size);
      expect(received[0]).to.deep.equal({
        type: 'begin',
        id: 1,
        environ,
        role: 'responder',
        keepConnection: false,
      });
      const bodyOf = (events: readonly ProtocolEvent[]): Buffer =>
        Buffer.concat(events.flatMap((event) => (event.type === 'body' ? [event.bytes] : [])));
      expect(bodyOf(received).equals(Buffer.concat(parts))).to.equal(true);
      const answered = responder.send([
        { type: 'head', id: 1, status: 404, headers: [['A', 'b']] },
        ...bytes,
        { type: 'end', id: 1 },
      ]);
      const got = feed(client, Buffer.concat(answered), size);
      expect(got[0]).to.deep.equal({ type: 'head', id: 1, status: 404, headers: [['A', 'b']] });
      expect(bodyOf(got).equals(Buffer.concat(parts))).to.equal(true);
    });
    fc.assert(carried, { numRuns: 200 });
  });
});
