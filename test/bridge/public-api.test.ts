/**
 * The header of a request by the public API, beside what Node makes of the same fields; and what of a request is dumped.
 */

import { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { internalAccess } from '../../lib/bridge/internals.js';
import type { MessageAccess } from '../../lib/bridge/message-access.js';
import { publicAccess } from '../../lib/bridge/public-api.js';

function request(): IncomingMessage {
  return new IncomingMessage(new Duplex({ read: () => undefined }) as never);
}

function headerOf(access: MessageAccess, raw: readonly string[]): unknown {
  const req = request();
  access.setRawHeaders(req, raw);
  const { rawHeaders, headers, headersDistinct } = req;
  // The order counts too.
  return [rawHeaders, Object.entries(headers), Object.entries(headersDistinct)];
}

/** Names of which Node knows a rule, and others. */
const names = [
  ...[
    'Age',
    'Authorization',
    'Content-Length',
    'Content-Type',
    'ETag',
    'Expires',
    'From',
    'Host',
    'Location',
  ],
  ...['If-Modified-Since', 'If-Unmodified-Since', 'Last-Modified', 'Max-Forwards', 'Proxy-Authorization'],
  ...[
    'Referer',
    'Retry-After',
    'Server',
    'User-Agent',
    'Cookie',
    'Set-Cookie',
    'Accept',
    'Date',
    'Via',
    'Origin',
  ],
  ...['X-Forwarded-For', 'If-Match', 'X-A', 'constructor', 'toString', '__proto__', 'hasOwnProperty', '1'],
];

const spellings: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
];

/** How an application treats its request before it answers, and whether what is left of it still flows then. */
const dumps: readonly (readonly [name: string, use: (req: IncomingMessage) => void, isDumped: boolean])[] = [
  ['not at all', () => undefined, true],
  ['pauses it', (req) => void req.pause(), true],
  ['has read some of it', (req) => void req.read(1), false],
  ['listens to data, and pauses', (req) => void req.on('data', () => undefined).pause(), false],
  ['listens to readable', (req) => void req.on('readable', () => undefined), false],
];

describe('the public API', () => {
  for (const name of names) {
    it(`joins a field as Node does: ${name}`, () => {
      for (const count of [1, 2, 3]) {
        const raw = [
          'Host',
          'h',
          ...Array.from({ length: count }, (_, index) => [name, `v${index}`]).flat(),
          'Z',
          '',
        ];
        expect(headerOf(publicAccess, raw)).to.deep.equal(headerOf(internalAccess, raw));
      }
    });
  }

  it('makes of any header what Node makes', () => {
    const name = fc
      .tuple(fc.constantFrom(...names), fc.constantFrom(...spellings))
      .map(([text, spell]) => spell(text));
    const field = fc.tuple(name, fc.constantFrom('', 'a', 'b, c', 'é'));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
        const raw = fields.flat();
        expect(headerOf(publicAccess, raw)).to.deep.equal(headerOf(internalAccess, raw));
      }),
    );
  });

  it('shares no list between the forms of a header', () => {
    for (const access of [internalAccess, publicAccess]) {
      const req = request();
      access.setRawHeaders(req, ['Set-Cookie', 'a=1']);
      req.headers['set-cookie']?.push('b=2');
      expect(req.headersDistinct['set-cookie']).to.deep.equal(['a=1']);
    }
  });

  it('makes headers that can be set, as Node does', () => {
    const req = request();
    publicAccess.setRawHeaders(req, ['A', 'b']);
    req.headers = { c: 'd' };
    req.rawHeaders = ['C', 'd'];
    expect([req.headers, req.rawHeaders]).to.deep.equal([{ c: 'd' }, ['C', 'd']]);
  });

  for (const [access, way] of [
    [internalAccess, 'Node'],
    [publicAccess, 'it'],
  ] as const) {
    for (const [name, use, isDumped] of dumps) {
      it(`${way} ${isDumped ? 'dumps' : 'leaves'} a body of which the application reads: ${name}`, async () => {
        const req = request();
        req.push('abc');
        use(req);
        await wait(1);
        access.dumpRequest(req);
        access.completeRequest(req);
        let hasEnded = false;
        req.on('end', () => {
          hasEnded = true;
        });
        await wait(2);
        expect(hasEnded).to.equal(isDumped);
      });
    }
  }
});
