/**
 * What front servers really sent: the answer is right in each exchange, or is listed here with its reason.
 */

import { expect } from 'chai';
import { RequestTargetError } from '../../lib/errors.js';
import { type ResolvedEnviron, resolveEnviron } from '../../lib/fixup/environ.js';
import {
  decodeAll,
  type Exchange,
  type Pair,
  type Recording,
  recordings,
  variablesOf,
} from './recordings.js';

/** Exchanges in which nothing that arrives tells the truth, or none but a refusal is safe. */
const known: readonly (readonly [recording: string, ids: readonly string[], reason: string])[] = [
  [
    'apache.jk.foo-ForwardURICompat',
    ['enc-percent'],
    'the path comes decoded, and `/foo/a%b` cannot be told from a malformed escape, which is refused',
  ],
  ['h2o.http.root', ['options-star'], 'h2o makes `OPTIONS /` of `OPTIONS *`'],
  [
    'lighttpd.http.foo-rewrite',
    ['prefix-lookalike', 'semicolon-mount', 'root', 'root-query', 'case'],
    'what lies outside the mount is passed on too, unstripped: it looks like a stripped target',
  ],
];

/** Requests for which no answer but a refusal is right. */
const isHostile = (target: string): boolean =>
  /%(?![0-9a-f]{2})|%00|^\/foo%2f/i.test(target) || /\/(?:\.|%2e){2}(?:\/|$)/i.test(target);

type Answer = ResolvedEnviron | undefined | RequestTargetError;

function answerTo(recording: Recording, exchange: Exchange): Answer {
  try {
    const { mount, target } = recording;
    return resolveEnviron(variablesOf(recording, exchange), { mount, target: target as 'kept' | 'stripped' });
  } catch (error) {
    if (error instanceof RequestTargetError) return error;
    throw error;
  }
}

function isRight(answer: Answer, { target, expected, expectedNormalised }: Exchange): boolean {
  const wanted = expectedNormalised === undefined ? [expected] : [expected, expectedNormalised];
  if (answer instanceof RequestTargetError) return wanted.includes(null) || isHostile(target);
  return wanted.some((pair) => isSamePair(answer, pair));
}

function isSamePair(answer: ResolvedEnviron | undefined, pair: Pair | null): boolean {
  if (answer === undefined || pair === null) return answer === undefined && pair === null;
  const [scriptName, pathInfo] = pair.map(decodeAll);
  return decodeAll(answer.rawScriptName) === scriptName && decodeAll(answer.rawPathInfo) === pathInfo;
}

/** What is judged: the front server left the truth in what it sent, and the client sent no fragment. */
const isJudged = ({ lossy, target }: Exchange): boolean => lossy !== true && !target.includes('#');

const judged = recordings.filter(({ target }) => target !== 'rewritten elsewhere');

describe('resolveEnviron() and the recordings', () => {
  let right = 0;
  let total = 0;

  for (const recording of judged) {
    it(`${recording.name} ${recording.version}, mount ${JSON.stringify(recording.mount)}, ${recording.target}`, () => {
      const exchanges = recording.exchanges.filter(isJudged);
      const wrong = exchanges.filter((exchange) => !isRight(answerTo(recording, exchange), exchange));
      total += exchanges.length;
      right += exchanges.length - wrong.length;
      const ids = known.find(([name]) => name === recording.name)?.[1] ?? [];
      expect(wrong.map(({ id }) => id)).to.deep.equal(ids);
    });
  }

  it('is right in 99.9 %', function () {
    if (total < 7000) this.skip(); // Only some of the recordings were asked for.
    expect(right / total).to.be.at.least(0.999);
  });

  it('is never wrong without a word', () => {
    const wrong = judged.flatMap((recording) =>
      recording.exchanges
        .filter((exchange) => recording.target === 'kept' && isJudged(exchange))
        .filter((exchange) => {
          const answer = answerTo(recording, exchange);
          const isExact = answer !== undefined && !(answer instanceof RequestTargetError) && answer.exact;
          return isExact && !isRight(answer, exchange);
        })
        .map(({ id }) => `${recording.name} ${id}`),
    );
    expect(wrong).to.deep.equal(['h2o.http.root options-star']);
  });
});
