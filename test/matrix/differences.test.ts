/** The table of differences: each stands for something, nothing is left out without one, and the pages tell them. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { kinds } from './applications.js';
import { differenceOf, differences, type Reason, reasons } from './differences.js';
import { hosts } from './hosts.js';
import { scenarios } from './scenario.js';

const cells = hosts.flatMap((host) =>
  kinds.flatMap((kind) => scenarios.map((scenario) => differenceOf(host, kind, scenario))),
);

/** The first cells of the rows of a page's table, whose header begins with `head`. */
function rowsOf(page: string, head: string): readonly string[] {
  const lines = readFileSync(page, 'utf8').split('\n');
  const from = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const rows = lines.slice(from + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end).map((row) => (row.split(' | ')[0] as string).replace(/^\| |[`*]/g, ''));
}

describe('differences', () => {
  for (const difference of differences) {
    it(`${difference.reason} of ${difference.kinds} is one`, () => {
      expect(cells).to.include(difference);
      expect(kinds.map(({ name }) => name)).to.include.members(difference.kinds);
    });
  }

  it('use each reason', () => {
    expect(new Set(differences.map(({ reason }) => reason))).to.deep.equal(new Set(Object.keys(reasons)));
  });

  it('leave out what cannot be, and nothing else', () => {
    const left = cells.flatMap((difference) => {
      return difference !== undefined && difference.instead === undefined ? [difference.reason] : [];
    });
    expect(new Set<Reason>(left)).to.deep.equal(new Set<Reason>(['http2Express', 'serverPromises']));
    expect(left.length).to.be.lessThan(cells.length / 20);
  });

  for (const [reason, sentence] of Object.entries(reasons)) {
    it(`${reason} is told in docs/applications.md`, () => {
      expect(readFileSync('docs/applications.md', 'utf8')).to.include(sentence);
    });
  }

  it('have a page with a row for each application, and one for each host', () => {
    expect(rowsOf('docs/applications.md', 'application')).to.deep.equal(kinds.map(({ name }) => name));
    expect(rowsOf('docs/hosts.md', 'host')).to.deep.equal(hosts.map(({ name }) => name));
  });
});
