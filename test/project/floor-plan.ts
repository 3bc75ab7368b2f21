/**
 * The floor plan of docs/architecture.md, and the style that a machine can judge, as functions: a file in, what is wrong
 * with it out, a line each.
 *
 * Rules of this file: pure, so that architecture.test.ts can show each rule something that breaks it.
 */

import { type Import, importsOf } from './imports.js';
import type { SourceFile } from './sources.js';
import { codeOf, type Token, tokensOf } from './tokens.js';

/** The floor of each folder of lib. A file imports from its own folder and from lower floors. */
export const floors: Readonly<Record<string, number>> = {
  path: 0,
  environ: 1,
  mount: 1,
  fixup: 2,
  protocol: 3,
  bridge: 4,
  gateway: 5,
  upstream: 5,
  middleware: 6,
  script: 7,
  harness: 8,
  cli: 8,
};

/** Files beside the folders: the front door sees everything, the errors are everybody's. */
const rootFiles = ['lib/index.ts', 'lib/errors.ts'];

const httpModules = ['node:http', 'node:https', 'node:http2'];
const httpFloor = 4;
const processModules = ['node:net', 'node:child_process', 'node:process'];
const processFolders = ['gateway', 'upstream', 'script', 'harness', 'cli'];
const patternFile = 'lib/mount/pattern.ts';
/** Where the expressions of front servers' configurations are compiled. */
const expressionFiles = /^lib\/harness\/servers\/(?:apache\/)?expression\.ts$/;
const longestFile = 400;

export type Rule = (file: SourceFile) => readonly string[];

/** The folder of a lib file, or of what it imports: `''` beside the folders. */
function folderOf(path: string): string {
  const [, folder = '', ...rest] = path.split('/');
  return rest.length === 0 ? '' : folder;
}

function at(file: SourceFile, place: { readonly line: number }, text: string): string {
  return `${file.path}:${place.line}: ${text}`;
}

/** Each file stands in a folder that has a floor, or is one of the two beside them. */
export const knownPlace: Rule = ({ path }) => {
  const folder = folderOf(path);
  if (folder === '') return rootFiles.includes(path) ? [] : [`${path}: no file stands beside the folders`];
  return Object.hasOwn(floors, folder) ? [] : [`${path}: the folder ${folder} has no floor`];
};

/** Imports go down. */
export const lowerFloors: Rule = (file) => {
  if (file.path === 'lib/index.ts') return [];
  return importsOf(file.text).flatMap((found) => {
    const { module } = found;
    if (!module.startsWith('.')) return [];
    const target = new URL(module, `file:///${file.path}`).pathname.slice(1);
    if (!target.startsWith('lib/')) return [at(file, found, `${module} is outside lib`)];
    if (target === 'lib/index.js')
      return [at(file, found, 'nothing goes through the front door from inside')];
    if (target === 'lib/errors.js') return [];
    const [own, other] = [folderOf(file.path), folderOf(target)];
    const isLower = (floors[other] ?? Number.POSITIVE_INFINITY) < (floors[own] ?? -1);
    return own === other || isLower
      ? []
      : [at(file, found, `${own || 'the ground'} must not import ${other}`)];
  });
};

/** HTTP begins with the bridge; its types too. */
export const httpFromTheBridge: Rule = (file) => {
  const floor = floors[folderOf(file.path)] ?? 0;
  if (floor >= httpFloor) return [];
  return forbidden(file, httpModules, `from floor ${httpFloor} up only`);
};

/** Sockets, processes and the global `process` belong to the folders that run something. */
export const processesOutside: Rule = (file) => {
  if (processFolders.includes(folderOf(file.path))) return [];
  const code = codeOf(file.text);
  const uses = code.filter((token, index) => {
    if (token.kind !== 'word' || token.text !== 'process') return false;
    const [previous, next] = [code[index - 1]?.text, code[index + 1]?.text];
    if (previous === '.' || previous === '?.') return code[index - 2]?.text === 'globalThis';
    return next !== ':';
  });
  const where = `in ${processFolders.join(', ')} only`;
  return [
    ...forbidden(file, processModules, where),
    ...uses.map((token) => at(file, token, `the global process ${where}`)),
  ];
};

function forbidden(file: SourceFile, modules: readonly string[], where: string): readonly string[] {
  const isForbidden = ({ module }: Import): boolean =>
    modules.includes(module.startsWith('node:') ? module : `node:${module}`);
  return importsOf(file.text)
    .filter(isForbidden)
    .map((found) => at(file, found, `${found.module} ${where}`));
}

/** Regular expressions are written, not made; but for the patterns of people who ask for them, and those of configurations. */
export const noMadeExpressions: Rule = (file) => {
  if (file.path === patternFile || expressionFiles.test(file.path)) return [];
  const code = codeOf(file.text);
  const made = code.filter(({ kind, text }, index) => {
    if (kind === 'string') return text.slice(1, -1) === 'path-to-regexp';
    if (kind !== 'word') return false;
    return text === 'pathToRegexp' || (text === 'RegExp' && code[index + 1]?.text === '(');
  });
  return made.map((token) =>
    at(file, token, `a regular expression is made (${token.text}) in ${patternFile} only`),
  );
};

/** `any` and `enum` are not words of this library. */
export const noLooseTypes: Rule = (file) => {
  const code = codeOf(file.text);
  return code
    .filter(({ kind, text }, index) => {
      const previous = code[index - 1]?.text;
      return kind === 'word' && (text === 'any' || text === 'enum') && previous !== '.' && previous !== '?.';
    })
    .map((token) => at(file, token, `no ${token.text}`));
};

/** The front door: `export { … } from '…'` and nothing else. */
export const onlyReexports: Rule = (file) => {
  if (file.path !== 'lib/index.ts') return [];
  const code = codeOf(file.text);
  const wrong: string[] = [];
  for (let index = 0; index < code.length; ) {
    const end = code.findIndex(({ text }, after) => after >= index && text === ';');
    const statement = code.slice(index, end === -1 ? code.length : end);
    if (!isReexport(statement)) wrong.push(at(file, code[index] as Token, 're-exports only'));
    index = end === -1 ? code.length : end + 1;
  }
  return wrong;
};

function isReexport(statement: readonly Token[]): boolean {
  const [first] = statement;
  const [from, module] = statement.slice(-2);
  const names = statement.slice(1, -2).filter(({ text }) => !/^[{},*]$/.test(text));
  const isList = statement[1]?.text !== 'default' && names.every(({ kind }) => kind === 'word');
  return first?.text === 'export' && from?.text === 'from' && module?.kind === 'string' && isList;
}

/** The head comment of a file; `''` where there is none. */
export function headComment(source: string): string {
  const [first] = tokensOf(source);
  const text = first?.kind === 'comment' && first.text.startsWith('/**') ? first.text : '';
  // What stands right before a declaration is about that, not about the file.
  return text !== '' && source.includes(`${text}\n\n`) ? text : '';
}

export const hasHead: Rule = (file) =>
  /[A-Za-z]{2}/.test(headComment(file.text))
    ? []
    : [`${file.path}:1: begins with a comment that says what it is for`];

/** Past 400 lines a file is split, or says at the top why it is long. */
export const notLong: Rule = ({ path, text }) => {
  const lines = text.split('\n').length - 1;
  if (lines <= longestFile || /\blong\b/i.test(headComment(text))) return [];
  return [`${path}: ${lines} lines, and the head comment does not say why it is long`];
};

export const rules = {
  knownPlace,
  lowerFloors,
  httpFromTheBridge,
  processesOutside,
  noMadeExpressions,
  noLooseTypes,
  onlyReexports,
  hasHead,
  notLong,
} as const satisfies Readonly<Record<string, Rule>>;
