/**
 * Links between pages: which are followed, and which lead nowhere.
 */

import { expect } from 'chai';
import { deadLinks } from './links.js';

const other =
  '# One thing\n\n## `two()` & [three](x.md)\n\n## Again\n\n## Again\n\n```sh\n# No heading\n```\n';

/** A page in docs/, and the links of it that lead nowhere. */
const rows: readonly (readonly [page: string, ...dead: readonly string[]])[] = [
  ['[a](https://a.example/b), [b](mailto:c@d)'],
  ['[a](other.md) and [b](../docs/other.md)'],
  ['[a](missing.md) [b](../other.md)', 'missing.md', '../other.md'],
  ['[a](other.md#one-thing) [b](other.md#two--three)'],
  ['[a](other.md#again) [b](other.md#again-1) [c](other.md#again-2)', 'other.md#again-2'],
  ['[a](other.md#no-heading)', 'other.md#no-heading'],
  ['# Here\n\n[a](#here) [b](#there)', '#there'],
  ['```md\n[a](missing.md)\n```'],
];

describe('links of a page', () => {
  for (const [text, ...dead] of rows) {
    it(JSON.stringify(text), () => {
      const find = (path: string) => (path === 'docs/other.md' ? { path, text: other } : undefined);
      const found = deadLinks({ path: 'docs/page.md', text }, find);
      expect(found.map((line) => line.split(' ')[1])).to.deep.equal(dead);
    });
  }
});
