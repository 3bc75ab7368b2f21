/**
 * The interpreters of front servers' configurations, by server.
 */

import type { Interpreter } from '../model.js';
import { apache } from './apache/index.js';
import { nginx } from './nginx/index.js';

export const interpreters: Readonly<Record<string, Interpreter>> = {
  apache,
  nginx,
};
