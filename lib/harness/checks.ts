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
  /** The status that is meant; `undefined`: any that is no error. */
  readonly status: number | undefined;
}

/** Something that is wrong. */
export interface Finding {
  readonly check: CheckName;
  /** What was answered. */
  readonly message: string;
  /** What to change. */
  readonly fix: string;
}

export type CheckName = 'status' | 'same' | 'redirect' | 'cookie' | 'link' | 'leak' | 'spoof';

/** A word that no application has by itself, in what a client makes up. */
export const madeUp = 'evil-4c1f9d';

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
  isNotMeant,
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

/** The path to which a link of a page leads on the client's own host; `undefined`: elsewhere, or nowhere. */
function pathOf(link: string, mount: string, path: string): string | undefined {
  const page = `http://${clientHost}${baseOf(mount)}${path}`;
  if (!URL.canParse(link, page)) return undefined;
  const { protocol, hostname, pathname } = new URL(link, page);
  return /^https?:$/.test(protocol) && hostname === clientHost ? pathname : undefined;
}

/** A route that nobody has, or that fails everywhere, would be the same everywhere. */
function isNotMeant({ plain, status, path }: Sample): Finding | undefined {
  if (status === undefined ? plain.status < 400 : plain.status === status) return undefined;
  return {
    check: 'status',
    message: `at the root, over plain HTTP, ${path} answers ${plain.status}${status === undefined ? '' : `, not ${status}`}`,
    fix: `see that the route is there and works; where the answer is meant, say status: ${plain.status}`,
  };
}

function isRedirectedOutside({ mount, path: asked, answer, plain }: Sample): Finding | undefined {
  const [location] = valuesOf(answer, 'location');
  const base = baseOf(mount);
  if (location === undefined || base === '') return undefined;
  const path = pathOf(location, mount, asked);
  const fix = "redirect to urlFor(req, '/path'); or wrap the application: mount('/', app, { rewrite: true })";
  if (path !== undefined && !isBelow(path, base)) {
    return { check: 'redirect', message: `it redirects to ${location}, which is not below ${mount}`, fix };
  }
  const [plainly] = valuesOf(plain, 'location');
  const at = plainly === undefined ? undefined : pathOf(plainly, '/', asked);
  if (
    path === undefined ||
    at === undefined ||
    [at, at === '/' ? '' : at].includes(path.slice(base.length))
  ) {
    return undefined;
  }
  return { check: 'redirect', message: `it redirects to ${location}, at the root to ${plainly}`, fix };
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
        fix: "set the cookie with path: req.baseUrl || '/', or without a path; or wrap the application: mount('/', app, { rewrite: true })",
      };
    }
  }
  return undefined;
}

const isHtml = (answer: ReadAnswer): boolean =>
  /^text\/html\b/i.test(valuesOf(answer, 'content-type')[0] ?? '');

const links =
  /(?<![\w-])(?:href|src|action|formaction|poster)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+))/gi;

/** What is on a page, and no link. */
const noLinks = /<!--.*?-->|<script\b[^>]*>.*?<\/script>|<style\b.*?<\/style>/gis;

const entities: Readonly<Record<string, string>> = { amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' };

function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|(\w+));/gi,
    (whole, decimal, hex, name: string) => {
      if (name !== undefined) return entities[name] ?? whole;
      return String.fromCodePoint(Number.parseInt(decimal ?? hex, decimal ? 10 : 16) % 0x110000);
    },
  );
}

function linksOutside({ mount, path: asked, answer }: Sample): Finding | undefined {
  const base = baseOf(mount);
  if (base === '' || !isHtml(answer)) return undefined;
  for (const [tag, double, single, bare] of answer.body.replaceAll(noLinks, '').matchAll(links)) {
    const link = decodeEntities(double ?? single ?? bare ?? tag).trim();
    const path = pathOf(link, mount, asked);
    const fix = "link to urlFor(req, '/path'), or relative to the page";
    if (path !== undefined && !isBelow(path, base)) {
      return { check: 'link', message: `its page has a link to ${link}, which is not below ${mount}`, fix };
    }
    if (path?.startsWith(`${base}${base}`) === true) {
      return { check: 'link', message: `its page has a link to ${link}, which has ${mount} twice`, fix };
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
  const isBelieved = describe(spoofed).includes(madeUp) && !describe(answer).includes(madeUp);
  if (!isBelieved && answer.status === spoofed.status) return undefined;
  return {
    check: 'spoof',
    message: 'it answers otherwise where a client makes a prefix or a host up (X-Forwarded-Prefix: /…)',
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
  if (varies || sameBut(answer, plain, mount)) return undefined;
  return {
    check: 'same',
    message: `it answers ${show(answer.body)}, at the root ${show(plain.body)}`,
    fix: 'see that nothing but links depends on req.originalUrl or req.baseUrl; where the body is another one each time, say varies: true',
  };
}

/** Whether two bodies differ in nothing but the mount: a link to `/foo/x` is at the root one to `/x`, one to `/foo` one to `/`, or none. */
function sameBut({ body }: ReadAnswer, plain: ReadAnswer, mount: string): boolean {
  const base = baseOf(mount);
  if (body === plain.body) return true;
  if (base === '') return false;
  const spellings = [base, mount, encodeURIComponent(base)];
  return ['', '/'].some((root) => {
    const without = spellings.reduce(
      (text, spelling) => text.replaceAll(`${spelling}/`, '/').replaceAll(spelling, root),
      body,
    );
    return without === plain.body;
  });
}

function show(body: string): string {
  return JSON.stringify(body.length > 200 ? `${body.slice(0, 200)}…` : body);
}
