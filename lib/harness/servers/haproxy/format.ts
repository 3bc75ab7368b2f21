/**
 * Format strings, `/app%[path]` (HAProxy's manual, section 8.2.4): text with expressions in it.
 *
 * Rules of this file: an expression without a value is empty text; a run of spaces is one space, and none at the beginning.
 */

import { type Place, unknownDirective } from '../reading.js';
import { lastValue, parseExpressionAt } from './sample.js';
import { partsOf, type Transaction } from './transaction.js';

export type Format = (transaction: Transaction) => string;

const variables: Readonly<Record<string, Format>> = {
  ci: ({ sourceAddress }) => sourceAddress,
  cp: ({ sourcePort }) => String(sourcePort),
  fi: ({ destinationAddress }) => destinationAddress,
  fp: ({ destinationPort }) => String(destinationPort),
  HM: ({ received }) => received.method,
  HP: ({ received }) => received.target.split('?', 1)[0] as string,
  HPO: ({ received }) => partsOf(received.target).pathAndQuery?.split('?', 1)[0] ?? '',
  HQ: ({ received: { target } }) => (target.includes('?') ? target.slice(target.indexOf('?')) : ''),
  HU: ({ received }) => received.target,
  HV: ({ version }) => version,
  f: ({ frontend }) => frontend,
  ft: ({ frontend, connection }) => (connection.isEncrypted ? `${frontend}~` : frontend),
  b: ({ backend }) => backend,
  s: ({ serverName }) => serverName,
};

export function parseFormat(text: string, place: Place): Format {
  const pieces: (string | Format)[] = [];
  for (let at = 0; at < text.length; ) {
    const mark = text.indexOf('%', at);
    if (mark !== at) {
      const literal = text.slice(at, mark < 0 ? undefined : mark).replace(/\s+/g, ' ');
      pieces.push(pieces.length === 0 ? literal.trimStart() : literal);
      at = mark < 0 ? text.length : mark;
    } else if (text[at + 1] === '%') {
      pieces.push('%');
      at += 2;
    } else if (text[at + 1] === '[') {
      const { expression, end } = parseExpressionAt(text, at + 2, place);
      if (text[end] !== ']') return unknownDirective(place, text);
      pieces.push((transaction) => encoded(lastValue(expression, transaction) ?? ''));
      at = end + 1;
    } else {
      const [whole = '', name = ''] = /^%([A-Za-z]+)/.exec(text.slice(at)) ?? [];
      const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (variable === undefined) return unknownDirective(place, text.slice(at));
      pieces.push(variable);
      at += whole.length;
    }
  }
  return (transaction) =>
    pieces.map((piece) => (typeof piece === 'string' ? piece : piece(transaction))).join('');
}

/** What must not stand in a header field is written as an escape. */
function encoded(value: string): string {
  return [...value]
    .map((character) => {
      const code = character.charCodeAt(0);
      if (code === 9 || (code >= 0x20 && code !== 0x7f)) return character;
      return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
