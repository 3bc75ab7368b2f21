/**
 * The interpreters of front servers' configurations, by server.
 */

import type { Interpreter } from '../model.js';
import { lighttpd } from './lighttpd/index.js';

export const interpreters: Readonly<Record<string, Interpreter>> = {
  lighttpd,
};
