/**
 * mod_cgi and mod_cgid: what a program gets that is run for a request.
 *
 * Source: `modules/generators/mod_cgi.c`, `mod_cgid.c`, `ap_create_environment()` of Apache 2.4.
 */

import type { Pairs, Passed } from '../../model.js';
import type { Configuration } from './configuration.js';
import { type ApacheModule, type ApacheRequest, everyOf } from './module.js';
import { programRelay } from './script.js';
import { addCgiVariables, addCommonVariables } from './variables.js';

export const cgi: ApacheModule = {
  name: 'cgid_module',
  directives: [],
  ignored: [
    'ScriptSock',
    'ScriptLog',
    'ScriptLogBuffer',
    'ScriptLogLength',
    'CGIDScriptTimeout',
    'CGIScriptTimeout',
  ],
  hooks: (configuration) => ({
    handler: (request) => {
      const isThere = configuration.hasModule('cgi_module') || configuration.hasModule('cgid_module');
      return isThere && request.handler === 'cgi-script' ? run(request, configuration) : undefined;
    },
  }),
};

function run(request: ApacheRequest, configuration: Configuration): number | Passed {
  const refused = refusedScript(request, request.forcedHandler === 'cgi-script');
  if (refused !== undefined) return refused;
  addCommonVariables(request, configuration);
  addCgiVariables(request);
  const environ = createEnvironment(request.env);
  return { kind: 'environ', protocol: 'cgi', environ, relay: programRelay(request) };
}

/** Why a script is not run: it is not there, or the folder's options do not let it. */
export function refusedScript(request: ApacheRequest, isAliased: boolean): number | undefined {
  if (!isAliased && !canRun(request)) return 403;
  if (request.kind === undefined) return 404;
  if (request.kind === 'folder') return 403;
  return request.usedPathInfo === 'reject' && request.pathInfo !== '' ? 404 : undefined;
}

/** Options, as they are merged: words with a sign change what is, words without replace it. */
export function optionsOf(request: ApacheRequest): ReadonlySet<string> {
  let options = new Set(['followsymlinks']);
  for (const { args } of everyOf(request, 'Options')) {
    if (!args.some((word) => /^[+-]/.test(word))) options = new Set();
    for (const word of args) {
      const name = word.replace(/^[+-]/, '').toLowerCase();
      if (name === 'none') options.clear();
      else if (name === 'all')
        for (const each of ['indexes', 'includes', 'execcgi', 'followsymlinks']) options.add(each);
      else if (word.startsWith('-')) options.delete(name);
      else options.add(name);
    }
  }
  return options;
}

function canRun(request: ApacheRequest): boolean {
  return optionsOf(request).has('execcgi');
}

/** `ap_create_environment()`: names hold letters, digits and underscores. */
export function createEnvironment(env: ReadonlyMap<string, string>): Pairs {
  return [...env].map(
    ([name, value]) => [name.replace(/^\d/, '_').replace(/[^A-Za-z0-9_]/g, '_'), value] as const,
  );
}
