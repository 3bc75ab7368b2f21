/**
 * `header.*` and `proxy.header.*`: changes of fields, in order (h2o's `headers_util.c`).
 */

import { foldAscii } from '../../../path/percent.js';
import { type Place, unknownDirective } from '../reading.js';

/** A field, its name as it was written. */
export type Field = readonly [name: string, value: string];

export interface HeaderCommand {
  readonly command: string;
  readonly name: string;
  readonly value: string;
}

const commands = ['add', 'append', 'merge', 'set', 'setifempty', 'unset'];

export function readHeaderCommand(command: string, text: string, place: Place): HeaderCommand {
  if (!commands.includes(command)) return unknownDirective(place, `header.${command}`);
  const colon = text.indexOf(':');
  if (command === 'unset') return { command, name: foldAscii(text.trim()), value: '' };
  if (colon < 0) return unknownDirective(place, text);
  return { command, name: foldAscii(text.slice(0, colon).trim()), value: text.slice(colon + 1).trim() };
}

export function changed(fields: readonly Field[], all: readonly HeaderCommand[]): readonly Field[] {
  return all.reduce(applied, fields);
}

function applied(fields: readonly Field[], { command, name, value }: HeaderCommand): readonly Field[] {
  const isIt = ([each]: Field): boolean => foldAscii(each) === name;
  const found = fields.findIndex(isIt);
  const others = fields.filter((field) => !isIt(field));
  switch (command) {
    case 'set':
      return [...others, [name, value]];
    case 'unset':
      return others;
    case 'setifempty':
      return found < 0 ? [...fields, [name, value]] : fields;
    case 'append':
    case 'merge': {
      const [field, old] = fields[found] ?? [];
      if (field === undefined || old === undefined) return [...fields, [name, value]];
      const isThere = old.split(',').some((token) => foldAscii(token.trim()) === foldAscii(value));
      if (command === 'merge' && isThere) return fields;
      return fields.with(found, [field, old === '' ? value : `${old}, ${value}`]);
    }
    default:
      return [...fields, [name, value]];
  }
}
