/**
 * `fastcgi.server`, `scgi.server`, `ajp13.server` and `proxy.server`: which application a path belongs to, and with what options
 * (gw_backend.c of 1.4.69).
 *
 * Rules of this file: keys that begin with `/` are prefixes of the path, others ends of it; the first that fits is taken, and
 * of its hosts the first. What an authorizer says is taken for granted.
 */

import { unknownDirective } from '../reading.js';
import { booleanOf, elementsOf, integerOf, isList, refuseValue, type Setting, textOf } from './values.js';

/** An application. */
export interface Backend {
  /** What it is called in the configuration. */
  readonly label: string;
  readonly isAuthorizer: boolean;
  /** Whether it gets what is a file only. */
  readonly checksLocal: boolean;
  readonly documentRoot: string | undefined;
  readonly hasBrokenScriptFilename: boolean;
  readonly stripped: string;
  readonly fixesRootScriptName: boolean;
  readonly sendsFiles: boolean;
}

export interface Extension {
  readonly key: string;
  readonly backends: readonly Backend[];
}

/** Options of how an application is started and reached. */
const connecting = new Set([
  ...['host', 'port', 'socket', 'listen-backlog', 'bin-path', 'kill-signal', 'min-procs', 'max-procs'],
  ...['max-load-per-proc', 'idle-timeout', 'disable-time', 'bin-environment', 'bin-copy-environment'],
  ...['x-sendfile-docroot', 'tcp-fin-propagate', 'connect-timeout', 'write-timeout', 'read-timeout'],
  // People write it, for `scgi.protocol`, and lighttpd does not read it.
  'protocol',
]);

const read = new WeakMap<Setting, readonly Extension[]>();

/** The applications of a directive; of AJP and HTTP none is asked whether there is a file. */
export function readExtensions(setting: Setting, asksForFiles: boolean): readonly Extension[] {
  const known = read.get(setting);
  if (known !== undefined) return known;
  const extensions = elementsOf(setting).map((extension) => {
    if (extension.key === undefined) return refuseValue(setting, 'be a list of keys and lists');
    return {
      key: extension.key,
      backends: elementsOf(extension).map((host) => readBackend(host, asksForFiles)),
    };
  });
  read.set(setting, extensions);
  return extensions;
}

function readBackend(host: Setting & { readonly key: string | undefined }, asksForFiles: boolean): Backend {
  if (!isList(host.value)) refuseValue(host, 'be a list of options');
  const options = new Map<string, Setting>();
  for (const option of elementsOf(host)) options.set(option.key ?? '', option);
  const take = <Taken>(name: string, read: (setting: Setting) => Taken, otherwise: Taken): Taken => {
    const option = options.get(name);
    options.delete(name);
    return option === undefined ? otherwise : read(option);
  };
  const port = options.get('port');
  if (port !== undefined) integerOf(port);
  const backend: Backend = {
    label: host.key ?? '',
    isAuthorizer: take('mode', textOf, 'responder') === 'authorizer',
    checksLocal: take('check-local', booleanOf, true) && asksForFiles,
    documentRoot: take('docroot', textOf, '') || undefined,
    hasBrokenScriptFilename: take('broken-scriptfilename', booleanOf, false),
    stripped: take('strip-request-uri', textOf, '').replace(/\/$/, ''),
    fixesRootScriptName: take('fix-root-scriptname', booleanOf, false),
    sendsFiles: take('allow-x-send-file', booleanOf, take('x-sendfile', booleanOf, false)),
  };
  for (const [name, { line }] of options) {
    if (!connecting.has(name)) unknownDirective({ server: 'lighttpd', line }, name);
  }
  return backend;
}

/** Where a path, or the name of its file, belongs: who answers it, or who is to allow it first. */
export function findBackend(
  extensions: readonly Extension[],
  mapped: readonly (readonly [end: string, key: string])[],
  { path, name }: { readonly path: string; readonly name: string },
  role: 'responder' | 'authorizer',
): { readonly key: string; readonly backend: Backend } | undefined {
  const isAsked = ({ isAuthorizer }: Backend): boolean => isAuthorizer === (role === 'authorizer');
  const asked = extensions.filter(({ backends }) => backends.some(isAsked));
  const alias = mapped.find(([end]) => name.endsWith(end))?.[1];
  const found =
    asked.find(({ key }) => key === alias) ??
    asked.find(({ key }) => (key.startsWith('/') ? path.startsWith(key) : name.endsWith(key)));
  const backend = found?.backends.find(isAsked);
  return found === undefined || backend === undefined ? undefined : { key: found.key, backend };
}

/** A path, split after the first segment that goes beyond the key. */
export function splitPath(
  path: string,
  key: string,
  { fixesRootScriptName }: Backend,
): readonly [scriptName: string, pathInfo: string] {
  if (!key.startsWith('/')) return [path, ''];
  if (key === '/' && fixesRootScriptName) return ['', path];
  const slash = path.indexOf('/', key.length);
  return slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash)];
}
