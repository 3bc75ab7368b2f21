/**
 * The directives of nginx's rewrite module, read.
 *
 * Rules of this file: what nginx would not start with is refused.
 */

import { ConfigurationError, show } from '../../../errors.js';
import { compileExpression } from '../expression.js';
import type { Location } from './configuration.js';
import type { Directive } from './read.js';
import type { Code, Condition } from './rewrite.js';
import { compileScript, type ScriptPlace } from './script.js';
import { isChangeable } from './variables.js';

/** A rule; `undefined` where the directive is none. `inside` makes a location of the block of an `if`. */
export function codeOf(
  directive: Directive,
  known: ReadonlySet<string>,
  inside: (() => Location) | undefined,
): Code | undefined {
  const { name, parameters, line, block = [] } = directive;
  const place = { line, known };
  switch (name) {
    case 'break':
      return { kind: 'break' };
    case 'set':
      return setOf(parameters, place);
    case 'return':
      return returnOf(parameters, place);
    case 'rewrite':
      return rewriteOf(parameters, place);
    case 'if': {
      const condition = conditionOf(parameters, place);
      const location = inside?.();
      if (location !== undefined) return { kind: 'if', condition, codes: location.codes, location };
      const codes = block.map((each) => {
        const code = codeOf(each, known, undefined);
        return code ?? refuse('rewrite rules in an if of a server', each.name, each.line);
      });
      return { kind: 'if', condition, codes, location };
    }
    default:
      return undefined;
  }
}

function setOf([variable = '', value = '']: readonly string[], place: ScriptPlace): Code {
  const name = variable.slice(1).toLowerCase();
  if (!variable.startsWith('$') || !isChangeable(name)) refuse('variables behind set', variable, place.line);
  return { kind: 'set', name, script: compileScript(value, place) };
}

function returnOf(parameters: readonly string[], place: ScriptPlace): Code {
  const [first = '', text] = parameters;
  if (/^\d{1,3}$/.test(first)) {
    const script = text === undefined ? undefined : compileScript(text, place);
    return { kind: 'return', status: Number(first), script };
  }
  if (text !== undefined || !/^(?:https?:\/\/|\$scheme)/.test(first)) {
    refuse('a status behind return', first, place.line);
  }
  return { kind: 'return', status: 302, script: compileScript(first, place) };
}

function rewriteOf([expression = '', given = '', flag]: readonly string[], place: ScriptPlace): Code {
  if (given === '') refuse('a replacement in each rewrite', given, place.line);
  if (flag !== undefined && !['last', 'break', 'redirect', 'permanent'].includes(flag)) {
    refuse('last, break, redirect or permanent at the end of rewrite', flag, place.line);
  }
  const keepsArgs = !given.endsWith('?');
  const replacement = keepsArgs ? given : given.slice(0, -1);
  const isUrl = /^(?:https?:\/\/|\$scheme)/.test(replacement);
  const status = flag === 'permanent' ? 301 : flag === 'redirect' || isUrl ? 302 : undefined;
  return {
    kind: 'rewrite',
    pattern: compileExpression(expression),
    script: compileScript(replacement, place, status === undefined),
    status,
    keepsArgs,
    flag: flag === 'last' || flag === 'break' ? flag : undefined,
  };
}

function conditionOf(parameters: readonly string[], place: ScriptPlace): Condition {
  const words = [...parameters];
  const refuseIt = (): never =>
    refuse('conditions in parentheses behind if', parameters.join(' '), place.line);
  if (!words[0]?.startsWith('(') || !words.at(-1)?.endsWith(')')) return refuseIt();
  if (words[0] === '(') words.shift();
  else words[0] = words[0].slice(1);
  const last = words.pop() ?? '';
  if (last !== ')') words.push(last.slice(0, -1));
  const [first = '', sign = '', ...rest] = words;
  const fileTest = /^(!?)-([fdex])$/.exec(first);
  if (fileTest !== null) {
    const test = fileTest[2] as 'f' | 'd' | 'e' | 'x';
    return { kind: 'file', script: compileScript(sign, place), test, isNegated: fileTest[1] === '!' };
  }
  if (!/^\$./.test(first)) return refuseIt();
  const script = compileScript(first, place);
  if (sign === '' && rest.length === 0) return { kind: 'value', script };
  const [wanted] = rest;
  if (wanted === undefined || rest.length > 1) return refuseIt();
  const isNegated = sign.startsWith('!');
  switch (sign) {
    case '=':
    case '!=':
      return { kind: 'equal', script, wanted: compileScript(wanted, place), isNegated };
    case '~':
    case '~*':
    case '!~':
    case '!~*': {
      const pattern = compileExpression(wanted, { ignoreCase: sign.endsWith('*') });
      return { kind: 'match', script, pattern, isNegated };
    }
    default:
      return refuseIt();
  }
}

function refuse(rule: string, got: string, line: number): never {
  throw new ConfigurationError(
    'ERR_HARNESS_CONFIGURATION',
    `a configuration of nginx must hold ${rule}, got ${show(got)} in line ${line}`,
  );
}
