/**
 * The contract of requests and responses below a mount, as rules, beside that of the environ (environ/rules.ts).
 *
 * Rules of this file: as there. A rule of a request blames whoever made it, a host or a gateway; a rule of a response blames
 * the application.
 */

import type { AnyRequest } from '../bridge/request.js';
import { environRules, type Rule } from '../environ/rules.js';
import { parseTarget } from '../path/target.js';
import { rewriteField } from './rewrite.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const notInUrls = /[\u0000-\u0020\u007f]/;

/** Rules of a request, before the application has it; those of its environ come after. */
export const requestRules: readonly Rule<AnyRequest>[] = [
  {
    id: 'url',
    says: "req.url must begin with '/' or be an absolute URI, without space and control character (it is '*' for OPTIONS of the server)",
    broken: ({ url, method }) => {
      const isTarget = typeof url === 'string' && !notInUrls.test(url);
      const isPath =
        isTarget && (parseTarget(url).path.startsWith('/') || (url === '*' && method === 'OPTIONS'));
      return isPath ? undefined : (url ?? 'none');
    },
  },
  {
    id: 'base-url',
    says: "req.baseUrl must be '' or begin with '/' and not end with it, percent-encoded, without '//' and without query",
    broken: ({ baseUrl = '' }) =>
      typeof baseUrl === 'string' && !notInUrls.test(baseUrl) && /^(?:\/[^/?#]+)*$/.test(baseUrl)
        ? undefined
        : baseUrl,
  },
  {
    id: 'original-url',
    says: 'req.originalUrl must be the request target as it came',
    broken: ({ originalUrl }) =>
      originalUrl === undefined || (typeof originalUrl === 'string' && !notInUrls.test(originalUrl))
        ? undefined
        : originalUrl,
  },
];

/** A head that an application is about to send. */
export interface Head {
  readonly status: unknown;
  /** Those of the application, names in lower case; not those that were there before it came. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** The base below which the application is mounted, percent-encoded; `''` too where its paths are rewritten. */
  readonly baseUrl: string;
  /** Scheme and host of the request. */
  readonly origin: string;
}

/** A rule of a response. What only `advises` may be meant so, and is told without an error. */
export interface ResponseRule extends Rule<Head> {
  readonly advises?: true;
}

/** Fields that are about one connection, which is the server's (RFC 9110 section 7.6.1; PEP 3333). */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Rules of a response's head. */
export const headRules: readonly ResponseRule[] = [
  {
    id: 'status',
    says: 'the status of an answer must be an integer from 200 to 999',
    broken: ({ status }) =>
      Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 999 ? undefined : status,
  },
  {
    id: 'status-field',
    says: 'an answer must have no Status field, which a gateway takes for its own: set res.statusCode',
    broken: ({ headers }) => headers.get('status')?.[0],
  },
  {
    id: 'hop-by-hop',
    says: `an answer must have no field that is about the connection: ${hopByHop.join(', ')}`,
    advises: true,
    broken: ({ headers }) => hopByHop.find((name) => headers.has(name)),
  },
  {
    id: 'no-content',
    says: 'an answer with status 204 must have no Content-Length (RFC 9110 section 8.6; Fastify 5 sends 0)',
    advises: true,
    broken: ({ status, headers }) => (status === 204 ? headers.get('content-length')?.[0] : undefined),
  },
  {
    id: 'location',
    says: "Location must not begin with '//' or '/\\', which is another host",
    broken: ({ headers }) => headers.get('location')?.find((value) => /^[/\\]{2}/.test(value)),
  },
  {
    id: 'location-below-mount',
    says: 'Location must lie below the mount: write urlFor(req, path), or mount with rewrite: true',
    advises: true,
    broken: (head) => outside(head, 'location'),
  },
  {
    id: 'cookie-below-mount',
    says: 'the Path of a cookie must lie below the mount: use req.baseUrl, or mount with rewrite: true',
    advises: true,
    broken: (head) => outside(head, 'set-cookie'),
  },
];

/** What lies outside the mount is what `rewrite: true` would change. */
function outside({ headers, baseUrl, origin }: Head, name: string): string | undefined {
  if (baseUrl === '') return undefined;
  const base = { path: baseUrl, origin };
  return headers.get(name)?.find((value) => rewriteField(name, value, base) !== value);
}

/** What an application did with a request, when it is done. */
export interface Deed {
  readonly status: number;
  /** Bytes of body that it wrote. */
  readonly bytes: number;
  readonly contentLength: string | undefined;
  readonly isHead: boolean;
}

/** Rules of a body, when it ends. */
export const bodyRules: readonly Rule<Deed>[] = [
  {
    id: 'body',
    says: 'an answer with status 204 or 304 must have no body',
    broken: ({ status, bytes }) =>
      (status === 204 || status === 304) && bytes > 0 ? `${bytes} bytes` : undefined,
  },
  {
    id: 'body-length',
    says: 'the body must have as many bytes as Content-Length says',
    broken: ({ status, bytes, contentLength, isHead }) =>
      isHead ||
      status === 204 ||
      status === 304 ||
      contentLength === undefined ||
      Number(contentLength) === bytes
        ? undefined
        : `${bytes} bytes for ${contentLength}`,
  },
];

/** How a request is passed on, or what is done after that. */
export interface Passing {
  readonly times: number;
  readonly isBegun: boolean;
  /** The method of the response that is called after the request was passed on. */
  readonly late?: string;
  readonly baseUrl: readonly [before: string | undefined, after: string | undefined];
}

/** Rules of `next()`. */
export const nextRules: readonly Rule<Passing>[] = [
  {
    id: 'next-once',
    says: 'next() must be called once',
    broken: ({ times }) => (times > 1 ? `${times} calls` : undefined),
  },
  {
    id: 'next-or-answer',
    says: 'next() must not be called after the answer was begun',
    broken: ({ isBegun }) => (isBegun ? 'an answer that was begun' : undefined),
  },
  {
    id: 'answer-after-next',
    says: 'an application must not answer what it has passed on with next(): return there',
    broken: ({ late }) => late,
  },
  {
    id: 'base-url-restored',
    says: 'req.baseUrl must be put back before next()',
    broken: ({ baseUrl: [before, after] }) => (before === after ? undefined : (after ?? 'none')),
  },
];

/** All rules, with whom each of them blames. */
export const contract: readonly {
  readonly id: string;
  readonly says: string;
  readonly side: 'request' | 'response';
}[] = [
  ...[...requestRules, ...environRules].map(({ id, says }) => ({ id, says, side: 'request' as const })),
  ...[...headRules, ...bodyRules, ...nextRules].map(({ id, says }) => ({
    id,
    says,
    side: 'response' as const,
  })),
];
