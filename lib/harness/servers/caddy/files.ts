/**
 * Files of the front server's machine: the matcher `file`, and what `try_files` makes of it (Caddy's `fileserver/matcher.go`).
 *
 * Rules of this file: what is there the surroundings of the model say; where they say nothing, nothing is there.
 */

import { foldAscii } from '../../../path/percent.js';
import { unknownDirective } from '../reading.js';
import { clean, sanitizedJoin } from './go-path.js';
import type { Test } from './matchers.js';
import { replaceAll } from './placeholders.js';
import type { Segment } from './segments.js';
import type { State } from './state.js';

/** A file that was asked for stands for a status: `=404`. */
export class StatusError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

export interface FileOptions {
  readonly tries: readonly string[];
  readonly root?: string | undefined;
  /** Where a path ends that is followed by a path info: `.php`. */
  readonly splits?: readonly string[];
}

/** Where the site's files are; a folder that is told from the working directory is told from the root, for want of one. */
export function rootOf(state: State, root = '{http.vars.root}'): string {
  const text = replaceAll(root, state);
  return clean(text.startsWith('/') ? text : `/${text}`);
}

/** Whether one of the files is there; placeholders then tell of it. */
export function fileTest({ tries, root, splits = [] }: FileOptions): Test {
  return (state) => {
    const folder = rootOf(state, root);
    return tries.some((pattern) => {
      const [, status] = /^=(\d{3})$/.exec(pattern) ?? [];
      if (status !== undefined) throw new StatusError(Number(status));
      const [before, after] = firstSplit(clean(replaceAll(pattern, state)), splits);
      const path = sanitizedJoin(folder, pattern.endsWith('/') ? `${before}/` : before);
      const isFolder = path.endsWith('/');
      if (state.surroundings.exists?.(path) !== (isFolder ? 'folder' : 'file')) return false;
      const { placeholders } = state;
      placeholders.set(
        'http.matchers.file.relative',
        path.startsWith(folder) ? path.slice(folder.length) : path,
      );
      placeholders.set('http.matchers.file.absolute', path);
      placeholders.set('http.matchers.file.remainder', after);
      placeholders.set('http.matchers.file.type', isFolder ? 'directory' : 'file');
      return true;
    });
  };
}

/** The last byte of a path is not looked at, so that `/a.php` is not split. */
function firstSplit(path: string, splits: readonly string[]): readonly [before: string, after: string] {
  for (const split of splits) {
    const at = foldAscii(path).indexOf(foldAscii(split));
    const end = at + split.length;
    if (at < 0 || end >= path.length) continue;
    if (path[end] === '/') return [path.slice(0, end), path.slice(end)];
  }
  return [path, ''];
}

/** `file [<files…>]` or `file { root …; try_files …; split_path … }`. */
export function fileMatcher({ words, block = [] }: Segment): Test {
  let options: FileOptions = { tries: words.slice(1) };
  for (const { words: line, place } of block) {
    const [name = '', ...values] = line;
    if (name === 'try_files') options = { ...options, tries: values };
    else if (name === 'root') options = { ...options, root: values[0] };
    else if (name === 'split_path') options = { ...options, splits: values };
    else unknownDirective(place, name);
  }
  return fileTest(options.tries.length === 0 ? { ...options, tries: ['{http.request.uri.path}'] } : options);
}
