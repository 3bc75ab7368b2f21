/**
 * A request on its way through Apache: made, translated, found, handled.
 *
 * Source: `ap_process_request_internal()`, `ap_sub_req_lookup_uri()`, `ap_internal_redirect()` and
 * `ap_internal_fast_redirect()` of Apache 2.4.
 *
 * Rules of this file: modules are called in the order of the list, at each step; it knows none by name.
 */

import { decodeUnreserved } from '../../../path/percent.js';
import type { ClientConnection, ClientRequest, Passed } from '../../model.js';
import { refusedAccess } from './access.js';
import type { Configuration } from './configuration.js';
import type { ApacheRequest, HookResult, Hooks, RedirectOptions } from './module.js';
import { lastOf } from './module.js';
import { decodePath, type EncodedSlashes, withoutDots } from './normal.js';
import { fileDirectives, locationDirectives } from './sections.js';
import { walkStorage } from './storage.js';
import { type ReadRequest, readRequest } from './target.js';

/** `LimitInternalRecursion`. */
const deepest = 10;

/** What runs requests through the hooks of all modules. */
export type Processor = (client: ClientRequest, connection: ClientConnection) => Passed;

type Step = keyof Hooks;

export function processorOf(configuration: Configuration, all: readonly Hooks[]): Processor {
  /** The first that does not decline decides. */
  const runFirst = (step: Step, request: ApacheRequest): HookResult => {
    for (const hooks of all) {
      const result = hooks[step]?.(request);
      if (result !== undefined) return result;
    }
    return undefined;
  };
  /** All are run, unless one refuses. */
  const runAll = (step: Step, request: ApacheRequest): HookResult => {
    for (const hooks of all) {
      const result = hooks[step]?.(request);
      if (result !== undefined && result !== 'done') return result;
    }
    return undefined;
  };

  /** All steps before the handler; what ends the request, if something does. */
  const prepare = (request: ApacheRequest): number | Passed | undefined => {
    const translated = request.uri === '*' ? undefined : translate(request);
    if (translated !== undefined) return translated;
    request.directives = request.server.directives;
    const stored = runFirst('mapToStorage', request);
    if (stored !== undefined && stored !== 'done') return stored;
    if (stored === undefined) {
      const status = walkStorage(request, configuration);
      if (status !== undefined) return status;
    }
    request.directives = fileDirectives(request, configuration);
    const denied =
      runAll('headerParser', request) ?? refusedAccess(request) ?? runFirst('typeChecker', request);
    if (denied !== undefined && denied !== 'done') return denied;
    const fixed = runAll('fixups', request);
    return fixed === 'done' ? undefined : fixed;
  };

  const translate = (request: ApacheRequest): number | Passed | undefined => {
    const isMerging = lastOf(request, 'MergeSlashes')?.args[0]?.toLowerCase() !== 'off';
    const raw = decodeUnreserved(request.uri);
    const normal = withoutDots(raw.path, isMerging);
    if (raw.malformed || normal.isAboveRoot) return 400;
    request.uri = normal.path;
    request.directives = locationDirectives(request);
    const early = runFirst('preTranslateName', request);
    if (early !== undefined && early !== 'done') return early;
    if (early === undefined) {
      request.directives = request.server.directives;
      const decoded = decodePath(request.uri, encodedSlashesOf(request), isMerging);
      if ('status' in decoded) return decoded.status;
      request.uri = decoded.path;
    }
    request.directives = locationDirectives(request);
    request.located = request.directives;
    const result = runFirst('translateName', request);
    return result === 'done' ? undefined : result;
  };

  const handle = (request: ApacheRequest): Passed => {
    const ended = prepare(request);
    if (ended !== undefined) return passedOf(ended);
    return passedOf((runFirst('handler', request) as number | Passed | undefined) ?? 500);
  };

  const make = (base: RequestBase, depth: number): ApacheRequest => {
    const request: ApacheRequest = {
      ...base,
      ...{ filename: undefined, pathInfo: '', kind: undefined, handler: undefined, forcedHandler: undefined },
      ...{ context: undefined, notes: new Map(), isProxy: false, usedPathInfo: 'default' },
      directives: base.server.directives,
      located: base.server.directives,
      lookUp: (uri) => {
        const other = make({ ...withUri(request, uri), ...asSubrequest(request) }, depth + 1);
        const isRefused = depth >= deepest || prepare(other) !== undefined;
        return { other, isRefused };
      },
      redirect: (uri, options = {}) => {
        if (depth >= deepest) return { kind: 'refused', status: 500 };
        const next = make({ ...withUri(request, uri), ...asRedirected(request, options) }, depth + 1);
        const early = runAll('postReadRequest', next);
        return early === undefined || early === 'done' ? handle(next) : passedOf(early);
      },
    };
    return request;
  };

  return (client, connection) => {
    const read = readRequest(
      client,
      configuration.servers[0]?.scheme ?? (connection.isEncrypted ? 'https' : 'http'),
    );
    if ('status' in read) return passedOf(read.status);
    const { localAddress, localPort } = connection;
    const server = configuration.serverFor(read.host, localAddress, localPort);
    const request = make({ ...firstOf(client, connection, read), server }, 0);
    const early = runAll('postReadRequest', request);
    return early === undefined || early === 'done' ? handle(request) : passedOf(early);
  };
}

type RequestBase = Pick<
  ApacheRequest,
  | ('client' | 'connection' | 'server' | 'method' | 'protocol' | 'hostname' | 'hostPort' | 'unparsedUri')
  | ('headersIn' | 'uri' | 'args' | 'env' | 'previous' | 'isSubrequest')
>;

function firstOf(
  client: ClientRequest,
  connection: ClientConnection,
  { path, query, host, port, headers }: ReadRequest,
): Omit<RequestBase, 'server'> {
  return {
    ...{
      client,
      connection,
      method: client.method,
      protocol: client.version,
      hostname: host,
      hostPort: port,
    },
    ...{ unparsedUri: client.target, headersIn: headers, uri: path, args: query, env: new Map() },
    ...{ previous: undefined, isSubrequest: false },
  };
}

/** As `ap_parse_uri()` reads it: without a fragment, leading slashes as one. */
function withUri(request: ApacheRequest, uri: string): RequestBase {
  const [, path = '', , query] = /^([^?#]*)(\?([^#]*))?/.exec(uri) ?? [];
  return { ...request, uri: path.replace(/^\/{2,}/, '/'), args: query };
}

function asSubrequest(request: ApacheRequest): Partial<RequestBase> {
  return { method: 'GET', env: new Map(request.env), isSubrequest: true };
}

function asRedirected(
  request: ApacheRequest,
  { method = request.method, status = 200 }: RedirectOptions,
): Partial<RequestBase> {
  const renamed = [...request.env].map(([name, value]) => [`REDIRECT_${name}`, value] as const);
  return {
    ...{ method, previous: request },
    env: new Map([...renamed, ['REDIRECT_STATUS', String(status)]]),
  };
}

function passedOf(result: number | Passed | 'done'): Passed {
  if (result === 'done') return { kind: 'refused', status: 200 };
  return typeof result === 'number' ? { kind: 'refused', status: result } : result;
}

function encodedSlashesOf(request: ApacheRequest): EncodedSlashes {
  const word = lastOf(request, 'AllowEncodedSlashes')?.args[0]?.toLowerCase();
  return word === 'on' || word === 'nodecode' ? word : 'off';
}
