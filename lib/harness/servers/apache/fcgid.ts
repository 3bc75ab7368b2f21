/**
 * mod_fcgid: what a FastCGI program gets that Apache has started.
 *
 * Source: `modules/fcgid/` of mod_fcgid 2.3.9.
 *
 * Rules of this file: a body is buffered before it is sent, so that its length is always said; a connection is never kept.
 */

import type { Passed } from '../../model.js';
import { createEnvironment, optionsOf, refusedScript } from './cgi.js';
import type { Configuration } from './configuration.js';
import { fieldOf } from './fields.js';
import { type ApacheModule, type ApacheRequest, everyOf, lastOf } from './module.js';
import { misconfigured } from './read.js';
import { programRelay } from './script.js';
import { addCgiVariables, addCommonVariables, variableOf } from './variables.js';

/** Of processes, and of how they are spoken with. */
const ignored =
  `FcgidBusyScanInterval FcgidBusyTimeout FcgidCmdOptions FcgidConnectTimeout FcgidErrorScanInterval
  FcgidFixPathinfo FcgidIdleScanInterval FcgidIdleTimeout FcgidInitialEnv FcgidIOTimeout FcgidIPCDir FcgidMaxProcesses
  FcgidMaxProcessesPerClass FcgidMaxRequestInMem FcgidMaxRequestLen FcgidMaxRequestsPerProcess FcgidMinProcessesPerClass
  FcgidOutputBufferSize FcgidProcessLifeTime FcgidProcessTableFile FcgidSpawnScore FcgidSpawnScoreUpLimit
  FcgidTerminationScore FcgidTimeScore FcgidWin32PreventOrphans FcgidZombieScanInterval`.split(/\s+/);

export const fcgid: ApacheModule = {
  name: 'fcgid_module',
  directives: ['FcgidPassHeader', 'FcgidWrapper'],
  ignored,
  hooks: (configuration) => {
    for (const directive of configuration.every('FcgidPassHeader')) {
      if (directive.args.length !== 1) throw misconfigured('give FcgidPassHeader one field', directive);
    }
    return {
      handler: (request) => (request.handler === 'fcgid-script' ? run(request, configuration) : undefined),
    };
  },
};

function run(request: ApacheRequest, configuration: Configuration): number | Passed {
  const { env, client } = request;
  if (!optionsOf(request).has('execcgi')) return 403;
  const refused = isVirtual(request) ? rejectedPathInfo(request) : refusedScript(request, true);
  if (refused !== undefined) return refused;
  addCommonVariables(request, configuration);
  addCgiVariables(request);
  for (const { args } of everyOf(request, 'FcgidPassHeader')) {
    for (const field of args) {
      const value = fieldOf(request.headersIn, field);
      const variable = variableOf(field);
      if (value === undefined) continue;
      // Under its own name too.
      env.set(field, value);
      if (variable !== undefined) env.set(variable, value);
    }
  }
  env.set('CONTENT_LENGTH', String(client.body?.length ?? 0));
  // Fields of one connection are not for the program, and that it is to be closed is always said.
  for (const name of ['KEEP_ALIVE', 'TE', 'TRAILER', 'TRANSFER_ENCODING', 'UPGRADE'])
    env.delete(`HTTP_${name}`);
  env.set('HTTP_CONNECTION', 'close');
  const environ = createEnvironment(env);
  return {
    kind: 'environ',
    protocol: 'fastcgi',
    environ,
    keepConnection: false,
    relay: programRelay(request),
  };
}

function rejectedPathInfo({ usedPathInfo, pathInfo }: ApacheRequest): number | undefined {
  return usedPathInfo === 'reject' && pathInfo !== '' ? 404 : undefined;
}

/** Whether the program that is run is a wrapper, for files that need not be there. */
function isVirtual(request: ApacheRequest): boolean {
  return lastOf(request, 'FcgidWrapper')?.args.some((word) => word.toLowerCase() === 'virtual') ?? false;
}
