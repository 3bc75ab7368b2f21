/**
 * `serve()`: any application, behind any front server, over its protocol.
 *
 * Rules of this file: it makes a handler of the application; all else is gateway/'s.
 */

import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { ConfigurationError, show } from '../errors.js';
import { type Gateway, startGateway } from '../gateway/gateway.js';
import type { Served } from '../gateway/http.js';
import type { ServeOptions } from '../gateway/options.js';
import { answer } from './answer.js';
import { type Application, prepareApplication } from './application.js';
import { refuseUpgrade } from './upgrade.js';

/**
 * Serves an application at a mount, over HTTP, FastCGI, SCGI, uwsgi, AJP or CGI. It sees the mount as `req.baseUrl`, the rest as `req.url`, and the
 * client as the front server saw it.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { serve } from 'mountpoint';
 *
 * const app = express();
 * app.get('/', (req, res) => res.send(`${req.baseUrl} for ${req.ip}`));
 * // nginx: location /app { include fastcgi_params; fastcgi_pass 127.0.0.1:9000; }
 * const gateway = await serve(app, { protocol: 'fastcgi', listen: '127.0.0.1:9000', mount: '/app' });
 * process.once('SIGTERM', () => gateway.close());
 * ```
 * @throws {ConfigurationError} ERR_GATEWAY_OPTION, ERR_MOUNT_APPLICATION, ERR_MOUNT_PATH, ERR_MOUNT_OPTION, ERR_PROTOCOL_OPTION.
 */
export async function serve(application: Application, options: ServeOptions): Promise<Gateway> {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigurationError(
      'ERR_GATEWAY_OPTION',
      `the options of serve() must be an object, got ${show(options)}`,
    );
  }
  return startGateway(servedApplication(application, 'serve()', options.log === 'front-server'), options);
}

/** An application as what a gateway serves; `caller`: who is named where it is none. @internal */
export function servedApplication(
  application: Application,
  caller: string,
  logsToFrontServer: boolean,
): Served {
  const { handle, upgrade } = prepareApplication(application, caller);
  const end: Served['refuse'] = (req, res, error) =>
    answer(req, res, error, logsToFrontServer ? errorLogOf(req) : undefined);
  const served: Served = {
    handle: (req, res) => {
      const leave = (error?: unknown): void => end(req, res, error);
      let result: unknown;
      try {
        result = handle(req as never, res, leave);
      } catch (error) {
        leave(error);
        return;
      }
      if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
        (result as Promise<unknown>).then(undefined, leave);
      }
    },
    refuse: end,
    upgrade:
      upgrade &&
      ((req, socket, head) => {
        const leave = (error?: unknown): void => refuseUpgrade(socket, error);
        try {
          upgrade(req, socket, head, leave);
        } catch (error) {
          leave(error);
        }
      }),
    refuseUpgrade,
  };
  return served;
}

/** Where a request has a front server's error log, what writes an error there. */
function errorLogOf({ socket }: IncomingMessage): ((error: unknown) => void) | undefined {
  const { stderr } = socket as { stderr?: Writable };
  return stderr && ((error) => stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`));
}
