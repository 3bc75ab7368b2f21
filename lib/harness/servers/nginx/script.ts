/**
 * Texts with variables, as directives hold them (ngx_http_script_compile).
 *
 * Rules of this file: a variable that nothing can set is refused where the text is read, as nginx does.
 */

import { ConfigurationError, show } from '../../../errors.js';
import type { RequestState } from './request.js';
import { escapeArgs } from './target.js';
import { isVariable, variableOf } from './variables.js';

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'capture'; readonly index: number }
  /** Here the query of a rewritten URI begins. */
  | { readonly kind: 'args' };

/** A text with variables. */
export interface Script {
  readonly source: string;
  readonly parts: readonly Part[];
  /** Captures count. */
  readonly hasVariables: boolean;
  readonly hasQuestion: boolean;
}

/** What a script is read with. */
export interface ScriptPlace {
  readonly line: number;
  /** Names of the variables that the configuration sets. */
  readonly known: ReadonlySet<string>;
}

/** @throws {ConfigurationError} ERR_HARNESS_CONFIGURATION: an unknown variable. */
export function compileScript(source: string, place: ScriptPlace, splitsArgs = false): Script {
  const parts: Part[] = [];
  let isSplit = !splitsArgs;
  const pushText = (text: string): void => {
    const question = isSplit ? -1 : text.indexOf('?');
    if (question < 0) {
      if (text !== '') parts.push({ kind: 'text', text });
      return;
    }
    isSplit = true;
    parts.push({ kind: 'text', text: text.slice(0, question) }, { kind: 'args' });
    if (question + 1 < text.length) parts.push({ kind: 'text', text: text.slice(question + 1) });
  };
  let from = 0;
  for (let at = source.indexOf('$'); at >= 0; at = source.indexOf('$', from)) {
    pushText(source.slice(from, at));
    const [whole, digit, braced, bare] =
      /^\$(?:([1-9])|\{(\w+)\}|(\w+))/.exec(source.slice(at, at + 200)) ?? [];
    if (whole === undefined) return refuse(source.slice(at), place);
    if (digit !== undefined) parts.push({ kind: 'capture', index: Number(digit) });
    else {
      const name = (braced ?? bare ?? '').toLowerCase();
      if (!place.known.has(name) && !isVariable(name)) refuse(`$${name}`, place);
      parts.push({ kind: 'variable', name });
    }
    from = at + whole.length;
  }
  pushText(source.slice(from));
  const hasVariables = parts.some(({ kind }) => kind === 'variable' || kind === 'capture');
  return { source, parts, hasVariables, hasQuestion: source.includes('?') };
}

function refuse(what: string, { line }: ScriptPlace): never {
  const rule = 'a configuration of nginx must hold variables that the model knows';
  throw new ConfigurationError('ERR_HARNESS_CONFIGURATION', `${rule}, got ${show(what)} in line ${line}`);
}

/** How captures are written. */
export interface Quoting {
  /** As in a redirect, and in `set` before the first rewrite. */
  isQuoted: boolean;
  /** As behind the `?` of a rewritten URI. */
  isArgs: boolean;
}

/** What a script makes of a request. */
export function runScript(script: Script, request: RequestState, quoting?: Quoting): string {
  return runParts(script.parts, request, quoting ?? { isQuoted: false, isArgs: false }).join('');
}

/** What a script makes of a request, before and behind the mark of its query. */
export function runSplit(
  script: Script,
  request: RequestState,
  quoting: Quoting,
): readonly [uri: string, args: string | undefined] {
  const at = script.parts.findIndex(({ kind }) => kind === 'args');
  const uri = runParts(at < 0 ? script.parts : script.parts.slice(0, at), request, quoting).join('');
  if (at < 0) return [uri, undefined];
  quoting.isArgs = true;
  return [uri, runParts(script.parts.slice(at + 1), request, quoting).join('')];
}

function runParts(parts: readonly Part[], request: RequestState, quoting: Quoting): string[] {
  return parts.map((part) => {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'variable') return variableOf(part.name, request) ?? '';
    if (part.kind === 'args') return '';
    const capture = request.captures[part.index] ?? '';
    const isEscaped = (quoting.isQuoted || quoting.isArgs) && (request.isQuoted || request.hasPlus);
    return isEscaped ? escapeArgs(capture) : capture;
  });
}
