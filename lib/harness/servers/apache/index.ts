/**
 * A model of Apache 2.4: an interpreter of its configuration.
 *
 * How a module plugs in: a file with one `ApacheModule` (module.ts), and its place in the list below. It names its directives, so
 * that they are known; `hooks(configuration)` is called once, reads them (`configuration.every('ProxyPass')`, `server.directives`,
 * sections with their `children`), throws what is wrong (`misconfigured()`), and gives functions for the steps of a request:
 * - `translateName` looks at `request.uri` (decoded, normalised) and sets `request.filename` (`proxy:http://…`), `request.isProxy`,
 *   `request.handler` (`proxy-server`), and answers `'done'`; `preTranslateName` is the same for the raw path (`mapping=encoded`);
 * - `mapToStorage` answers `'done'` where there is no file to be looked for (a proxy's);
 * - `fixups` sees `request.directives`: all that hold by now, of Directory, Files and Location; `lastOf(request, 'SetHandler')`.
 *   SetHandler has been put into `request.handler` by then, `proxy:fcgi://…` too, with `filename` and `pathInfo` as found;
 * - `handler` takes what is its own and gives a `Passed`; `addCommonVariables()` and `addCgiVariables()` (variables.ts) fill
 *   `request.env`, `request.headersIn` are the fields as RequestHeader left them.
 *
 * Rules of this file: the list is in the order in which Apache calls the modules, for each step that two of them share.
 */

import type { Interpreter } from '../../model.js';
import { alias } from './alias.js';
import { cgi } from './cgi.js';
import { configure } from './configuration.js';
import { coreFirst, coreLast } from './core.js';
import { autoindex, dir } from './dir.js';
import { environment, setEnvIf } from './environment.js';
import { fcgid } from './fcgid.js';
import { earlyHeaders, headers } from './headers.js';
import { actions, mime } from './mime.js';
import type { ApacheModule } from './module.js';
import { jk } from './proxy/jk.js';
import { proxy } from './proxy/module.js';
import { python } from './python.js';
import { processorOf } from './request.js';
import { rewrite } from './rewrite.js';
import { wsgi } from './wsgi.js';

const modules: readonly ApacheModule[] = [
  coreFirst,
  earlyHeaders,
  setEnvIf,
  rewrite,
  proxy,
  jk,
  alias,
  wsgi,
  mime,
  environment,
  headers,
  dir,
  autoindex,
  cgi,
  fcgid,
  python,
  actions,
  coreLast,
];

export const apache: Interpreter = (files, surroundings) => {
  const configuration = configure(files, surroundings, modules);
  const hooks = modules.map((module) => module.hooks(configuration));
  const pass = processorOf(configuration, hooks);
  return { pass };
};
