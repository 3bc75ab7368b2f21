/**
 * mod_setenv: header fields and variables that a configuration adds or replaces.
 *
 * Rules of this file: header fields of a request are set when its path is looked at, once; variables when they are asked for, which
 * AJP without TLS and HTTP never do.
 */

import type { Pairs } from '../../model.js';
import type { State } from './state.js';
import { pairsOf } from './values.js';

/** Changes the request's header fields, and keeps what is said of variables and answers. */
export function takeEnvironment(state: State): void {
  const { scope, transit, server } = state;
  if (state.environment !== undefined || !server.modules.includes('mod_setenv')) return;
  const pairs = (name: string): Pairs => {
    const setting = scope.get(`setenv.${name}`);
    return setting === undefined ? [] : pairsOf(setting);
  };
  const trimmed = (name: string): Pairs => pairs(name).map(([key, value]) => [key, value.trim()]);
  for (const [name, value] of trimmed('add-request-header')) {
    if (value !== '') transit.fields.append(name, value);
  }
  for (const [name, value] of trimmed('set-request-header')) transit.fields.set(name, value);
  state.environment = {
    variables: { added: pairs('add-environment'), replaced: pairs('set-environment') },
    answers: { added: trimmed('add-response-header'), replaced: trimmed('set-response-header') },
  };
}

/** Sets the variables. */
export function giveVariables({ environment, transit }: State): void {
  if (environment === undefined) return;
  for (const [name, value] of environment.variables.added) transit.environment.append(name, value);
  for (const [name, value] of environment.variables.replaced) transit.environment.set(name, value);
}
