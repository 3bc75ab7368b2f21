/**
 * `<Proxy>` and `<ProxyMatch>`: directives that hold for some URLs.
 *
 * Source: `proxy_walk()` and `proxysection()` of mod_proxy, Apache 2.4.
 */

import { type ApacheRequest, once } from '../module.js';
import { expressionOf, hasWildcards } from '../pattern.js';
import type { Directive } from '../read.js';

/** `proxy_walk()`: what stands in `<Proxy>` sections of the URL counts more than the server's, less than a Location's. */
export function addProxySections(request: ApacheRequest): void {
  const { server, directives, filename = '' } = request;
  const url = filename.slice(6);
  const found = server.sections.filter((section) => proxySectionOf(section)?.test(url));
  if (found.length === 0) return;
  const inner = found.flatMap(({ children = [] }) =>
    children.filter((child) => child.children === undefined),
  );
  const own = new Set<Directive>(server.directives);
  request.directives = [...server.directives, ...inner, ...directives.filter((each) => !own.has(each))];
}

/** What a `<Proxy>` or `<ProxyMatch>` compares a URL with; `undefined` of another section. */
export const proxySectionOf = once((section: Directive): RegExp | undefined => {
  const [first = '', second = ''] = section.args;
  if (section.name === 'proxymatch') return expressionOf(first, section);
  if (section.name !== 'proxy') return undefined;
  if (first === '~') return expressionOf(second, section);
  // Wildcards take slashes too.
  if (hasWildcards(first)) {
    const source = first
      .replace(/[\\^$.+(){}|]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    return expressionOf(`^${source}$`, section);
  }
  return expressionOf(`^${first.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`, section);
});
