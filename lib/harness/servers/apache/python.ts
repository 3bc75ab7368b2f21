/**
 * mod_python, a handler in a Location: the variables of `req.subprocess_env` after `req.build_wsgi_env()`.
 *
 * Source: `src/mod_python.c` and `src/requestobject.c` of mod_python 3.5.
 *
 * Rules of this file: bytes that are no UTF-8 are an error of Python's in the handler, so that the answer is 500.
 */

import type { Passed } from '../../model.js';
import { createEnvironment } from './cgi.js';
import type { Configuration } from './configuration.js';
import { fieldOf } from './fields.js';
import { type ApacheModule, type ApacheRequest, everyOf, lastOf } from './module.js';
import { sectionOf } from './read.js';
import { addCommonVariables } from './variables.js';

const ignored =
  `PythonPath PythonInterpreter PythonDebug PythonAutoReload PythonImport PythonEnablePdb PythonOptimize
  PythonInterpPerDirectory PythonInterpPerDirective`.split(/\s+/);

export const python: ApacheModule = {
  name: 'python_module',
  directives: ['PythonHandler', 'PythonOption'],
  ignored,
  hooks: (configuration) => ({
    mapToStorage: (request) => {
      // A Location's handler has no file.
      const base = locationOf({ ...request, directives: request.located });
      if (base === undefined) return undefined;
      request.filename = undefined;
      return 'done';
    },
    handler: (request) => (request.handler === 'mod_python' ? run(request, configuration) : undefined),
  }),
};

/** The Location in which the handler stands. */
function locationOf(request: ApacheRequest): string | undefined {
  const line = lastOf(request, 'PythonHandler');
  const section = line === undefined ? undefined : sectionOf(line);
  return section?.name === 'location' ? section.args[0] : undefined;
}

function run(request: ApacheRequest, configuration: Configuration): number | Passed {
  const { env, uri, method, protocol, args } = request;
  if (lastOf(request, 'PythonHandler') === undefined) return 500;
  if (fieldOf(request.headersIn, 'transfer-encoding') !== undefined || !isUtf8(uri)) return 500;
  addCommonVariables(request, configuration);
  env.set('GATEWAY_INTERFACE', 'CGI/1.1');
  env.set('SERVER_PROTOCOL', protocol);
  env.set('REQUEST_METHOD', method);
  env.set('QUERY_STRING', args ?? '');
  // Its own notion of it: the path, decoded.
  env.set('REQUEST_URI', uri);
  const option = everyOf(request, 'PythonOption').findLast(
    ({ args: [name] }) => name === 'mod_python.wsgi.base_uri',
  );
  const base = option?.args[1] ?? locationOf(request)?.replace(/\/$/, '') ?? '';
  if (base.endsWith('/')) return 500;
  env.set('SCRIPT_NAME', base);
  if (uri.length > base.length) env.set('PATH_INFO', uri.slice(base.length));
  return { kind: 'environ', protocol: 'cgi', environ: createEnvironment(env) };
}

function isUtf8(bytes: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0)));
    return true;
  } catch {
    return false;
  }
}
