/**
 * From a request to the application that takes it, for every face: what was found, what is redirected, what is shown.
 *
 * Rules of this file: the table decides (mount/semantics.ts); nothing here knows which host it is.
 */

import { type AnyRequest, countHosts, hostOf, isBareRequest, schemeOf } from '../bridge/request.js';
import { localReference } from '../environ/url.js';
import { ConfigurationError, show } from '../errors.js';
import type { MountOptions } from '../mount/options.js';
import { Pattern } from '../mount/pattern.js';
import { type Found, refuse } from '../mount/semantics.js';
import { MountTable } from '../mount/table.js';
import { type Application, isFastify, type Mounted, prepareApplication } from './application.js';
import { adoptByRequest } from './express.js';
import { isFetchApplication } from './fetch.js';

/** The table of what `mount()` was called with: a path and an application, an application, a table, a `MountTable`. */
export function tableOf(first: unknown, ...rest: readonly unknown[]): MountTable<Application> {
  const table = makeTable(first, rest);
  table.checkValues((application, key) => prepareApplication(application, show(key)));
  return table;
}

function makeTable(first: unknown, rest: readonly unknown[]): MountTable<Application> {
  if (first instanceof MountTable) {
    if (rest.length === 0) return first;
    throw new ConfigurationError(
      'ERR_MOUNT_OPTION',
      'a MountTable must have its own options, got mount(table, options)',
    );
  }
  if (typeof first === 'string' || first instanceof Pattern) {
    const [application, options, ...more] = rest;
    if (more.length > 0 || typeof options === 'function') {
      const rule = 'mount() must take one application (put handlers into one express.Router())';
      throw new ConfigurationError('ERR_MOUNT_APPLICATION', `${rule}, got ${rest.length}`);
    }
    return new MountTable<Application>(options as MountOptions).add(first, application as Application);
  }
  const table = new MountTable<Application>(rest[0] as MountOptions);
  if (!isRecord(first)) return table.add('/', first as Application);
  for (const [key, application] of Object.entries(first)) table.add(key, application as Application);
  return table;
}

/** Whether it is a table rather than an application: a plain object. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) && !isFetchApplication(value) && !isFastify(value)
  );
}

/**
 * The mount point that takes a request. `isHosted`: others have a say in this request, before and after.
 *
 * @throws {RequestTargetError}
 */
export function find(
  table: MountTable<Application>,
  req: AnyRequest,
  isHosted: boolean,
): Found<Application> | undefined {
  const nonNormal = table.options.nonNormal ?? (isHosted ? 'keep' : 'normalize');
  const host = table.hasHosts ? askedHost(req) : undefined;
  return table.find(req.url ?? '', host, nonNormal, isBareRequest(req));
}

/** The host with its port, which is the scheme's where none was sent. */
function askedHost(req: AnyRequest): string | undefined {
  const host = hostOf(req);
  if (countHosts(req) > 1) throw refuse('ERR_TARGET_HOST', String(host));
  if (host === undefined || /:\d+$/.test(host)) return host;
  return `${host.replace(/:$/, '')}:${schemeOf(req) === 'https' ? 443 : 80}`;
}

/** Where a bare mount is redirected to: the full base, with or without its slash, and the query; mostly nowhere. */
export function redirection(
  table: MountTable<Application>,
  found: Found<Application>,
  req: AnyRequest,
): string | undefined {
  const { trailingSlash } = table.options;
  if (trailingSlash === 'keep') return undefined;
  const { target, script, pathEnd } = found;
  const baseUrl = (req.baseUrl ?? '') + script;
  if (baseUrl === '') return undefined;
  const query = target.slice(pathEnd);
  if (trailingSlash === 'add') {
    return script.length === pathEnd ? localReference(`${baseUrl}/${query}`) : undefined;
  }
  return pathEnd === script.length + 1 ? localReference(baseUrl + query) : undefined;
}

/** The application that was found, told of its host if it has to be. */
export function mountedOf(found: Found<Application>, req: AnyRequest): Mounted {
  const { entry, script } = found;
  entry.slot ??= prepareApplication(entry.value, show(entry.key));
  const mounted = entry.slot as Mounted;
  if (mounted.express !== undefined && mounted.express.parent === undefined) {
    adoptByRequest(mounted.express, req, script);
  }
  return mounted;
}
