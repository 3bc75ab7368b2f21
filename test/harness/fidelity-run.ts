/**
 * `npm run fidelity [-- [--only=<part of a name>] [--all] [folder]]`: exchanges right and in all, by server and protocol, and what
 * differs; of the project's recordings, or of a folder of others.
 */

import { score } from './fidelity.js';
import { readRecordings } from './recordings.js';

const parameters = process.argv.slice(2);
const folder = parameters.find((each) => !each.startsWith('--'));
const only = parameters.find((each) => each.startsWith('--only='))?.slice(7) ?? '';
const scores = readRecordings(folder)
  .filter(({ name }) => name.includes(only))
  .map(score);

const sums = new Map<string, { right: number; total: number }>();
for (const { recording, right, wrong } of scores) {
  for (const name of [`${recording.server} ${recording.protocol}`, 'all']) {
    const sum = sums.get(name) ?? { right: 0, total: 0 };
    sums.set(name, { right: sum.right + right, total: sum.total + right + wrong.length });
  }
  const shown = parameters.includes('--all') ? wrong : wrong.slice(0, 3);
  for (const { id, differences } of shown) console.log(`${recording.name} ${id}: ${differences.join('; ')}`);
  if (wrong.length > shown.length) console.log(`${recording.name}: ${wrong.length - shown.length} more`);
}
for (const [name, { right, total }] of sums) {
  console.log(`${name.padEnd(28)} ${right} of ${total}, ${((right / total) * 100).toFixed(2)} %`);
}
