/**
 * mod_mime and mod_actions: AddHandler, RemoveHandler, Action, Script.
 *
 * Source: `modules/http/mod_mime.c` and `modules/mappers/mod_actions.c` of Apache 2.4.
 *
 * Rules of this file: types of content are not modelled, so an Action goes by the handler alone.
 */

import type { Passed } from '../../model.js';
import { type ApacheModule, type ApacheRequest, everyOf } from './module.js';
import { escapeUri } from './normal.js';

export const mime: ApacheModule = {
  name: 'mime_module',
  directives: ['AddHandler', 'RemoveHandler'],
  ignored: ['ModMimeUsePathInfo', 'MultiviewsMatch'],
  hooks: () => ({
    typeChecker: (request) => {
      if (request.kind === 'folder') {
        request.handler ??= 'httpd/unix-directory';
        return 'done';
      }
      const handler = handlerOf(request);
      if (handler !== undefined && !request.isProxy) request.handler = handler;
      return undefined;
    },
  }),
};

/** The handler of the last extension of a name that has one. */
function handlerOf(request: ApacheRequest): string | undefined {
  const name = (request.filename ?? '').replace(/^.*\//s, '');
  const [, ...extensions] = name.replace(/^\.+/, '').split('.');
  const handlers = new Map<string, string>();
  for (const { name: directive, args } of everyOf(request, 'AddHandler', 'RemoveHandler')) {
    const [first = '', ...others] = args;
    for (const each of directive === 'addhandler' ? others : args) {
      const extension = each.replace(/^\./, '').toLowerCase();
      if (directive === 'addhandler') handlers.set(extension, first.toLowerCase());
      else handlers.delete(extension);
    }
  }
  return extensions.map((each) => handlers.get(each.toLowerCase())).findLast((each) => each !== undefined);
}

export const actions: ApacheModule = {
  name: 'actions_module',
  directives: ['Action', 'Script'],
  hooks: () => ({ handler: act }),
};

function act(request: ApacheRequest): Passed | number | undefined {
  const { method, args, handler, uri, kind } = request;
  const script = everyOf(request, 'Script').findLast(({ args: [each] }) => each === method)?.args[1];
  const isGet = method === 'GET' || method === 'HEAD' || method === 'POST';
  if (script !== undefined && (method !== 'GET' || args !== undefined)) {
    return go(request, script);
  }
  if (!isGet && script === undefined && method === 'OPTIONS') return undefined;
  const action = everyOf(request, 'Action').findLast(({ args: [each] }) => each === handler);
  if (action === undefined) return undefined;
  const [, path = '', modifier] = action.args;
  if (kind === undefined && modifier?.toLowerCase() !== 'virtual') return 404;
  if (!uri.startsWith('/')) return undefined;
  // What it was redirected for: REDIRECT_HANDLER there.
  request.env.set('HANDLER', handler ?? '');
  return go(request, path);
}

function go(request: ApacheRequest, script: string): Passed {
  const query = request.args === undefined ? '' : `?${request.args}`;
  return request.redirect(script + escapeUri(request.uri) + query, { keepsHandler: true });
}
