/**
 * Functions of VCL and of its module `std` (manual, "VMOD std").
 *
 * Rules of this file: what reads a file, a clock or a random number is not here.
 */

import { foldAscii } from '../../../path/percent.js';
import type { Transaction } from './transaction.js';
import { addressOf, numberOf, numeral, textOf, type Value } from './values.js';

export type Call = (given: readonly Value[], transaction: Transaction) => Value;

const text = (value: Value): string => textOf(value) ?? '';

/** Methods of texts. */
export const methods: Readonly<Record<string, (value: string) => string>> = {
  lower: foldAscii,
  upper: upperAscii,
};

function upperAscii(value: string): string {
  return value.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

const nothing: Call = () => undefined;

export const functions: Readonly<Record<string, Call>> = {
  hash_data: nothing,
  ban: nothing,
  synthetic: nothing,
  'std.log': nothing,
  'std.syslog': nothing,
  'std.timestamp': nothing,
  'std.cache_req_body': () => true,
  'std.late_100_continue': nothing,
  'std.healthy': () => true,
  'std.tolower': (given) => foldAscii(given.map(text).join('')),
  'std.toupper': (given) => upperAscii(given.map(text).join('')),
  'std.port': ([value]) => (typeof value === 'object' && 'port' in value ? value.port : 0),
  'std.ip': ([value, fallback]) => {
    const address = addressOf(value);
    return address === undefined ? fallback : { address, port: 80 };
  },
  'std.integer': ([value, fallback]) => {
    const number = numberOf(value);
    if (number !== undefined) return Math.trunc(number);
    return /^\s*[+-]?\d+\s*$/.test(text(value)) ? Number(text(value)) : fallback;
  },
  'std.real': ([value, fallback]) => {
    const number =
      numberOf(value) ?? (/^\s*[+-]?\d+(?:\.\d*)?\s*$/.test(text(value)) ? Number(text(value)) : undefined);
    return number === undefined ? fallback : { real: number };
  },
  'std.duration': ([value, fallback]) => {
    const [, digits, unit = ''] = /^\s*(\d+(?:\.\d*)?)(ms|[smhdwy])\s*$/.exec(text(value)) ?? [];
    return digits === undefined ? fallback : numeral(digits, unit);
  },
  'std.strstr': ([whole, part]) => {
    const at = text(whole).indexOf(text(part));
    return at < 0 ? undefined : text(whole).slice(at);
  },
  'std.querysort': ([url]) => querySorted(text(url)),
};

/** Sorts what stands between ampersands, and leaves out what is empty; where all is, nothing is done. */
function querySorted(url: string): string {
  const at = url.indexOf('?');
  if (at < 0) return url;
  const parts = url
    .slice(at + 1)
    .split('&')
    .filter((part) => part !== '');
  parts.sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
  return parts.length === 0 ? url : `${url.slice(0, at)}?${parts.join('&')}`;
}
