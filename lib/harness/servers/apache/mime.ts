/**
 * mod_mime and mod_actions: AddHandler, RemoveHandler, Action, Script.
 *
 * Source: `modules/http/mod_mime.c` and `modules/mappers/mod_actions.c` of Apache 2.4.
 *
 * Rules of this file: types of content are those of the configuration alone, as far as an Action needs them.
 */

import type { Passed } from '../../model.js';
import { type ApacheModule, type ApacheRequest, everyOf } from './module.js';
import { escapeUri } from './normal.js';

export const mime: ApacheModule = {
  name: 'mime_module',
  directives: ['AddHandler', 'RemoveHandler'],
  ignored: ['AddType', 'ForceType', 'MultiviewsMatch'],
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
  const handlers = new Map<string, string>();
  for (const { name: directive, args } of everyOf(request, 'AddHandler', 'RemoveHandler')) {
    const [first = '', ...others] = args;
    for (const each of directive === 'addhandler' ? others : args) {
      const extension = each.replace(/^\./, '').toLowerCase();
      if (directive === 'addhandler') handlers.set(extension, first.toLowerCase());
      else handlers.delete(extension);
    }
  }
  return extensionsOf(request)
    .map((each) => handlers.get(each))
    .findLast((each) => each !== undefined);
}

function extensionsOf({ filename = '' }: ApacheRequest): readonly string[] {
  const [, ...extensions] = filename.replace(/^.*\//s, '').replace(/^\.+/, '').toLowerCase().split('.');
  return extensions;
}

export const actions: ApacheModule = {
  name: 'actions_module',
  directives: ['Action', 'Script'],
  hooks: () => ({ handler: act }),
};

function act(request: ApacheRequest): Passed | number | undefined {
  const { method, args, uri, kind } = request;
  // A Script of GET is for requests with a query.
  const isMeant = method === 'GET' || method === 'HEAD' ? args !== undefined : true;
  const script = everyOf(request, 'Script').findLast(({ args: [each] }) => each === method)?.args[1];
  const wanted = request.handler ?? typeOf(request);
  const action = everyOf(request, 'Action').findLast(({ args: [each] }) => each === wanted);
  if (action === undefined) return script !== undefined && isMeant ? go(request, script) : undefined;
  const [, path = '', modifier] = action.args;
  if (kind === undefined && modifier?.toLowerCase() !== 'virtual') return 404;
  if (!uri.startsWith('/')) return undefined;
  request.env.set('HANDLER', wanted as string);
  return go(request, path);
}

function go(request: ApacheRequest, script: string): Passed {
  const query = request.args === undefined ? '' : `?${request.args}`;
  return request.redirect(script + escapeUri(request.uri) + query);
}

/** The type by AddType or ForceType: what an Action may be of where there is no handler. */
function typeOf(request: ApacheRequest): string | undefined {
  const extensions = extensionsOf(request);
  return everyOf(request, 'AddType', 'ForceType').findLast(({ name, args: [, ...others] }) => {
    if (name === 'forcetype') return true;
    return others.some((each) => extensions.includes(each.replace(/^\./, '').toLowerCase()));
  })?.args[0];
}
