/**
 * Names and values in order, as lighttpd keeps header fields and variables: each name once, whatever its case.
 *
 * Rules of this file: a name is spelled as it came first; what comes again is joined to it. What was taken out leaves its place
 * empty.
 */

import type { Pairs } from '../../model.js';

interface Field {
  readonly name: string;
  value: string;
}

export class Fields {
  readonly #fields: Field[] = [];

  /** A value that is not empty. */
  get(name: string): string | undefined {
    return this.#find(name)?.value || undefined;
  }

  append(name: string, value: string): void {
    const field = this.#place(name);
    if (field.value === '') field.value = value;
    // Of all lists cookies alone have another separator.
    else field.value += `${name.toLowerCase() === 'cookie' ? '; ' : ', '}${value}`;
  }

  set(name: string, value: string): void {
    this.#place(name).value = value;
  }

  unset(name: string): void {
    const field = this.#find(name);
    if (field !== undefined) field.value = '';
  }

  /** Those that are not empty. */
  pairs(): Pairs {
    return this.all().filter(([, value]) => value !== '');
  }

  /** Empty ones too. */
  all(): Pairs {
    return this.#fields.map(({ name, value }) => [name, value]);
  }

  #find(name: string): Field | undefined {
    const folded = name.toLowerCase();
    return this.#fields.find((each) => each.name.toLowerCase() === folded);
  }

  #place(name: string): Field {
    const known = this.#find(name);
    if (known !== undefined) return known;
    const field = { name, value: '' };
    this.#fields.push(field);
    return field;
  }
}
