/**
 * What a mount answers itself: where it stands alone and nothing else can, and the redirect of a bare mount.
 *
 * Rules of this file: without a `next`, finalhandler answers, as it does for Express and Connect; what is the server's
 * fault is written to standard error, what is the client's is not.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import finalhandler from 'finalhandler';

/**
 * Ends a request that nothing took (404), or that failed (the error's `status`, else 500). `tell`: who hears of what is the server's
 * fault, before the answer; else it is standard error, after it.
 */
export function answer(
  req: IncomingMessage,
  res: ServerResponse,
  error?: unknown,
  tell?: (error: unknown) => void,
): void {
  const failure = isGoingOn(error) ? undefined : error;
  if (tell !== undefined && failure !== undefined && isOurs(failure)) tell(failure);
  finalhandler(req, res, tell === undefined ? { onerror: report } : {})(failure);
}

/** Whether what an application gave to `next` is no error: nothing, or one of Express's words for going on outside. */
export function isGoingOn(error: unknown): boolean {
  return !error || error === 'route' || error === 'router';
}

function report(error: unknown): void {
  if (isOurs(error)) console.error(error);
}

/** Whether an error is the server's fault, not the client's. */
function isOurs(error: unknown): boolean {
  const { status, statusCode = status } = error as { status?: unknown; statusCode?: unknown };
  return !(typeof statusCode === 'number' && statusCode < 500);
}

/** 308: the method and the body stay (RFC 9110 section 15.4.9). */
export function redirect(res: ServerResponse, location: string): void {
  res.writeHead(308, { Location: location, 'Content-Length': '0' }).end();
}

/** `OPTIONS *` asks about the server, not about a path (RFC 9110 section 9.3.7). */
export function answerServerOptions(res: ServerResponse): void {
  res.writeHead(200, { 'Content-Length': '0' }).end();
}
