/**
 * `header_up`, `header_down`, `request_header` and `header`: operations on fields (Caddy's `headers.go`).
 *
 * Rules of this file: what is added is added first, then what is set is set, then deletions, then replacements, whatever their order
 * in the Caddyfile.
 */

import { foldAscii } from '../../../path/percent.js';
import { compileExpression } from '../expression.js';
import { canonicalName, type Headers } from './go-headers.js';
import { expandTemplate } from './go-regexp.js';
import { replaceKnown } from './placeholders.js';
import type { State } from './state.js';

export class HeaderOps {
  readonly #added: (readonly [name: string, value: string])[] = [];
  readonly #set = new Map<string, string>();
  readonly #deleted: string[] = [];
  readonly #replaced: { readonly name: string; readonly search: RegExp; readonly by: string }[] = [];
  /** Set where the field is not there already. */
  readonly #defaults = new Map<string, string>();

  /** One line; `+` adds, `-` deletes, `?` is a default. */
  read(field: string, value = '', replacement = ''): void {
    if (field.startsWith('+')) this.#added.push([field.slice(1), value]);
    else if (field.startsWith('-')) this.#deleted.push(field.slice(1));
    else if (field.startsWith('?')) this.#defaults.set(canonicalName(field.slice(1)), value);
    else if (replacement !== '') {
      const search = compileExpression(value, { flavour: 're2', global: true });
      this.#replaced.push({ name: field, search, by: replacement });
    } else this.#set.set(canonicalName(field), value);
  }

  get deletes(): boolean {
    return this.#deleted.length > 0;
  }

  get hasDefaults(): boolean {
    return this.#defaults.size > 0;
  }

  applyTo(headers: Headers, state: State): void {
    const known = (text: string): string => replaceKnown(text, state);
    for (const [name, value] of this.#added) headers.add(known(name), known(value));
    for (const [name, value] of this.#set) headers.set(known(name), known(value));
    for (const name of this.#deleted) deleteMatching(headers, foldAscii(known(name)));
    for (const { name, search, by } of this.#replaced) {
      const wanted = canonicalName(known(name));
      headers.change((each, value) => {
        if (wanted !== '*' && each !== wanted) return value;
        return value.replace(search, (...match) => expandTemplate(known(by), match));
      });
    }
    for (const [name, value] of this.#defaults) {
      if (headers.values(name) === undefined) headers.set(name, known(value));
    }
  }

  /** Host is no field of Go's, and is changed as if it were the last one. */
  applyToRequest(state: State): void {
    const before = state.headers.values('Host');
    state.headers.add('Host', state.host);
    this.applyTo(state.headers, state);
    state.host = state.headers.values('Host')?.at(-1) ?? '';
    state.headers.delete('Host');
    for (const value of before ?? []) state.headers.add('Host', value);
  }
}

function deleteMatching(headers: Headers, wanted: string): void {
  const [isOpenBefore, isOpenAfter] = [wanted.startsWith('*'), wanted.endsWith('*')];
  if (!isOpenBefore && !isOpenAfter) {
    headers.delete(wanted);
    return;
  }
  const part = wanted.slice(isOpenBefore ? 1 : 0, isOpenAfter ? -1 : undefined);
  for (const [name] of headers.entries()) {
    const folded = foldAscii(name);
    const isMatching =
      isOpenBefore && isOpenAfter
        ? folded.includes(part)
        : isOpenBefore
          ? folded.endsWith(part)
          : folded.startsWith(part);
    if (isMatching) headers.delete(name);
  }
}
