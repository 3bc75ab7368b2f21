/**
 * Values of lighttpd's configuration: texts, numbers, and lists whose elements may have keys.
 *
 * Rules of this file: what a directive cannot take is refused with its line, as lighttpd refuses to start.
 */

import { ConfigurationError, show } from '../../../errors.js';

export interface Element {
  readonly key: string | undefined;
  readonly value: Value;
}

export type Value = string | number | readonly Element[];

/** A value, and where it was given. */
export interface Setting {
  readonly name: string;
  readonly value: Value;
  readonly line: number;
}

/** Refuses a value. */
export function refuseValue({ name, value, line }: Setting, rule: string): never {
  const given = `got ${show(value)} in line ${line}`;
  throw new ConfigurationError('ERR_HARNESS_CONFIGURATION', `${name} of lighttpd must ${rule}, ${given}`);
}

/** What `+` and `+=` make of two values. */
export function mergeValues(first: Setting, second: Value): Value {
  const { value } = first;
  if (typeof value === 'number' && typeof second === 'number') return value + second;
  if (isList(value) && isList(second)) {
    return second.reduce<readonly Element[]>((merged, each) => addElement(merged, each, first), value);
  }
  if (isList(value) || isList(second)) return refuseValue(first, 'be of the kind of what is added to it');
  return `${value}${second}`;
}

/** A list with one element more; a key comes once, unless it says the same. */
export function addElement(list: readonly Element[], element: Element, place: Setting): readonly Element[] {
  const same = list.find(({ key }) => key !== undefined && key === element.key);
  if (same === undefined) return [...list, element];
  if (!isList(same.value) && same.value === element.value) return list;
  return refuseValue({ ...place, value: element.key ?? '' }, 'have each key once');
}

export function isList(value: Value): value is readonly Element[] {
  return typeof value === 'object';
}

export function textOf(setting: Setting): string {
  return typeof setting.value === 'string' ? setting.value : refuseValue(setting, 'be a text');
}

export function integerOf(setting: Setting): number {
  const number = typeof setting.value === 'string' ? Number.parseInt(setting.value, 10) : setting.value;
  return typeof number === 'number' && number >= 0 ? number : refuseValue(setting, 'be a number');
}

/** `enable`, `true`, `1` and their opposites; of a number, whether it is not 0. */
export function booleanOf(setting: Setting): boolean {
  const { value } = setting;
  if (typeof value === 'number') return value !== 0;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (['enable', 'enabled', 'true', '1'].includes(word)) return true;
  if (['disable', 'disabled', 'false', '0'].includes(word)) return false;
  return refuseValue(setting, 'be enable or disable');
}

/** The elements of a list, each as a setting of its own. */
export function elementsOf(setting: Setting): readonly (Setting & { readonly key: string | undefined })[] {
  const { name, value, line } = setting;
  if (!isList(value)) return refuseValue(setting, 'be a list');
  return value.map((element) => ({
    ...{ key: element.key, value: element.value, line },
    name: `${name}["${element.key ?? ''}"]`,
  }));
}

/** A list of keys and texts. */
export function pairsOf(setting: Setting): readonly (readonly [key: string, text: string])[] {
  return elementsOf(setting).map((each) => [
    each.key ?? refuseValue(setting, 'be a list of keys and texts'),
    textOf(each),
  ]);
}

/** A list of texts. */
export function textsOf(setting: Setting): readonly string[] {
  return elementsOf(setting).map(textOf);
}
