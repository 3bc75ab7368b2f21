/**
 * The trials of Node's internals: what this Node has passes, what is broken is noticed, and requests are served all the same.
 */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { internalAccess } from '../../lib/bridge/internals.js';
import type { MessageAccess } from '../../lib/bridge/message-access.js';
import { publicAccess } from '../../lib/bridge/public-api.js';
import { brokenFunctions, messageAccess } from '../../lib/bridge/self-test.js';
import { filesIn } from '../project/sources.js';
import { codeOf } from '../project/tokens.js';
import type { Found, Hidden } from '../support/hidden-members.js';

const closed = new WeakSet<ServerResponse>();

/** Each function, not doing what it promises. */
const broken: readonly (readonly [how: string, name: keyof MessageAccess, change: Partial<MessageAccess>])[] =
  [
    ['takes nothing', 'hookHead', { hookHead: () => undefined }],
    [
      'takes the head, and lets it be written too',
      'hookHead',
      { hookHead: (_, taker) => void taker.takeHead('X-A: b\r\n', 201, 'Created') },
    ],
    [
      'leaves the status line',
      'hookHead',
      {
        hookHead: (res, taker) =>
          internalAccess.hookHead(res, {
            takeHead: (lines, ...more) => taker.takeHead(`HTTP/1.1 201 Created\r\n${lines}`, ...more),
            takeBody: () => undefined,
          }),
      },
    ],
    ['does nothing', 'resumeWriting', { resumeWriting: () => undefined }],
    ['goes on saying it', 'resumeWriting', { resumeWriting: (res) => void res.emit('drain') }],
    [
      'writes something',
      'resumeWriting',
      {
        resumeWriting: (res) => {
          internalAccess.resumeWriting(res);
          res.write('more');
        },
      },
    ],
    ['does nothing', 'closeResponse', { closeResponse: () => undefined }],
    ['says it again', 'closeResponse', { closeResponse: (res) => void res.emit('close') }],
    [
      'says it where Node has',
      'closeResponse',
      {
        closeResponse: (res) => {
          if (closed.has(res)) return;
          closed.add(res);
          Object.defineProperty(res, 'closed', { value: true });
          res.destroyed = true;
          res.emit('close');
        },
      },
    ],
    ['does nothing', 'setRawHeaders', { setRawHeaders: () => undefined }],
    [
      'makes no headers',
      'setRawHeaders',
      {
        setRawHeaders: (req, raw) => {
          req.rawHeaders = [...raw];
        },
      },
    ],
    ['leaves it incomplete', 'completeRequest', { completeRequest: (req) => void req.push(null) }],
    ['does nothing', 'dumpRequest', { dumpRequest: () => undefined }],
    ['dumps what is read', 'dumpRequest', { dumpRequest: (req) => void req.resume() }],
    [
      'throws',
      'dumpRequest',
      {
        dumpRequest: () => {
          throw new TypeError('it is not there');
        },
      },
    ],
  ];

const hidden: readonly (readonly [Hidden['holder'], member: string, noticed: keyof MessageAccess])[] = [
  ['response', '_storeHeader', 'hookHead'],
  ['response', '_header', 'hookHead'],
  ['response', '_headerSent', 'hookHead'],
  ['response', 'chunkedEncoding', 'hookHead'],
  ['response', '_flush', 'resumeWriting'],
  ['response', 'outputData', 'resumeWriting'],
  ['response', '_closed', 'closeResponse'],
  ['request', '_addHeaderLines', 'setRawHeaders'],
  ['request', 'complete', 'completeRequest'],
  ['request', '_dump', 'dumpRequest'],
  ['request', '_consuming', 'dumpRequest'],
];

async function found(members: readonly Hidden[]): Promise<Found> {
  const worker = new Worker(new URL('../support/hidden-members.js', import.meta.url), {
    workerData: members,
  });
  const [message] = (await once(worker, 'message')) as [Found];
  await worker.terminate();
  return message;
}

const asHidden = ([holder, member]: (typeof hidden)[number]): Hidden => ({
  ...{ holder, member },
  isReadable: member === 'complete',
});

describe('the self-test', () => {
  it('has nothing to say against this Node, nor against the public API', () => {
    expect(brokenFunctions(internalAccess)).to.deep.equal([]);
    expect(brokenFunctions(publicAccess)).to.deep.equal([]);
    expect(messageAccess()).to.equal(internalAccess);
  });

  for (const [how, name, change] of broken) {
    it(`notices a function that does not do what it promises: ${name} ${how}`, () => {
      expect(brokenFunctions({ ...internalAccess, ...change })).to.deep.equal([name]);
    });
  }

  it('leaves nothing behind that is heard later', async () => {
    const heard: unknown[] = [];
    const hear = (error: unknown): void => void heard.push(error);
    process.on('uncaughtExceptionMonitor', hear);
    brokenFunctions(internalAccess);
    brokenFunctions(publicAccess);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('uncaughtExceptionMonitor', hear);
    expect(heard).to.deep.equal([]);
  });

  describe('where Node keeps a member elsewhere', () => {
    let usual: Found;

    before(async () => {
      usual = await found([]);
      expect(usual.broken).to.deep.equal([]);
      expect(usual.answers).to.have.lengthOf(4);
      expect(usual.answers[0]).to.contain('hello').and.contain('201');
    });

    for (const row of hidden) {
      it(`notices it, and serves requests: ${row[1]}`, async () => {
        const { broken, ...served } = await found([asHidden(row)]);
        expect(broken).to.deep.equal([row[2]]);
        expect({ broken: [], ...served }).to.deep.equal(usual);
      });
    }

    it('serves requests without any of them', async () => {
      const { broken, ...served } = await found(hidden.map(asHidden));
      expect(broken).to.have.members(Object.keys(internalAccess));
      expect({ broken: [], ...served }).to.deep.equal(usual);
    });
  });
});

describe('the members of Node that are not documented', () => {
  const members =
    /\._[a-z]\w*|\b(?:assignSocket|detachSocket|shouldKeepAlive|chunkedEncoding|outputData|kBuffer\w*)\b/g;
  const namedIn = (text: string): readonly string[] =>
    codeOf(text)
      .map((token) => token.text)
      .join('')
      .match(members) ?? [];

  it('are named in one file', () => {
    for (const { path, text } of filesIn('lib', '.ts')) {
      const isTheOne = path === 'lib/bridge/internals.ts';
      expect(namedIn(text).length > 0, `${path}: ${namedIn(text)}`).to.equal(isTheOne);
    }
  });
});
