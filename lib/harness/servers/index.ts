/**
 * The interpreters of front servers' configurations, by server.
 */

import type { Interpreter } from '../model.js';
import { caddy } from './caddy/index.js';
import { h2o } from './h2o/index.js';
import { haproxy } from './haproxy/index.js';

export const interpreters: Readonly<Record<string, Interpreter>> = {
  caddy,
  h2o,
  haproxy,
};
