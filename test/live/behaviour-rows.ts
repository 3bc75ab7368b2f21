/**
 * Behaviours of an application's answers and requests that users rely on, as they are over HTTP; and where one of them is another
 * behind a front server, over a gateway protocol.
 *
 * Rules of this file: data. What differs has its cause; a difference that is not there any more is an error too.
 */

import type { BehaviourRow } from './behaviour.js';
import { answerRows } from './behaviour-answers.js';
import { endRows } from './behaviour-ends.js';
import { frameworkRows } from './behaviour-frameworks.js';
import { requestRows } from './behaviour-requests.js';
import type { FrontServerName } from './front-server.js';

export const behaviourRows: readonly BehaviourRow[] = [
  ...answerRows,
  ...requestRows,
  ...endRows,
  ...frameworkRows,
];

/** A behaviour that is another one. */
export interface Difference {
  readonly name: string;
  /** Behind these; all, unless they are told. */
  readonly servers?: readonly FrontServerName[];
  /** By the configurations of these names, which are protocols but for `jk`; all, unless they are told. */
  readonly files?: readonly string[];
  readonly is: unknown;
  /** It is so by chance: at other times it is as over HTTP. */
  readonly sometimes?: true;
  readonly because: string;
}

/** A value of a row with some of its members changed. */
const but = (name: string, changes: object): unknown => ({
  ...(behaviourRows.find((row) => row.name === name)?.expected as object),
  ...changes,
});

/** Express sends a length, which does not arrive. */
const withoutLength = { text: [200, 'hällo', 'text/html; charset=utf-8', undefined] };
const distrusted =
  'Apache 2.4.59 and later drop Content-Length (CVE-2024-24795), unless `SetEnv ap_trust_cgilike_cl 1`';
const distrusting = ['fastcgi', 'scgi', 'ajp', 'cgi'];
const broken = 'an answer that breaks off is seen to be none: length';
const lengthRequired = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
<html><head>
<title>411 Length Required</title>
</head><body>
<h1>Length Required</h1>
<p>A request of the requested method POST requires a valid Content-length.<br />
</p>
</body></html>
`;
const inAnswer = 'header fields of an answer';
const inRequest = 'header fields of a request';

export const differences: readonly Difference[] = [
  {
    name: 'writeContinue(), writeProcessing() and writeEarlyHints() do no harm',
    is: { early: [], status: 200, body: 'answer', heard: ['called back'] },
    because: 'no gateway protocol has 1xx',
  },
  {
    name: 'trailers do not get into the body',
    is: ['abc', {}],
    because: 'no gateway protocol has trailers',
  },
  {
    name: 'a head comes before there is a body',
    servers: ['apache', 'h2o'],
    files: ['fastcgi'],
    is: ['held', 201, 'body'],
    because: 'it sends a head together with what comes first of the body',
  },
  {
    name: 'an answer goes on while its request comes',
    servers: ['nginx', 'lighttpd', 'h2o'],
    is: ['held', true],
    because:
      'it reads a request whole before it asks (nginx: fastcgi_request_buffering, lighttpd: server.stream-request-body)',
  },
  {
    name: 'an answer goes on while its request comes',
    servers: ['haproxy'],
    is: ['held', true],
    because: 'it asks when the request is whole, or fills its buffer of 16 KB',
  },
  {
    name: 'an answer goes on while its request comes',
    servers: ['apache', 'caddy'],
    is: ['held', true],
    because: 'it sends all of a request before it reads the answer',
  },
  {
    name: 'a client that goes amid its request',
    servers: ['nginx', 'lighttpd', 'haproxy', 'h2o'],
    is: [],
    because: 'the application was not asked yet: the request was not whole',
  },
  {
    name: 'a body in chunks, whose length nobody knows',
    servers: ['haproxy'],
    is: [
      400,
      '<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n',
    ],
    because: 'HAProxy 2.6 takes no chunks before FastCGI if they are more than its buffer',
  },
  {
    name: 'an answer that breaks off is seen to be none: length unknown',
    servers: ['caddy', 'h2o'],
    is: 'whole, of 100000 bytes',
    because: 'it takes the end of the connection for the end of the answer',
  },
  {
    name: '204, 304 and HEAD have no body',
    servers: ['apache'],
    files: distrusting,
    is: [
      [204, 0, true],
      [304, '"x"', 0, true],
      [200, undefined, 'HEAD', 0, true],
    ],
    because: distrusted,
  },
  {
    name: 'Express 5',
    servers: ['apache'],
    files: distrusting,
    is: but('Express 5', withoutLength),
    sometimes: true,
    because: distrusted,
  },
  {
    name: 'Express 4',
    servers: ['apache'],
    files: distrusting,
    is: but('Express 4', withoutLength),
    sometimes: true,
    because: distrusted,
  },
  {
    name: 'a head of 6 KB',
    servers: ['nginx'],
    is: 502,
    because: 'fastcgi_buffer_size is 4 KB, and a head has to fit',
  },
  {
    name: inAnswer,
    servers: ['haproxy', 'h2o'],
    is: but(inAnswer, { cased: 'x-mixed' }),
    because: 'it writes names in lower case',
  },
  {
    name: inAnswer,
    servers: ['lighttpd'],
    is: but(inAnswer, { status: [299, ''], empty: undefined }),
    because: 'it has reasons of its own, and drops empty fields',
  },
  {
    name: inAnswer,
    servers: ['caddy'],
    is: but(inAnswer, {
      ...{ cased: 'X-Mixed', status: [299, 'status code 299'], statusField: '299 Quite Right' },
    }),
    because: 'it has names and reasons of its own, and hands Status on',
  },
  {
    name: inRequest,
    servers: ['lighttpd', 'haproxy', 'caddy'],
    is: but(inRequest, { length: '0' }),
    because: 'it sends CONTENT_LENGTH 0 where there is no body',
  },
  {
    name: inRequest,
    servers: ['nginx', 'apache'],
    files: ['scgi', 'jk'],
    is: but(inRequest, { length: '0' }),
    because: 'CONTENT_LENGTH is a must in SCGI; mod_jk says so too',
  },
  {
    name: 'a body in chunks, whose length nobody knows',
    servers: ['apache'],
    files: ['scgi', 'uwsgi'],
    is: [411, lengthRequired],
    because: 'mod_proxy_scgi and mod_proxy_uwsgi want a length (411)',
  },
  {
    name: `${broken} unknown`,
    files: ['cgi'],
    is: 'whole, of 100000 bytes',
    because: 'it takes the end of the output for the end of the answer',
  },
  ...[`${broken} known`, 'an application of Express that fails amid its answer'].map(
    (name): Difference => ({
      ...{ name, servers: ['apache'], files: ['cgi'], is: 'whole, of 100000 bytes' },
      because: `${distrusted}, and it takes the end of the output for the end of the answer`,
    }),
  ),
  {
    name: `${broken} unknown`,
    files: ['jk'],
    is: 'whole, of 100272 bytes',
    because: 'mod_jk writes a page that says so behind what came',
  },
  {
    name: 'an empty answer',
    servers: ['apache'],
    files: ['scgi', 'cgi'],
    is: [200, 0, true, undefined],
    sometimes: true,
    because: `${distrusted}; it sends one where the end comes together with the head`,
  },
  ...[
    'a client that goes amid the answer, and in which order that is heard',
    'a client that goes amid its request',
  ].map(
    (name): Difference => ({
      ...{ name, files: ['cgi'], is: [], because: 'mod_cgid ends the process (SIGTERM)' },
    }),
  ),
];
