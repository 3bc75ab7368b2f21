/**
 * `npm run servers:install`: installs the programs that live tests need, by the list in packages.txt.
 *
 * Rules of this file: plain JavaScript, as it runs before anything is built; quiet, asks nothing, and does nothing where
 * all is installed already. No service is started: while Debian's packages are set up, a policy forbids it
 * (https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt), unless the machine has a policy of its own.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const names = readFileSync(new URL('packages.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const has = (program) => spawnSync(program, ['--version']).error === undefined;

/** Those of `names` that are not installed, by one question. */
function missingOf(names) {
  const { stdout } = spawnSync('dpkg', ['--status', ...names], { encoding: 'utf8' });
  const installed = stdout.matchAll(/^Package: (.*)\nStatus: install ok installed$/gm);
  const found = new Set(Array.from(installed, ([, name]) => name));
  return names.filter((name) => !found.has(name));
}

/** The policy goes away however the command ends: the shell is told to exit by the usual signals, and then removes it. */
const withoutServices = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
"$@"`;

/** Runs apt-get as root, with nobody to ask. */
function aptGet(...parameters) {
  const asRoot = process.getuid() === 0 ? [] : ['sudo', '-n'];
  const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y', ...parameters];
  const [program, ...rest] = [...asRoot, 'sh', '-c', withoutServices, 'sh', ...command];
  const { status, error, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' });
  if (status === 0) return;
  console.error(`${command.join(' ')}: ${error?.message ?? `ended with ${status}`}\n${stdout}${stderr}`);
  process.exit(1);
}

if (!has('apt-get')) {
  console.error(`servers:install: there is no apt-get here; install these yourself: ${names.join(', ')}`);
  // No failure of its own: the tests say what is missing.
  process.exit();
}
const missing = missingOf(names);
if (missing.length > 0) {
  aptGet('update');
  aptGet('install', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...missing);
  console.log(`servers:install: installed ${missing.join(', ')}`);
}
