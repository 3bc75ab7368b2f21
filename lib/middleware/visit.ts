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

/** What an application gets to see. */
export interface View {
  readonly url: string;
  readonly baseUrl: string | undefined;
  readonly isBare: boolean;
  readonly params: Params | undefined;
}

export class Visit {
  readonly #req: AnyRequest;
  readonly #res: ServerResponse;
  readonly #next: Next | undefined;
  readonly #consumed: string;
  readonly #url: string;
  readonly #shown: string;
  readonly #isBare: boolean;
  readonly #baseUrl: string | undefined;
  readonly #reqPrototype: object | null;
  readonly #resPrototype: object | null;
  #state: MountState | undefined;
  #keepsState = false;
  #params: PropertyDescriptor | undefined;
  #hasParams = false;
  #isOver = false;

  /** `consumed` is what this visit took from the front of the path, as a rewritten url gets it back. */
  constructor(req: AnyRequest, res: ServerResponse, next: Next | undefined, consumed: string, view: View) {
    this.#req = req;
    this.#res = res;
    this.#next = next;
    this.#consumed = consumed;
    this.#url = req.url as string;
    this.#baseUrl = req.baseUrl;
    this.#shown = view.url;
    this.#isBare = view.isBare;
    this.#reqPrototype = Object.getPrototypeOf(req);
    this.#resPrototype = Object.getPrototypeOf(res);
    req.originalUrl ??= this.#url;
    req.url = view.url;
    req.baseUrl = view.baseUrl;
    if (view.isBare || view.params !== undefined) this.#keepState(view);
  }

  /** Calls the application. A promise is returned where it returned one; it rejects only with what came too late. */
  run(handle: Handler<never>): void | Promise<void> {
    let result: unknown;
    try {
      result = handle(this.#req as never, this.#res, (error) => this.leave(error));
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
      return (result as Promise<unknown>).then(undefined, (error: unknown) => this.#fail(error)) as Promise<void>;
    }
  }

  /** Gives the request back to the host. */
  leave(error?: unknown): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#restore();
    }
    if (this.#next === undefined) answer(this.#req, this.#res, error);
    else if (error === undefined) this.#next();
    else this.#next(error);
  }

  #fail(thrown: unknown): void {
    // The host's own error, or one that comes after the host has gone on: not ours to answer.
    if (this.#isOver && this.#next !== undefined) throw thrown;
    this.leave(
      thrown || new ArgumentError('ERR_ARGUMENT_ERROR', `an application must fail with an error, got ${show(thrown)}`),
    );
  }

  #keepState({ url, baseUrl = '', isBare, params }: View): void {
    const req = this.#req;
    this.#state = stateOf(req);
    this.#keepsState = true;
    const all = params === undefined ? this.#state?.params : { ...this.#state?.params, ...params };
    keepState(req, { url, baseUrl, isBare, params: all });
    if (params === undefined) return;
    this.#hasParams = true;
    this.#params = Object.getOwnPropertyDescriptor(req, 'params');
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

  #restore(): void {
    const req = this.#req;
    req.url = req.url === this.#shown ? this.#url : this.#rewritten(req.url ?? '');
    req.baseUrl = this.#baseUrl;
    if (this.#keepsState) keepState(req, this.#state);
    if (this.#hasParams) {
      if (this.#params === undefined) delete req.params;
      else Object.defineProperty(req, 'params', this.#params);
    }
    if (Object.getPrototypeOf(req) !== this.#reqPrototype) Object.setPrototypeOf(req, this.#reqPrototype);
    const res = this.#res;
    if (Object.getPrototypeOf(res) !== this.#resPrototype) Object.setPrototypeOf(res, this.#resPrototype);
  }

  /** What the application made of its url, in the host's terms, as Express's router restores it. */
  #rewritten(url: string): string {
    // Still an empty path info, with another query: its slash was only for show.
    if (this.#isBare && (url === '/' || url.startsWith('/?'))) return this.#consumed + url.slice(1);
    return this.#consumed + (url.startsWith('/') ? url : `/${url}`);
  }
}
