/** Recordings of front servers: those of the package, or a folder of others of the same shape. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecording, type Recording, recordings } from '../../lib/harness/recordings.js';

export type { Exchange, Recording } from '../../lib/harness/recordings.js';

export function readRecordings(folder?: string): readonly Recording[] {
  if (folder === undefined) return recordings();
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => parseRecording(readFileSync(join(folder, file), 'utf8')));
}
