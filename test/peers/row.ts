/**
 * Rows of what other systems answer: cases/peers.jsonl, the kinds `dispatch` (which mount), `shift` (one segment), `fixup`
 * (what a prefix or a repair makes of a path or an environ), `url` (what is made of them), `baseurl` (what PHP's
 * frameworks find) and `proxyfix` (what forwarded headers are believed to say). With them two lists by id: where we answer
 * otherwise (peers.differences.jsonl: what, and a reason), and what has no counterpart here (peers.not-applicable.jsonl: a
 * reason). docs/differences.md says the reasons to people.
 */

import { readRows } from '../support/rows.js';
import type { Answer } from './ask.js';

export type Kind = 'dispatch' | 'shift' | 'fixup' | 'url' | 'baseurl' | 'proxyfix';

export interface Row<I = Input> {
  readonly id: string;
  readonly system: string;
  readonly kind: Kind;
  readonly input: I;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly note: string;
}

/** A WSGI, Rack or PSGI environ; strings are one character a byte. */
interface TheirEnviron {
  readonly SCRIPT_NAME?: string;
  readonly PATH_INFO?: string;
  readonly HTTP_HOST?: string;
}

/** Each system has its own words; a row has those of its system. */
export interface Input extends TheirEnviron {
  readonly environ?: TheirEnviron;
  readonly fn?: 'pop_path_info' | 'peek_path_info' | 'shift_path_info';
  readonly mount?: string;
  /** A pair is a host and a path. */
  readonly mounts?: readonly (string | readonly [string, string])[];
  /** Rack: each inside the one before. ASP.NET: side by side, each `outer > inner`. */
  readonly nested_mounts?: readonly string[];
  readonly builder_map?: readonly string[];
  readonly run_default?: boolean;
  readonly app_raises?: boolean;
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly host?: string;
  readonly root_path?: string;
  readonly path?: string;
  readonly PathBase?: string;
  readonly Path?: string;
  readonly registered_path_base?: string;
  readonly route?: string;
  readonly request_target?: string;
  readonly prefix?: string;
  readonly comparison?: 'Ordinal' | 'OrdinalIgnoreCase';
  readonly request_uri?: string;
  readonly patterns?: readonly string[];
  readonly url?: string;
}

/** An answer in the words of the system, where a row is about more than a place. */
export interface Told {
  readonly told: Readonly<Record<string, unknown>>;
}

export interface Difference {
  readonly id: string;
  readonly reason: string;
  readonly ours: Answer | Told;
  /** Inside a host, by the defaults, where that is another answer (rule 11 of semantics.ts). */
  readonly hosted?: Answer;
}

interface NotApplicable {
  readonly id: string;
  readonly reason: string;
}

/** A virtual host of TestMapper.java's setUp(): contexts by path, with their servlets by URL pattern. */
export interface TomcatHost {
  readonly host: string;
  readonly aliases: readonly string[];
  readonly contexts: Readonly<
    Record<string, { readonly name: string; readonly servlets: Readonly<Record<string, string>> }>
  >;
}

export const rows = readRows<Row>('peers.jsonl');
export const differences = readRows<Difference>('peers.differences.jsonl');
export const notApplicable = readRows<NotApplicable>('peers.not-applicable.jsonl');
export const tomcatHosts = readRows<TomcatHost>('peers.tomcat.jsonl');

const isNotApplicable = new Set(notApplicable.map(({ id }) => id));

/** The rows of some kinds that are about something we have. */
export function applicableRows<I = Input>(...kinds: readonly Kind[]): readonly Row<I>[] {
  const those = rows.filter(({ id, kind }) => kinds.includes(kind) && !isNotApplicable.has(id));
  return those as readonly Row<unknown>[] as readonly Row<I>[];
}
