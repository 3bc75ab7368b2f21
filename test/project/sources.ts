/**
 * Files of the project, as the tests of this folder look at them.
 *
 * Rules of this file: paths are relative to the project's root, which is the working directory, and spelled with `/`.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A file of the project; `undefined` where there is none. */
export function fileAt(path: string): SourceFile | undefined {
  return existsSync(path) ? { path, text: readFileSync(path, 'utf8') } : undefined;
}

/** All files below a folder whose name ends so, in alphabetical order; none where there is no such folder. */
export function filesIn(folder: string, ending: string): readonly SourceFile[] {
  return namesIn(folder)
    .filter((path) => path.endsWith(ending))
    .sort()
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? namesIn(path) : [path];
  });
}
