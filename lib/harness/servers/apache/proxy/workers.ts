/**
 * Workers: which configured URL a request's URL belongs to. What belongs to none is sent by a worker that keeps no connection.
 *
 * Source: `ap_proxy_get_worker_ex()`, `ap_proxy_define_worker_ex()` and `ap_proxy_strcmp_ematch()` of Apache 2.4.
 *
 * Rules of this file: pure; the longest name wins, of equal ones the first.
 */

import { type Directive, misconfigured } from '../read.js';
import { originOf, parseBackend, withoutSocket } from './backend.js';

export interface Worker {
  readonly name: string;
  /** Of ProxyPassMatch: `$1` stands for anything. */
  readonly isMatch: boolean;
  /** `secret=…`, `upgrade=…` and others, as they are written. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What parameters say of keeping connections; `undefined` where they say nothing. */
  readonly reuses: boolean | undefined;
}

/** Makes a worker; `undefined` where its URL is none. */
export function workerOf(
  url: string,
  isMatch: boolean,
  parameters: ReadonlyMap<string, string>,
): Worker | undefined {
  const plain = withoutSocket(url);
  // In a port a `$1` is no digit; it is put back behind.
  const [whole, before = '', references = ''] =
    (isMatch ? /^([^:]*:\/\/[^/:]*:\d*)((?:[$]\d)[^/]*)/.exec(plain) : null) ?? [];
  const backend = parseBackend(whole === undefined ? plain : before + plain.slice(whole.length));
  if (backend === undefined) return undefined;
  const rest = plain.indexOf('/', plain.indexOf('://') + 3) === -1 ? '' : `/${backend.path}`;
  return { name: originOf(backend) + references + rest, isMatch, parameters, reuses: reusesOf(parameters) };
}

function reusesOf(parameters: ReadonlyMap<string, string>): boolean | undefined {
  const [enabled, disabled] = ['enablereuse', 'disablereuse'].map((name) =>
    parameters.get(name)?.toLowerCase(),
  );
  if (enabled !== undefined) return enabled === 'on';
  return disabled === undefined ? undefined : disabled !== 'on';
}

/** Whether a connection with a worker is kept: of ProxyPassMatch with references only where that is asked for. */
export function keepsConnection({ name, isMatch, reuses }: Worker): boolean {
  const hasReferences = isMatch && name.includes('$');
  return reuses ?? !hasReferences;
}

/** Words in the form `key=value`. */
export function parametersOf(words: readonly string[], directive: Directive): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals === -1) throw misconfigured('hold parameters in the form "key=value"', directive);
    parameters.set(word.slice(0, equals).toLowerCase(), word.slice(equals + 1));
  }
  return parameters;
}

/** The worker of a URL in its canonical form. */
export function workerFor(workers: readonly Worker[], url: string): Worker | undefined {
  const slash = url.indexOf('/', url.indexOf('://') + 3);
  const least = slash === -1 ? url.length : slash;
  const lowered = url.slice(0, least).toLowerCase() + url.slice(least);
  let found: Worker | undefined;
  for (const worker of workers) {
    const { length } = worker.name;
    if (length > url.length || length < least || length <= (found?.name.length ?? 0)) continue;
    if (worker.isMatch ? matches(lowered, worker.name) : lowered.startsWith(worker.name)) found = worker;
  }
  return found;
}

/** Each piece between references has to come, in order; a reference stands for any text, and for one at least. */
function matches(url: string, pattern: string): boolean {
  const [first = '', ...pieces] = pattern.replace(/\\(.)/gs, '$1').split(/(?:[$]\d)+/);
  if (!url.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces) {
    const found = piece === '' ? at : url.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return true;
}
