/**
 * What this package has beside its code: the folder `data`.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = join(dirname(createRequire(import.meta.url).resolve('mountpoint/package.json')), 'data');

/** The bytes of a file of `data`. */
export function readData(...path: readonly string[]): Buffer {
  return readFileSync(join(folder, ...path));
}
