/**
 * An event that a codec was given and cannot send: the caller's mistake.
 */

import { ArgumentError, show } from '../errors.js';
import type { ProtocolEvent } from './events.js';

/** `rule`: what an event must do. */
export function notSendable(event: ProtocolEvent, rule: string): ArgumentError {
  return new ArgumentError('ERR_ARGUMENT_EVENT', `an event must ${rule}, got ${show(event.type)}`);
}
