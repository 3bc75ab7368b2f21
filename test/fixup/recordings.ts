/** Recordings of front servers: what each sent, of which request, and what the truth was. */

import { readRows } from '../support/rows.js';

/** Script name and path info; values are one character a byte. */
export type Pair = readonly [scriptName: string, pathInfo: string];

/** One request that reached the application behind a front server. */
export interface Exchange {
  readonly id: string;
  /** The request target as the client sent it. */
  readonly target: string;
  /** Variables that differ from request to request, as pairs, in the order of the wire. */
  readonly environ: readonly (readonly [string, string])[];
  /** The target split segment by segment at the mount, decoded; `null` outside the mount. */
  readonly expected: Pair | null;
  /** The same after slashes are merged and dot segments removed, where different. */
  readonly expectedNormalised?: Pair | null;
  /** The front server destroyed what would tell. */
  readonly lossy?: true;
  /** Header fields that the client sent, of exchanges that are about them. */
  readonly headers?: readonly (readonly [string, string])[];
}

/** One configuration of a front server. */
export interface Recording {
  /** `<server>.<protocol>.<configuration>`. */
  readonly name: string;
  readonly version: string;
  readonly mount: string;
  readonly target: 'kept' | 'stripped' | 'rewritten elsewhere';
  /** Variables that are the same in all exchanges. */
  readonly common: Readonly<Record<string, string>>;
  readonly exchanges: readonly Exchange[];
}

export const recordings = readRows<Recording>('front-servers.jsonl');

/** All variables of an exchange; what came twice, twice. */
export function variablesOf(recording: Recording, exchange: Exchange): [string, string][] {
  return [
    ...Object.entries(recording.common),
    ...exchange.environ.map(([name, value]): [string, string] => [name, value]),
  ];
}

/** Whether the front server spoke HTTP or AJP: method and target are all the variables that there are. */
export function isHttp(recording: Recording, exchange: Exchange): boolean {
  return variablesOf(recording, exchange).every(
    ([name]) => name === 'REQUEST_METHOD' || name === 'REQUEST_URI',
  );
}

/** Decodes a raw or decoded path until nothing is left to decode: the form in which two are compared. */
export function decodeAll(path: string): string {
  const decoded = path.replace(/%[0-9a-f]{2}/gi, (escaped) =>
    String.fromCharCode(Number.parseInt(escaped.slice(1), 16)),
  );
  return decoded === path ? path : decodeAll(decoded);
}
