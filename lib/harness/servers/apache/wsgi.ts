/**
 * mod_wsgi, embedded or in daemons: WSGIScriptAlias, WSGIScriptAliasMatch, and the environ that an application of Python gets.
 *
 * Source: `src/server/mod_wsgi.c` of mod_wsgi 4.9.4; "WSGIScriptAlias" of its documentation.
 *
 * Rules of this file: of the keys that are no meta-variables those are given that say something of the request.
 */

import type { Pairs, Passed } from '../../model.js';
import { aliasLength } from './alias.js';
import { optionsOf, refusedScript } from './cgi.js';
import type { Configuration } from './configuration.js';
import { fieldOf } from './fields.js';
import { type ApacheModule, type ApacheRequest, isOn, once } from './module.js';
import { mergeSlashes } from './normal.js';
import { expressionOf, substitute } from './pattern.js';
import { type Directive, misconfigured } from './read.js';
import { addCgiVariables, addCommonVariables } from './variables.js';
import { trustProxies } from './wsgi-proxies.js';

const aliases = ['wsgiscriptalias', 'wsgiscriptaliasmatch'];
const handlerName = 'wsgi-script';

const ignored = `WSGIAcceptMutex WSGIApplicationGroup WSGICallableObject WSGICaseSensitivity WSGIDaemonProcess
  WSGIDestroyInterpreter WSGIDontWriteBytecode WSGIEnableSendfile WSGIErrorOverride WSGIHashRandomization
  WSGIIgnoreActivity WSGIImportScript WSGILazyInitialization WSGIMapHEADToGET WSGIProcessGroup WSGIPythonEggs
  WSGIPythonHome WSGIPythonOptimize WSGIPythonPath WSGIPythonWarnings WSGIRestrictEmbedded WSGIRestrictProcess
  WSGIRestrictSignal WSGIRestrictStdin WSGIRestrictStdout WSGIScriptReloading WSGISocketPrefix WSGISocketRotation
  WSGIStartupTimeout WSGIVerboseDebugging`.split(/\s+/);

interface Alias {
  readonly from: string;
  readonly expression: RegExp | undefined;
  readonly to: string;
}

const aliasOf = once((directive: Directive): Alias => {
  const [from = '', to = '', ...options] = directive.args;
  const isKnown = options.every((each) =>
    /^(?:process-group|application-group|callable-object|pass-authorization)=/.test(each),
  );
  if (from === '' || to === '' || !isKnown) {
    throw misconfigured('give a WSGIScriptAlias a path, a file and options that there are', directive);
  }
  return {
    from,
    to,
    expression: directive.name.endsWith('match') ? expressionOf(from, directive) : undefined,
  };
});

export const wsgi: ApacheModule = {
  name: 'wsgi_module',
  directives: [
    ...aliases,
    ...['WSGIPassAuthorization', 'WSGIChunkedRequest', 'WSGITrustedProxies', 'WSGITrustedProxyHeaders'],
  ],
  ignored,
  hooks: (configuration) => {
    configuration.every(...aliases).forEach(aliasOf);
    return {
      translateName: translate,
      handler: (request) => (request.handler === handlerName ? run(request, configuration) : undefined),
    };
  },
};

/** `wsgi_hook_intercept()`. */
function translate(request: ApacheRequest): 'done' | undefined {
  const { uri, server } = request;
  if (!uri.startsWith('/')) return undefined;
  for (const line of [...server.own, ...server.inherited].filter(({ name }) => aliases.includes(name))) {
    const found = fileOf(aliasOf(line), uri);
    if (found === undefined) continue;
    request.filename = found;
    request.handler = handlerName;
    request.forcedHandler = handlerName;
    if (line.args.some((word) => word.toLowerCase() === 'pass-authorization=on'))
      request.notes.set('wsgi-auth', '1');
    return 'done';
  }
  return undefined;
}

function fileOf({ from, expression, to }: Alias, uri: string): string | undefined {
  if (expression === undefined) {
    const length = aliasLength(uri, from);
    if (length === 0) return undefined;
    return to + (from === '/' ? uri : uri.slice(length));
  }
  const found = expression.exec(uri);
  if (found === null || found[0] === '') return undefined;
  const rest = found[0] === '/' && found.index === 0 ? uri : uri.slice(found.index + found[0].length);
  return substitute(to, found) + rest;
}

/** `wsgi_hook_handler()` and `wsgi_build_environment()`. */
function run(request: ApacheRequest, configuration: Configuration): number | Passed {
  const { env, headersIn } = request;
  if (request.forcedHandler !== handlerName && !optionsOf(request).has('execcgi')) return 403;
  const refused = refusedScript(request, true);
  if (refused !== undefined) return refused;
  if (fieldOf(headersIn, 'transfer-encoding') !== undefined && !isOn(request, 'WSGIChunkedRequest'))
    return 411;
  addCgiVariables(request);
  addCommonVariables(request, configuration);
  const authorization = fieldOf(headersIn, 'authorization');
  if (
    authorization !== undefined &&
    (isOn(request, 'WSGIPassAuthorization') || request.notes.has('wsgi-auth'))
  ) {
    env.set('HTTP_AUTHORIZATION', authorization);
  }
  // Of the server's own environment nothing is meant for an application.
  env.delete('PATH');
  env.set('SCRIPT_NAME', mergeSlashes(env.get('SCRIPT_NAME') ?? ''));
  env.set('PATH_INFO', mergeSlashes(env.get('PATH_INFO') ?? ''));
  trustProxies(request);
  return { kind: 'environ', protocol: 'cgi', environ: environOf(request) };
}

function environOf({ env, connection }: ApacheRequest): Pairs {
  const scheme = env.get('wsgi.url_scheme') ?? (connection.isEncrypted ? 'https' : 'http');
  return [
    ...[...env].filter(([name]) => name !== 'wsgi.url_scheme'),
    ['wsgi.url_scheme', scheme],
    ['wsgi.input_terminated', 'True'],
    // Of the headers that it was built with.
    ['apache.version', '(2, 4, 55)'],
  ];
}
