/**
 * The directives of lighttpd 1.4.69 that the model knows, by the module that reads them.
 *
 * Rules of this file: what changes a request, who answers it, or the head of an answer is read or is not here; what stands in
 * `withoutEffect` changes neither. A directive whose module is not loaded does nothing, as in the server.
 */

import { unknownDirective } from '../reading.js';
import type { Context } from './contexts.js';
import { textsOf } from './values.js';

export const core = '';

/** Read by this model. */
const read: Readonly<Record<string, readonly string[]>> = {
  [core]: [
    ...['server.document-root', 'server.modules', 'server.port', 'server.bind', 'server.name', 'server.tag'],
    ...['server.http-parseopts', 'server.http-parseopt-header-strict', 'server.http-parseopt-host-strict'],
    ...['server.http-parseopt-host-normalize', 'server.max-request-size', 'server.max-request-field-size'],
    ...['server.protocol-http11', 'server.force-lowercase-filenames', 'server.error-handler'],
    ...['server.error-handler-404', 'server.feature-flags', 'server.range-requests'],
    'server.stream-response-body',
  ],
  mod_indexfile: ['index-file.names', 'server.indexfiles'],
  mod_staticfile: ['static-file.exclude-extensions', 'static-file.disable-pathinfo'],
  mod_alias: ['alias.url'],
  mod_access: ['url.access-allow', 'url.access-deny'],
  mod_redirect: ['url.redirect', 'url.redirect-code'],
  mod_rewrite: [
    ...['url.rewrite-once', 'url.rewrite-final', 'url.rewrite', 'url.rewrite-repeat'],
    ...['url.rewrite-if-not-file', 'url.rewrite-repeat-if-not-file'],
  ],
  mod_setenv: [
    ...['setenv.add-request-header', 'setenv.set-request-header', 'setenv.add-environment'],
    ...['setenv.set-environment', 'setenv.add-response-header', 'setenv.set-response-header'],
  ],
  mod_cgi: ['cgi.assign', 'cgi.upgrade'],
  mod_fastcgi: ['fastcgi.server', 'fastcgi.map-extensions'],
  mod_scgi: ['scgi.server', 'scgi.map-extensions', 'scgi.protocol'],
  mod_ajp13: ['ajp13.server', 'ajp13.map-extensions'],
  mod_proxy: [
    ...['proxy.server', 'proxy.map-extensions', 'proxy.forwarded', 'proxy.header', 'proxy.replace-http-host'],
  ],
};

const withoutEffect = new Set([
  ...['server.compat-module-load', 'server.systemd-socket-activation', 'server.network-backend'],
  ...['server.chroot', 'server.username', 'server.groupname', 'server.errorlog', 'server.breakagelog'],
  ...['server.errorlog-use-syslog', 'server.syslog-facility', 'server.core-files', 'server.event-handler'],
  ...['server.pid-file', 'server.max-worker', 'server.max-fds', 'server.max-connections'],
  ...['server.chunkqueue-chunk-sz', 'server.upload-temp-file-size', 'server.upload-dirs'],
  ...['server.reject-expect-100-with-417', 'server.stat-cache-engine', 'server.follow-symlink'],
  ...['server.max-keep-alive-requests', 'server.max-keep-alive-idle', 'server.max-read-idle'],
  ...[
    'server.max-write-idle',
    'server.errorfile-prefix',
    'server.range-requests',
    'server.kbytes-per-second',
  ],
  ...['server.stream-request-body', 'connection.kbytes-per-second'],
  ...['server.use-ipv6', 'server.set-v6only', 'server.defer-accept', 'server.listen-backlog'],
  ...['server.dir-listing', 'mimetype.assign', 'mimetype.use-xattr', 'mimetype.xattr-name'],
  ...['etag.use-inode', 'etag.use-mtime', 'etag.use-size', 'static-file.etags', 'accesslog.filename'],
  ...['accesslog.format', 'accesslog.use-syslog', 'accesslog.escaping', 'cgi.execute-x-only', 'cgi.limits'],
  ...['cgi.x-sendfile', 'cgi.x-sendfile-docroot', 'cgi.local-redir'],
]);

/** Groups of directives that change no request. */
const groupsWithoutEffect = ['var.', 'debug.', 'dir-listing.', 'ssl.', 'deflate.'];

/** Modules that may be loaded beside those whose directives are read. */
const otherModules = ['mod_dirlisting', 'mod_accesslog', 'mod_deflate', 'mod_openssl', 'mod_gnutls'];

const owners = new Map(
  Object.entries(read).flatMap(([module, names]) => names.map((name) => [name, module] as const)),
);

/** The modules in the order in which they are asked; the first is the core. */
export function modulesOf([whole]: readonly Context[]): readonly string[] {
  const setting = whole?.settings.get('server.modules');
  const named = setting === undefined ? [] : textsOf(setting);
  const unknown = named.find((name) => !Object.hasOwn(read, name) && !otherModules.includes(name));
  if (setting !== undefined && unknown !== undefined) {
    unknownDirective({ server: 'lighttpd', line: setting.line }, unknown);
  }
  // These are loaded without being named; the first before all others.
  const first = named.includes('mod_indexfile') ? [] : ['mod_indexfile'];
  return [core, ...first, ...new Set([...named, 'mod_staticfile'])];
}

/** Refuses directives that the model does not know, and takes out those of modules that are not loaded. */
export function checkDirectives(contexts: readonly Context[], modules: readonly string[]): void {
  for (const { settings } of contexts) {
    for (const [name, { line }] of settings) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        if (!modules.includes(owner)) settings.delete(name);
      } else if (isBalance(name) || groupsWithoutEffect.some((group) => name.startsWith(group))) {
        settings.delete(name);
      } else if (!withoutEffect.has(name)) {
        unknownDirective({ server: 'lighttpd', line }, name);
      }
    }
  }
}

/** Which of several hosts is asked makes no difference to what it is sent. */
function isBalance(name: string): boolean {
  return /^(?:fastcgi|scgi|ajp13|proxy)\.(?:balance|debug)$/.test(name);
}

/** Whether the core reads a directive: its conditions are looked at first. */
export function isOfCore(name: string): boolean {
  return owners.get(name) === core || /^(?:server|mimetype|etag|connection)\./.test(name);
}
