/**
 * Plain targets, which nearly all are: in origin-form, the path in normal form without any escape, no byte of it to be
 * refused. The look that tells also finds the literal mount point, so that a path is read once.
 *
 * Rules of this file: what it answers is what semantics.ts would, for `order: 'longest'` and `caseSensitive: true`.
 */

import { emptyHash, extendHash } from './segment-map.js';
import type { MountEntry, Node } from './tree.js';

/** A plain target, and the mount point of the most segments that takes it: what semantics.ts calls found, or not found. */
export type Plain<T> = Split<MountEntry<T>> | Split<undefined>;

interface Split<Entry> {
  readonly entry: Entry;
  readonly target: string;
  /** `''` where nothing takes it. */
  readonly script: string;
  /** Where its path ends. */
  readonly pathEnd: number;
  readonly params: undefined;
}

const slash = 0x2f;
const dot = 0x2e;
const question = 0x3f;

/** What a character is: `odd` needs a closer look, and is `%`, `#`, a control, a space, all above ASCII. */
const kind = { plain: 0, slash: 1, dot: 2, question: 3, odd: 4 } as const;
const kinds = new Uint8Array(256).fill(kind.odd);
kinds.fill(kind.plain, 0x21, 0x7f);
kinds[slash] = kind.slash;
kinds[dot] = kind.dot;
kinds[question] = kind.question;
kinds[0x23] = kind.odd;
kinds[0x25] = kind.odd;

/** Looks at a target, below the root of a tree; `undefined` where it is not plain. */
export function lookAtPlain<T>(target: string, root: Node<T>): Plain<T> | undefined {
  if (target.charCodeAt(0) !== slash) return undefined;
  let { children, entry } = root;
  let start = 1;
  let hash = emptyHash;
  let end = 1;
  for (; end < target.length; end++) {
    const code = target.charCodeAt(end);
    const found = kinds[code];
    if (found === kind.plain) {
      hash = extendHash(hash, code);
    } else if (found === kind.slash) {
      if (start === end) return undefined;
      if (children !== undefined) {
        const child = children.at(target, start, end, hash);
        children = child?.children;
        entry = child?.entry ?? entry;
        hash = emptyHash;
      }
      start = end + 1;
    } else if (found === kind.dot) {
      if (start === end && isDotSegment(target, end)) return undefined;
      hash = extendHash(hash, code);
    } else if (found === kind.question) {
      if (!isPlainQuery(target, end + 1)) return undefined;
      break;
    } else {
      return undefined;
    }
  }
  if (start < end) entry = children?.at(target, start, end, hash)?.entry ?? entry;
  return entry === undefined
    ? { entry, target, script: '', pathEnd: end, params: undefined }
    : { entry, target, script: entry.path, pathEnd: end, params: undefined };
}

function isPlainQuery(target: string, from: number): boolean {
  for (let index = from; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return false;
  }
  return true;
}

/** Whether the segment that begins at `index`, with a dot, is `.` or `..`. */
function isDotSegment(target: string, index: number): boolean {
  let after = target.charCodeAt(index + 1);
  if (after === dot) after = target.charCodeAt(index + 2);
  return Number.isNaN(after) || after === slash || after === question;
}
