/**
 * `lint(app)`: checks the contract on both sides of an application, for each request, as Rack::Lint and
 * wsgiref.validate do. The rules are in contract.ts and environ/rules.ts; docs/environ.md lists them.
 *
 * Rules of this file: a broken rule is told where it is broken, so that the stack names the culprit; it reaches whoever
 * would hear of the application's own errors, and in their place never.
 */

import type { ServerResponse } from 'node:http';
import { environ } from '../bridge/environ.js';
import type { AnyRequest } from '../bridge/request.js';
import { environRules } from '../environ/rules.js';
import { ConfigurationError, type LintError, show } from '../errors.js';
import { MountTable } from '../mount/table.js';
import { answer, isGoingOn } from './answer.js';
import { type Application, type Next, prepareApplication } from './application.js';
import { requestRules } from './contract.js';
import { announced } from './express.js';
import type { Middleware } from './mount.js';
import { errorOf } from './visit.js';
import { brokenRule, Watch } from './watch.js';

/** Options of `lint()`. */
export interface LintOptions {
  /** Default `true`. `false`: the application itself is returned, and nothing is checked. */
  readonly enabled?: boolean;
  /**
   * Gets each broken rule, and the request goes on. Default: it is thrown; what is only advice, or is seen when the head is
   * out already, is written to the console.
   */
  readonly report?: (broken: LintError) => void;
}

/**
 * An application whose requests and answers are checked, in development: what a host or a gateway hands to it, and what it
 * answers.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { lint, mount } from 'mountpoint';
 *
 * const shop = express();
 * shop.get('/', (req, res) => res.redirect('/login')); // told: Location must lie below the mount
 * const app = express();
 * app.use(mount('/shop', lint(shop, { enabled: process.env.NODE_ENV !== 'production' })));
 * ```
 * @throws {ConfigurationError} ERR_MOUNT_APPLICATION, ERR_MOUNT_OPTION.
 * @throws {LintError} ERR_LINT: while a request is served, where a rule is broken.
 */
export function lint<A extends Application>(application: A, options?: LintOptions): A | Middleware {
  const { enabled, report } = checked(options);
  const { handle, upgrade } = prepareApplication(application, 'lint()');
  if (!enabled) return application;
  const middleware = (req: AnyRequest, res: ServerResponse, next?: Next): void | Promise<void> => {
    const goOn: Next = (error) => {
      if (next === undefined) answer(req, res, error);
      else if (error === undefined) next();
      else next(error);
    };
    for (const broken of brokenOf(req)) {
      if (report === undefined) return goOn(broken);
      report(broken);
    }
    const watch = new Watch(req, res, report);
    let isPassed = false;
    const fail = (error: unknown): void => {
      watch.stop();
      goOn(errorOf(error));
    };
    const leave: Next = (error) => {
      const wasPassed = isPassed;
      isPassed = true;
      const broken = watch.pass(!isGoingOn(error));
      // Whoever is called twice would answer twice; an error that comes late is heard all the same.
      if (wasPassed && isGoingOn(error)) return;
      goOn(isGoingOn(error) ? (broken ?? error) : error);
      if (!wasPassed) watch.lookForLateAnswer();
    };
    let result: unknown;
    try {
      result = handle(req as never, res, leave);
    } catch (error) {
      // The host's own error, or one that comes after the host has gone on: the host catches what a layer throws.
      if (isPassed && next !== undefined) throw error;
      return fail(error);
    } finally {
      watch.returned();
    }
    // Express takes it for an application, for whose promises it does not look.
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
      return (result as Promise<unknown>).then(undefined, fail) as Promise<void>;
    }
  };
  // Express has to know the application in it, to give it settings and parent.
  const face = announced(middleware as Middleware, new MountTable<Application>().set('/', application));
  return Object.assign(face, upgrade && { upgrade });
}

/** What is wrong with a request, rule by rule. */
function brokenOf(req: AnyRequest): readonly LintError[] {
  const broken = requestRules.flatMap((rule) => brokenRule(rule, 'request', req) ?? []);
  // Of a request without a url there are no variables.
  if (broken.length > 0) return broken;
  const variables = environ(req);
  return environRules.flatMap((rule) => brokenRule(rule, 'request', variables) ?? []);
}

function checked(options: LintOptions = {}): LintOptions & { readonly enabled: boolean } {
  const { enabled = true, report } = options;
  if (typeof enabled !== 'boolean') {
    throw new ConfigurationError(
      'ERR_MOUNT_OPTION',
      `the option enabled must be true or false, got ${show(enabled)}`,
    );
  }
  if (report !== undefined && typeof report !== 'function') {
    throw new ConfigurationError(
      'ERR_MOUNT_OPTION',
      `the option report must be a function, got ${show(report)}`,
    );
  }
  return { enabled, ...(report && { report }) };
}
