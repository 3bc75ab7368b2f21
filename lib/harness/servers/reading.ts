/**
 * What readers of configurations say of what they do not know.
 *
 * Rules of this file: each message has the word and its line.
 */

import { ConfigurationError, show } from '../../errors.js';

/** Where something stands in a configuration. */
export interface Place {
  /** The server's name, as it writes it itself. */
  readonly server: string;
  readonly line: number;
}

/** Refuses a directive, or a part of one, that a model does not know. */
export function unknownDirective({ server, line }: Place, what: string): never {
  throw new ConfigurationError(
    'ERR_HARNESS_CONFIGURATION',
    `a configuration of ${server} must hold directives that the model knows, got ${show(what)} in line ${line}`,
  );
}
