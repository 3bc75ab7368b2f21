/**
 * ProxyFCGISetEnvIf: variables that an administrator puts right, last of all.
 *
 * Source: `cmd_setenv()` and `fix_cgivars()` of mod_proxy_fcgi, Apache 2.4.
 */

import { parseCondition } from '../condition.js';
import { type Condition, type Piece, readText } from '../conditions.js';
import { evaluate, type Found, textOf } from '../evaluate.js';
import { type ApacheRequest, everyOf, once } from '../module.js';
import { type Directive, misconfigured } from '../read.js';

interface FixedVariable {
  readonly condition: Condition;
  readonly name: string;
  /** `undefined`: the variable is taken out. */
  readonly value: readonly Piece[] | undefined;
}

export const fixedVariablesOf = once((directive: Directive): FixedVariable => {
  const [text = '', written = '', value] = directive.args;
  const condition = parseCondition(text, directive);
  const isUnset = written.startsWith('!');
  const name = isUnset ? written.slice(1) : written;
  if (name === '' || (isUnset && value !== undefined)) throw misconfigured('name a variable', directive);
  return { condition, name, value: isUnset ? undefined : readText(value ?? '') };
});

export function fixVariables(request: ApacheRequest): void {
  for (const directive of everyOf(request, 'ProxyFCGISetEnvIf')) {
    const { condition, name, value } = fixedVariablesOf(directive);
    const found: Found = { groups: [] };
    if (!evaluate(condition, request, found)) continue;
    if (value === undefined) request.env.delete(name);
    else request.env.set(name, textOf(value, request, found));
  }
}
