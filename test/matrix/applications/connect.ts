/** An application in the words of Connect. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import connect from 'connect';
import type { MountedRequest } from '../../../lib/index.js';
import { type Kind, rejected, thrown } from '../kind.js';
import { pathOf, redirect, setCookie, show, wait } from './node.js';

type Layer = (req: MountedRequest, res: ServerResponse, next: (error?: unknown) => void) => unknown;

export const connectKind: Kind = {
  name: 'Connect',
  make: (tell) => {
    const app = connect();
    // What Connect's use() strips of a url it keeps nowhere: paths of an application that needs its base are compared.
    const at = (path: string, layer: Layer): void => {
      app.use((req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => {
        const mounted = req as MountedRequest;
        return pathOf(mounted) === path ? layer(mounted, res, next) : next();
      });
    };
    at('/redirect', redirect);
    at('/cookie', setCookie);
    at('/throw', () => {
      throw thrown();
    });
    // Connect looks at no promise: each layer hands its rejection on.
    at('/reject', (_req, _res, next) => void Promise.reject(rejected()).catch(next));
    at('/gone', (_req, res) => wait(res, tell));
    app.use((req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => {
      return pathOf(req as MountedRequest) === '/pass' ? next() : void show(req as MountedRequest, res);
    });
    return app;
  },
};
