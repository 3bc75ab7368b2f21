/**
 * `rewrite: true`: what an application that does not know its mount writes about paths, put right on the way out.
 *
 * Rules of this file: a reference gets the base in front if it is a path of this host and does not lie below the base
 * already; nothing else is touched. Headers are rewritten when the head is written, whoever set them, and once.
 */

import type { ServerResponse } from 'node:http';

/** What a reference is judged by. */
export interface Base {
  /** The full base of the mount, percent-encoded; not `''`. */
  readonly path: string;
  /** Scheme and authority under which the request came, as `http://example.com`. */
  readonly origin: string;
}

/** A header field's value with the base put in, or the value itself where nothing is to be done. */
export function rewriteField(name: string, value: string, base: Base): string {
  switch (name.toLowerCase()) {
    case 'location':
    case 'content-location':
      return rewriteReference(value, base);
    case 'refresh':
      return value.replace(refresh, (_, before: string, quote: string, url: string) => {
        return before + quote + rewriteReference(url, base);
      });
    case 'link':
      return value.replace(linkTarget, (whole, url: string | undefined) =>
        url === undefined ? whole : `<${rewriteReference(url, base)}>`,
      );
    case 'set-cookie':
      return value.replace(
        cookiePath,
        (_, before: string, path: string) => before + cookiePathBelow(path, base),
      );
    default:
      return value;
  }
}

// HTML, section "Refresh": seconds, a separator, `url=`, quoted or not.
const refresh = /^(\s*[\d.]*\s*[;,]?\s*url\s*=\s*)(['"]?)([^'"]*)/i;
// RFC 8288 section 3: the target stands in angle brackets; a quoted string may hold such a thing too.
const linkTarget = /"(?:[^"\\]|\\.)*"|<([^>]*)>/g;
// RFC 6265 section 5.2: attributes are separated by `;`; the first part is the cookie itself.
const cookiePath = /(;\s*path\s*=\s*)([^;]*)/gi;

/** Fields that are rewritten. */
const fields = ['location', 'content-location', 'refresh', 'link', 'set-cookie'];

function rewriteReference(reference: string, base: Base): string {
  const start = /^https?:\/\//i.test(reference) ? originEnd(reference, base.origin) : 0;
  const path = reference.slice(start);
  // `//host` is another host; what begins with neither `/` nor the origin is relative, or of another scheme.
  if (start === -1 || !path.startsWith('/') || (start === 0 && path.startsWith('//'))) return reference;
  return isBelow(path, base.path) ? reference : reference.slice(0, start) + base.path + path;
}

/** Where the path begins in an absolute URL of this origin; -1 for another origin. */
function originEnd(reference: string, origin: string): number {
  const isOurs = reference.slice(0, origin.length).toLowerCase() === origin.toLowerCase();
  return isOurs && /^(?:[/?#]|$)/.test(reference.slice(origin.length)) ? origin.length : -1;
}

function cookiePathBelow(written: string, base: Base): string {
  const path = written.trim();
  // Without a leading slash a browser takes the default path, which lies below the mount.
  if (!path.startsWith('/') || isBelow(path, base.path)) return written;
  // `/foo` holds `/foo` and all below it; `/foo/` would not hold the bare mount.
  return path === '/' ? base.path : base.path + path;
}

/** Whether a path is the base, or lies below it. */
function isBelow(path: string, base: string): boolean {
  return path.startsWith(base) && /^(?:[/?#]|$)/.test(path.slice(base.length));
}

type Head = readonly unknown[];

/**
 * Rewrites what `res` will send. Returns what undoes it, for an application that lets the request go.
 */
export function rewriteResponse(res: ServerResponse, base: Base): () => void {
  let isActive = true;
  const writeHead = res.writeHead;
  const writeEarlyHints = res.writeEarlyHints as ServerResponse['writeEarlyHints'] | undefined;
  const head = function (this: ServerResponse, ...parameters: unknown[]): ServerResponse {
    if (!isActive) return writeHead.apply(this, parameters as never);
    undo();
    for (const name of fields) {
      const value = this.getHeader(name);
      if (value !== undefined) this.setHeader(name, rewriteValue(name, value, base) as string);
    }
    return writeHead.apply(this, parameters.map((parameter) => rewriteHead(parameter, base)) as never);
  };
  const hints = function (
    this: ServerResponse,
    given: Record<string, string | string[]>,
    ...more: unknown[]
  ): void {
    const rewritten = isActive ? rewriteHead(given, base) : given;
    writeEarlyHints?.apply(this, [rewritten, ...more] as never);
  };
  const own = res as { writeHead?: unknown; writeEarlyHints?: unknown };
  const undos = [replace(own, 'writeHead', head), replace(own, 'writeEarlyHints', hints)];
  const undo = (): void => {
    isActive = false;
    for (const each of undos) each();
  };
  return undo;
}

/** Puts a method of one object in the place of its prototype's; what undoes that leaves alone what came on top. */
function replace(target: object, name: 'writeHead' | 'writeEarlyHints', method: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, {
    value: method,
    configurable: true,
    writable: true,
    enumerable: false,
  });
  return () => {
    if ((target as Record<string, unknown>)[name] !== method) return;
    if (before === undefined) delete (target as Record<string, unknown>)[name];
    else Object.defineProperty(target, name, before);
  };
}

/** The headers among the parameters of `writeHead()`: an object, a flat list, or a list of pairs. */
function rewriteHead(parameter: unknown, base: Base): unknown {
  if (typeof parameter !== 'object' || parameter === null) return parameter;
  if (!Array.isArray(parameter)) {
    const pairs = Object.entries(parameter).map(([name, value]) => [name, rewriteValue(name, value, base)]);
    return Object.fromEntries(pairs);
  }
  const head: Head = parameter;
  if (head.every((pair) => Array.isArray(pair))) {
    return head.map(([name, ...values]) => [
      name,
      ...values.map((value) => rewriteValue(String(name), value, base)),
    ]);
  }
  return head.map((item, index) =>
    index % 2 === 0 ? item : rewriteValue(String(head[index - 1]), item, base),
  );
}

function rewriteValue(name: string, value: unknown, base: Base): unknown {
  if (Array.isArray(value)) return value.map((each) => rewriteValue(name, each, base));
  return typeof value === 'string' ? rewriteField(name, value, base) : value;
}
