/**
 * Gathers a block of bytes whose length was said before, in whatever pieces it comes.
 *
 * Rules of this file: whoever makes one has compared the length with a limit. Memory is taken for what has come, never for
 * what was announced; a block that comes whole is not copied.
 */

const firstRoom = 1024;

export class Gatherer {
  readonly #length: number;
  #kept = new Uint8Array(0);
  #count = 0;

  constructor(length: number) {
    this.#length = length;
  }

  /** How many bytes are to come. */
  get missing(): number {
    return this.#length - this.#count;
  }

  /** Takes what is missing from the front of these bytes; the block once it is complete, to be read at once. */
  take(bytes: Uint8Array): Uint8Array | undefined {
    const part = bytes.subarray(0, this.missing);
    if (this.#count === 0 && part.length === this.#length) {
      this.#count = this.#length;
      return part;
    }
    this.#keep(part);
    if (this.missing > 0) return undefined;
    const block = this.#kept;
    this.#kept = new Uint8Array(0);
    return block.subarray(0, this.#length);
  }

  #keep(part: Uint8Array): void {
    const needed = this.#count + part.length;
    if (needed > this.#kept.length) {
      const room = Math.min(this.#length, Math.max(needed, 2 * this.#kept.length, firstRoom));
      const kept = new Uint8Array(room);
      kept.set(this.#kept.subarray(0, this.#count));
      this.#kept = kept;
    }
    this.#kept.set(part, this.#count);
    this.#count = needed;
  }
}
