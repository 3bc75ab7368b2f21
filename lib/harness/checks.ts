/**
 * What can be wrong with an application below a mount, each as a question to one answer of it: what was sent, what was answered, and what
 * to change.
 *
 * Rules of this file: pure. An answer is compared with the one at the root, over plain HTTP; a difference that the mount itself
 * makes, in links, is none.
 */

import { encodeReference } from '../environ/url.js';

/** An answer, read to its end. */
export interface ReadAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** What is looked at. */
export interface Sample {
  /** The mount, decoded; `/` for the root. */
  readonly mount: string;
  /** The path that was asked for, below the mount. */
  readonly path: string;
  readonly answer: ReadAnswer;
  /** The same route at the root, over plain HTTP. */
  readonly plain: ReadAnswer;
  /** The same request with a prefix that a client made up; `undefined` where it was not asked. */
  readonly spoofed: ReadAnswer | undefined;
  /** Whether the body is another one each time. */
  readonly varies: boolean;
}

/** Something that is wrong. */
export interface Finding {
  readonly check: CheckName;
  /** What was answered. */
  readonly message: string;
  /** What to change. */
  readonly fix: string;
}

export type CheckName = 'same' | 'redirect' | 'cookie' | 'link' | 'leak' | 'spoof';

/** The host that a client asks for. */
export const clientHost = 'site.example';

/** The mount in a URL; nothing for the root. */
export function baseOf(mount: string): string {
  return mount === '/' ? '' : encodeReference(encodeURI(mount));
}

/** All that is wrong with an answer. */
export function findingsOf(sample: Sample): readonly Finding[] {
  return checks.flatMap((check) => check(sample) ?? []);
}

type Check = (sample: Sample) => Finding | undefined;

const checks: readonly Check[] = [
  isRedirectedOutside,
  setsCookieOutside,
  linksOutside,
  leaks,
  believesAnybody,
  isOther,
];

function valuesOf({ headers }: ReadAnswer, name: string): readonly string[] {
  return headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`) || path.startsWith(`${base}?`);
}

/** The path of a URL on the client's own host; `undefined` for another host's. */
function pathOf(url: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(url) || url.startsWith('//')) {
    const parsed = URL.canParse(url, `http://${clientHost}`)
      ? new URL(url, `http://${clientHost}`)
      : undefined;
    return parsed?.hostname === clientHost ? parsed.pathname : undefined;
  }
  return url.startsWith('/') ? url : undefined;
}

function isRedirectedOutside({ mount, answer }: Sample): Finding | undefined {
  const [location] = valuesOf(answer, 'location');
  const base = baseOf(mount);
  if (location === undefined || base === '') return undefined;
  const path = pathOf(location);
  if (path === undefined || isBelow(path, base)) return undefined;
  return {
    check: 'redirect',
    message: `it redirects to ${location}, which is not below ${mount}`,
    fix: "redirect to urlFor(req, '/path'), or to a path without a slash in front; or set rewrite: true on its mount",
  };
}

function setsCookieOutside({ mount, answer }: Sample): Finding | undefined {
  const base = baseOf(mount);
  if (base === '') return undefined;
  for (const cookie of valuesOf(answer, 'set-cookie')) {
    const path = /;\s*path=([^;]*)/i.exec(cookie)?.[1]?.trim();
    if (path?.startsWith('/') && !isBelow(path, base)) {
      return {
        check: 'cookie',
        message: `it sets the cookie ${cookie}, which applications beside ${mount} get too`,
        fix: "set the cookie with path: req.baseUrl || '/', or without a path; or set rewrite: true on its mount",
      };
    }
  }
  return undefined;
}

const isHtml = (answer: ReadAnswer): boolean =>
  /^text\/html\b/i.test(valuesOf(answer, 'content-type')[0] ?? '');

const links = /\b(?:href|src|action|formaction|poster)\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;

function linksOutside({ mount, answer }: Sample): Finding | undefined {
  const base = baseOf(mount);
  if (base === '' || !isHtml(answer)) return undefined;
  for (const [, double, single] of answer.body.matchAll(links)) {
    const link = (double ?? single ?? '').replaceAll('&amp;', '&');
    const path = pathOf(link);
    if (path !== undefined && !isBelow(path, base)) {
      return {
        check: 'link',
        message: `its page has a link to ${link}, which is not below ${mount}`,
        fix: "link to urlFor(req, '/path'), or relative to the page; or set rewrite: true on its mount",
      };
    }
  }
  return undefined;
}

/** Addresses that only the front server and the application know. */
const internal = /127\.0\.0\.1:9000|localhost:9000|\/srv\/front-server/;

function leaks({ answer }: Sample): Finding | undefined {
  const seen = [...answer.headers.map(([name, value]) => `${name}: ${value}`), answer.body].find((text) =>
    internal.test(text),
  );
  if (seen === undefined) return undefined;
  return {
    check: 'leak',
    message: `it shows an address that no client can reach: ${internal.exec(seen)?.[0]}`,
    fix: 'make URLs of urlFor(req) or requestUri(req), not of the address on which the application listens',
  };
}

function believesAnybody({ answer, spoofed }: Sample): Finding | undefined {
  if (spoofed === undefined || describe(answer) === describe(spoofed)) return undefined;
  if (!/evil/.test(describe(spoofed)) && answer.status === spoofed.status) return undefined;
  return {
    check: 'spoof',
    message: 'it answers otherwise where a client makes a prefix or a host up (X-Forwarded-Prefix: /evil)',
    fix: 'believe such header fields only of a proxy: behindProxy(app, { trust })',
  };
}

function describe({ status, headers, body }: ReadAnswer): string {
  const shown = headers.filter(([name]) => /^(?:location|set-cookie|content-location|link)$/i.test(name));
  return JSON.stringify([status, shown, body]);
}

function isOther(sample: Sample): Finding | undefined {
  const { answer, plain, mount, varies } = sample;
  if (answer.status !== plain.status) {
    return {
      check: 'same',
      message: `it answers ${answer.status}, at the root ${plain.status}`,
      fix: 'route by req.url (or req.path), not by req.originalUrl, and not by a path that is written out',
    };
  }
  if (varies || withoutBase(answer, mount) === withoutBase(plain, '/')) return undefined;
  return {
    check: 'same',
    message: `it answers ${show(answer.body)}, at the root ${show(plain.body)}`,
    fix: 'see that nothing but links depends on req.originalUrl or req.baseUrl; where the body is another one each time, say varies: true',
  };
}

/** The body without the mount: a link to `/foo/x` is at the root one to `/x`. */
function withoutBase({ body }: ReadAnswer, mount: string): string {
  const base = baseOf(mount);
  if (base === '') return body;
  const all = [base, mount, encodeURIComponent(base)];
  return all.reduce((text, spelling) => text.replaceAll(`${spelling}/`, '/').replaceAll(spelling, ''), body);
}

function show(body: string): string {
  return JSON.stringify(body.length > 200 ? `${body.slice(0, 200)}…` : body);
}
