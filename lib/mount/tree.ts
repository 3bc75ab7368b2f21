/**
 * The mount points of one host: literal ones in a tree of path segments, patterns in a list.
 *
 * Rules of this file: one look-up a segment, whatever the number of mount points; no regular expression is made
 * of a literal path; what a request holds while the tree changes stays as it was.
 */

import type { PatternMatch } from './pattern.js';
import { SegmentMap } from './segment-map.js';

/** One mount point of a table. */
export interface MountEntry<T> {
  /** As declared: what `mountPoint` of a match says. */
  key: string;
  value: T;
  /** The place in the order of declaration. */
  readonly index: number;
  /** The script name of a request that spells a literal mount path as it is. */
  readonly path: string;
  /** How many segments a literal mount path has; those of a pattern are known when it matches. */
  readonly depth: number;
  /** Where the face that dispatches keeps what it made of the value. */
  slot?: unknown;
}

/** A mount point that is a pattern. */
export interface PatternEntry<T> extends MountEntry<T> {
  /** Matches the front of a raw path. */
  readonly match: (path: string) => PatternMatch | undefined;
  /** The kind of each segment. */
  readonly kinds: readonly number[];
}

/** A path segment below another, or the root. */
export class Node<T> {
  children: SegmentMap<Node<T>> | undefined = undefined;
  entry: MountEntry<T> | undefined = undefined;

  /** The child for a segment, made where it is missing. */
  grow(segment: string): Node<T> {
    this.children ??= new SegmentMap();
    const child = this.children.get(segment);
    if (child !== undefined) return child;
    const grown = new Node<T>();
    this.children.add(segment, grown);
    return grown;
  }

  prune(segment: string): void {
    this.children?.delete(segment);
    if (this.children?.size === 0) this.children = undefined;
  }
}

export class PathTree<T> {
  readonly root = new Node<T>();
  /** In the order of declaration. */
  readonly patterns: PatternEntry<T>[] = [];

  set(segments: readonly string[], entry: MountEntry<T>): void {
    let node = this.root;
    for (const segment of segments) node = node.grow(segment);
    node.entry = entry;
  }

  /** Removes a literal mount point, and the branches that only it needed. */
  delete(segments: readonly string[]): void {
    const node = this.#nodeAt(segments);
    if (node !== undefined) node.entry = undefined;
    for (let depth = segments.length; depth > 0; depth--) {
      const child = this.#nodeAt(segments.slice(0, depth));
      if (child === undefined || child.entry !== undefined || child.children !== undefined) return;
      this.#nodeAt(segments.slice(0, depth - 1))?.prune(segments[depth - 1] as string);
    }
  }

  #nodeAt(segments: readonly string[]): Node<T> | undefined {
    let node: Node<T> | undefined = this.root;
    for (const segment of segments) node = node?.children?.get(segment);
    return node;
  }
}
