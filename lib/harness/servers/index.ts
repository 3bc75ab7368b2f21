/**
 * The interpreters of front servers' configurations, by server.
 */

import type { Interpreter } from '../model.js';

export const interpreters: Readonly<Record<string, Interpreter>> = {};
