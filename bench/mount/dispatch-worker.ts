/**
 * One contender with so many mounts, in a process of its own: `dispatch-worker.js <contender> <count>`. It is asked for
 * one sample at a time, of a case.
 *
 * Rules of this file: a request and a response are Node's own; before each dispatch the request is made again what it
 * was when it came, in the same way for each contender; after each sample, who was called must be right.
 */

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { answerQuestions } from '../child.js';
import { calibrate, sample, type Work } from '../sample.js';
import { type BenchRequest, type ContenderName, contenders } from './contenders.js';
import { type Case, cases, type DispatchAnswer, type DispatchQuestion } from './dispatch-case.js';

// What the handlers saw; on the heap, so that nothing of the work can be left out.
const seen = { taken: 0, missed: 0, url: '' as string | undefined };

function taken(req: BenchRequest): void {
  seen.taken++;
  seen.url = req.url;
}

function missed(): void {
  seen.missed++;
}

function workOf(name: ContenderName, count: number): (of: Case) => Work {
  const { create, setsBaseUrl } = contenders[name];
  const dispatch = create(count, taken, missed);
  const req: BenchRequest = new IncomingMessage(new Socket());
  req.method = 'GET';
  req.headers.host = 'localhost';
  const res = new ServerResponse(req);
  return (of) => {
    const index = of === 'first' ? 0 : of === 'last' ? count - 1 : count;
    const mountPath = `/m${index}`;
    const url = `${mountPath}/a/b`;
    const urls = Array.from({ length: 8 }, () => asReceived(url));
    const next = of === 'miss' ? missed : undefined;
    return (times) => {
      seen.taken = 0;
      seen.missed = 0;
      for (let time = 0; time < times; time++) {
        req.url = urls[time & 7] as string;
        req.baseUrl = undefined;
        req.originalUrl = undefined;
        req.params = undefined;
        // Express keeps the `next` that it finds: were it that of the dispatch before, none would ever be collected.
        req.next = undefined;
        req._parsedUrl = undefined;
        dispatch(req, res, next);
      }
      const isMiss = of === 'miss';
      const right = [isMiss ? 0 : times, isMiss ? times : 0, isMiss ? url : '/a/b', isMiss ? '' : mountPath];
      const baseUrl = setsBaseUrl ? (req.baseUrl ?? '') : right[3];
      const got = [seen.taken, seen.missed, isMiss ? req.url : seen.url, baseUrl];
      if (JSON.stringify(got) !== JSON.stringify(right)) {
        throw new Error(`${name} must answer ${of} of ${count} with ${right}, got ${got}`);
      }
    };
  };
}

/** A string of its own, as the parser makes one for each request: flat, not interned, its hash not yet known. */
function asReceived(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

const [name, count] = process.argv.slice(2);
const prepare = workOf(name as ContenderName, Number(count));
const works = { first: prepare('first'), last: prepare('last'), miss: prepare('miss') };
const times = { first: 1, last: 1, miss: 1 };

answerQuestions<DispatchQuestion, DispatchAnswer>((question) => {
  if (question.ask === 'sample') return sample(works[question.of], times[question.of]);
  // Twice: what was learned of one case is unlearned when the next one comes.
  for (const of of [...cases, ...cases]) {
    times[of] = calibrate(works[of], question.warmUpMs / 2, question.sampleMs);
  }
  return 0;
});
