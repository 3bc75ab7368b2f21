/**
 * `recorded()`: one request as a real front server sent it, to be injected.
 *
 * Rules of this file: nothing is made up: the variables, their order and their bytes are those that were recorded.
 */

import { ArgumentError, show } from '../errors.js';
import { ajpTarget } from './messages.js';
import type { Pairs } from './model.js';
import { recordings } from './recordings.js';

/** A recorded request, for `inject()`. */
export interface RecordedRequest {
  /** `<server>.<protocol>.<configuration>` and the name of the exchange. */
  readonly recorded: string;
  /** The target that the client sent. */
  readonly url: string;
  /** What the front server sent: meta-variables, one character a byte. */
  readonly environ: Pairs;
  /** Header fields, where the protocol keeps them apart from the variables: HTTP and AJP. */
  readonly headers?: Pairs;
  readonly body: Uint8Array | undefined;
  /** Where the application was meant to be, and what the front server does with the path. */
  readonly mount: string;
  readonly target: 'kept' | 'stripped' | 'rewritten';
}

/**
 * A request as a front server sent it.
 *
 * @example
 * ```ts
 * import type { Application } from 'mountpoint';
 * import { inject, recorded } from 'mountpoint/harness';
 *
 * const app: Application = (req, res) => res.end(`${req.baseUrl} + ${req.url}`);
 * const { text } = await inject(app, recorded('apache.fcgid.foo', 'bar'));
 * text; // → '/foo + /bar'
 * ```
 * @throws {ArgumentError} ERR_ARGUMENT_RECORDING: there is no such recording, or it did not reach the application.
 */
export function recorded(name: string, id: string): RecordedRequest {
  const recording = recordings().find((each) => each.name === name);
  if (recording === undefined) {
    const names = recordings().map((each) => each.name);
    throw mistake(`the name of a recording must be one of ${names.join(', ')}`, name);
  }
  const exchange = recording.exchanges.find((each) => each.id === id);
  if (exchange === undefined) {
    const ids = recording.exchanges.map((each) => each.id);
    throw mistake(`an exchange of ${name} must be one of ${ids.join(', ')}`, id);
  }
  const { request, environ, http, ajp } = exchange;
  const { mount, target } = recording;
  const common = {
    ...{ recorded: `${name} ${id}`, url: request.target, body: request.body, mount },
    target: target === 'rewritten elsewhere' ? 'rewritten' : target,
  } as const;
  if (environ !== undefined) return { ...common, environ };
  if (http !== undefined) {
    const variables: Pairs = [
      ['REQUEST_METHOD', http.method],
      ['REQUEST_URI', http.target],
      ['SERVER_PROTOCOL', http.version],
      ...http.headers
        .filter(([field]) => field.toLowerCase() === 'host')
        .map(([, host]): [string, string] => ['HTTP_HOST', host]),
    ];
    return { ...common, environ: variables, headers: http.headers };
  }
  if (ajp !== undefined) {
    const variables: Pairs = [
      ['REQUEST_METHOD', ajp.method],
      ['REQUEST_URI', ajpTarget(ajp)],
      ['SERVER_PROTOCOL', ajp.protocol],
      ['REMOTE_ADDR', ajp.remoteAddr],
    ];
    return { ...common, environ: variables, headers: ajp.headers };
  }
  throw mistake(
    `an exchange must have reached the application, not been answered with ${exchange.status}`,
    `${name} ${id}`,
  );
}

function mistake(rule: string, given: string): ArgumentError {
  return new ArgumentError('ERR_ARGUMENT_RECORDING', `${rule}, got ${show(given)}`);
}
