/**
 * A model of lighttpd 1.4.69: an interpreter of its configuration.
 *
 * Rules of this file: all that can be wrong with a configuration is found before the first request.
 */

import type { FrontServerModel, Interpreter } from '../../model.js';
import { readExtensions } from './backends.js';
import { readContexts } from './contexts.js';
import { checkDirectives, modulesOf } from './directives.js';
import { Files } from './files.js';
import { pass } from './passage.js';
import { readParseOptions } from './path.js';
import { readForwarded } from './proxy.js';
import { readHeaderOptions } from './remap.js';
import { takeRequest } from './request.js';
import { Scopes } from './scope.js';
import { defaultPortOf, socketsOf } from './sockets.js';
import type { Server } from './state.js';
import { readRules } from './substitution.js';
import { booleanOf, elementsOf, integerOf, pairsOf, type Setting, textOf, textsOf } from './values.js';

/** The main file is `lighttpd.conf`, or the first. */
export const lighttpd: Interpreter = (files, surroundings) => {
  const main = Object.hasOwn(files, 'lighttpd.conf') ? 'lighttpd.conf' : Object.keys(files)[0];
  const contexts = readContexts(files, main ?? 'lighttpd.conf');
  const modules = modulesOf(contexts);
  checkDirectives(contexts, modules);
  const whole = contexts[0]?.settings ?? new Map<string, Setting>();
  const flags = whole.get('server.feature-flags');
  const isNamed = (name: string, otherwise: boolean): boolean => {
    const flag = flags === undefined ? undefined : elementsOf(flags).find(({ key }) => key === name);
    return flag === undefined ? otherwise : booleanOf(flag);
  };
  const parseOptions = new Set(readParseOptions(whole.get('server.http-parseopts')));
  for (const name of ['header-strict', 'host-strict', 'host-normalize']) {
    const setting = whole.get(`server.http-parseopt-${name}`);
    if (setting === undefined) continue;
    if (booleanOf(setting)) parseOptions.add(name);
    else parseOptions.delete(name);
  }
  const settings = contexts.flatMap((context) => [...context.settings.values()]);
  const isNormalizing = parseOptions.has('url-normalize');
  for (const setting of settings) check(setting, isNormalizing);
  const roots = settings.filter(({ name }) => name === 'server.document-root').map(textOf);
  const longest = whole.get('server.max-request-field-size');
  const longestHead = longest === undefined ? 8192 : integerOf(longest);
  const server: Server = {
    ...{ scopes: new Scopes(contexts, defaultPortOf(contexts)), modules, parseOptions },
    files: new Files(surroundings, roots),
    sockets: socketsOf(contexts),
    forcesHttp10: isNamed('proxy.force-http10', false),
    redirectsAbsolutely: isNamed('server.absolute-dir-redirect', false),
  };
  const model: FrontServerModel = {
    pass(request, connection) {
      const taken = takeRequest(request, connection, parseOptions, longestHead);
      if (typeof taken === 'number') return { kind: 'refused', status: taken };
      return pass(server, taken);
    },
  };
  return model;
};

const readers: Readonly<Record<string, (setting: Setting) => unknown>> = {
  'server.document-root': textOf,
  'server.name': textOf,
  'server.tag': textOf,
  'server.error-handler': textOf,
  'server.error-handler-404': textOf,
  'server.max-request-size': integerOf,
  'server.protocol-http11': booleanOf,
  'server.range-requests': booleanOf,
  'server.stream-response-body': integerOf,
  'server.force-lowercase-filenames': booleanOf,
  'index-file.names': textsOf,
  'server.indexfiles': textsOf,
  'static-file.exclude-extensions': textsOf,
  'static-file.disable-pathinfo': booleanOf,
  'alias.url': pairsOf,
  'url.access-allow': textsOf,
  'url.access-deny': textsOf,
  'url.redirect-code': integerOf,
  'cgi.assign': pairsOf,
  'cgi.upgrade': booleanOf,
  'fastcgi.server': (setting) => readExtensions(setting, true),
  'scgi.server': (setting) => readExtensions(setting, true),
  'ajp13.server': (setting) => readExtensions(setting, false),
  'proxy.server': (setting) => readExtensions(setting, false),
  'scgi.protocol': textOf,
  'proxy.forwarded': readForwarded,
  'proxy.header': (setting) => readHeaderOptions(setting, false),
  'proxy.replace-http-host': booleanOf,
};

function check(setting: Setting, isNormalizing: boolean): void {
  const { name } = setting;
  if (name.startsWith('setenv.') || name.endsWith('.map-extensions')) pairsOf(setting);
  else if (name.startsWith('url.re') && !name.endsWith('-code')) readRules(setting, isNormalizing);
  else readers[name]?.(setting);
}
