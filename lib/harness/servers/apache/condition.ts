/**
 * Conditions of sections and directives, in the language of Apache's expressions.
 *
 * Source: "Expressions in Apache HTTP Server" of the manual of Apache 2.4.
 *
 * Rules of this file: what cannot be read is refused, with the line.
 */

import { type Condition, readCondition } from './conditions.js';
import type { Configuration } from './configuration.js';
import { evaluate } from './evaluate.js';
import { type ApacheRequest, once } from './module.js';
import { type Directive, misconfigured } from './read.js';

/** The condition that an If section is of. */
export const conditionOf = once(
  (section: Directive): Condition => parseCondition(section.args.join(' '), section),
);

/** Whether the condition of an If section holds for a request. */
export function holds(
  section: Directive,
  request: ApacheRequest,
  exists: Configuration['exists'] | undefined,
): boolean {
  return evaluate(conditionOf(section), request, { groups: [], exists });
}

/** Reads a condition that stands in a directive. */
export function parseCondition(text: string, directive: Directive): Condition {
  const condition = readCondition(text, directive);
  if (condition === undefined) throw misconfigured('hold conditions that the model knows', directive);
  return condition;
}
