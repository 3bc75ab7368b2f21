/**
 * `redirect` and `http-request redirect` (HAProxy's manual, section 4.2).
 */

import { type Place, unknownDirective } from '../reading.js';
import { type Format, parseFormat } from './format.js';
import { partsOf, type Transaction } from './transaction.js';

export interface Redirect {
  readonly status: number;
  readonly location: string;
}

const flags = ['drop-query', 'append-slash', 'ignore-empty'];

export function parseRedirect(
  words: readonly string[],
  place: Place,
): (transaction: Transaction) => Redirect | undefined {
  let kind = '';
  let format: Format = () => '';
  let status = 302;
  const set = new Set<string>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (['location', 'prefix', 'scheme'].includes(word)) {
      kind = word;
      format = parseFormat(words[++at] ?? '', place);
    } else if (word === 'code') {
      status = Number(words[++at]);
    } else if (word === 'set-cookie' || word === 'clear-cookie') {
      at++;
    } else if (flags.includes(word)) {
      set.add(word);
    } else {
      return unknownDirective(place, word);
    }
  }
  if (kind === '') return unknownDirective(place, 'redirect');
  return (transaction) => {
    const text = format(transaction);
    if (set.has('ignore-empty') && text === '') return undefined;
    if (kind === 'location') return { status, location: text };
    const path = pathFor(transaction, set);
    if (kind === 'prefix') return { status, location: text === '/' ? path : text + path };
    const [host = transaction.valuesOf('host')[0] ?? ''] = [partsOf(transaction.target).authority];
    return { status, location: `${text}://${host}${path}` };
  };
}

function pathFor(transaction: Transaction, set: ReadonlySet<string>): string {
  const whole = transaction.path(true) ?? '/';
  const path = set.has('drop-query') ? (whole.split('?', 1)[0] as string) : whole;
  return set.has('drop-query') && set.has('append-slash') && !path.endsWith('/') ? `${path}/` : path;
}
