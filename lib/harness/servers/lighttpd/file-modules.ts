/**
 * Modules that look at the file that a path means: index files, programs, applications by the ends of names, and what is sent as it
 * is.
 *
 * Rules of this file: a module says a status, who answers, or nothing; then the next is asked.
 */

import { joinPath } from './path.js';
import { environAnswer, findHandler, isDenied } from './path-modules.js';
import type { Handler, State } from './state.js';
import { booleanOf, pairsOf, textsOf } from './values.js';

/** What one module makes of a file or folder. */
export function byFile(
  state: State,
  module: string,
  found: 'file' | 'folder',
): Handler | number | 'again' | undefined {
  switch (module) {
    case 'mod_indexfile':
      index(state);
      return undefined;
    case 'mod_access':
      return isDenied(state) ? 403 : undefined;
    case 'mod_cgi':
      return program(state);
    case 'mod_staticfile':
      return staticFile(state, found);
    default: {
      const taken = findHandler(state, module, 'file');
      if (taken === undefined) return undefined;
      return 'handler' in taken ? taken.handler : 'again';
    }
  }
}

/** The first index file that a folder has; with a slash before it, of the document root. */
function index({ scope, transit, server }: State): void {
  const setting = scope.get('index-file.names') ?? scope.get('server.indexfiles');
  if (setting === undefined || !transit.path.endsWith('/')) return;
  const { file } = transit;
  for (const name of textsOf(setting)) {
    const isWhole = name.startsWith('/');
    const candidate = joinPath(isWhole ? file.root : file.name, name);
    const there = server.files.at(candidate);
    if (there !== 'file' && there !== 'folder') continue;
    if (isWhole) transit.environment.set('PATH_TRANSLATED_DIRINDEX', file.name);
    transit.path = isWhole ? name : transit.path + name;
    file.name = candidate;
    return;
  }
}

/** `cgi.assign`: the end of the file's name says what runs it. */
function program(state: State): Handler | undefined {
  const { scope, transit, server } = state;
  const setting = scope.get('cgi.assign');
  if (setting === undefined || server.files.at(transit.file.name) !== 'file') return undefined;
  if (!pairsOf(setting).some(([end]) => transit.file.name.endsWith(end))) return undefined;
  const upgrades = scope.get('cgi.upgrade');
  if (upgrades === undefined || !booleanOf(upgrades) || transit.version !== 'HTTP/1.1') {
    transit.fields.unset('Upgrade');
  }
  return () => environAnswer(state, 'cgi', undefined);
}

function staticFile({ scope, transit, server }: State, found: 'file' | 'folder'): number | undefined {
  if (!['GET', 'HEAD', 'QUERY', 'POST'].includes(transit.method)) return undefined;
  const noPathInfo = scope.get('static-file.disable-pathinfo');
  if (noPathInfo !== undefined && booleanOf(noPathInfo) && transit.pathInfo !== '') return undefined;
  const excluded = scope.get('static-file.exclude-extensions');
  if (excluded !== undefined && textsOf(excluded).some((end) => transit.file.name.endsWith(end))) {
    return undefined;
  }
  return found === 'file' || server.files.at(transit.file.name) === 'file' ? 200 : 403;
}
