/**
 * The values of VCL, and how one type becomes another (`vrt.c`, `vcc_expr.c`).
 *
 * Rules of this file: a field that is not there is `undefined`: no text, and false; an empty one is true.
 */

import { isIP } from 'node:net';

/** A server that stands in the configuration. */
export interface Backend {
  readonly name: string;
  /** `Host` of requests that have none. */
  readonly hostHeader: string;
  /** Whether it is one that requests can go to: not `none`. */
  readonly isThere: boolean;
}

/** A number with a fraction, or a time in seconds. */
export interface Real {
  readonly real: number;
}

export interface Address {
  readonly address: string;
  readonly port: number;
}

export type Value = string | number | boolean | Real | Address | Backend | undefined;

export function textOf(value: Value): string | undefined {
  if (typeof value !== 'object') return value === undefined ? undefined : String(value);
  if ('real' in value) return value.real.toFixed(3);
  return 'address' in value ? value.address : value.name;
}

export function isTrue(value: Value): boolean {
  if (typeof value === 'object') return !('real' in value) || value.real > 0;
  return value !== undefined && value !== false && value !== 0;
}

export function numberOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'object' && 'real' in value ? value.real : undefined;
}

/** Neither is a field that is not there equal to an empty one, nor is it less than anything. */
export function areEqual(left: Value, right: Value): boolean {
  const [one, other] = [numberOf(left), numberOf(right)];
  if (one !== undefined && other !== undefined) return one === other;
  return textOf(left) === textOf(right);
}

const signs: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

/** Numbers are reckoned with, everything else is put together as text. */
export function reckon(sign: string, left: Value, right: Value): Value {
  const [one, other] = [numberOf(left), numberOf(right)];
  const how = signs[sign];
  if (one !== undefined && other !== undefined && how !== undefined) {
    const result = how(one, other);
    return typeof left === 'number' && typeof right === 'number' ? Math.trunc(result) : { real: result };
  }
  return (textOf(left) ?? '') + (textOf(right) ?? '');
}

const seconds: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

const bytes: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

/** A number as it stands in a configuration; `undefined` for a unit that there is not. */
export function numeral(text: string, unit: string): Value {
  if (unit === '') return text.includes('.') ? { real: Number(text) } : Number(text);
  const [time, size] = [seconds[unit], bytes[unit]];
  if (time !== undefined) return { real: Number(text) * time };
  return size === undefined ? undefined : Number(text) * size;
}

export function addressOf(value: Value): string | undefined {
  const text = textOf(value);
  return text !== undefined && isIP(text) !== 0 ? text : undefined;
}
