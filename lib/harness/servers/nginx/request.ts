/**
 * A request on its way through nginx: what has become of it so far.
 *
 * Rules of this file: state only; what is done with it stands elsewhere.
 */

import type { ClientConnection, ClientRequest } from '../../model.js';
import type { Location, Site, VirtualServer } from './configuration.js';

/** A header field that was not dropped. */
export interface Field {
  readonly name: string;
  /** In lower case. */
  readonly key: string;
  readonly value: string;
  /** Whether its name holds nothing but letters, digits and `-`, and `_` where that is allowed. */
  readonly isValid: boolean;
}

/** `fastcgi_split_path_info` of a URI. */
export interface SplitPath {
  readonly scriptName: string;
  readonly pathInfo: string;
}

export interface RequestState {
  readonly client: ClientRequest;
  readonly connection: ClientConnection;
  readonly site: Site;
  readonly server: VirtualServer;
  readonly fields: readonly Field[];
  /** Host, in lower case and without its port; `''` where the client named none. */
  readonly host: string;
  readonly unparsedUri: string;
  readonly isQuoted: boolean;
  readonly hasPlus: boolean;
  readonly isChunked: boolean;
  /** What Content-Length says; -1 where it is missing. */
  readonly declaredLength: number;
  method: string;
  uri: string;
  args: string;
  /** Whether `unparsedUri` still says what is asked for. */
  isUnparsedValid: boolean;
  /** Whether the URI still begins with the name of the location. */
  isLocationValid: boolean;
  isInternal: boolean;
  isUriChanged: boolean;
  addsUriToAlias: boolean;
  /** How often the URI may still be changed. */
  changesLeft: number;
  location: Location;
  /** What answers, where a location names it. */
  handler: Location | undefined;
  captures: readonly string[];
  readonly values: Map<string, string>;
  split: SplitPath | undefined;
  /** What the proxied server is called. */
  upstream: { readonly host: string; readonly port: string; readonly bodyLength: string } | undefined;
  /** Set by `error_page`: the status that the client gets, 0 for that of the answer. */
  errorStatus: number | undefined;
}

/** The length of the body, once it is read; -1 where there is none. */
export function bodyLength(request: RequestState): number {
  return request.isChunked ? (request.client.body?.length ?? 0) : request.declaredLength;
}

/** The first field of a name. */
export function fieldOf(request: RequestState, key: string): string | undefined {
  return request.fields.find((field) => field.isValid && field.key === key)?.value;
}
