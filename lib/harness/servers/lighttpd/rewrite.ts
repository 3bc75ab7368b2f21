/**
 * mod_rewrite: `url.rewrite-once`, `url.rewrite-repeat` and their like.
 *
 * Rules of this file: all rules of one context stand together, for all that others say, those that rewrite once first. What one of
 * them rewrote is not rewritten again.
 */

import type { State } from './state.js';
import { applyRules, type Parts, readRules } from './substitution.js';

/** The directives that are looked at for each path, and those for paths that are no file's; the last repeats. */
const directives = {
  path: ['url.rewrite-once', 'url.rewrite-final', 'url.rewrite', 'url.rewrite-repeat'],
  file: ['url.rewrite-if-not-file', 'url.rewrite-repeat-if-not-file'],
} as const;

const mostRewritings = 100;

/** What the target is rewritten to; `error` where it is to nothing that can be asked for, or without end. */
export function rewriteOf(state: State, when: keyof typeof directives): string | 'error' | undefined {
  const { scope, server, rewriting } = state;
  if (!server.modules.includes('mod_rewrite')) return undefined;
  const names: readonly string[] = directives[when];
  const found = scope.find(names);
  if (found === undefined) return undefined;
  if (rewriting.count > 0 && ++rewriting.count > mostRewritings) return 'error';
  if (rewriting.isFinished) return undefined;
  const rules = names.map((name) => {
    const setting = found.settings.get(name);
    return setting === undefined ? [] : readRules(setting, server.parseOptions.has('url-normalize'));
  });
  const replaced = applyRules(rules.flat(), found.captures, partsOf(state));
  if (replaced === undefined) return undefined;
  if (replaced === 'error' || !replaced.text.startsWith('/')) return 'error';
  rewriting.count ||= 1;
  rewriting.isFinished = replaced.index < rules.slice(0, -1).flat().length;
  return replaced.text;
}

/** What patterns may ask for. */
export function partsOf({ transit, socket }: State): Parts {
  const { connection, target, query, host } = transit;
  return {
    ...{ target, query, scheme: connection.isEncrypted ? 'https' : 'http', authority: host ?? '' },
    port: Number(socket.slice(socket.lastIndexOf(':') + 1)),
  };
}
