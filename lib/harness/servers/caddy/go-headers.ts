/**
 * Header fields as Go's net/http has them: a map of lists, under names in one spelling.
 */

import { foldAscii } from '../../../path/percent.js';
import type { Pairs } from '../../model.js';

/** `textproto.CanonicalMIMEHeaderKey()`: `X-Script-Name`. */
export function canonicalName(name: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return name;
  return foldAscii(name).replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

export class Headers {
  readonly #values = new Map<string, string[]>();

  constructor(pairs: Pairs = []) {
    for (const [name, value] of pairs) this.add(name, value);
  }

  /** Each name with its values, in the order in which Go writes them. */
  entries(): readonly (readonly [name: string, values: readonly string[]])[] {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  values(name: string): readonly string[] | undefined {
    return this.#values.get(canonicalName(name));
  }

  /** The first value, or nothing. */
  get(name: string): string {
    return this.values(name)?.[0] ?? '';
  }

  add(name: string, value: string): void {
    const canonical = canonicalName(name);
    this.#values.set(canonical, [...(this.#values.get(canonical) ?? []), value]);
  }

  set(name: string, value: string): void {
    this.#values.set(canonicalName(name), [value]);
  }

  delete(name: string): void {
    this.#values.delete(canonicalName(name));
  }

  change(change: (name: string, value: string) => string): void {
    for (const [name, values] of this.#values) {
      this.#values.set(
        name,
        values.map((value) => change(name, value)),
      );
    }
  }

  clone(): Headers {
    return new Headers(
      this.entries().flatMap(([name, values]) => values.map((value) => [name, value] as const)),
    );
  }

  toPairs(): Pairs {
    return this.entries().flatMap(([name, values]) => values.map((value) => [name, value] as const));
  }
}
