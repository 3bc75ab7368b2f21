/**
 * `rewrite: true`: what an application that does not know its mount writes about paths, put right on the way out.
 *
 * Rules of this file: a reference gets the base in front if it is a path of this host and does not lie below the base
 * already; nothing else is touched. Headers are rewritten when the head is written, or when the application lets the
 * request go; those that were there before it came are the host's.
 */

import type { ServerResponse } from 'node:http';
import { normalForm } from '../path/normal.js';

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
      // RFC 6265bis section 4.1.3.2: such a cookie is of the whole host, and none at all with another path.
      if (/^\s*__host-/i.test(value)) return value;
      return value.replace(
        cookiePath,
        (_, before: string, path: string) => before + cookiePathBelow(path, base),
      );
    default:
      return value;
  }
}

// HTML, "shared declarative refresh steps": seconds, a separator, perhaps `url=`, a reference in quotes or not.
const refresh = /^(\s*[\d.]+(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?)(['"]?)((?<=")[^"]*|(?<=')[^']*|.+)/i;
// RFC 8288 section 3: the target stands in angle brackets; a quoted string may hold such a thing too.
const linkTarget = /"(?:[^"\\]|\\.)*"|<([^<>]*)>/g;
// RFC 6265 section 5.2: attributes are separated by `;`; the first part is the cookie itself.
const cookiePath = /(;\s*path\s*=\s*)([^;]*)/gi;

/** Fields that are rewritten. */
const fields = ['location', 'content-location', 'refresh', 'link', 'set-cookie'];

function rewriteReference(reference: string, base: Base): string {
  const start = /^https?:\/\//i.test(reference) ? originEnd(reference, base.origin) : 0;
  // `//host` is another host; what begins with neither `/` nor the origin is relative, or of another scheme.
  if (start === -1 || (start === 0 && !/^\/(?!\/)/.test(reference))) return reference;
  const path = withoutDots(reference.slice(start));
  return isBelow(path, base.path) ? reference : reference.slice(0, start) + base.path + path;
}

/** Whoever follows `/../x` or `/foo/../x` comes to `/x`; browsers take `\` for `/`. */
function withoutDots(reference: string): string {
  const end = reference.search(/[?#]|$/);
  const path = reference.slice(0, end).replaceAll('\\', '/');
  if (!/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) return reference;
  return normalForm(path, 'keep', 'keep').path + reference.slice(end);
}

/** Where the path begins in an absolute URL of this origin; -1 for another origin. */
function originEnd(reference: string, origin: string): number {
  const isOurs = reference.slice(0, origin.length).toLowerCase() === origin.toLowerCase();
  return isOurs && /^(?:[/?#]|$)/.test(reference.slice(origin.length)) ? origin.length : -1;
}

function cookiePathBelow(written: string, base: Base): string {
  const path = written.trim();
  // Without a leading slash a browser takes its default path, as for a cookie without a Path.
  if (!path.startsWith('/') || isBelow(path, base.path)) return written;
  // `/foo` holds `/foo` and all below it; `/foo/` would not hold the bare mount.
  return path === '/' ? base.path : base.path + path;
}

/** Whether a path is the base, or lies below it. */
function isBelow(path: string, base: string): boolean {
  return path.startsWith(base) && /^(?:[/?#]|$)/.test(path.slice(base.length));
}

type Head = readonly unknown[];

const rewritten = new WeakSet<ServerResponse>();

/** Whether what a response says about paths is put right on the way out. */
export function isRewritten(res: ServerResponse): boolean {
  return rewritten.has(res);
}

/**
 * Rewrites what `res` will send. Returns what ends that, for an application that lets the request go.
 */
export function rewriteResponse(res: ServerResponse, base: Base): () => void {
  let isActive = true;
  const isFirst = !rewritten.has(res);
  rewritten.add(res);
  const before = new Map(fields.map((field) => [field, valuesOf(res, field)]));
  const writeHead = res.writeHead;
  const writeEarlyHints = res.writeEarlyHints as ((...parameters: unknown[]) => unknown) | undefined;
  const rewriteSet = (): void => {
    if (res.headersSent) return;
    for (const field of fields) rewriteHeader(res, field, before.get(field), base);
  };
  const head = (...parameters: unknown[]): ServerResponse => {
    if (!isActive) return writeHead.apply(res, parameters as never);
    rewriteSet();
    return writeHead.apply(res, parameters.map((parameter) => rewriteHead(parameter, base)) as never);
  };
  const hints = (given: unknown, ...more: unknown[]): unknown =>
    writeEarlyHints?.call(res, isActive ? rewriteHead(given, base) : given, ...more);
  const own = res as { writeHead?: unknown; writeEarlyHints?: unknown };
  const undos = [replace(own, 'writeHead', head), replace(own, 'writeEarlyHints', hints)];
  return () => {
    isActive = false;
    if (isFirst) rewritten.delete(res);
    for (const undo of undos) undo();
    rewriteSet();
  };
}

function valuesOf(res: ServerResponse, field: string): readonly unknown[] {
  const value = res.getHeader(field);
  // A copy: some add to the very array.
  return Array.isArray(value) ? [...value] : [value];
}

/** Rewrites a header that was set; the values in `before` stay as they are. */
function rewriteHeader(
  res: ServerResponse,
  field: string,
  before: readonly unknown[] = [],
  base: Base,
): void {
  const values = valuesOf(res, field);
  const rewritten = values.map((value) =>
    before.includes(value) ? value : rewriteValue(field, value, base),
  );
  if (rewritten.every((value, index) => value === values[index])) return;
  // HTTP/2 has no names but those in lower case.
  const names = (res as { getRawHeaderNames?(): string[] }).getRawHeaderNames?.() ?? [];
  const name = names.find((each) => each.toLowerCase() === field) ?? field;
  res.setHeader(
    name,
    Array.isArray(res.getHeader(field)) ? (rewritten as string[]) : (rewritten[0] as string),
  );
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
