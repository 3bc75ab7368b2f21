/**
 * What Werkzeug, Rack, Plack, Paste, ASP.NET Core, Starlette, Tomcat and others answer for mounts (cases/peers.jsonl),
 * asked of ours. A row is a test that we answer the same; or a difference with a reason, and what we answer instead; or
 * about something that is not here.
 */

import { expect } from 'chai';
import { type Answer, ask, askAlone, askHosted, askTable, type Question } from './ask.js';
import { differences, notApplicable, rows } from './row.js';
import { systemOf, told } from './systems.js';

const differenceOf = new Map(differences.map((difference) => [difference.id, difference]));
const isNotApplicable = new Set(notApplicable.map(({ id }) => id));
const applicable = rows.filter(({ id }) => !isNotApplicable.has(id));

/** Whether base and path are in normal form: then no face has a reason to answer otherwise than another. */
function isNormal({ baseUrl, url }: Question): boolean {
  if (url === undefined) return false;
  const isPath = (path: string): boolean =>
    path === '' || (/^\/[^%]*(?:%[0-9A-F]{2}[^%]*)*$/.test(path) && !/\/\/|\/\.\.?(?:\/|$)/.test(path));
  return isPath(baseUrl) && isPath(url.replace(/\?.*$/s, '')) && !baseUrl.endsWith('/');
}

/** Passed on is 404 where nobody comes next; the place that a host sees again is no part of what the other faces tell. */
function comparable(answer: Answer): Answer {
  return answer.next ? { status: 404 } : answer;
}

describe('rows of other systems', () => {
  it('are enough to mean something', () => {
    expect(rows.length).to.be.greaterThan(170);
  });

  it('are each answered alike, different or not applicable: none forgotten, none twice', () => {
    const ids = rows.map(({ id }) => id);
    const listed = [...differences, ...notApplicable].map(({ id }) => id);
    expect(ids).to.have.lengthOf(new Set(ids).size);
    expect(listed).to.have.lengthOf(new Set(listed).size);
    expect(ids).to.include.members(listed);
  });

  for (const row of applicable) {
    const difference = differenceOf.get(row.id);
    const question = (): Question => systemOf(row).question(row.input);
    if (difference === undefined) {
      it(`${row.id} is answered alike`, () => {
        expect(told(row, ask(question()))).to.deep.equal(row.expected);
      });
    } else {
      it(`${row.id} differs: ${difference.reason}`, () => {
        const result = ask(question());
        expect(result.answer).to.deep.equal(difference.ours);
        expect(askHosted(question()), 'hosted').to.deep.equal(difference.hosted ?? difference.ours);
        expect(told(row, result), 'a difference').to.not.deep.equal(row.expected);
      });
    }
  }

  it('leave no trace on a request that is given back', () => {
    for (const row of applicable) {
      const { after, isRestored } = ask(systemOf(row).question(row.input));
      if (after !== undefined) expect(isRestored, row.id).to.equal(true);
    }
  });

  const faces: Readonly<Record<string, (question: Question) => Answer | undefined>> = {
    'inside a host, by the defaults': askHosted,
    'by a mount that stands alone, inside another for a base': askAlone,
    'by resolve()': askTable,
  };
  for (const [face, askFace] of Object.entries(faces)) {
    it(`are answered the same ${face}, where the path is in normal form`, () => {
      let count = 0;
      for (const row of applicable) {
        const question = systemOf(row).question(row.input);
        const { answer } = ask(question);
        if (!isNormal(question) || question.fails || answer.throws !== undefined) continue;
        const other = askFace(question);
        if (other === undefined) continue;
        expect(comparable(other), row.id).to.deep.equal(comparable(answer));
        count++;
      }
      expect(count).to.be.greaterThan(50);
    });
  }
});
