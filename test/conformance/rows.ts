/**
 * What is asked by each protocol and over HTTP, and answered alike.
 *
 * Rules of this file: a row says what is asked, never what is answered: that is HTTP's word. Where a protocol cannot do what HTTP
 * does, the row says why; each reason is a line of docs/serve.md.
 */

import type { GatewayProtocol } from '../../lib/index.js';
import type { BehaviourName } from './application.js';

export interface Row {
  /** Default: what it asks. */
  readonly name?: string;
  readonly method?: string;
  /** What comes behind the mount, as it is sent. Default `/x`. */
  readonly rest?: string;
  /** The whole target, whatever the mount. */
  readonly target?: string;
  /** Put in front of the target: absolute-form. */
  readonly origin?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
  /** The body's length is not said. */
  readonly isChunked?: boolean;
  readonly does?: BehaviourName;
  /** No application is asked: statuses are alike, the page that says so is HTTP's. */
  readonly isRefused?: boolean;
  /** The client goes once the answer has begun, or when it has sent half of its body: what is compared is what the application hears. */
  readonly goes?: 'amid the answer' | 'amid the body';
  readonly not?: Partial<Record<GatewayProtocol, Reason>>;
}

/** Why something is not as over HTTP; the words are those of docs/serve.md. */
export const reasons = {
  length: 'a request over SCGI or uwsgi says the length of its body',
  endOfAnswer:
    'over SCGI, uwsgi and CGI the end of the connection is the end of an answer without `Content-Length`',
  proxy: 'a field `Proxy` is not shown, but over HTTP and AJP',
} as const satisfies Readonly<Record<string, string>>;

/** What is never as over HTTP, whatever the row. */
export const differences: readonly string[] = [
  'what is refused before an application is asked has a status and no page',
  'a `Content-Length: 0` may be there where the client sent none',
];

export type Reason = (typeof reasons)[keyof typeof reasons];

const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const targets: readonly Row[] = [
  ...['', '/', '/x', '?q=1', '?', '/?', '/x?q=%2F&r', '/x?a?b', '/x?a=%zz', '/x?é'.replace('é', '%C3%A9')],
  ...['/a%20b', '/a%2Fb', '/a%252Fb', '/%C3%A9', '/%FF', '/a;b=c', '/a//b', '//a', '/a/../b', '/./a', '/a/.'],
  ...['/a%3Fb%23c', '/%61', '/%7E', '/a+b', "/!$&'()*,;=:@-._~", '/a|b', '/a%5Cb', `/${'a'.repeat(3000)}`],
].map((rest) => ({ rest }));

const refused: readonly Row[] = [
  ...['/%zz', '/%', '/%00', '/a%2', '/../../../../a'].map((rest) => ({ rest })),
  { target: '/outside' },
  { target: '/foobar' },
  { target: '*', method: 'OPTIONS' },
  { target: '*', method: 'GET' },
].map((row) => ({ ...row, isRefused: true }));

const methods: readonly Row[] = [
  ...['HEAD', 'DELETE', 'OPTIONS'].map((method) => ({ method })),
  // Without a body Node's client would send chunks.
  ...['POST', 'PUT', 'PATCH', 'PROPFIND', 'REPORT'].map((method) => ({ method, body: Buffer.alloc(0) })),
];

const fields: readonly Row[] = [
  ['X-Case', 'Value'],
  ['X-Twice', '1', 'X-Twice', '2'],
  ['Cookie', 'a=1; b=2'],
  ['Cookie', 'a=1', 'Cookie', 'b=2'],
  ['Accept', 'text/html', 'Accept', '*/*;q=0.1'],
  ['X-Latin', 'caf\xe9'],
  ['X-Empty', ''],
  ['X-Long', 'a'.repeat(3000)],
  ['User-Agent', 'a (b; c)'],
  ['Authorization', 'Basic YTpi'],
  ['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Prefix', '/evil', 'X-Forwarded-Proto', 'https'],
  ['Expect-Ct', 'a', 'Te', 'trailers'],
  ['Content-Type', 'text/plain; charset="utf-8"'],
  ['Range', 'bytes=0-4', 'If-None-Match', '"a", W/"b"'],
].map((flat) => ({
  name: `the fields ${flat.join(' ').slice(0, 60)}`,
  headers: Array.from({ length: flat.length / 2 }, (_, index): [string, string] => [
    flat[2 * index] as string,
    flat[2 * index + 1] as string,
  ]),
}));

const httpoxy: Row = {
  headers: [['Proxy', 'http://evil.example']],
  name: 'a field Proxy',
  not: { fastcgi: reasons.proxy, scgi: reasons.proxy, uwsgi: reasons.proxy, cgi: reasons.proxy },
};

const onlyLengths = { scgi: reasons.length, uwsgi: reasons.length } as const;

const bodies: readonly Row[] = [
  { name: 'no body', body: Buffer.alloc(0) },
  { name: 'a byte', body: Buffer.from('x') },
  { name: 'every byte', body: bytes },
  { name: 'a body of 9000', body: Buffer.alloc(9000, 'abcdefg') },
  { name: 'a body of 1 000 000', body: Buffer.alloc(1_000_000, 'abcdefghi') },
  { name: 'chunks', body: Buffer.alloc(200_000, 'abcdefghi'), isChunked: true, not: onlyLengths },
  { name: 'no chunks', body: Buffer.alloc(0), isChunked: true, not: onlyLengths },
]
  .map((row): Row => ({ method: 'POST', does: 'echo', ...row }))
  .concat([
    { name: 'GET with a body', method: 'GET', does: 'echo', body: bytes },
    { name: 'DELETE with a body', method: 'DELETE', does: 'length', body: bytes },
    { name: 'the fields of a body', method: 'PUT', body: bytes, headers: [['Content-Type', 'a/b']] },
    { name: 'the fields of chunks', method: 'PUT', body: bytes, isChunked: true, not: onlyLengths },
    { name: 'a body that is read late', method: 'POST', does: 'late', body: Buffer.alloc(400_000, 'x') },
    { name: 'a body that is not read', method: 'POST', does: 'early', body: Buffer.alloc(300_000, 'x') },
  ]);

const untold = {
  scgi: reasons.endOfAnswer,
  uwsgi: reasons.endOfAnswer,
  cgi: reasons.endOfAnswer,
} as const;

const answers: readonly Row[] = [
  ...(
    [
      ...['cookies', 'fields', 'none', 'unchanged', 'noneWithBody', 'empty', 'lengthSaid', 'moved'],
      ...[
        'locationOnly',
        'unavailable',
        'statusField',
        'framing',
        'trailers',
        'hints',
        'streamed',
        'flushed',
      ],
      ...['large', 'largeAtOnce', 'brokenOffLength', 'brokenOffBefore'],
    ] as BehaviourName[]
  ).map((does) => ({ does })),
  { does: 'brokenOff', not: untold },
  { does: 'throws', isRefused: true },
  { does: 'rejects', isRefused: true },
  { does: 'goesOn', isRefused: true },
  ...(['empty', 'lengthSaid', 'streamed', 'largeAtOnce', 'unchanged', 'moved'] as BehaviourName[]).map(
    (does) => ({
      does,
      method: 'HEAD',
    }),
  ),
];

const gone: readonly Row[] = [
  { does: 'hang', goes: 'amid the answer' },
  { does: 'cut', goes: 'amid the body', method: 'POST', body: Buffer.alloc(100_000, 'x') },
];

export const rows: readonly Row[] = [
  ...targets,
  { name: 'absolute-form', origin: 'http://test.example' },
  { name: 'absolute-form with another port', origin: 'http://test.example:8080', rest: '/a?b' },
  ...refused,
  ...methods,
  ...fields,
  httpoxy,
  ...bodies,
  ...answers,
  ...gone,
];

export function nameOf({ name, method = 'GET', target, rest = '/x', does = 'show', goes }: Row): string {
  const asked = name ?? `${method} ${target ?? `<mount>${rest.slice(0, 60)}`}`;
  return [
    asked,
    ...(does === 'show' ? [] : [`(${does})`]),
    ...(goes ? [`: the client goes ${goes}`] : []),
  ].join(' ');
}
