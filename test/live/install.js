/**
 * `npm run servers:install`: installs the programs that live tests need, by the list in packages.txt.
 *
 * Rules of this file: plain JavaScript, as it runs before anything is built; quiet, asks nothing, and does nothing where
 * all is installed already.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const names = readFileSync(new URL('packages.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const has = (program) => spawnSync(program, ['--version']).error === undefined;

const isInstalled = (name) => {
  const { stdout } = spawnSync('dpkg', ['--status', name], { encoding: 'utf8' });
  return /^Status: install ok installed$/m.test(stdout);
};

/** Runs apt-get as root, with nobody to ask. */
function aptGet(...parameters) {
  const asRoot = process.getuid() === 0 ? [] : ['sudo', '-n'];
  const all = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y', ...parameters];
  const [program, ...rest] = all;
  const { status, error, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' });
  if (status === 0) return;
  console.error(`${all.join(' ')}: ${error?.message ?? `ended with ${status}`}\n${stdout}${stderr}`);
  process.exit(1);
}

if (!has('apt-get')) {
  console.error(`servers:install: there is no apt-get here; install these yourself: ${names.join(', ')}`);
  // No failure of its own: the tests say what is missing.
  process.exit();
}
const missing = names.filter((name) => !isInstalled(name));
if (missing.length > 0) {
  aptGet('update');
  aptGet('install', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...missing);
  console.log(`servers:install: installed ${missing.join(', ')}`);
}
