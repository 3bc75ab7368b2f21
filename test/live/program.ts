/**
 * Live tests: each needs a program that is perhaps not there.
 *
 * Rules of this file: a test whose program is missing is skipped by name, with the reason; with `REQUIRE_LIVE=1` in the
 * environment it fails instead. `npm run servers:install` installs all of them (packages.txt).
 */

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Servers live where only root's PATH leads. */
const alwaysSearched = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of the first of these programs that is there, each searched along PATH. */
export function whichever(names: readonly string[], path = process.env.PATH ?? ''): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), ...alwaysSearched];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What becomes of a live test: it runs with a program, is skipped, or fails. */
export type Fate = { readonly program: string } | { readonly missing: string; readonly isRequired: boolean };

/** `program`: a name, or several of which any will do. */
export function fateOf(
  program: string | readonly string[],
  { PATH, REQUIRE_LIVE }: Readonly<Record<string, string | undefined>> = process.env,
): Fate {
  const names = typeof program === 'string' ? [program] : program;
  const found = whichever(names, PATH);
  if (found !== undefined) return { program: found };
  const missing = `${names.join(' or ')} is not installed: npm run servers:install`;
  return { missing, isRequired: REQUIRE_LIVE === '1' };
}

/** A `describe()` whose tests need a program; the body gets its path. */
export function describeLive(
  name: string,
  program: string | readonly string[],
  body: (this: Mocha.Suite, program: string) => void,
): void {
  const fate = fateOf(program);
  describe(name, function () {
    if ('program' in fate) return body.call(this, fate.program);
    const { missing, isRequired } = fate;
    if (!isRequired) return void it.skip(missing);
    it('has its program', () => {
      throw new Error(missing);
    });
  });
}
