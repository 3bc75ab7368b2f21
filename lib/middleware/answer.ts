/**
 * What a mount answers itself: where it stands alone and nothing else can, and the redirect of a bare mount.
 *
 * Rules of this file: without a `next`, finalhandler answers, as it does for Express and Connect; what is the server's
 * fault is written to standard error, what is the client's is not.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import finalhandler from 'finalhandler';

/** Ends a request that nothing took (404), or that failed (the error's `status`, else 500). */
export function answer(req: IncomingMessage, res: ServerResponse, error?: unknown): void {
  finalhandler(req, res, { onerror: report })(isGoingOn(error) ? undefined : error);
}

/** Whether what an application gave to `next` is no error: nothing, or one of Express's words for going on outside. */
export function isGoingOn(error: unknown): boolean {
  return !error || error === 'route' || error === 'router';
}

function report(error: unknown): void {
  const { status, statusCode = status } = error as { status?: unknown; statusCode?: unknown };
  if (typeof statusCode === 'number' && statusCode < 500) return;
  console.error(error);
}

/** 308: the method and the body stay (RFC 9110 section 15.4.9). */
export function redirect(res: ServerResponse, location: string): void {
  res.writeHead(308, { Location: location, 'Content-Length': '0' }).end();
}

/** `OPTIONS *` asks about the server, not about a path (RFC 9110 section 9.3.7). */
export function answerServerOptions(res: ServerResponse): void {
  res.writeHead(200, { 'Content-Length': '0' }).end();
}
