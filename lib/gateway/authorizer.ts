/**
 * FastCGI's authorizer (specification section 6.3): whether a request may go on, and what whoever serves it gets to know.
 *
 * Rules of this file: only a verdict that allows is 200; whatever fails, denies.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { show } from '../errors.js';
import { mistake } from './options.js';

/** What an authorizer says of a request. */
export type Verdict =
  | {
      readonly allow: true;
      /** Variables for whoever serves the request: `REMOTE_GROUP`, say. */
      readonly variables?: Readonly<Record<string, string>>;
    }
  | {
      readonly allow: false;
      /** What the client is answered with, 300 to 599. Default 403. */
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** Says whether a request may go on; `req.url` is all of its path, below no mount. */
export type Authorizer = (req: IncomingMessage) => Verdict | Promise<Verdict>;

/** Answers with the verdict of an authorizer. */
export function authorizeWith(
  authorizer: Authorizer,
  failed: (req: IncomingMessage, res: ServerResponse, error: unknown) => void,
): (req: IncomingMessage, res: ServerResponse) => void {
  return async (req, res) => {
    try {
      answerWith(await authorizer(req), res);
    } catch (error) {
      res.statusCode = 500;
      for (const name of res.getHeaderNames()) res.removeHeader(name);
      // What is thrown may be anything; nothing would be "not found".
      failed(req, res, error instanceof Error ? error : new Error(`the authorizer failed: ${show(error)}`));
    }
  };
}

function answerWith(verdict: Verdict, res: ServerResponse): void {
  if (verdict?.allow === true) {
    for (const [name, value] of Object.entries(verdict.variables ?? {}))
      res.setHeader(`Variable-${name}`, value);
    res.writeHead(200).end();
    return;
  }
  if (verdict?.allow !== false) throw mistake('a verdict must say allow: true or allow: false', verdict);
  const { status = 403, headers = {}, body = '' } = verdict;
  // To the front server 200 would be a yes.
  if (!(Number.isInteger(status) && status >= 300 && status < 600)) {
    throw mistake('the status of a verdict that denies must be 300 to 599', status);
  }
  if (typeof body !== 'string') throw mistake('the body of a verdict that denies must be a string', body);
  res.writeHead(status, headers).end(body);
}
