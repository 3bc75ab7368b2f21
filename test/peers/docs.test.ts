/**
 * docs/differences.md tells all differences from other systems and nothing else: each row once, below the heading that is
 * its reason, with our answer as the tests have it.
 */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Answer } from './ask.js';
import { differences, notApplicable, rows, type Told } from './row.js';

const page = readFileSync('docs/differences.md', 'utf8');

/** Each heading above a table, as its anchor, with what stands below it; one above prose alone is a kind's. */
const sections = new Map(
  page
    .split(/^##+ /m)
    .slice(1)
    .filter((text) => text.includes('\n|---|'))
    .map((text) => {
      const [heading = ''] = text.split('\n', 1);
      return [
        heading
          .toLowerCase()
          .replace(/[^a-z0-9 ]/g, '')
          .replaceAll(' ', '-'),
        text,
      ] as const;
    }),
);

const systems = [...new Set(rows.map(({ system }) => system))];
const id = new RegExp(`(?:${systems.join('|')})-\\d{3}`, 'g');

function code(text: unknown): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const shown = String(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) =>
    character === '\n' ? '\\n' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `\`${shown === '' ? "''" : shown}\``;
}

/** An answer as the page writes it. */
function written(answer: Answer | Told): string {
  if ('told' in answer) {
    return Object.entries(answer.told)
      .map(([name, value]) => `${name} ${code(typeof value === 'string' ? value : JSON.stringify(value))}`)
      .join(', ');
  }
  const {
    app,
    params,
    query = '',
    next,
    status,
    location,
    code: reason,
    accepted,
    throws,
    scriptName,
    pathInfo,
  } = answer;
  if (throws !== undefined) return `throws ${code(throws)}`;
  if (accepted) return 'accepted';
  if (status !== undefined) return `${status} ${code(location ?? reason)}`;
  if (next && scriptName === undefined) return 'outside the mount';
  const place = `${code(scriptName)} + ${code(`${pathInfo}${query}`)}`;
  if (next) return `\`next()\`: ${place}`;
  if (params?.segment !== undefined) return `takes ${code(params.segment)}: ${place}`;
  return app === undefined ? place : `${code(app)}: ${place}`;
}

describe('docs/differences.md', () => {
  it('names each row that differs or is not applicable once, and no other', () => {
    const listed = [...differences, ...notApplicable].map((entry) => entry.id);
    expect([...(page.match(id) ?? [])].sort()).to.deep.equal(listed.sort());
  });

  it('has a heading for each reason, and for nothing else', () => {
    const reasons = new Set([...differences, ...notApplicable].map(({ reason }) => reason));
    expect([...sections.keys()].sort()).to.deep.equal([...reasons].sort());
  });

  for (const { id: row, reason, ours } of differences) {
    it(`says below ${reason} how ${row} is answered`, () => {
      const lines = sections.get(reason)?.split('\n') ?? [];
      const line = lines.find((text) => text.startsWith(`| ${row} |`)) ?? '';
      expect(line.split(' | ').at(-1)).to.equal(`${written(ours)} |`);
    });
  }

  for (const { id: row, reason } of notApplicable) {
    it(`names ${row} below ${reason}`, () => {
      expect(sections.get(reason)).to.contain(row).and.to.contain('Not applicable.');
    });
  }

  it('counts the rows', () => {
    expect(page).to.contain(`hold ${rows.length} answers`);
  });
});
