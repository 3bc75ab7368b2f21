/**
 * Conditions in the language of Apache's expressions.
 *
 * Source: "Expressions in Apache HTTP Server" of the manual of Apache 2.4.
 *
 * Rules of this file: what it does not know of the language it refuses.
 */

import type { ApacheRequest } from './module.js';
import { type Directive, misconfigured } from './read.js';

/** Whether the condition of an If section holds for a request. */
export function holds(section: Directive, _request: ApacheRequest): boolean {
  throw misconfigured('hold conditions that the model knows', section);
}
