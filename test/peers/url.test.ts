/** What URLs other systems make of a request, or take apart: rows of the kind `url`. */

import { defined, testRows, toldOf } from './alike.js';
import { hear } from './heard.js';
import { applicableRows } from './row.js';
import type { UrlInput } from './url-terms.js';
import { theirWords, translationOf } from './urls.js';

describe('rows of other systems: a URL', () => {
  testRows(applicableRows<UrlInput>('url'), (row) => {
    const translated = translationOf(row);
    const answered = hear(translated.question);
    const words = theirWords(translated, answered);
    const told = toldOf(row, words);
    // An application ran where none does there, or none where one does.
    const isOther = Object.values(told).includes(undefined);
    return { told, ours: { told: defined(isOther ? { ...(answered.answer ?? words) } : told) } };
  });
});
