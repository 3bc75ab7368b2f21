/**
 * `php_fastcgi`: a redirect, a rewrite and a proxy, in that order (Caddy's `fastcgi/caddyfile.go`).
 */

import { type FastcgiOptions, readFastcgiLine } from './fastcgi.js';
import { fileTest } from './files.js';
import { type MatcherSet, pathTest } from './matchers.js';
import { replaceAll } from './placeholders.js';
import { passOn, readProxy } from './proxy.js';
import { rewriteTo } from './rewrite.js';
import { changing, type Route } from './routes.js';
import type { Segment } from './segments.js';

const path = '{http.request.uri.path}';

export function phpRoutes(upstreams: readonly string[], block: readonly Segment[]): readonly Route[] {
  const options: FastcgiOptions = { splits: ['.php'], environ: new Map() };
  let index = 'index.php';
  let tries: readonly string[] = [];
  const others = block.filter((segment) => {
    const [name, ...values] = segment.words;
    if (name === 'index') index = values[0] ?? index;
    else if (name === 'try_files') tries = values;
    else return !readFastcgiLine(options, segment);
    return false;
  });
  const proxy = readProxy(upstreams, others);
  proxy.fastcgi = options;
  const matcher = matcherOf('php', pathTest(options.splits.map((split) => `*${split}`)));
  const last: Route = { matcher, handlers: [(state) => passOn(proxy, state)] };
  if (index === 'off') return [last];
  const isFolder = fileTest({ tries: [`${path}/${index}`] });
  const isSlashed = pathTest(['*/']);
  const redirect: Route = {
    matcher: matcherOf('redirect', (state) => isFolder(state) && !isSlashed(state)),
    handlers: [
      (state) => {
        return { kind: 'refused', status: 308, location: replaceAll('{http.request.orig_uri.path}/', state) };
      },
    ],
  };
  const files = tries.length > 0 ? tries : [path, `${path}/${index}`, index];
  const rewrite: Route = {
    matcher: matcherOf('rewrite', fileTest({ tries: files, splits: options.splits })),
    handlers: [changing(rewriteTo('{http.matchers.file.relative}'))],
  };
  return [redirect, rewrite, last];
}

/** Never the same as another one's. */
function matcherOf(name: string, test: MatcherSet['test']): MatcherSet {
  return { key: `php_fastcgi ${name}`, test, pathLength: 0 };
}
