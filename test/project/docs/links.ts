/**
 * Links of a page to other files of the project, and to headings.
 *
 * Rules of this file: no network: what begins with a scheme is not followed.
 */

import { statSync } from 'node:fs';
import { posix } from 'node:path';
import { fileAt, type SourceFile } from '../sources.js';

/** Links that lead nowhere, each with its place. */
export function deadLinks(page: SourceFile, find = fileOrFolder): readonly string[] {
  return withoutCode(page.text)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/\]\(([^()\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !isThere(page, target, find))
        .map((target) => `${page.path}:${index + 1}: ${target} is not there`),
    );
}

function isThere(page: SourceFile, target: string, find: typeof fileOrFolder): boolean {
  const [path = '', heading] = target.split('#');
  const file = path === '' ? page : find(posix.join(posix.dirname(page.path), path));
  return file !== undefined && (heading === undefined || anchorsOf(file.text).includes(heading));
}

/** A folder can be linked to, and has no headings. */
function fileOrFolder(path: string): SourceFile | undefined {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? { path, text: '' } : fileAt(path);
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(markdown: string): readonly string[] {
  const anchors: string[] = [];
  for (const [, heading = ''] of withoutCode(markdown).matchAll(/^#{1,6} (.*)$/gm)) {
    const anchor = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = anchors.filter((other) => other === anchor || other.startsWith(`${anchor}\n`)).length;
    anchors.push(count === 0 ? anchor : `${anchor}\n${count}`);
  }
  return anchors.map((anchor) => anchor.replace('\n', '-'));
}

/** The page with its code blocks emptied, and its code spans taken out of links' way. */
function withoutCode(markdown: string): string {
  let fence: string | undefined;
  return markdown
    .split('\n')
    .map((line) => {
      const [, mark] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
      if (mark !== undefined && (fence === undefined || line.trim() === fence)) {
        fence = fence === undefined ? mark : undefined;
        return '';
      }
      return fence === undefined ? line : '';
    })
    .join('\n');
}
