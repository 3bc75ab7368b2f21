/**
 * Which ProxyPass a request belongs to, and the URL that this makes of it.
 *
 * Source: `proxy_trans()`, `ap_proxy_trans_match()` and `alias_match()` of mod_proxy, Apache 2.4.
 *
 * Rules of this file: the URL is not canonical yet; what is remembered for that stands in the notes.
 */

import { type ApacheRequest, everyOf, isOn } from '../module.js';
import { substitute } from '../pattern.js';
import type { Alias, Aliases } from './aliases.js';
import { matchServlet } from './servlet.js';

/** Notes, by the names of mod_proxy. */
export const notes = {
  nocanon: 'proxy-nocanon',
  noencode: 'proxy-noencode',
  noquery: 'proxy-noquery',
} as const;

/** Where the request is for what is behind: that of a `<Location>` is tried first, then those of the server. */
export function translate(request: ApacheRequest, aliases: Aliases, isEncoded: boolean): 'done' | undefined {
  if (!request.uri.startsWith('/') || request.env.has('no-proxy')) return undefined;
  const own = everyOf(request, 'ProxyPass', 'ProxyPassMatch').findLast((each) =>
    aliases.inLocation.has(each),
  );
  const first = own === undefined ? undefined : aliases.inLocation.get(own);
  for (const alias of first === undefined ? aliases.ofServer : [first, ...aliases.ofServer]) {
    if ((alias.mapping === 'decoded') === isEncoded) continue;
    const found = urlOf(request, alias);
    if (found === '!') return undefined;
    if (found === undefined) continue;
    request.filename = `proxy:${found}`;
    request.handler = 'proxy-server';
    request.isProxy = true;
    return 'done';
  }
  return undefined;
}

/** The URL; `!` where the request is to stay here, `undefined` where the alias does not concern it. */
function urlOf(request: ApacheRequest, alias: Alias): string | undefined {
  const { uri, unparsedUri } = request;
  const { fake, real } = interpolated(request, alias);
  const isServlet = alias.mapping === 'servlet';
  let isRaw = alias.isRaw && !isServlet;
  let found: string;
  if (alias.expression !== undefined) {
    const groups = alias.expression.exec(uri);
    if (groups === null) return undefined;
    if (real === '!') return real;
    const raw = isRaw ? alias.expression.exec(unparsedUri) : null;
    // Where decoding made the path match, the raw one is not safe to send.
    isRaw = raw !== null;
    const replaced = substitute(real, raw ?? groups);
    found = replaced === real ? real + (isRaw ? unparsedUri : uri) : replaced;
  } else {
    const servlet = isServlet ? matchServlet(uri, fake) : undefined;
    const length = servlet?.length ?? matchPrefix(uri, fake);
    if (length === 0) return undefined;
    if (real === '!') return real;
    isRaw &&= length === matchPrefix(unparsedUri, fake);
    found = real + (isRaw ? unparsedUri : uri).slice(length);
    if (servlet !== undefined) request.uri = servlet.path;
  }
  if (isRaw) request.notes.set(notes.nocanon, '1');
  if (alias.hasNoQuery) request.notes.set(notes.noquery, '1');
  if (alias.mapping !== 'decoded') request.notes.set(notes.noencode, '1');
  return found;
}

/** How much of a path an alias takes; 0 where it takes none. A run of slashes is as good as one. */
export function matchPrefix(uri: string, alias: string): number {
  let at = 0;
  let from = 0;
  while (from < alias.length && at < uri.length) {
    if (alias[from] !== '/') {
      if (uri[at++] !== alias[from++]) return 0;
      continue;
    }
    if (uri[at] !== '/') return 0;
    while (alias[from] === '/') from++;
    while (uri[at] === '/') at++;
  }
  if (from < alias.length) return 0;
  if (!alias.endsWith('/') && at < uri.length && uri[at] !== '/') return 0;
  return at;
}

/** `${NAME}` of the environment, where both the directive and ProxyPassInterpolateEnv ask for it. */
function interpolated(
  request: ApacheRequest,
  { fake, real, isInterpolated }: Alias,
): { fake: string; real: string } {
  if (!isInterpolated || !isOn(request, 'ProxyPassInterpolateEnv')) return { fake, real };
  const replace = (text: string): string =>
    text.replace(/\$\{([^}]*)\}/g, (_, name: string) => request.env.get(name) ?? '');
  return { fake: replace(fake), real: replace(real) };
}
