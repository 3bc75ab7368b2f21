/**
 * The AJP13 codec: each row whole, byte by byte, cut at each point, and followed by more; dialogs, since bodies are pulled; both
 * sides against each other; and whatever bytes there are.
 */

import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError, ConfigurationError } from '../../lib/errors.js';
import type { Connection, Environ, Headers, ProtocolEvent } from '../../lib/protocol/events.js';
import { createConnection, type ProtocolOptions } from '../../lib/protocol/index.js';
import { feed, told } from './drive.js';
import { itReads, itSurvives, type Maker, type Row } from './rows.js';

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);

/** A string; `null` for the one that is not there. */
const string = (text: string | null): Buffer =>
  text === null ? u16(0xffff) : Buffer.concat([u16(text.length), latin1(text), bytes(0)]);

/** A packet of the front server, and one of the application. */
const toUs = (...parts: readonly Buffer[]): Buffer => framed(0x1234, Buffer.concat(parts));
const fromUs = (...parts: readonly Buffer[]): Buffer => framed(0x4142, Buffer.concat(parts));
const framed = (start: number, payload: Buffer): Buffer =>
  Buffer.concat([u16(start), u16(payload.length), payload]);

type Field = readonly [name: string | number | null, value: string | null];

const fields = (list: readonly Field[]): Buffer =>
  Buffer.concat([
    u16(list.length),
    ...list.flatMap(([name, value]) => [typeof name === 'number' ? u16(name) : string(name), string(value)]),
  ]);

interface Message {
  readonly method?: number;
  readonly protocol?: string | null;
  readonly uri?: string | null;
  readonly address?: string | null;
  readonly host?: string | null;
  readonly server?: string | null;
  readonly port?: number;
  readonly ssl?: number;
  readonly headers?: readonly Field[];
  readonly attributes?: readonly Buffer[];
  readonly end?: Buffer;
}

/** The payload of a FORWARD_REQUEST, by the protocol reference. */
const message = ({
  method = 2,
  protocol = 'HTTP/1.1',
  uri = '/foo',
  address = '192.0.2.1',
  host = null,
  server = 'h',
  port = 80,
  ssl = 0,
  headers = [],
  attributes = [],
  end = bytes(255),
}: Message = {}): Buffer =>
  Buffer.concat([
    bytes(2, method),
    ...[protocol, uri, address, host, server].map(string),
    u16(port),
    bytes(ssl),
    fields(headers),
    ...attributes,
    end,
  ]);

const forward = (request?: Message): Buffer => toUs(message(request));
const coded = (code: number, value: string | null): Buffer => Buffer.concat([bytes(code), string(value)]);
const named = (name: string | null, value: string | null): Buffer =>
  Buffer.concat([bytes(10), string(name), string(value)]);
const bodyOf = (text: string): Buffer => toUs(u16(text.length), latin1(text));
const noMore = toUs();
const length = (value: string): Field => [0xa008, value];
const chunked: Field = ['Transfer-Encoding', 'chunked'];

const cping = toUs(bytes(10));
const cpong = fromUs(bytes(9));
const ended = (reuse: 0 | 1 = 1): Buffer => fromUs(bytes(5, reuse));
const wanted = (count: number): Buffer => fromUs(bytes(6), u16(count));
const headed = (status: number, reason: string | null, headers: readonly Field[] = []): Buffer =>
  fromUs(bytes(4), u16(status), string(reason), fields(headers));
/** Hands on what came before. */
const flush = fromUs(bytes(3, 0, 0, 0));
const chunk = (text: string): Buffer => fromUs(bytes(3), u16(text.length), latin1(text), bytes(0));

const management = (...packets: readonly Buffer[]): string =>
  `management ${Buffer.concat(packets).toString('hex')}`;
const forbidden = management(headed(403, 'Forbidden', [[0xa003, '0']]), ended(0));
const bad = management(headed(400, 'Bad Request', [[0xa003, '0']]), ended(0));

/** The line of a request's beginning. */
const begun = (change: Readonly<Record<string, string>> = {}, ...headers: readonly string[]): string => {
  const variables = {
    REQUEST_METHOD: 'GET',
    REQUEST_URI: '/foo',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_NAME: 'h',
    SERVER_PORT: '80',
    REMOTE_ADDR: '192.0.2.1',
    ...change,
  };
  const pairs = Object.entries(variables).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return ['begin 0 keep', ...pairs, ...headers.map((field) => `| ${field}`)].join(' ');
};

const methods = [
  ...['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY'],
  ...['MOVE', 'LOCK', 'UNLOCK', 'ACL', 'REPORT', 'VERSION-CONTROL', 'CHECKIN', 'CHECKOUT', 'UNCHECKOUT'],
  ...['SEARCH', 'MKWORKSPACE', 'UPDATE', 'LABEL', 'MERGE', 'BASELINE-CONTROL', 'MKACTIVITY'],
];

/** All before the header fields. */
const lineAlone = message({ end: bytes() }).subarray(0, -2);

const mistakes: readonly (readonly [name: string, payload: Buffer, code?: string])[] = [
  ...[0, 28, 127, 254].map((method) => [`method code ${method}`, message({ method })] as const),
  ['method code 255 without stored_method', message({ method: 255 })],
  [
    'method code 255 with a stored_method that is not there',
    message({ method: 255, attributes: [coded(13, null)] }),
  ],
  ['stored_method beside a method code', message({ attributes: [coded(13, 'GET')] })],
  ...[0xa000, 0xa00f, 0xa0ff].map(
    (code) => [`header code ${code.toString(16)}`, message({ headers: [[code, 'x']] })] as const,
  ),
  ...[0, 14, 100, 254].map(
    (code) => [`attribute code ${code}`, message({ attributes: [coded(code, 'x')] })] as const,
  ),
  ['no protocol', message({ protocol: null })],
  ['no req_uri', message({ uri: null })],
  ['a header field without a name', message({ headers: [[null, 'x']] })],
  ['a request attribute without a name', message({ attributes: [named(null, 'x')] })],
  ['no end of its attributes', message({ end: bytes() })],
  ['a byte behind its end', message({ end: bytes(255, 0) })],
  ['two ends', message({ end: bytes(255, 255) })],
  ['an attribute that comes twice', message({ attributes: [coded(3, 'a'), coded(3, 'a')] })],
  ['a secret that comes twice', message({ attributes: [coded(12, 'a'), coded(12, 'a')] })],
  [
    'a request attribute that comes twice',
    message({ attributes: [named('AJP_REMOTE_PORT', '1'), named('AJP_REMOTE_PORT', '2')] }),
  ],
  ['a NUL in a string', message({ uri: '/foo\0bar' })],
  [
    'a string without its NUL',
    Buffer.from(message().toString('hex').replace('2f666f6f00', '2f666f6f01'), 'hex'),
  ],
  ['a string of 65534 bytes', Buffer.concat([bytes(2, 2), u16(0xfffe), latin1('HTTP/1.1\0')])],
  ['a name of 40959 bytes', Buffer.concat([lineAlone, u16(1), u16(0x9fff), string('x')])],
  [
    'more header fields than there are',
    Buffer.concat([lineAlone, u16(5), string('A'), string('b'), bytes(255)]),
  ],
];

const rows: readonly Row[] = [
  ['a request', [forward()], [begun(), 'end 0']],
  ...methods.map(
    (REQUEST_METHOD, index): Row => [
      `of method ${REQUEST_METHOD}`,
      [forward({ method: index + 1 })],
      [begun({ REQUEST_METHOD }), 'end 0'],
    ],
  ),
  [
    'of another method',
    [forward({ method: 255, attributes: [coded(13, 'BREW')] })],
    [begun({ REQUEST_METHOD: 'BREW' }), 'end 0'],
  ],
  [
    'with all coded header fields',
    [
      forward({
        headers: Array.from({ length: 14 }, (_, index) => [0xa001 + index, index === 7 ? '0' : 'x'] as const),
      }),
    ],
    [
      begun(
        { CONTENT_LENGTH: '0', CONTENT_TYPE: 'x' },
        ...['Accept: x', 'Accept-Charset: x', 'Accept-Encoding: x', 'Accept-Language: x', 'Authorization: x'],
        ...['Connection: x', 'Content-Type: x', 'Content-Length: 0', 'Cookie: x', 'Cookie2: x', 'Host: x'],
        ...['Pragma: x', 'Referer: x', 'User-Agent: x'],
      ),
      'end 0',
    ],
  ],
  [
    'with header fields as they were sent',
    [
      forward({
        headers: [
          ['X-Dup', 'a'],
          ['x-dup', 'b'],
          ['X_Under', '\u00ff'],
          ["X!Tok'n", ''],
          ['X-None', null],
        ],
      }),
    ],
    [begun({}, 'X-Dup: a', 'x-dup: b', 'X_Under: \u00ff', "X!Tok'n: ", 'X-None: '), 'end 0'],
  ],
  [
    'with all attributes',
    [
      forward({
        ssl: 1,
        host: 'client.example',
        attributes: [
          ...['c', 's', 'u', 'Basic', 'a=b', 'r', 'PEM\n', 'AES', 'id'].map((value, index) =>
            coded(index + 1, value),
          ),
          Buffer.concat([bytes(11), u16(256)]),
          named('AJP_REMOTE_PORT', '5000'),
          named('AJP_LOCAL_ADDR', '192.0.2.9'),
          named('AJP_SSL_PROTOCOL', 'TLSv1.3'),
          named('JK_LB_ACTIVATION', 'ACT'),
        ],
      }),
    ],
    [
      begun({
        REQUEST_URI: '/foo?a=b',
        REMOTE_HOST: 'client.example',
        HTTPS: 'on',
        CONTEXT: 'c',
        SERVLET_PATH: 's',
        REMOTE_USER: 'u',
        AUTH_TYPE: 'Basic',
        QUERY_STRING: 'a=b',
        JVM_ROUTE: 'r',
        SSL_CLIENT_CERT: 'PEM\n',
        SSL_CIPHER: 'AES',
        SSL_SESSION_ID: 'id',
        SSL_CIPHER_USEKEYSIZE: '256',
        REMOTE_PORT: '5000',
        SERVER_ADDR: '192.0.2.9',
        SSL_PROTOCOL: 'TLSv1.3',
        JK_LB_ACTIVATION: 'ACT',
      }),
      'end 0',
    ],
  ],
  [
    'with nothing where nothing has to be',
    [
      forward({
        address: null,
        host: null,
        server: '',
        port: 65535,
        attributes: [coded(5, null), named('AJP_LOCAL_ADDR', null)],
      }),
    ],
    [
      'begin 0 keep REQUEST_METHOD="GET" REQUEST_URI="/foo" SERVER_PROTOCOL="HTTP/1.1" SERVER_NAME="" SERVER_PORT="65535"',
      'end 0',
    ],
  ],
  [
    'with an empty query',
    [forward({ attributes: [coded(5, '')] })],
    [begun({ REQUEST_URI: '/foo?', QUERY_STRING: '' }), 'end 0'],
  ],
  // As mod_jk 1.2.48 with ForwardURICompat sends it: what it decoded cannot be told.
  ['with a question mark in its path', [forward({ uri: '/a?b' })], [begun({ REQUEST_URI: '/a?b' }), 'end 0']],
  [
    // mod_proxy_ajp 2.4.71, of `POST /foo/bar?x=1`.
    'as Apache sends it',
    [
      forward({
        method: 4,
        uri: '/foo/bar',
        address: '127.0.0.1',
        server: 'gw.example',
        port: 21084,
        headers: [
          [0xa00b, 'gw.example'],
          [0xa007, 'application/x-www-form-urlencoded'],
          length('11'),
          [0xa006, 'close'],
        ],
        attributes: [
          coded(5, 'x=1'),
          named('AJP_REMOTE_PORT', '58224'),
          named('AJP_LOCAL_ADDR', '127.0.0.1'),
        ],
      }),
      bodyOf('hello=world'),
    ],
    [
      begun(
        {
          REQUEST_METHOD: 'POST',
          REQUEST_URI: '/foo/bar?x=1',
          SERVER_NAME: 'gw.example',
          SERVER_PORT: '21084',
          REMOTE_ADDR: '127.0.0.1',
          CONTENT_LENGTH: '11',
          CONTENT_TYPE: 'application/x-www-form-urlencoded',
          QUERY_STRING: 'x=1',
          REMOTE_PORT: '58224',
          SERVER_ADDR: '127.0.0.1',
        },
        ...['Host: gw.example', 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 11'],
        'Connection: close',
      ),
      'body 0 "hello=world"',
      'end 0',
    ],
  ],
  [
    // lighttpd 1.4.69, of any request.
    'with an end of the body that there is none of',
    [forward({ headers: [length('0')] }), noMore],
    [begun({ CONTENT_LENGTH: '0' }, 'Content-Length: 0'), 'end 0'],
  ],
  ['with two of them', [forward(), noMore, noMore], [begun(), 'end 0', 'error ERR_PROTOCOL_ORDER']],
  [
    // lighttpd 1.4.69 leaves out the inner length.
    'as lighttpd sends it',
    [forward({ headers: [length('11')] }), toUs(latin1('hello=world'))],
    [begun({ CONTENT_LENGTH: '11' }, 'Content-Length: 11'), 'error ERR_PROTOCOL_PARAMS'],
  ],
  [
    'with a body that is not complete',
    [forward({ headers: [length('11')] }), bodyOf('hello')],
    [begun({ CONTENT_LENGTH: '11' }, 'Content-Length: 11'), 'body 0 "hello"'],
  ],
  [
    'with a body of one byte',
    [forward({ headers: [length('1')] }), bodyOf('x')],
    [begun({ CONTENT_LENGTH: '1' }, 'Content-Length: 1'), 'body 0 "x"', 'end 0'],
  ],
  ...[noMore, toUs(u16(0))].map(
    (none, index): Row => [
      `with a body that breaks off (${index})`,
      [forward({ headers: [length('11')] }), none],
      [begun({ CONTENT_LENGTH: '11' }, 'Content-Length: 11'), 'end 0'],
    ],
  ),
  [
    'in chunks, of which nobody has asked for one',
    [forward({ headers: [chunked] })],
    [begun({}, 'Transfer-Encoding: chunked')],
  ],
  // Commands.
  ['after a CPING', [cping, forward(), cping], [management(cpong), begun(), 'end 0', management(cpong)]],
  [
    'with a CPING before its body',
    [forward({ headers: [length('3')] }), cping, bodyOf('abc')],
    [begun({ CONTENT_LENGTH: '3' }, 'Content-Length: 3'), management(cpong), 'body 0 "abc"', 'end 0'],
  ],
  ['after SHUTDOWN and PING', [toUs(bytes(7)), toUs(bytes(8)), forward()], [begun(), 'end 0']],
  [
    'with SHUTDOWN before its body',
    [forward({ headers: [length('1')] }), toUs(bytes(7)), bodyOf('x')],
    [begun({ CONTENT_LENGTH: '1' }, 'Content-Length: 1'), 'body 0 "x"', 'end 0'],
  ],
  ...[0, 1, 2, 3, 9, 11, 255].map(
    (type): Row => [`of type ${type}`, [toUs(bytes(type))], ['error ERR_PROTOCOL_RECORD']],
  ),
  ...[0, 1, 7, 10, 255].map(
    (type): Row => [`of type ${type} and more`, [toUs(bytes(type, 0))], ['error ERR_PROTOCOL_RECORD']],
  ),
  ['of no type', [noMore], ['error ERR_PROTOCOL_RECORD']],
  // What closes the connection.
  ['of HTTP', [latin1('GET / HTTP/1.1\r\n\r\n')], ['error ERR_PROTOCOL_RECORD']],
  ['of an application', [fromUs(message())], ['error ERR_PROTOCOL_RECORD']],
  ...[8189, 0xffff].map(
    (size): Row => [`of a packet of ${size} bytes`, [u16(0x1234), u16(size)], ['error ERR_PROTOCOL_LIMIT']],
  ),
  [
    'in a packet of just enough',
    [forward({ uri: `/${'x'.repeat(8188 - message({ uri: '/' }).length)}` })],
    [begun({}).replace('"/foo"', '8148 bytes'), 'end 0'],
  ],
  ...mistakes.map(([name, payload]): Row => [`with ${name}`, [toUs(payload)], ['error ERR_PROTOCOL_PARAMS']]),
  [
    'with a body that nobody asked for',
    [forward(), bodyOf('x')],
    [begun(), 'end 0', 'error ERR_PROTOCOL_ORDER'],
  ],
  [
    'in chunks, with a body that nobody asked for',
    [forward({ headers: [chunked] }), bodyOf('x')],
    [begun({}, 'Transfer-Encoding: chunked'), 'error ERR_PROTOCOL_ORDER'],
  ],
  [
    'with a second packet of body that nobody asked for',
    [forward({ headers: [length('2')] }), bodyOf('x'), bodyOf('y')],
    [begun({ CONTENT_LENGTH: '2' }, 'Content-Length: 2'), 'body 0 "x"', 'error ERR_PROTOCOL_ORDER'],
  ],
  [
    'with a body that is longer than was said',
    [forward({ headers: [length('2')] }), bodyOf('xyz')],
    [begun({ CONTENT_LENGTH: '2' }, 'Content-Length: 2'), 'error ERR_PROTOCOL_ORDER'],
  ],
  [
    'with a request for its body',
    [forward({ headers: [length('2')] }), forward()],
    [begun({ CONTENT_LENGTH: '2' }, 'Content-Length: 2'), 'error ERR_PROTOCOL_PARAMS'],
  ],
  [
    'before the answer to another one',
    [forward(), forward()],
    [begun(), 'end 0', 'error ERR_PROTOCOL_ORDER'],
  ],
  [
    'with too many header fields',
    [
      forward({
        headers: [
          ['A', ''],
          ['B', ''],
          ['C', ''],
        ],
      }),
    ],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParams: 2 },
  ],
  [
    'with too many attributes',
    [forward({ headers: [['A', '']], attributes: [coded(3, 'a'), coded(4, 'b')] })],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParams: 2 },
  ],
  [
    'with just enough of both',
    [forward({ headers: [['A', '']], attributes: [coded(3, 'a')] })],
    [begun({ REMOTE_USER: 'a' }, 'A: '), 'end 0'],
    { maxParams: 2 },
  ],
  ['of too many bytes', [forward()], ['error ERR_PROTOCOL_LIMIT'], { maxParamsBytes: 20 }],
  // What is answered, and closes the connection all the same.
  ...[
    [length('1'), length('1')],
    [length('1'), ['content-length', '2']],
    [
      ['CONTENT-LENGTH', '1'],
      ['Content-Length', '1'],
    ],
    [length('1'), chunked],
    [length('0'), chunked],
    [length('1'), ['transfer-encoding', 'identity']],
    [chunked, chunked],
    [['Transfer-Encoding', 'gzip, chunked']],
    [['Transfer-Encoding', '']],
    ...['', '+1', '-1', '1, 1', '1 ', '0x1', '1e1', '9007199254740992'].map((each) => [length(each)]),
    [[0xa008, null]],
    [['A', 'b\r\nC: d']],
    [['A', 'b\nC: d']],
    [['A b', 'c']],
    [['', 'c']],
  ].map(
    (headers): Row => [
      `with ${JSON.stringify(headers)}`,
      [forward({ headers: headers as readonly Field[] })],
      [bad, 'error ERR_PROTOCOL_REQUEST'],
    ],
  ),
  [
    'of a method that is none',
    [forward({ method: 255, attributes: [coded(13, 'GET /')] })],
    [bad, 'error ERR_PROTOCOL_REQUEST'],
  ],
  ...[
    'javax.servlet.include.request_uri',
    'javax.servlet.include.path_info',
    'SCRIPT_NAME',
    'AJP_FOO',
    'ajp_remote_port',
    '__proto__',
    'constructor',
    '',
  ].map(
    (name): Row => [
      `with the request attribute ${JSON.stringify(name)}`,
      [forward({ attributes: [named(name, '/evil')] })],
      [forbidden, 'error ERR_PROTOCOL_ATTRIBUTE'],
    ],
  ),
  [
    'with a request attribute that is asked for',
    [forward({ attributes: [named('X_SCRIPT_NAME', '/admin'), named('shib.user', 'u')] })],
    [begun({ X_SCRIPT_NAME: '/admin', 'shib.user': 'u' }), 'end 0'],
    { attributes: ['X_SCRIPT_NAME', 'shib.user'] },
  ],
  [
    'with a request attribute beside those that are asked for',
    [forward({ attributes: [named('X', '1'), named('Y', '2')] })],
    [forbidden, 'error ERR_PROTOCOL_ATTRIBUTE'],
    { attributes: ['X'] },
  ],
  // The secret.
  ['with a secret that nobody asked for', [forward({ attributes: [coded(12, 's')] })], [begun(), 'end 0']],
  ...['s\u00fcss', 'other', null].map(
    (secret): Row => [
      `with the secret ${JSON.stringify(secret)}`,
      [forward({ attributes: [coded(12, secret)] })],
      // Text is UTF-8 on the wire.
      [forbidden, 'error ERR_PROTOCOL_SECRET'],
      { secret: 's\u00fcss' },
    ],
  ),
  [
    'with the right secret, last',
    [forward({ attributes: [coded(3, 'u'), coded(12, 's\u00c3\u00bcss')] })],
    [begun({ REMOTE_USER: 'u' }), 'end 0'],
    { secret: 's\u00fcss' },
  ],
  ['without a secret', [forward()], [forbidden, 'error ERR_PROTOCOL_SECRET'], { secret: 's' }],
  [
    'without a secret, and with a body',
    [forward({ headers: [length('3')] }), bodyOf('abc')],
    [forbidden, 'error ERR_PROTOCOL_SECRET'],
    { secret: 's' },
  ],
  [
    'with another secret, and other faults',
    [forward({ headers: [length('1'), length('2')], attributes: [named('X', '1'), coded(12, 'x')] })],
    [forbidden, 'error ERR_PROTOCOL_SECRET'],
    { secret: 's' },
  ],
];

const answers: readonly Row[] = [
  [
    'an answer',
    [headed(200, 'OK', [[0xa001, 'text/plain']]), chunk('abc'), ended()],
    ['head 0 200 Content-Type: text/plain', 'body 0 "abc"', 'end 0'],
  ],
  [
    'with all coded header fields',
    [
      headed(
        401,
        '401',
        Array.from({ length: 11 }, (_, index) => [0xa001 + index, 'x'] as const),
      ),
    ],
    [
      `head 0 401 ${[
        ...[
          'Content-Type',
          'Content-Language',
          'Content-Length',
          'Date',
          'Last-Modified',
          'Location',
          'Set-Cookie',
        ],
        ...['Set-Cookie2', 'Servlet-Engine', 'Status', 'WWW-Authenticate'],
      ]
        .map((name) => `${name}: x`)
        .join(' | ')}`,
    ],
  ],
  ['without a reason', [headed(204, ''), ended()], ['head 0 204', 'end 0']],
  ['with a reason that is not there', [headed(204, null), ended()], ['head 0 204', 'end 0']],
  [
    'with a flush before its head',
    [chunk(''), headed(200, 'OK'), chunk(''), ended()],
    ['head 0 200', 'end 0'],
  ],
  ['with CPONG', [cpong, headed(200, 'OK'), cpong, ended(), cpong], ['head 0 200', 'end 0']],
  ['without a head', [ended()], ['error ERR_PROTOCOL_HEAD']],
  ['with a body before its head', [chunk('a')], ['error ERR_PROTOCOL_HEAD']],
  ['with two heads', [headed(200, 'OK'), headed(200, 'OK')], ['head 0 200', 'error ERR_PROTOCOL_ORDER']],
  [
    'of two answers',
    [headed(200, 'OK'), ended(), headed(200, 'OK')],
    ['head 0 200', 'end 0', 'error ERR_PROTOCOL_ORDER'],
  ],
  ['that asks for a body that there is none of', [wanted(1)], ['error ERR_PROTOCOL_ORDER']],
  ...[0, 99, 1000, 65535].map(
    (status): Row => [`of status ${status}`, [headed(status, 'x')], ['error ERR_PROTOCOL_HEAD']],
  ),
  ...(
    [
      ['A', 'b\r\nC: d'],
      ['A b', 'c'],
      ['', 'c'],
    ] as const
  ).map(
    (field): Row => [
      `with ${JSON.stringify(field)}`,
      [headed(200, 'OK', [field])],
      ['error ERR_PROTOCOL_HEAD'],
    ],
  ),
  ['with a reason that is two', [headed(200, 'OK\r\nA: b')], ['error ERR_PROTOCOL_HEAD']],
  ...[0xa000, 0xa00c].map(
    (code): Row => [
      `with header code ${code.toString(16)}`,
      [headed(200, 'OK', [[code, 'x']])],
      ['error ERR_PROTOCOL_PARAMS'],
    ],
  ),
  [
    'with bytes behind its head',
    [fromUs(headed(200, 'OK').subarray(4), bytes(0))],
    ['error ERR_PROTOCOL_PARAMS'],
  ],
  ['with a short head', [fromUs(bytes(4, 0))], ['error ERR_PROTOCOL_PARAMS']],
  ['with an empty END_RESPONSE', [fromUs(bytes(5))], ['error ERR_PROTOCOL_PARAMS']],
  ['with a long END_RESPONSE', [fromUs(bytes(5, 1, 1))], ['error ERR_PROTOCOL_PARAMS']],
  ['with a short GET_BODY_CHUNK', [fromUs(bytes(6, 0))], ['error ERR_PROTOCOL_PARAMS']],
  ...[
    bytes(3),
    bytes(3, 0),
    bytes(3, 0, 0),
    bytes(3, 0, 1, 0),
    bytes(3, 0, 1, 65, 1),
    bytes(3, 255, 255, 65, 0),
  ].map(
    (payload): Row => [
      `with the chunk ${payload.toString('hex')}`,
      [fromUs(payload)],
      ['error ERR_PROTOCOL_PARAMS'],
    ],
  ),
  ['of no type', [fromUs()], ['error ERR_PROTOCOL_RECORD']],
  ['of another type', [fromUs(bytes(2, 2))], ['error ERR_PROTOCOL_RECORD']],
  ['of a front server', [cping], ['error ERR_PROTOCOL_RECORD']],
  ['in a packet that is too long', [u16(0x4142), u16(8189)], ['error ERR_PROTOCOL_LIMIT']],
  [
    'with a head that is too long',
    [headed(200, 'x'.repeat(60))],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxHeadBytes: 50 },
  ],
  [
    'with too many header fields',
    [
      headed(200, 'OK', [
        ['A', ''],
        ['B', ''],
      ]),
    ],
    ['error ERR_PROTOCOL_LIMIT'],
    { maxParams: 1 },
  ],
];

const responder: Maker = (options) => createConnection('ajp', 'responder', options);
const client: Maker = (options) => createConnection('ajp', 'client', options);

/** A client that has asked. */
const asked: Maker = (options) => {
  const connection = client(options);
  connection.send([
    { type: 'begin', id: 0, environ: [['REQUEST_URI', '/']] },
    { type: 'end', id: 0 },
  ]);
  return connection;
};

const hex = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString('hex');
const ok: ProtocolEvent = { type: 'head', id: 0, status: 200, reason: 'OK', headers: [['A', 'b']] };
const body = (text: string): ProtocolEvent => ({ type: 'body', id: 0, bytes: latin1(text) });
const end: ProtocolEvent = { type: 'end', id: 0 };
const pull = (count = 1e9): ProtocolEvent => ({ type: 'pull', id: 0, count });

/** A responder that has got these packets, and what it told of the last one. */
function got(...packets: readonly Uint8Array[]): Connection {
  const connection = responder();
  for (const each of packets) connection.receive(each);
  return connection;
}

/** Tells what comes, and sends what goes, turn by turn: `[packets, events]` or `[events to send, packets]`. */
type Turn =
  | { readonly receive: readonly Uint8Array[]; readonly told: readonly string[] }
  | { readonly send: readonly ProtocolEvent[]; readonly packets: readonly Uint8Array[] };

function itTalks(name: string, make: Maker, turns: readonly Turn[], options?: ProtocolOptions): void {
  for (const size of [1, 3, 10, 100_000]) {
    it(`${name}, in pieces of ${size}`, () => {
      const connection = make(options);
      for (const turn of turns) {
        if ('told' in turn) {
          expect(told(feed(connection, Buffer.concat(turn.receive), size))).to.deep.equal(turn.told);
        } else {
          expect(hex(connection.send(turn.send))).to.equal(hex(turn.packets));
        }
      }
    });
  }
}

const post = (size: number): Buffer => forward({ headers: [length(String(size))] });
const posted = (size: number): string => begun({ CONTENT_LENGTH: `${size}` }, `Content-Length: ${size}`);

/** A responder whose application pulls, and answers each request at its end, or where a body tells it to. */
function driven(): Connection {
  const connection = responder();
  let isAnswered = false;
  return {
    receive(received) {
      const events = connection.receive(received);
      for (const event of events) {
        if (event.type === 'begin' || event.type === 'body') connection.send([pull()]);
        const isEarly = event.type === 'body' && event.bytes[0] === 0x21;
        if (isEarly || (event.type === 'end' && !isAnswered)) connection.send([ok, body('x'), end]);
        if (isEarly || event.type === 'begin') isAnswered = isEarly;
      }
      return events;
    },
    send: (events) => connection.send(events),
    get reusable() {
      return connection.reusable;
    },
  };
}

/** What only a connection gets to see that is driven. */
const longRows: readonly Row[] = [
  [
    'requests with bodies',
    [
      ...[post(6), bodyOf('ab'), bodyOf('cd'), cping, bodyOf('ef')],
      ...[forward({ headers: [chunked] }), bodyOf('ab'), bodyOf('c'), noMore],
      ...[post(6), bodyOf('!a'), bodyOf('b'), forward()],
    ],
    [],
  ],
];

describe('AJP13', () => {
  const trailing = { bytes: Buffer.alloc(9, 9), event: 'error ERR_PROTOCOL_RECORD' };
  describe('requests', () => itReads(responder, rows, trailing));
  describe('answers', () => itReads(asked, answers, trailing));
  itSurvives(
    [responder, () => responder({ secret: 's' }), driven, asked],
    [...rows, ...answers, ...longRows],
  );

  it('reads requests with bodies, one after the other, in pieces of any size', () => {
    for (const [, parts] of longRows) {
      for (const size of [1, 2, 3, 4]) {
        expect(told(feed(driven(), Buffer.concat(parts), size))).to.deep.equal([
          ...[posted(6), 'body 0 "abcd"', management(cpong), 'body 0 "ef"', 'end 0'],
          ...[begun({}, 'Transfer-Encoding: chunked'), 'body 0 "abc"', 'end 0'],
          ...[posted(6), 'body 0 "!a"', begun(), 'end 0'],
        ]);
      }
    }
  });

  describe('a message', () => {
    const whole = message({
      method: 255,
      host: 'c',
      headers: [length('0'), ['A', 'b']],
      attributes: [
        coded(5, 'q'),
        coded(13, 'BREW'),
        named('AJP_REMOTE_PORT', '1'),
        Buffer.concat([bytes(11), u16(256)]),
        coded(12, 's'),
      ],
    });

    it('is complete, or a mistake, wherever it is cut', () => {
      expect(told(feed(responder(), toUs(whole))).at(-1)).to.equal('end 0');
      for (let end = 2; end < whole.length; end++) {
        const events = told(feed(responder({ secret: 's' }), toUs(whole.subarray(0, end))));
        expect(events, `${end}`).to.deep.equal(['error ERR_PROTOCOL_PARAMS']);
      }
    });

    it('is none with a length that lies, wherever it stands', () => {
      for (let at = 2; at < whole.length - 1; at++) {
        for (const lie of [0xffff, 0xfffe, 0x8000]) {
          const changed = Buffer.from(whole);
          changed.writeUInt16BE(lie, at);
          const events = told(feed(responder(), toUs(changed)));
          expect(events.filter((line) => line.startsWith('error')).length, `${at}`).to.be.at.most(1);
          expect(events.length, `${at}`).to.be.at.most(3);
        }
      }
    });

    it('says what is wrong with it, and never the secret', () => {
      const messages = rows.flatMap(([, parts, , options]) =>
        feed(responder(options), Buffer.concat(parts)).flatMap((event) =>
          event.type === 'error' ? [event.message] : [],
        ),
      );
      for (const each of messages) expect(each).to.match(/ must .*, got /);
      const [wrong] = feed(responder({ secret: 'hush' }), forward({ attributes: [coded(12, 'hash')] })).slice(
        -1,
      );
      expect(wrong?.type === 'error' && wrong.message).to.not.match(/hush|hash/);
    });

    it('may be of 65 536 bytes where both sides say so', () => {
      const long = forward({ uri: `/${'x'.repeat(65_532 - message({ uri: '/' }).length)}` });
      expect(long.length).to.equal(65_536);
      const events = feed(responder({ packetSize: 65_536 }), long);
      expect(events.map(({ type }) => type)).to.deep.equal(['begin', 'end']);
    });
  });

  describe('a dialog', () => {
    itTalks('pulls what is left of a body', responder, [
      { receive: [post(10)], told: [posted(10)] },
      // The first packet comes by itself.
      { send: [pull()], packets: [] },
      { receive: [bodyOf('abcd')], told: ['body 0 "abcd"'] },
      { send: [pull(3), pull(), pull()], packets: [wanted(3)] },
      // mod_proxy_ajp sends what it has, whatever was asked for.
      { receive: [bodyOf('efgh')], told: ['body 0 "efgh"'] },
      { send: [pull()], packets: [wanted(2)] },
      { receive: [bodyOf('ij')], told: ['body 0 "ij"', 'end 0'] },
      { send: [pull()], packets: [] },
      { send: [ok, body('x'), end], packets: [headed(200, 'OK', [['A', 'b']]), chunk('x'), ended()] },
      { send: [pull()], packets: [] },
      { receive: [forward()], told: [begun(), 'end 0'] },
    ]);

    itTalks('pulls chunks until there is none', responder, [
      { receive: [forward({ headers: [chunked] })], told: [begun({}, 'Transfer-Encoding: chunked')] },
      { send: [pull()], packets: [wanted(8186)] },
      { receive: [bodyOf('abc')], told: ['body 0 "abc"'] },
      { send: [pull(1.5)], packets: [wanted(1)] },
      { receive: [toUs(u16(0))], told: ['end 0'] },
      { send: [pull()], packets: [] },
    ]);

    itTalks(
      'pulls as much as a packet holds',
      responder,
      [
        { receive: [forward({ headers: [chunked] })], told: [begun({}, 'Transfer-Encoding: chunked')] },
        { send: [pull()], packets: [wanted(65_530)] },
      ],
      { packetSize: 65_536 },
    );

    itTalks('pulls nothing for less than a byte, or for nobody', responder, [
      { receive: [forward({ headers: [chunked] })], told: [begun({}, 'Transfer-Encoding: chunked')] },
      { send: [pull(0), pull(-1), pull(Number.NaN), pull(0.5)], packets: [] },
      { send: [pull(1)], packets: [wanted(1)] },
    ]);

    itTalks('answers a CPING amid a body, and heeds no SHUTDOWN', responder, [
      { receive: [post(4), bodyOf('ab')], told: [posted(4), 'body 0 "ab"'] },
      { receive: [cping], told: [management(cpong)] },
      { send: [pull()], packets: [wanted(2)] },
      { receive: [cping, toUs(bytes(7)), bodyOf('cd')], told: [management(cpong), 'body 0 "cd"', 'end 0'] },
    ]);

    for (const [name, first] of [
      ['whole', bodyOf('abcdef')],
      ['in part', bodyOf('a')],
      ['not at all', noMore],
    ] as const) {
      itTalks(`swallows a body that comes ${name} after its answer`, responder, [
        { receive: [post(6)], told: [posted(6)] },
        { send: [ok, end], packets: [headed(200, 'OK', [['A', 'b']]), ended()] },
        { receive: [cping, first, forward()], told: [management(cpong), begun(), 'end 0'] },
        { send: [ok, end], packets: [headed(200, 'OK', [['A', 'b']]), ended()] },
      ]);
    }

    itTalks('swallows no more than the packet that was asked for', responder, [
      { receive: [post(6), bodyOf('a')], told: [posted(6), 'body 0 "a"'] },
      { send: [pull(), ok, end], packets: [wanted(5), headed(200, 'OK', [['A', 'b']]), ended()] },
      { receive: [bodyOf('bc'), bodyOf('d')], told: ['error ERR_PROTOCOL_RECORD'] },
    ]);

    itTalks('swallows no request', responder, [
      { receive: [post(6)], told: [posted(6)] },
      { send: [ok, end], packets: [headed(200, 'OK', [['A', 'b']]), ended()] },
      { receive: [forward()], told: ['error ERR_PROTOCOL_PARAMS'] },
    ]);

    itTalks('swallows no body of nobody', responder, [
      { receive: [post(6), bodyOf('a')], told: [posted(6), 'body 0 "a"'] },
      { send: [ok, end], packets: [headed(200, 'OK', [['A', 'b']]), ended()] },
      { receive: [forward()], told: [begun(), 'end 0'] },
    ]);

    itTalks('goes on after an answer of 4xx (CVE-2022-1319)', responder, [
      { receive: [forward()], told: [begun(), 'end 0'] },
      {
        send: [{ type: 'head', id: 0, status: 404, headers: [['X', 'y']] }, end],
        packets: [headed(404, '404', [['X', 'y']]), ended()],
      },
      { receive: [forward()], told: [begun(), 'end 0'] },
    ]);

    itTalks('hands on what is not the end', responder, [
      { receive: [forward()], told: [begun(), 'end 0'] },
      { send: [ok], packets: [headed(200, 'OK', [['A', 'b']]), flush] },
      { send: [body('a'), body('b')], packets: [chunk('a'), chunk('b'), flush] },
      { send: [pull(), { type: 'stderr', id: 0, bytes: latin1('x') }], packets: [] },
      { send: [body('c'), end], packets: [chunk('c'), ended()] },
    ]);

    itTalks('takes an end of a body that there is none of behind an answer, too', responder, [
      { receive: [forward()], told: [begun(), 'end 0'] },
      { send: [ok, end], packets: [headed(200, 'OK', [['A', 'b']]), ended()] },
      { receive: [noMore, forward()], told: [begun(), 'end 0'] },
      { send: [ok, end], packets: [headed(200, 'OK', [['A', 'b']]), ended()] },
      { receive: [forward(), bodyOf('')], told: [begun(), 'end 0', 'error ERR_PROTOCOL_ORDER'] },
    ]);

    itTalks('writes nothing for what an application tells its log', responder, [
      { receive: [forward()], told: [begun(), 'end 0'] },
      { send: [{ type: 'stderr', id: 0, bytes: latin1('oops') }], packets: [] },
    ]);

    itTalks('answers no head that would not fit', responder, [
      { receive: [forward()], told: [begun(), 'end 0'] },
      {
        send: [
          { type: 'head', id: 0, status: 200, headers: [['A', 'x'.repeat(8171)]] },
          body('x'),
          { type: 'stderr', id: 0, bytes: latin1('x') },
          pull(),
          end,
        ],
        packets: [headed(500, 'Response header fields exceed packetSize 8192', [[0xa003, '0']]), ended(0)],
      },
      { receive: [forward()], told: [] },
    ]);

    itTalks('is over after an answer that failed', responder, [
      { receive: [post(6)], told: [posted(6)] },
      { send: [ok, { ...end, appStatus: 1 }], packets: [headed(200, 'OK', [['A', 'b']]), ended(0)] },
      { receive: [bodyOf('abcdef'), forward()], told: [] },
    ]);
  });

  describe('the end of the connection', () => {
    const atEnd = (connection: Connection, ...parts: readonly Uint8Array[]): string[] =>
      told(feed(connection, Buffer.concat(parts), undefined, true));

    it('is nothing where nothing is under way', () => {
      expect(atEnd(responder())).to.deep.equal([]);
      expect(atEnd(client())).to.deep.equal([]);
      expect(atEnd(asked(), headed(200, 'OK'), ended())).to.deep.equal(['head 0 200', 'end 0']);
    });
    it('aborts a request, once', () => {
      const connection = responder();
      expect(atEnd(connection, forward()).slice(2)).to.deep.equal(['abort 0']);
      expect(connection.receive(null)).to.deep.equal([]);
      expect(hex(connection.send([ok, end]))).to.equal(hex([headed(200, 'OK', [['A', 'b']]), ended(0)]));
    });
    it('is too early amid a packet', () => {
      expect(atEnd(responder(), bytes(0x12))).to.deep.equal(['error ERR_PROTOCOL_TRUNCATED']);
      expect(atEnd(responder(), post(2), bodyOf('ab').subarray(0, 7)).slice(1)).to.deep.equal([
        'abort 0',
        'error ERR_PROTOCOL_TRUNCATED',
      ]);
      expect(atEnd(client(), bytes(0x41))).to.deep.equal(['error ERR_PROTOCOL_TRUNCATED']);
    });
    it('is too early for an answer', () =>
      expect(atEnd(asked(), headed(200, 'OK'))).to.deep.equal([
        'head 0 200',
        'error ERR_PROTOCOL_TRUNCATED',
      ]));
    it('aborts a request whose answer was another one', () => {
      const connection = got(forward());
      connection.send([{ type: 'head', id: 0, status: 200, headers: [['A', 'x'.repeat(9000)]] }]);
      expect(atEnd(connection)).to.deep.equal(['abort 0']);
    });
    it('is the last that counts after an error', () => {
      const connection = responder();
      expect(atEnd(connection, forward(), bytes(9, 9, 9, 9)).slice(2)).to.deep.equal([
        'error ERR_PROTOCOL_RECORD',
      ]);
      expect(connection.receive(forward())).to.deep.equal([]);
    });
  });

  describe('what is sent', () => {
    it('is one part where it is small', () =>
      expect(got(forward()).send([ok, body('hello'), end])).to.have.lengthOf(1));

    it('is not copied where it is large, and never more than a packet', () => {
      for (const packetSize of [8192, 65_536]) {
        const large = Buffer.alloc(200_000, 'x');
        const connection = responder({ packetSize });
        connection.receive(forward());
        const parts = connection.send([ok, { type: 'body', id: 0, bytes: large }, end]);
        const shared = parts.filter(({ buffer }) => buffer === large.buffer);
        expect(shared.reduce((sum, part) => sum + part.length, 0)).to.be.above(190_000);
        const sent = Buffer.concat(parts);
        for (let at = 0; at < sent.length; at += 4 + sent.readUInt16BE(at + 2)) {
          expect(sent.readUInt16BE(at)).to.equal(0x4142);
          expect(sent.readUInt16BE(at + 2)).to.be.at.most(packetSize - 4);
        }
      }
    });

    it('has codes for the names that have one, and no Status of the application', () => {
      const head: ProtocolEvent = {
        type: 'head',
        id: 0,
        status: 200,
        headers: [
          ['content-type', 'a/b'],
          ['Status', '500'],
          ['SET-COOKIE', 'a'],
          ['Set-Cookie', 'b'],
          ['WWW-Authenticate', 'Basic'],
          ['X-Other', '\u00ff'],
        ],
      };
      expect(hex(got(forward()).send([head]))).to.equal(
        hex([
          headed(200, '200', [
            [0xa001, 'a/b'],
            [0xa007, 'a'],
            [0xa007, 'b'],
            [0xa00b, 'Basic'],
            ['X-Other', '\u00ff'],
          ]),
          flush,
        ]),
      );
    });

    it('is a head of just a packet', () => {
      const value = 'x'.repeat(8192 - 4 - 3 - 6 - 2 - 4 - 3);
      const sent = Buffer.concat(
        got(forward()).send([{ type: 'head', id: 0, status: 200, reason: '200', headers: [['A', value]] }]),
      );
      expect([sent.length - flush.length, sent[4]]).to.deep.equal([8192, 4]);
      expect(sent.readUInt16BE(5)).to.equal(200);
    });

    it('is reusable until an error, or an answer that ends it', () => {
      const connection = got(forward());
      expect(connection.reusable).to.equal(true);
      connection.send([ok, end]);
      expect(connection.reusable).to.equal(true);
      connection.receive(bytes(1, 2, 3, 4));
      expect(connection.reusable).to.equal(false);
      const cut = got(forward());
      cut.send([{ type: 'head', id: 0, status: 200, headers: [['A', 'x'.repeat(9000)]] }]);
      expect(cut.reusable).to.equal(false);
      const other = asked();
      feed(other, Buffer.concat([headed(200, 'OK'), ended(0)]));
      expect(other.reusable).to.equal(false);
    });

    it('is what the codec answers by itself, as it is', () => {
      expect(responder().send([{ type: 'management', bytes: cpong }])).to.deep.equal([cpong]);
      expect(client().send([{ type: 'management', bytes: cping }])).to.deep.equal([cping]);
    });

    const begin = (environ: Environ, headers?: Headers): ProtocolEvent => ({
      type: 'begin',
      id: 0,
      environ,
      ...(headers && { headers }),
    });
    const withBody = (size = '3'): Connection => {
      const connection = client();
      connection.send([begin([['CONTENT_LENGTH', size]])]);
      return connection;
    };
    const wrong: readonly (readonly [string, () => Connection, ...ProtocolEvent[]])[] = [
      ['an answer to nobody', responder, ok],
      ['an answer of another id', () => got(forward()), { ...ok, id: 1 }],
      ['an end to nobody', responder, end],
      ['a body before a head', () => got(forward()), body('x')],
      ['an end before a head', () => got(forward()), end],
      ['two heads', () => got(forward()), ok, ok],
      ['two ends', () => got(forward()), ok, end, end],
      ['a request of a responder', () => got(forward()), { type: 'begin', id: 0, environ: [] }],
      [
        'an error',
        () => got(forward()),
        { type: 'error', code: 'ERR_PROTOCOL_HEAD', blame: 'peer', message: '' },
      ],
      ['a field that is two', () => got(forward()), { ...ok, headers: [['A', 'b\r\nC: d']] }],
      ['a field of text', () => got(forward()), { ...ok, headers: [['A', '\u0416']] }],
      ['a field without a name', () => got(forward()), { ...ok, headers: [['', 'b']] }],
      ['a reason that is two', () => got(forward()), { ...ok, reason: 'OK\r\nA: b' }],
      ['an answer of a client', asked, ok],
      ['a body for nobody', client, body('x')],
      ['a body after its end', withBody, body('x'), end, body('y')],
      ['a body that is too long', withBody, body('xyz'), body('!')],
      ['a body of no length', asked, body('x')],
      ['a request of another id', client, { type: 'begin', id: 1, environ: [] }],
      ['a request amid another', asked, begin([])],
      ['a parameter with NUL', client, begin([['A', '\0']])],
      ['a parameter of text', client, begin([['REQUEST_URI', '/\u0416']])],
      ['a request with a field that is two', client, begin([['HTTP_A', 'b\nC: d']])],
      ['a request with a name that is none', client, begin([], [['A b', 'c']])],
      [
        'a request of two lengths',
        client,
        begin([
          ['CONTENT_LENGTH', '1'],
          ['CONTENT_LENGTH', '1'],
        ]),
      ],
      [
        'a request of a length and chunks',
        client,
        begin([
          ['CONTENT_LENGTH', '1'],
          ['HTTP_TRANSFER_ENCODING', 'chunked'],
        ]),
      ],
      ['a request of a length that is none', client, begin([['CONTENT_LENGTH', '-1']])],
      ['a request of a method that is none', client, begin([['REQUEST_METHOD', 'GET /']])],
      ['a request of a port that is none', client, begin([['SERVER_PORT', '65536']])],
      ['a request of a key size that is none', client, begin([['SSL_CIPHER_USEKEYSIZE', 'x']])],
      ['a request that would not fit', client, begin([['REQUEST_URI', '/'.repeat(8192)]])],
      [
        'a request on a connection that is over',
        () => {
          const connection = asked();
          feed(connection, Buffer.concat([headed(200, 'OK'), ended(0)]));
          return connection;
        },
        begin([]),
      ],
    ];
    for (const [name, make, ...events] of wrong) {
      it(`is never ${name}`, () => {
        const connection = make();
        connection.send(events.slice(0, -1));
        expect(() => connection.send(events.slice(-1)))
          .to.throw(ArgumentError)
          .with.property('code', 'ERR_ARGUMENT_EVENT');
      });
    }
  });

  describe('a client', () => {
    const environ: Environ = [
      ['REQUEST_METHOD', 'BREW'],
      ['REQUEST_URI', '/foo?a=b'],
      ['QUERY_STRING', 'a=b'],
      ['SERVER_PROTOCOL', 'HTTP/1.1'],
      ['SERVER_NAME', 'h'],
      ['SERVER_PORT', '443'],
      ['SERVER_SOFTWARE', 'x'],
      ['SCRIPT_NAME', '/foo'],
      ['REMOTE_ADDR', '192.0.2.1'],
      ['REMOTE_HOST', 'c'],
      ['REMOTE_PORT', '5000'],
      ['REMOTE_USER', 'u'],
      ['HTTPS', 'on'],
      ['SSL_CIPHER_USEKEYSIZE', '256'],
      ['AJP_FOO', '1'],
      ['ROLE', 'r'],
      ['CONTENT_TYPE', 'a/b'],
      ['CONTENT_LENGTH', ''],
      ['HTTP_HOST', 'h'],
      ['HTTP_CONTENT_LENGTH', '9'],
      ['HTTP_X_FORWARDED_FOR', 'a'],
    ];

    it('sends each variable at its place, and none that has none', () => {
      const connection = client({ secret: 's\u00fc', attributes: ['ROLE'] });
      expect(hex(connection.send([{ type: 'begin', id: 0, environ }]))).to.equal(
        hex([
          forward({
            method: 255,
            host: 'c',
            port: 443,
            ssl: 1,
            headers: [
              [0xa00b, 'h'],
              ['X-Forwarded-For', 'a'],
              [0xa007, 'a/b'],
            ],
            attributes: [
              coded(13, 'BREW'),
              coded(5, 'a=b'),
              named('AJP_REMOTE_PORT', '5000'),
              coded(3, 'u'),
              Buffer.concat([bytes(11), u16(256)]),
              named('AJP_FOO', '1'),
              named('ROLE', 'r'),
              coded(12, 's\u00c3\u00bc'),
            ],
          }),
        ]),
      );
    });

    it('sends header fields that are kept apart as they are', () => {
      const sent = client().send([
        {
          type: 'begin',
          id: 0,
          environ: [
            ['REQUEST_URI', '/'],
            ['QUERY_STRING', 'q'],
            ['HTTP_X', 'y'],
            ['CONTENT_LENGTH', '0'],
          ],
          headers: [
            ['x_A', 'b'],
            ['content-length', '0'],
          ],
        },
      ]);
      const message = { uri: '/', address: null, server: null, port: 0, attributes: [coded(5, 'q')] };
      const headers: readonly Field[] = [['x_A', 'b'], length('0')];
      expect(hex(sent)).to.equal(hex([forward({ ...message, headers })]));
    });

    const start: ProtocolEvent = {
      type: 'begin',
      id: 0,
      environ: [
        ['REQUEST_URI', '/foo'],
        ['SERVER_NAME', 'h'],
        ['SERVER_PORT', '80'],
        ['REMOTE_ADDR', '192.0.2.1'],
        ['CONTENT_LENGTH', '10'],
      ],
    };

    itTalks('sends the first packet by itself, and more when asked', client, [
      { send: [start], packets: [post(10)] },
      { send: [body('')], packets: [] },
      { send: [body('abcd'), body('ef'), body('g')], packets: [bodyOf('abcd')] },
      { receive: [wanted(2)], told: [management(bodyOf('ef'))] },
      { receive: [wanted(8186)], told: [management(bodyOf('g'))] },
      { receive: [wanted(2)], told: ['pull 0 2'] },
      { send: [body('hij'), end], packets: [bodyOf('hi')] },
      { receive: [wanted(9)], told: [management(bodyOf('j'))] },
      { receive: [wanted(9)], told: [management(noMore)] },
      { receive: [headed(200, 'OK'), ended()], told: ['head 0 200', 'end 0'] },
      { send: [start], packets: [post(10)] },
    ]);

    itTalks('says where a body breaks off', client, [
      { send: [start, end, end], packets: [post(10), noMore] },
      { receive: [wanted(9)], told: ['error ERR_PROTOCOL_ORDER'] },
    ]);

    itTalks('owes a packet once', client, [
      { send: [start], packets: [post(10)] },
      { receive: [wanted(9)], told: ['error ERR_PROTOCOL_ORDER'] },
    ]);

    itTalks('is never asked for nothing', client, [
      { send: [start, body('a')], packets: [post(10), bodyOf('a')] },
      { receive: [wanted(0)], told: ['error ERR_PROTOCOL_ORDER'] },
    ]);

    it('gives a connection up on which it owes a packet', () => {
      const connection = client();
      connection.send([start]);
      feed(connection, Buffer.concat([headed(200, 'OK'), ended()]));
      expect(connection.reusable).to.equal(false);
      const other = client();
      other.send([start, { type: 'abort', id: 0 }]);
      expect(other.reusable).to.equal(false);
      expect(other.receive(headed(200, 'OK'))).to.deep.equal([]);
      expect(other.receive(null)).to.deep.equal([]);
    });
  });

  /** Both sides, until neither has anything to say; the application answers with the body that it got. */
  function converse(
    sides: { readonly client: Connection; readonly responder: Connection },
    request: { readonly environ: Environ; readonly headers?: Headers },
    sent: Uint8Array,
    { size, piece = 5000 }: { readonly size: number; readonly piece?: number },
  ): { readonly asked: readonly ProtocolEvent[]; readonly answered: readonly ProtocolEvent[] } {
    const [asked, answered]: [ProtocolEvent[], ProtocolEvent[]] = [[], []];
    let at = 0;
    const more = (): Uint8Array[] => {
      const bytes = sent.subarray(at, at + piece);
      at += piece;
      return sides.client.send([bytes.length > 0 ? { type: 'body', id: 0, bytes } : { type: 'end', id: 0 }]);
    };
    let there = sides.client.send([{ type: 'begin', id: 0, ...request }]);
    if (sent.length > 0) there.push(...more());
    let back: Uint8Array[] = [];
    while (there.length > 0 || back.length > 0) {
      for (const event of feed(sides.responder, Buffer.concat(there), size)) {
        if (event.type === 'management') back.push(event.bytes);
        else asked.push(event);
        back.push(...sides.responder.send([pull()]));
        if (event.type !== 'end') continue;
        const head: ProtocolEvent = { type: 'head', id: 0, status: 404, headers: [['A', 'b']] };
        const bytes = Buffer.concat(asked.flatMap((each) => (each.type === 'body' ? [each.bytes] : [])));
        back.push(...sides.responder.send([head, { type: 'body', id: 0, bytes }, end]));
      }
      there = [];
      for (const event of feed(sides.client, Buffer.concat(back), size)) {
        if (event.type === 'management') there.push(event.bytes);
        else if (event.type === 'pull') there.push(...more());
        else answered.push(event);
      }
      back = [];
    }
    return { asked, answered };
  }

  const bytesOf = (events: readonly ProtocolEvent[]): Buffer =>
    Buffer.concat(events.flatMap((event) => (event.type === 'body' ? [event.bytes] : [])));

  describe('a body', () => {
    for (const packetSize of [8192, 65_536]) {
      for (const count of [0, 1, 8185, 8186, 8187, 16_372, 65_530, 65_531, 1_048_576]) {
        for (const framing of ['of a known length', 'in chunks']) {
          it(`of ${count} bytes goes there and back ${framing}, in packets of ${packetSize}`, () => {
            const sides = { client: client({ packetSize }), responder: responder({ packetSize }) };
            const isKnown = framing === 'of a known length';
            const framed: Environ = isKnown
              ? [['CONTENT_LENGTH', `${count}`]]
              : [['HTTP_TRANSFER_ENCODING', 'chunked']];
            const sent = Buffer.alloc(count, 'abcdefg');
            for (const options of [{ size: 1e9 }, { size: 4096, piece: 100_000 }]) {
              const { asked, answered } = converse(sides, { environ: framed }, sent, options);
              expect(bytesOf(asked).equals(sent)).to.equal(true);
              expect(bytesOf(answered).equals(sent)).to.equal(true);
              expect(asked.at(-1)?.type).to.equal('end');
              expect(answered.at(-1)?.type).to.equal('end');
              expect([sides.client.reusable, sides.responder.reusable]).to.deep.equal([true, true]);
            }
          });
        }
      }
    }
  });

  it('carries any request and any answer there and back', () => {
    const byteText = fc.string({
      unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 100,
    });
    const pathText = byteText.map((text) => `/${text.replaceAll('?', '')}`);
    const value = byteText.map((text) => text.replace(/[\r\n]/g, ' '));
    const name = fc
      .stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/)
      .filter((each) => !/^(?:content-length|content-type|transfer-encoding)$/i.test(each));
    const requests = fc.record({
      method: fc.constantFrom('GET', 'POST', 'MKACTIVITY', 'BREW', 'get'),
      path: pathText,
      query: fc.option(byteText, { nil: undefined }),
      user: fc.option(byteText, { nil: undefined }),
      isSsl: fc.boolean(),
      headers: fc.array(fc.tuple(name, value), { maxLength: 10 }),
      body: fc.uint8Array({ maxLength: 20_000 }),
      isKnown: fc.boolean(),
      size: fc.integer({ min: 1, max: 40 }),
      piece: fc.integer({ min: 1, max: 20_000 }),
    });
    const carried = fc.property(requests, ({ method, path, query, user, isSsl, body: sent, ...rest }) => {
      const framing: readonly [string, string] = rest.isKnown
        ? ['Content-Length', `${sent.length}`]
        : ['Transfer-Encoding', 'chunked'];
      const headers: Headers = [...rest.headers, framing];
      const pairs: readonly (readonly [string, string | undefined])[] = [
        ['REQUEST_METHOD', method],
        ['REQUEST_URI', query === undefined ? path : `${path}?${query}`],
        ['SERVER_PROTOCOL', 'HTTP/1.1'],
        ['SERVER_NAME', 'h'],
        ['SERVER_PORT', '80'],
        ['HTTPS', isSsl ? 'on' : undefined],
        ['CONTENT_LENGTH', rest.isKnown ? `${sent.length}` : undefined],
        ['QUERY_STRING', query],
        ['REMOTE_USER', user],
      ];
      const environ = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
      const options = { secret: 's', attributes: [] };
      const sides = { client: client(options), responder: responder(options) };
      const { asked, answered } = converse(sides, { environ, headers }, sent, rest);
      const canonical = headers.map(([each, text]) => [each.toLowerCase(), text]);
      const [first] = asked;
      if (first?.type !== 'begin') throw new Error(`got ${JSON.stringify(told(asked))}`);
      expect(first.environ).to.deep.equal(environ);
      expect(first.headers?.map(([each, text]) => [each.toLowerCase(), text])).to.deep.equal(canonical);
      expect(bytesOf(asked).equals(Buffer.from(sent))).to.equal(true);
      expect(answered[0]).to.deep.equal({
        type: 'head',
        id: 0,
        status: 404,
        reason: '404',
        headers: [['A', 'b']],
      });
      expect(bytesOf(answered).equals(Buffer.from(sent))).to.equal(true);
    });
    fc.assert(carried, { numRuns: 200 });
  }).timeout(60_000);

  describe('options', () => {
    const wrong: readonly (readonly [ProtocolOptions, RegExp])[] = [
      [{ packetSize: 8191 }, /packetSize must be an integer from 8192 to 65536, got 8191/],
      [{ packetSize: 65_537 }, /packetSize must be/],
      [{ packetSize: 8192.5 }, /packetSize must be/],
      [{ packetSize: '8192' as never }, /packetSize must be/],
      [{ secret: '' }, /secret must be a string/],
      [{ secret: 5 as never }, /secret must be a string/],
      [{ secret: 'hush\0' }, /secret must be a string that is not empty, without NUL, got "string"$/],
      [{ attributes: 'X' as never }, /attributes must be an array/],
      [{ attributes: [5 as never] }, /must be a string of bytes, got 5/],
      [{ attributes: [''] }, /must be a string of bytes/],
      [{ attributes: ['\u0416'] }, /must be a string of bytes/],
      [{ attributes: ['a\0'] }, /must be a string of bytes/],
      ...[
        ...['REQUEST_METHOD', 'REQUEST_URI', 'QUERY_STRING', 'SERVER_PROTOCOL', 'SERVER_NAME', 'SERVER_PORT'],
        ...['REMOTE_ADDR', 'REMOTE_HOST', 'REMOTE_PORT', 'REMOTE_USER', 'AUTH_TYPE', 'SERVER_ADDR', 'HTTPS'],
        ...['CONTENT_LENGTH', 'CONTENT_TYPE', 'CONTEXT', 'SERVLET_PATH', 'JVM_ROUTE', 'SSL_CLIENT_CERT'],
        ...['SSL_CIPHER', 'SSL_SESSION_ID', 'SSL_CIPHER_USEKEYSIZE', 'SSL_PROTOCOL', 'JK_LB_ACTIVATION'],
        ...['AJP_REMOTE_PORT', 'HTTP_HOST', 'Http-Host', 'content-length', 'remote_user'],
      ].map(
        (name) => [{ attributes: ['X', name] }, /must be no variable of the protocol itself, got/] as const,
      ),
      [{ maxParams: 0 }, /maxParams must be a positive integer/],
      [{ environ: [] }, /must be one of/],
    ];
    for (const [options, says] of wrong) {
      it(`are never ${JSON.stringify(options)}`, () => {
        for (const make of [responder, client])
          expect(() => make(options)).to.throw(ConfigurationError, says);
      });
    }
    it('are of this protocol alone', () => {
      for (const options of [{ secret: 's' }, { attributes: [] }, { packetSize: 8192 }]) {
        expect(() => createConnection('fastcgi', 'responder', options)).to.throw(ConfigurationError);
      }
    });
  });
});
