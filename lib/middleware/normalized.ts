/**
 * `normalized(app)`: every path in normal form before any guard runs, which is Apache's view.
 *
 * Rules of this file: it stands outermost. Inside a host it would come behind the host's guards, so there it refuses
 * what it would otherwise mend.
 */

import type { ServerResponse } from 'node:http';
import type { AnyRequest } from '../bridge/request.js';
import type { MountOptions } from '../mount/options.js';
import { resolveOptions } from '../mount/options.js';
import { prepareTarget, refuse } from '../mount/semantics.js';
import { answer, answerServerOptions } from './answer.js';
import { type Application, type Next, prepareApplication } from './application.js';
import type { Middleware } from './mount.js';
import { type View, visit } from './visit.js';

/**
 * Wraps a whole application, as the outermost: it sees `req.url` in normal form, so that a guard like
 * `app.use('/admin', deny)` means each spelling of `/admin`. What has no normal form is answered 400 or 404.
 * `req.originalUrl` stays as it came.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import express from 'express';
 * import { normalized } from 'mountpoint';
 *
 * const app = express();
 * app.use('/admin', (req, res) => res.sendStatus(403)); // GET //%61dmin: 403
 * createServer(normalized(app)).listen(8000);
 * ```
 * @throws {ConfigurationError} ERR_MOUNT_APPLICATION, ERR_MOUNT_OPTION.
 */
export function normalized(
  application: Application,
  options?: Pick<MountOptions, 'encodedSlashes'>,
): Middleware {
  const resolved = resolveOptions(options, ['encodedSlashes']);
  const { handle } = prepareApplication(application, 'normalized()');
  const middleware = (req: AnyRequest, res: ServerResponse, next?: Next): void | Promise<void> => {
    const { url = '' } = req;
    if (url === '*' && req.method === 'OPTIONS') {
      return next === undefined ? answerServerOptions(res) : next();
    }
    let view: View;
    try {
      const prepared = prepareTarget(url, next === undefined ? 'normalize' : 'reject', resolved);
      if (prepared === undefined) throw refuse('ERR_TARGET_FORM', url);
      if (prepared.refusal !== undefined) throw refuse(prepared.refusal, url);
      const { target, pathEnd } = prepared;
      view = { target, script: '', pathEnd, params: undefined };
    } catch (error) {
      return next === undefined ? answer(req, res, error) : next(error);
    }
    return visit(view, req, res, next, handle, false);
  };
  return middleware as Middleware;
}
