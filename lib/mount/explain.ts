/**
 * `explain()`: the steps of `resolve()` in words, for people.
 *
 * Rules of this file: it asks the same functions as `resolve()`, step by step, and decides nothing itself.
 */

import { RequestTargetError, show } from '../errors.js';
import { decodeText } from '../path/percent.js';
import { parseTarget } from '../path/target.js';
import { type Prepared, prepareTarget, settle, split, splitLiteral } from './semantics.js';
import { type MountMatch, type MountTable, matchOf } from './table.js';

/** What `MountTable.explain()` returns; `String(explanation)` is the text, a step a line. */
export interface Explanation<T> {
  readonly outcome: 'match' | 'no match' | 'refused';
  /** What happened, a sentence a step, in order. */
  readonly steps: readonly string[];
  readonly match: MountMatch<T> | undefined;
  readonly error: RequestTargetError | undefined;
  toString(): string;
}

export function explainTarget<T>(
  table: MountTable<T>,
  target: string,
  host: string | undefined,
): Explanation<T> {
  const steps: string[] = [];
  const conclude = (
    outcome: Explanation<T>['outcome'],
    match?: MountMatch<T>,
    error?: RequestTargetError,
  ) => ({
    outcome,
    steps,
    match,
    error,
    toString: () => steps.join('\n'),
  });
  try {
    const match = walk(table, target, host, steps);
    if (match === undefined) return conclude('no match');
    return conclude('match', match);
  } catch (error) {
    if (!(error instanceof RequestTargetError)) throw error;
    steps.push(`refused with ${error.status} ${error.code}: ${error.message}`);
    return conclude('refused', undefined, error);
  }
}

function walk<T>(
  table: MountTable<T>,
  target: string,
  host: string | undefined,
  steps: string[],
): MountMatch<T> | undefined {
  const { options } = table;
  const nonNormal = options.nonNormal ?? 'normalize';
  const prepared = prepareTarget(target, nonNormal, options);
  const parts = parseTarget(target);
  steps.push(`the path of ${show(target)} is ${show(parts.path)}, the query ${show(parts.query)}`);
  if (prepared === undefined) {
    steps.push("no match: that is no path, and nonNormal is not 'normalize'");
    return undefined;
  }
  describeForm(prepared, parts.path, steps);
  const trees = table.candidateTrees(prepared, host, target);
  if (table.hasHosts) {
    const asked =
      prepared.authority === ''
        ? `the host ${show(host ?? '')}`
        : `the target's host ${show(prepared.authority)}`;
    steps.push(
      `${asked} can reach the mounts of ${trees.map((tree) => tree.host || 'any host').join(', then ')}`,
    );
  }
  for (const { host: name, tree } of trees) {
    const found = split(tree, prepared, options);
    if (found === undefined) {
      steps.push(`no mount of ${name || 'any host'} takes this path${nearMiss(table, prepared)}`);
      continue;
    }
    const others = otherCandidates(table, prepared, host, target, found.entry.key);
    const match = matchOf(settle(found, prepared, target));
    steps.push(
      `${show(match.mountPoint)} takes it${others.length === 0 ? ': no other mount does' : `, before ${others.map(show).join(', ')}: ${reason(options.order)}`}`,
    );
    steps.push(`script name ${show(match.scriptName)} (raw ${show(match.rawScriptName)})`);
    steps.push(`path info ${show(match.pathInfo)} (raw ${show(match.rawPathInfo)})`);
    if (Object.keys(match.params).length > 0) steps.push(`parameters ${JSON.stringify(match.params)}`);
    return match;
  }
  steps.push('no match');
  return undefined;
}

function describeForm(prepared: Prepared, path: string, steps: string[]): void {
  const made = prepared.target.slice(0, prepared.pathEnd);
  if (prepared.isAsSent) steps.push("it is taken as it stands (nonNormal: 'keep')");
  else if (made === path) steps.push('it is in normal form');
  else steps.push(`in normal form it is ${show(made)}`);
  const text = decodeText(made);
  if (text !== made) steps.push(`decoded it is ${show(text)}`);
}

function reason(order: 'longest' | 'declared'): string {
  if (order === 'declared') return "by host, then by declaration (order: 'declared')";
  return 'by host, then by segments, then literal before parameter before wildcard, then by declaration';
}

/** The other mount points that would take the path if the winner were not there. */
function otherCandidates<T>(
  table: MountTable<T>,
  prepared: Prepared,
  host: string | undefined,
  target: string,
  winner: string,
): readonly string[] {
  const options = { ...table.options, order: 'longest' } as const;
  const others = new Set<string>();
  for (const { tree } of table.candidateTrees(prepared, host, target)) {
    // Each prefix of the path has its own best literal mount; together, and with the patterns, they are the candidates.
    for (
      let end = prepared.pathEnd;
      end >= 0;
      end = end === 0 ? -1 : prepared.target.lastIndexOf('/', end - 1)
    ) {
      const front = { ...prepared, target: prepared.target.slice(0, end), pathEnd: end };
      const found = splitLiteral(tree, front, options);
      if (found !== undefined) others.add(found.entry.key);
    }
    const path = prepared.target.slice(0, prepared.pathEnd);
    for (const entry of tree.patterns) if (entry.match(path) !== undefined) others.add(entry.key);
  }
  others.delete(winner);
  return [...others];
}

/** What a person may have meant: the mount that differs in case only, or is a prefix without a boundary. */
function nearMiss<T>(table: MountTable<T>, prepared: Prepared): string {
  const path = decodeText(prepared.target.slice(0, prepared.pathEnd));
  for (const [key] of table.entries()) {
    if (key === '' || key.startsWith('//')) continue;
    const mount = key.replace(/\/+$/, '');
    if (mount === '') continue;
    const isBoundary = path.length === mount.length || path[mount.length] === '/';
    if (path.startsWith(mount) && !isBoundary) return ` (${show(key)} takes whole segments only)`;
    if (path.toLowerCase().startsWith(mount.toLowerCase()) && isBoundary)
      return ` (${show(key)} differs in case)`;
  }
  return '';
}
