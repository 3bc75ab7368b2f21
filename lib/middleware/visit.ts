/**
 * One visit of a request to an application: what is changed for it, and how all of it is put back (rule 13).
 *
 * Rules of this file: put back once, before the host hears anything; what the host hears of an application that failed
 * is never `undefined`; what is thrown after the request was given back is the host's own business. It is the one
 * part of each dispatch that makes objects, so it makes few.
 */

import type { ServerResponse } from 'node:http';
import { type AnyRequest, hostOf, keepState, schemeOf, stateOf } from '../bridge/request.js';
import { localReference } from '../environ/url.js';
import { ArgumentError, show } from '../errors.js';
import type { Params } from '../mount/pattern.js';
import type { Found } from '../mount/semantics.js';
import { answer } from './answer.js';
import type { Handler, Next } from './application.js';
import { rewriteResponse } from './rewrite.js';

/** How a target was split: what is consumed, and what is left. */
export type View = Omit<Found<unknown>, 'entry'>;

/**
 * Calls an application with its view of the request. A promise is returned where it returned one; it never rejects.
 */
export function visit(
  view: View,
  req: AnyRequest,
  res: ServerResponse,
  next: Next | undefined,
  handle: Handler<never>,
  isRewriting: boolean,
): void | Promise<void> {
  const { url = '', baseUrl } = req;
  const shown = shownUrl(view);
  // Without a `next` only finalhandler needs them: those that Express puts on are none for HTTP/2.
  const isKept = next !== undefined || req.httpVersionMajor === 2;
  const reqPrototype: unknown = isKept ? prototypeOfRequest(req) : undefined;
  const resPrototype: unknown = isKept ? prototypeOfResponse(res) : undefined;
  const forget = enter(req, view, shown);
  const unwrap = isRewriting ? rewriteBelow(req, res) : undefined;
  let isOver = false;
  const leave: Next = (error) => {
    if (!isOver) {
      isOver = true;
      unwrap?.();
      restore(req, view, shown, url, baseUrl, forget);
      restorePrototype(req, reqPrototype);
      restorePrototype(res, resPrototype);
    }
    if (next === undefined) answer(req, res, error);
    else if (error === undefined) next();
    else next(error);
  };
  let result: unknown;
  try {
    result = handle(req as never, res, leave);
  } catch (error) {
    // The host's own error, or one that comes after the host has gone on: the host catches what a layer throws.
    if (isOver && next !== undefined) throw error;
    leave(errorOf(error));
    return;
  }
  if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
    const settled = (result as Promise<unknown>).then(undefined, (error) => leave(errorOf(error)));
    return settled as Promise<void>;
  }
}

/** The url that an application gets: path info and query; `/` for an empty path info. */
export function shownUrl({ target, script, pathEnd }: View): string {
  return script.length === pathEnd ? `/${target.slice(pathEnd)}` : target.slice(script.length);
}

/** Shows a request as the application gets it. What is kept beside it is forgotten again by what is returned. */
export function enter(req: AnyRequest, view: View, shown: string): (() => void) | undefined {
  const { url = '', baseUrl } = req;
  const { script, params } = view;
  req.originalUrl ??= url;
  req.url = shown;
  if (script !== '' || baseUrl === undefined) req.baseUrl = baseUrl ? baseUrl + script : script;
  const isBare = script.length === view.pathEnd;
  return isBare || params !== undefined ? keep(req, shown, isBare, params) : undefined;
}

/** Puts a request back: an untouched url to its exact bytes, a rewritten one to the script name and the rewrite. */
export function restore(
  req: AnyRequest,
  view: View,
  shown: string,
  url: string,
  baseUrl: string | undefined,
  forget: (() => void) | undefined,
): void {
  req.url = req.url === shown ? url : rewritten(view, req.url ?? '');
  req.baseUrl = baseUrl;
  forget?.();
}

/** What the application made of its url, in the host's terms, as Express's router restores it. */
function rewritten({ script, pathEnd }: View, url: string): string {
  // Still an empty path info, with another query: its slash was only for show.
  if (script.length === pathEnd && (url === '/' || url.startsWith('/?'))) return script + url.slice(1);
  return script + (url.startsWith('/') ? url : `/${url}`);
}

// A function for each, which reads a property first: V8 then knows the shape, and getPrototypeOf() is no call into its
// runtime, which takes longer than finding the mount.
function prototypeOfRequest(req: AnyRequest): unknown {
  void req.url;
  return Object.getPrototypeOf(req);
}

function prototypeOfResponse(res: ServerResponse): unknown {
  void res.statusCode;
  return Object.getPrototypeOf(res);
}

function restorePrototype(target: object, prototype: unknown): void {
  if (prototype !== undefined && Object.getPrototypeOf(target) !== prototype) {
    Object.setPrototypeOf(target, prototype as object | null);
  }
}

/** Keeps beside the request what its url does not tell: an empty path info, and the parameters. */
function keep(req: AnyRequest, shown: string, isBare: boolean, params: Params | undefined): () => void {
  const state = stateOf(req);
  const all = params === undefined ? state?.params : { ...state?.params, ...params };
  keepState(req, { url: shown, baseUrl: req.baseUrl ?? '', isBare, params: all });
  const withdraw = params === undefined ? undefined : offer(req, all);
  return () => {
    keepState(req, state);
    withdraw?.();
  };
}

/**
 * Makes parameters visible as `req.params`. Routers set it to their own for each layer; the parameters of the mount
 * stay visible in all of them.
 */
function offer(req: AnyRequest, params: Params | undefined): () => void {
  const before = Object.getOwnPropertyDescriptor(req, 'params');
  let current = { ...(req.params as object | undefined), ...params };
  Object.defineProperty(req, 'params', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (own: object | undefined) => {
      current = { ...params, ...own };
    },
  });
  return () => {
    if (before === undefined) delete req.params;
    else Object.defineProperty(req, 'params', before);
  };
}

/** Rewrites what an application writes that does not know its mount; what is returned undoes it. */
export function rewriteBelow(req: AnyRequest, res: ServerResponse): (() => void) | undefined {
  if (!req.baseUrl) return undefined;
  const base = { path: localReference(req.baseUrl), origin: `${schemeOf(req)}://${hostOf(req)}` };
  return rewriteResponse(res, base);
}

/** What was thrown, or an error in its place where a host would take it for none. */
export function errorOf(thrown: unknown): unknown {
  if (thrown) return thrown;
  return new ArgumentError(
    'ERR_ARGUMENT_ERROR',
    `an application must fail with an error, got ${show(thrown)}`,
  );
}
