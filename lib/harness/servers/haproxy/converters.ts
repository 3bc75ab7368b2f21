/**
 * What a sample expression does with a value (HAProxy's manual, section 7.3.1).
 *
 * Rules of this file: text in, text out; nothing out where a converter fails.
 */

import { escapeAt, foldAscii, isUnreserved } from '../../../path/percent.js';
import { compileExpression } from '../expression.js';
import { type Place, unknownDirective } from '../reading.js';
import type { Kind } from './fetches.js';
import { expand } from './replacement.js';
import type { Transaction } from './transaction.js';

export interface Converter {
  readonly kind: Kind;
  readonly convert: (value: string, transaction: Transaction) => string | undefined;
}

type Parameters = readonly string[];
type Maker = (parameters: Parameters) => Converter;

const onText =
  (convert: (value: string, parameters: Parameters, transaction: Transaction) => string | undefined): Maker =>
  (parameters) => ({
    kind: 'string',
    convert: (value, transaction) => convert(value, parameters, transaction),
  });

const onNumber =
  (convert: (value: number, parameter: number) => number): Maker =>
  ([parameter = '0']) => ({
    kind: 'integer',
    convert: (value) =>
      /^-?\d+$/.test(value) ? String(Math.trunc(convert(Number(value), Number(parameter)))) : undefined,
  });

const onBoolean =
  (convert: (value: boolean) => boolean): Maker =>
  () => ({ kind: 'boolean', convert: (value) => (convert(!['', '0'].includes(value)) ? '1' : '0') });

/** The text from a part between delimiters on, as many parts as are asked for. */
function parts(
  value: string,
  [index = '1', delimiters = '', count = '1']: Parameters,
  keepsEmpty: boolean,
): string | undefined {
  const found: { readonly from: number; readonly to: number }[] = [];
  let from = 0;
  for (let at = 0; at <= value.length; at++) {
    if (at < value.length && !delimiters.includes(value[at] as string)) continue;
    if (keepsEmpty || at > from) found.push({ from, to: at });
    from = at + 1;
  }
  const isBackwards = index.startsWith('-');
  const wanted = isBackwards ? found.length + Number(index) : Number(index) - 1;
  const many = Number(count) === 0 ? found.length : Number(count);
  const first = isBackwards ? found[Math.max(0, wanted - many + 1)] : found[wanted];
  const last = isBackwards ? found[wanted] : found[Math.min(wanted + many, found.length) - 1];
  return first === undefined || last === undefined ? undefined : value.slice(first.from, last.to);
}

const regsub: Maker = ([source = '', substitution = '', flags = '']) => {
  const expression = compileExpression(source, { ignoreCase: flags.includes('i'), global: true });
  const most = flags.includes('g') ? Number.POSITIVE_INFINITY : 1;
  return {
    kind: 'string',
    convert: (value) => {
      let out = '';
      let from = 0;
      let count = 0;
      for (const match of value.matchAll(expression)) {
        if (++count > most) break;
        out += value.slice(from, match.index) + (expand(substitution, match) ?? '');
        from = match.index + match[0].length;
      }
      return out + value.slice(from);
    },
  };
};

/** HAProxy's `url_decode()`: nothing where an escape is malformed. */
export function decodeUrl(value: string, isForm: boolean): string | undefined {
  let out = '';
  for (let at = 0; at < value.length; at++) {
    const character = value[at] as string;
    if (character === '%') {
      const code = escapeAt(value, at);
      if (code < 0) return undefined;
      out += String.fromCharCode(code);
      at += 2;
    } else {
      out += isForm && character === '+' ? ' ' : character;
      // What follows is a form, whatever was said.
      if (character === '?') isForm = true;
    }
  }
  return out;
}

function encodeUrl(value: string): string {
  return value.replace(/[\s\S]/g, (character) => {
    const code = character.charCodeAt(0);
    return isUnreserved(code) ? character : `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

function trimmed(value: string, characters: string, isAtStart: boolean): string {
  let [from, to] = [0, value.length];
  if (isAtStart) while (from < to && characters.includes(value[from] as string)) from++;
  else while (to > from && characters.includes(value[to - 1] as string)) to--;
  return value.slice(from, to);
}

const makers: Readonly<Record<string, Maker>> = {
  regsub,
  field: onText((value, parameters) => parts(value, parameters, true)),
  word: onText((value, parameters) => parts(value, parameters, false)),
  lower: onText(foldAscii),
  upper: onText((value) => value.replace(/[a-z]/g, (letter) => letter.toUpperCase())),
  url_dec: onText((value, [isForm = '0']) => decodeUrl(value, isForm !== '0')),
  url_enc: onText(encodeUrl),
  concat: onText(
    (value, [start = '', name = '', end = ''], { variables }) =>
      value + start + (variables.get(name) ?? '') + end,
  ),
  bytes: onText((value, [offset = '0', length]) => {
    const from = Number(offset);
    return value.slice(from, length === undefined ? undefined : from + Number(length));
  }),
  ltrim: onText((value, [characters = '']) => trimmed(value, characters, true)),
  rtrim: onText((value, [characters = '']) => trimmed(value, characters, false)),
  host_only: onText((value) => foldAscii(value.replace(/:\d*$/, ''))),
  port_only: onText((value) => /:(\d+)$/.exec(value)?.[1] ?? '0'),
  iif: onText((value, [yes = '', no = '']) => (['', '0'].includes(value) ? no : yes)),
  base64: onText((value) => Buffer.from(value, 'latin1').toString('base64')),
  b64dec: onText((value) => Buffer.from(value, 'base64').toString('latin1')),
  hex: onText((value) => Buffer.from(value, 'latin1').toString('hex').toUpperCase()),
  length: (_) => ({ kind: 'integer', convert: (value) => String(value.length) }),
  strcmp: ([name = '']) => ({
    kind: 'integer',
    convert: (value, { variables }) => {
      const other = variables.get(name);
      return other === undefined ? undefined : String(value === other ? 0 : value < other ? -1 : 1);
    },
  }),
  not: onBoolean((value) => !value),
  bool: onBoolean((value) => value),
  add: onNumber((value, other) => value + other),
  sub: onNumber((value, other) => value - other),
  mul: onNumber((value, other) => value * other),
  div: onNumber((value, other) => value / other),
  mod: onNumber((value, other) => value % other),
};

export function converterOf(name: string, parameters: Parameters, place: Place): Converter {
  const maker = Object.hasOwn(makers, name) ? makers[name] : undefined;
  return maker === undefined ? unknownDirective(place, name) : maker(parameters);
}
