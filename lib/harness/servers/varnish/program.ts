/**
 * A VCL program: declarations, and subroutines with the built-in ones behind them (`vcc_parse.c`).
 *
 * Rules of this file: a name must be declared before it is used, but for subroutines.
 */

import { ConfigurationError } from '../../../errors.js';
import type { ConfigurationFiles } from '../../model.js';
import { readAcl } from './acl.js';
import { builtin } from './builtin.js';
import type { Names } from './expression.js';
import { readBlock, type Subroutines } from './statement.js';
import { Reader } from './tokens.js';
import type { Backend } from './values.js';

export interface Program {
  readonly subroutines: Subroutines;
  readonly backend: Backend;
}

/** Modules of which the model knows the functions. */
const modules = ['std', 'directors'];

export function readProgram(files: ConfigurationFiles): Program {
  const names: Names = { backends: new Map(), acls: new Map(), directors: new Map() };
  const subroutines: Subroutines = new Map();
  const included = new Set<string>();
  const read = (text: string): void => {
    const reader = new Reader(text);
    while (reader.token.kind !== 'end') {
      if (!reader.is('include')) {
        readDeclaration(reader, names, subroutines);
        continue;
      }
      reader.take();
      const { line } = reader.token;
      const path = reader.string();
      reader.expect(';');
      const name = Object.keys(files).find((each) => path === each || path.endsWith(`/${each}`));
      const text = name === undefined || included.has(name) ? undefined : files[name];
      if (name === undefined || text === undefined) throw reader.refuse(path, line);
      included.add(name);
      read(text);
    }
  };
  const isMain = (text: string): boolean =>
    /^\s*vcl\s+4\.[01]\s*;/.test(text.replace(/(?:#|\/\/)[^\n]*/g, ''));
  const main = Object.entries(files).filter(([name]) => !included.has(name));
  const first = main.find(([, text]) => isMain(text)) ?? main[0];
  if (first !== undefined) {
    included.add(first[0]);
    read(first[1]);
  }
  const backend = names.backends.get('default') ?? [...names.backends.values()][0];
  if (backend === undefined) {
    throw new ConfigurationError(
      'ERR_HARNESS_CONFIGURATION',
      'a configuration of Varnish must declare a backend, got none',
    );
  }
  read(builtin);
  return { subroutines, backend };
}

type Declaration = (reader: Reader, names: Names, subroutines: Subroutines) => void;

const declarations: Readonly<Record<string, Declaration>> = {
  vcl(reader) {
    const { text } = reader.take();
    if (text !== '4.0' && text !== '4.1') reader.refuse(`vcl ${text}`);
    reader.expect(';');
  },
  import(reader) {
    const { line } = reader.token;
    const name = reader.name();
    if (!modules.includes(name)) reader.refuse(`import ${name}`, line);
    if (reader.skip('from')) reader.string();
    reader.expect(';');
  },
  backend: readBackend,
  probe(reader) {
    reader.name();
    skipBraces(reader);
  },
  acl(reader, names) {
    names.acls.set(readName(reader), readAcl(reader));
  },
  sub(reader, names, subroutines) {
    const name = reader.name();
    const statements = subroutines.get(name) ?? [];
    subroutines.set(name, statements);
    statements.push(...readBlock(reader, names, subroutines));
  },
};

function readDeclaration(reader: Reader, names: Names, subroutines: Subroutines): void {
  const { line } = reader.token;
  const word = reader.name();
  const read = Object.hasOwn(declarations, word) ? declarations[word] : undefined;
  if (read === undefined) reader.refuse(word, line);
  else read(reader, names, subroutines);
}

function readName(reader: Reader): string {
  const name = reader.name();
  // `acl a -log { }`.
  while ((reader.is('-') || reader.is('+')) && reader.next.kind === 'name') {
    reader.take();
    reader.take();
  }
  return name;
}

const backendWords = [
  'host port path host_header connect_timeout first_byte_timeout between_bytes_timeout probe max_connections',
  'proxy_header share via authority',
]
  .join(' ')
  .split(' ');

function readBackend(reader: Reader, names: Names): void {
  const name = reader.name();
  if (reader.skip('none')) {
    names.backends.set(name, { name, hostHeader: '', isThere: false });
    reader.skip(';');
    return;
  }
  const values = new Map<string, string>();
  reader.expect('{');
  while (!reader.skip('}')) {
    reader.expect('.');
    const { line } = reader.token;
    const word = reader.name();
    if (!backendWords.includes(word)) reader.refuse(`.${word}`, line);
    reader.expect('=');
    if (reader.is('{')) {
      skipBraces(reader);
      reader.skip(';');
      continue;
    }
    values.set(word, reader.token.kind === 'string' ? reader.string() : reader.take().text);
    reader.expect(';');
  }
  const hostHeader = values.get('host_header') ?? values.get('host') ?? '0.0.0.0';
  names.backends.set(name, { name, hostHeader, isThere: true });
}

function skipBraces(reader: Reader): void {
  reader.expect('{');
  for (let depth = 1; depth > 0; ) {
    if (reader.token.kind === 'end') reader.refuse();
    if (reader.is('{')) depth++;
    if (reader.is('}')) depth--;
    reader.take();
  }
}
