/**
 * Options of uWSGI, from an ini file or from a command line (manual, "Configuring uWSGI").
 *
 * Rules of this file: an option that the model does not know is refused with its line; of a file that has several sections,
 * `[uwsgi]` counts.
 */

import type { ConfigurationFiles } from '../../model.js';
import { unknownDirective } from '../reading.js';
import { flags, ignored, lists, singles } from './options.js';

/** Values by name, in order; of an option that takes none, `true`. */
export type Options = ReadonlyMap<string, readonly string[]>;

interface Given {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

export function readOptions(files: ConfigurationFiles): Options {
  const options = new Map<string, string[]>();
  for (const text of Object.values(files)) {
    const given = /^\s*\[/m.test(text) ? fromIni(text) : fromCommand(text);
    for (const { name, value, line } of given) {
      if (ignored.has(name)) continue;
      const known = aliases[name] ?? name;
      if (flags.has(known)) {
        if (!/^(?:false|off|no|0)$/i.test(value)) options.set(known, ['true']);
      } else if (lists.has(known)) {
        options.set(known, [...(options.get(known) ?? []), value]);
      } else if (singles.has(known)) {
        options.set(known, [value]);
      } else {
        unknownDirective({ server: 'uWSGI', line }, name);
      }
    }
  }
  return options;
}

const aliases: Readonly<Record<string, string>> = {
  httprouter: 'http',
  file: 'wsgi-file',
  wsgi: 'module',
  w: 'module',
};

function fromIni(text: string): readonly Given[] {
  let section = '';
  return text.split('\n').flatMap((whole, index): Given[] => {
    const line = whole.trim();
    if (line === '' || line.startsWith(';') || line.startsWith('#')) return [];
    if (line.startsWith('[')) {
      section = line.slice(1, line.lastIndexOf(']'));
      return [];
    }
    if (section !== 'uwsgi') return [];
    const at = line.indexOf('=');
    const name = (at < 0 ? line : line.slice(0, at)).trim();
    return [{ name, value: at < 0 ? 'true' : line.slice(at + 1).trim(), line: index + 1 }];
  });
}

/** Words that white space divides; a name may have its value behind a sign of equality, or in the word behind it. */
function fromCommand(text: string): readonly Given[] {
  const given: Given[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    for (const [at, word] of words.entries()) {
      const [, name, value] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/.exec(word) ?? [];
      if (name === undefined) continue;
      const next = words[at + 1];
      const isValue = next !== undefined && !/^--?[A-Za-z]/.test(next);
      given.push({ name, value: value ?? (isValue ? next : 'true'), line: index + 1 });
    }
  }
  return given;
}
