/**
 * Values by path segment, found where the segment stands in a path.
 *
 * Rules of this file: one look-up, whatever the number of segments; nothing is cut out of the path for it, as a Map
 * would need, which then computes the hash of the piece anew for each request. Whoever reads the path computes it.
 */

/** A segment with its value, and the next one in its bucket. */
interface Link<T> {
  readonly segment: string;
  readonly hash: number;
  readonly value: T;
  next: Link<T> | undefined;
}

/** The hash of the empty segment; another one in each process, so that nobody can prepare segments that share it. */
export const emptyHash = Math.floor(Math.random() * 2 ** 32) | 0;

/** The hash of a segment and one more character (FNV-1a). */
export function extendHash(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

export class SegmentMap<T> {
  /** As many as a power of two, and no fewer than segments. */
  #buckets: (Link<T> | undefined)[] = [undefined];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What is there for the segment from `start` to `end` of `path`, whose hash is known. */
  at(path: string, start: number, end: number, hash: number): T | undefined {
    for (let link = this.#buckets[this.#bucketOf(hash)]; link !== undefined; link = link.next) {
      const { segment } = link;
      if (link.hash === hash && segment.length === end - start && path.startsWith(segment, start)) {
        return link.value;
      }
    }
    return undefined;
  }

  get(segment: string): T | undefined {
    return this.at(segment, 0, segment.length, hashOf(segment));
  }

  /** Adds a segment that is not there yet. */
  add(segment: string, value: T): void {
    if (this.#size === this.#buckets.length) this.#grow();
    this.#link({ segment, hash: hashOf(segment), value, next: undefined });
    this.#size++;
  }

  /** Takes a segment away that is there. */
  delete(segment: string): void {
    const bucket = this.#bucketOf(hashOf(segment));
    const links = linksOf(this.#buckets[bucket]);
    this.#buckets[bucket] = undefined;
    for (const link of links) if (link.segment !== segment) this.#link(link);
    this.#size--;
  }

  #bucketOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#buckets.length - 1);
  }

  #link(link: Link<T>): void {
    const bucket = this.#bucketOf(link.hash);
    link.next = this.#buckets[bucket];
    this.#buckets[bucket] = link;
  }

  #grow(): void {
    const links = this.#buckets.flatMap(linksOf);
    this.#buckets = new Array<undefined>(this.#buckets.length * 2).fill(undefined);
    for (const link of links) this.#link(link);
  }
}

function linksOf<T>(first: Link<T> | undefined): readonly Link<T>[] {
  const links: Link<T>[] = [];
  for (let link = first; link !== undefined; link = link.next) links.push(link);
  return links;
}

function hashOf(segment: string): number {
  let hash = emptyHash;
  for (let index = 0; index < segment.length; index++) hash = extendHash(hash, segment.charCodeAt(index));
  return hash;
}
