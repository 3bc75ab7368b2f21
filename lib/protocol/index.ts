/**
 * The door `mountpoint/protocol`: re-exports only.
 */

export { createConnection } from './connection.js';
export type * from './events.js';
export type { Limits } from './limits.js';
