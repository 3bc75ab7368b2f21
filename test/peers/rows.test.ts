/**
 * What Werkzeug, Rack, Plack, Paste, ASP.NET Core, Starlette, Tomcat and others answer for mounts (cases/peers.jsonl),
 * asked of ours. A row is a test that we answer the same; or a difference with a reason, and what we answer instead; or
 * about something that is not here.
 */

import { expect } from 'chai';
import { testRows } from './alike.js';
import { type Answer, ask, askAlone, askHosted, askTable, type Question } from './ask.js';
import { applicableRows, differences, notApplicable, rows } from './row.js';
import { systemOf, told } from './systems.js';

const applicable = applicableRows('dispatch', 'shift');

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
    expect(rows.length).to.be.greaterThan(430);
  });

  it('are each answered alike, different or not applicable: none forgotten, none twice', () => {
    const ids = rows.map(({ id }) => id);
    const listed = [...differences, ...notApplicable].map(({ id }) => id);
    expect(ids).to.have.lengthOf(new Set(ids).size);
    expect(listed).to.have.lengthOf(new Set(listed).size);
    expect(ids).to.include.members(listed);
  });

  testRows(applicable, (row) => {
    const question = systemOf(row).question(row.input);
    const result = ask(question);
    return { told: told(row, result), ours: result.answer, hosted: askHosted(question) };
  });

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
