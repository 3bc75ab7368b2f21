/** Rows of data: one JSON value a line. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads `test/cases/<name>`. */
export function readRows<Row>(name: string): readonly Row[] {
  const text = readFileSync(join('test', 'cases', name), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}
