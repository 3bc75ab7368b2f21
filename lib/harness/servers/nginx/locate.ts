/**
 * Which location takes a URI (ngx_http_core_find_location): the one by its exact path, else the one by the longest path, unless an
 * expression matches and that one has no `^~`; and so again inside it.
 *
 * Rules of this file: paths are compared byte by byte.
 */

import type { Location } from './configuration.js';
import type { RequestState } from './request.js';
import { matches } from './rewrite.js';

/** How the search of a level went: `redirect` is to the name of the location. */
type Found = 'exact' | 'redirect' | 'prefix' | 'none';

/** Sets the location of a request; whether it is to be sent to that location's name. */
export function locate(request: RequestState): boolean {
  request.location = request.server.root;
  return search(request) === 'redirect';
}

function search(request: RequestState): Found {
  const level = request.location;
  let found = searchPaths(level.fixed, request);
  let skipsExpressions = false;
  if (found === 'prefix') {
    skipsExpressions = request.location.skipsExpressions;
    found = search(request);
  }
  if (found === 'exact' || found === 'redirect' || skipsExpressions) return found;
  for (const location of level.expressions) {
    if (location.pattern !== undefined && matches(location.pattern, request.uri, request)) {
      request.location = location;
      // What is inside it cannot ask for a redirect.
      search(request);
      return 'exact';
    }
  }
  return found;
}

function searchPaths(locations: readonly Location[], request: RequestState): Found {
  const { uri } = request;
  const named = locations.filter(({ name }) => name === uri);
  const equal = named.find(({ kind }) => kind === 'exact') ?? named[0];
  if (equal !== undefined) {
    request.location = equal;
    return equal.kind === 'exact' ? 'exact' : 'prefix';
  }
  const behind = locations.filter(({ name }) => name === `${uri}/`);
  if (behind.some(({ redirectsToSlash }) => redirectsToSlash)) {
    request.location = behind.find(({ kind }) => kind === 'exact') ?? (behind[0] as Location);
    return 'redirect';
  }
  let longest: Location | undefined;
  for (const location of locations) {
    if (location.kind !== 'prefix' || !uri.startsWith(location.name)) continue;
    if (longest === undefined || location.name.length > longest.name.length) longest = location;
  }
  if (longest === undefined) return 'none';
  request.location = longest;
  return 'prefix';
}
