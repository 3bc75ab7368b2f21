/**
 * The door `mountpoint/environ`: re-exports only.
 */

export {
  type CollisionPolicy,
  type HeaderOptions,
  type HeaderQuirk,
  headerQuirks,
  type RequestHeaders,
  requestHeaders,
} from '../environ/headers.js';
export type { EnvironInput } from '../environ/pairs.js';
export { EnvironError } from '../errors.js';
export {
  type EnvironOptions,
  type ResolvedEnviron,
  resolveEnviron,
} from './environ.js';
export { type Quirk, quirks } from './quirks.js';
