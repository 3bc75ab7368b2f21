/**
 * One visit of a request to an application: what was changed for it, and how all of it is put back (rule 13).
 *
 * Rules of this file: put back once, before the host hears anything; what the host hears of an application that failed
 * is never `undefined`; what is thrown after the request was given back is the host's own business.
 */

import type { ServerResponse } from 'node:http';
import { type AnyRequest, keepState, type MountState, stateOf } from '../bridge/request.js';
import { ArgumentError, show } from '../errors.js';
import type { Params } from '../mount/pattern.js';
import { answer } from './answer.js';
import type { Handler, Next } from './application.js';

/** What a visit keeps beside the request, where it has to. */
interface Kept {
  readonly state: MountState | undefined;
  /** `undefined` where the visit sets no parameters. */
  readonly params: { readonly before: PropertyDescriptor | undefined } | undefined;
}

export class Visit {
  private kept: Kept | undefined;
  private isOver = false;
  private undo: (() => void) | undefined = undefined;
  private readonly url: string;
  private readonly baseUrl: string | undefined;
  private readonly reqPrototype: object | null;
  private readonly resPrototype: object | null;

  /**
   * Shows the application `shown` as url. `consumed` is what this visit takes from the front of the path: a rewritten
   * url gets it back. `isBare`: the `/` of `shown` stands for an empty path info.
   */
  constructor(
    private readonly req: AnyRequest,
    private readonly res: ServerResponse | undefined,
    private readonly next: Next | undefined,
    private readonly consumed: string,
    private readonly shown: string,
    private readonly isBare: boolean,
    private readonly params: Params | undefined,
  ) {
    const { url = '', baseUrl } = req;
    this.kept = undefined;
    this.url = url;
    this.baseUrl = baseUrl;
    this.reqPrototype = Object.getPrototypeOf(req);
    this.resPrototype = res === undefined ? null : Object.getPrototypeOf(res);
    req.originalUrl ??= url;
    this.enter();
  }

  /** Shows the application its view: at first, and again where a host comes back to it. */
  enter(): void {
    const { req, consumed, baseUrl } = this;
    this.isOver = false;
    req.url = this.shown;
    if (consumed !== '' || baseUrl === undefined) req.baseUrl = (baseUrl ?? '') + consumed;
    if (this.isBare || this.params !== undefined) this.keep(this.params);
  }

  /** Calls the application. Where it returns a promise, one is returned that never rejects. */
  run(handle: Handler<never>): void | Promise<void> {
    let result: unknown;
    try {
      result = handle(this.req as never, this.res as ServerResponse, (error) => this.leave(error));
    } catch (error) {
      // The host's own error, or one that comes after the host has gone on: the host catches what a layer throws.
      if (this.isOver && this.next !== undefined) throw error;
      this.leave(errorOf(error));
      return;
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
      const settled = (result as Promise<unknown>).then(undefined, (error) => this.leave(errorOf(error)));
      return settled as Promise<void>;
    }
  }

  /** Registers what else is to be undone when the request is given back. */
  onRestore(undo: () => void): void {
    this.undo = undo;
  }

  /** Gives the request back to the host. */
  leave(error?: unknown): void {
    this.restore();
    if (this.next === undefined) answer(this.req, this.res as ServerResponse, error);
    else if (error === undefined) this.next();
    else this.next(error);
  }

  private keep(params: Params | undefined): void {
    const { req, shown, isBare } = this;
    const state = stateOf(req);
    const all = params === undefined ? state?.params : { ...state?.params, ...params };
    keepState(req, { url: shown, baseUrl: req.baseUrl ?? '', isBare, params: all });
    this.kept = { state, params: params && { before: Object.getOwnPropertyDescriptor(req, 'params') } };
    if (params === undefined) return;
    // Routers set `req.params` to their own for each layer; the parameters of the mount stay visible in all of them.
    let current = { ...(req.params as object | undefined), ...all };
    Object.defineProperty(req, 'params', {
      configurable: true,
      enumerable: true,
      get: () => current,
      set: (own: object | undefined) => {
        current = { ...all, ...own };
      },
    });
  }

  /** Puts back what was changed, once. */
  restore(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { req, kept } = this;
    req.url = req.url === this.shown ? this.url : this.rewritten(req.url ?? '');
    req.baseUrl = this.baseUrl;
    this.undo?.();
    if (kept !== undefined) keepState(req, kept.state);
    if (kept?.params !== undefined) {
      if (kept.params.before === undefined) delete req.params;
      else Object.defineProperty(req, 'params', kept.params.before);
    }
    if (Object.getPrototypeOf(req) !== this.reqPrototype) Object.setPrototypeOf(req, this.reqPrototype);
    const { res } = this;
    if (res !== undefined && Object.getPrototypeOf(res) !== this.resPrototype) {
      Object.setPrototypeOf(res, this.resPrototype);
    }
  }

  /** What the application made of its url, in the host's terms, as Express's router restores it. */
  private rewritten(url: string): string {
    // Still an empty path info, with another query: its slash was only for show.
    if (this.isBare && (url === '/' || url.startsWith('/?'))) return this.consumed + url.slice(1);
    return this.consumed + (url.startsWith('/') ? url : `/${url}`);
  }
}

/** What was thrown, or an error in its place where a host would take it for none. */
function errorOf(thrown: unknown): unknown {
  if (thrown) return thrown;
  return new ArgumentError(
    'ERR_ARGUMENT_ERROR',
    `an application must fail with an error, got ${show(thrown)}`,
  );
}
