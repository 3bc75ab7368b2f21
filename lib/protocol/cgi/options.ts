/** The option of CGI that both sides have. */

import { ConfigurationError, show } from '../../errors.js';

/** @throws {ConfigurationError} ERR_PROTOCOL_OPTION */
export function checkIsNonParsed(value: unknown = false): boolean {
  if (typeof value === 'boolean') return value;
  const message = `the option isNonParsed of CGI must be true or false, got ${show(value)}`;
  throw new ConfigurationError('ERR_PROTOCOL_OPTION', message);
}
