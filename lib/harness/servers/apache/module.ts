/**
 * What a module of Apache is to this model: directives, and hooks that are called at the steps of a request.
 *
 * Source: `include/http_config.h` and `server/request.c` of Apache 2.4, whose names the hooks bear.
 *
 * Rules of this file: types, and no module by name.
 */

import type { ClientConnection, ClientRequest, Pairs, Passed } from '../../model.js';
import type { Configuration, Server } from './configuration.js';
import type { Directive } from './read.js';

/** `request_rec`: what modules read and change. */
export interface ApacheRequest {
  readonly client: ClientRequest;
  readonly connection: ClientConnection;
  /** The virtual host. */
  readonly server: Server;
  readonly method: string;
  readonly protocol: string;
  /** Of the Host field or the target, lower case, without a port; `undefined` where HTTP/1.0 says none. */
  readonly hostname: string | undefined;
  /** The port beside the host, where one is written. */
  readonly hostPort: number | undefined;
  /** The target as it came: what REQUEST_URI is. */
  readonly unparsedUri: string;
  /** Fields of one name are joined with a comma; RequestHeader changes them. */
  headersIn: Pairs;
  /** The path: raw before it is decoded, then decoded and normalised. `*` of `OPTIONS *`. */
  uri: string;
  /** The query, as it came; `undefined` where there is no question mark. */
  args: string | undefined;
  /** What the path was translated to; for a proxy `proxy:http://…`. */
  filename: string | undefined;
  /** What of the file name is left behind the first that is no folder. */
  pathInfo: string;
  /** What is at the file name. */
  kind: 'file' | 'folder' | undefined;
  handler: string | undefined;
  /** `alias-forced-type`: ScriptAlias said what the handler is. */
  forcedHandler: string | undefined;
  /** CONTEXT_PREFIX and CONTEXT_DOCUMENT_ROOT, where an alias set them. */
  context: { readonly prefix: string; readonly documentRoot: string } | undefined;
  /** `subprocess_env`. */
  readonly env: Map<string, string>;
  /** `r->notes`, for what one hook of a module tells another. */
  readonly notes: Map<string, string>;
  /** Set by what makes a proxy of a request: it has no file then. */
  isProxy: boolean;
  /** AcceptPathInfo, or what a module says instead. */
  usedPathInfo: 'default' | 'accept' | 'reject';
  /** The directives that hold for the request, those that count last at the end. */
  directives: readonly Directive[];
  /** Those of them that held before there was a file: of the server and of Locations. */
  located: readonly Directive[];
  /** The request from which this one was redirected inside. */
  readonly previous: ApacheRequest | undefined;
  /** Whether it only asks where another path would lead. */
  readonly isSubrequest: boolean;
  /** What another path would be translated to, as far as that goes: `ap_sub_req_lookup_uri()`. */
  readonly lookUp: (uri: string) => { readonly other: ApacheRequest; readonly isRefused: boolean };
  /** Begins anew with another path, `ap_internal_redirect()`; the path is raw, with or without a query. */
  readonly redirect: (uri: string, options?: RedirectOptions) => Passed;
}

/** How a request goes on with another path. */
export interface RedirectOptions {
  /** The method of the new request; that of the old otherwise. */
  readonly method?: string;
  /** REDIRECT_STATUS. */
  readonly status?: number;
}

/** What a hook answers: a status refuses, `done` ends the hook, a `Passed` ends the request, `undefined` declines. */
export type HookResult = number | 'done' | Passed | undefined;

type Hook = (request: ApacheRequest) => HookResult;

/** Where a module takes part; in the order in which they are called. */
export interface Hooks {
  /** As soon as the request is read: SetEnvIf of the server. */
  readonly postReadRequest?: Hook;
  /** Before the path is decoded: `request.uri` is raw. */
  readonly preTranslateName?: Hook;
  /** From path to file name; `done` ends the translation. */
  readonly translateName?: Hook;
  /** `done`: there is no file to be looked for. */
  readonly mapToStorage?: Hook;
  /** When sections are known, before access is checked. */
  readonly headerParser?: Hook;
  /** The handler, by the name of the file. */
  readonly typeChecker?: Hook;
  readonly fixups?: Hook;
  /** What is at last done; a module takes only what has its handler. */
  readonly handler?: (request: ApacheRequest) => number | Passed | undefined;
}

/** One module. */
export interface ApacheModule {
  /** As in LoadModule: `alias_module`. */
  readonly name: string;
  /** The directives it knows, as they are written. */
  readonly directives: readonly string[];
  /** Directives it knows that have nothing to do with requests. */
  readonly ignored?: readonly string[];
  /** Reads its directives, which throws what is wrong in them, and gives its hooks. */
  readonly hooks: (configuration: Configuration) => Hooks;
}

/** The last directive of a name that holds for a request. */
export function lastOf({ directives }: ApacheRequest, name: string): Directive | undefined {
  const lower = name.toLowerCase();
  return directives.findLast((directive) => directive.name === lower);
}

/** All directives of some names that hold for a request. */
export function everyOf({ directives }: ApacheRequest, ...names: readonly string[]): readonly Directive[] {
  const lower = names.map((name) => name.toLowerCase());
  return directives.filter(({ name }) => lower.includes(name));
}

/** Whether a directive that is `On` or `Off` is on for a request. */
export function isOn(request: ApacheRequest, name: string, otherwise = false): boolean {
  const word = lastOf(request, name)?.args[0]?.toLowerCase();
  return word === undefined ? otherwise : word === 'on';
}

/** What is made of a directive, once; for rules that are compiled when the configuration is read. */
export function once<T>(make: (directive: Directive) => T): (directive: Directive) => T {
  const made = new WeakMap<Directive, { readonly value: T }>();
  return (directive) => {
    let found = made.get(directive);
    if (found === undefined) {
      found = { value: make(directive) };
      made.set(directive, found);
    }
    return found.value;
  };
}
