/**
 * The door `mountpoint/protocol`: re-exports only.
 */

export { createConnection, type Protocol } from './connection.js';
export type * from './events.js';
export type { Limits, ProtocolOptions } from './limits.js';
