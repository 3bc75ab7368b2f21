/**
 * mod_rewrite: `url.rewrite-once`, `url.rewrite-repeat` and their like.
 *
 * Rules of this file: of what a directive `once` rewrote nothing is rewritten again; of all rules together those come first.
 */

import type { State } from './state.js';
import { applyRules, type Parts, type Rule, readRules } from './substitution.js';

/** The directives that are looked at for each path, and those for paths that are no file's. */
const directives = {
  path: [['url.rewrite-once', 'url.rewrite-final', 'url.rewrite'], ['url.rewrite-repeat']],
  file: [['url.rewrite-if-not-file'], ['url.rewrite-repeat-if-not-file']],
} as const;

const mostRewritings = 100;

/** What the target is rewritten to; `error` where it is to nothing that can be asked for, or without end. */
export function rewriteOf(state: State, when: keyof typeof directives): string | 'error' | undefined {
  const { scope, server, rewriting, transit } = state;
  if (!server.modules.includes('mod_rewrite') || rewriting.isFinished) return undefined;
  const rules: Rule[] = [];
  let captures: readonly string[] = [];
  let once = 0;
  for (const names of directives[when]) {
    for (const name of names) {
      const found = scope.find(name);
      if (found === undefined) continue;
      rules.push(...readRules(found.setting, server.parseOptions.has('url-normalize')));
      captures = found.captures;
    }
    once ||= rules.length;
  }
  if (rules.length === 0) return undefined;
  if (rewriting.count > 0 && ++rewriting.count > mostRewritings) return 'error';
  const replaced = applyRules(rules, captures, partsOf(state));
  if (replaced === undefined) return undefined;
  if (replaced === 'error' || !replaced.text.startsWith('/')) return 'error';
  rewriting.count ||= 1;
  rewriting.isFinished = replaced.index < once && hasOnce(state, when);
  transit.target = replaced.text;
  return replaced.text;
}

function hasOnce({ scope }: State, when: keyof typeof directives): boolean {
  return directives[when][0].some((name) => scope.get(name) !== undefined);
}

/** What patterns may ask for. */
export function partsOf({ transit, socket }: State): Parts {
  const { connection, target, query, host } = transit;
  return {
    ...{ target, query, scheme: connection.isEncrypted ? 'https' : 'http', authority: host ?? '' },
    port: Number(socket.slice(socket.lastIndexOf(':') + 1)),
  };
}
