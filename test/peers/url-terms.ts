/**
 * What the translations of urls.ts have in common: the words of the rows, and the request that an environ is of.
 *
 * Rules of this file: SCRIPT_NAME is the mount, SCRIPT_NAME and PATH_INFO together are the target.
 */

import type { Heard, UrlQuestion } from './heard.js';
import { encode } from './terms.js';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Each system has its own words; a row has those of one of its functions. */
export interface UrlInput {
  readonly environ?: Variables;
  readonly headers?: Variables;
  readonly fn?: string;
  readonly include_query?: boolean;
  readonly path?: string | null;
  readonly base_url?: string;
  readonly base?: string;
  readonly url?: string;
  readonly rules?: readonly string[];
  readonly options?: { readonly strict_slashes?: boolean };
  readonly script_name?: string;
  readonly path_info?: string;
  readonly host?: string;
  readonly trusted?: readonly string[];
  readonly allowed_hosts?: readonly string[];
  readonly scheme?: string;
  readonly host_header?: string | null;
  readonly server?: readonly [string, number] | null;
  readonly root_path?: string;
  readonly query?: string;
  readonly contextPath?: string;
  readonly servletPath?: string;
  readonly requestURI?: string;
  readonly request_target?: string;
  readonly uri_for?: string;
  readonly SCRIPT_NAME?: string;
  readonly PATH_INFO?: string;
  readonly QUERY_STRING?: string;
  readonly SERVER_NAME?: string;
  readonly SERVER_PORT?: string;
}

export interface Translated {
  readonly question: UrlQuestion;
  /** What the application hears, in their words. */
  readonly theirs: (heard: Heard) => Readonly<Record<string, unknown>>;
}

export type Translation = (input: UrlInput) => Translated;

/** A path as a row gives it, in bytes, as a mount path, in text. */
export function mountPath(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The request whose environ this is. */
export function requestOf(environ: Variables): UrlQuestion {
  const { SCRIPT_NAME = '', PATH_INFO = '', QUERY_STRING = '', REQUEST_URI, HTTPS } = environ;
  const { HTTP_HOST, SERVER_NAME, SERVER_PORT, 'wsgi.url_scheme': scheme } = environ;
  const path = encode(SCRIPT_NAME) + encode(PATH_INFO) || '/';
  return {
    mounts: [[mountPath(SCRIPT_NAME), 'app']],
    target: REQUEST_URI ?? path + (QUERY_STRING && `?${QUERY_STRING}`),
    host: HTTP_HOST,
    server:
      SERVER_NAME === undefined
        ? undefined
        : { name: SERVER_NAME, port: SERVER_PORT === undefined ? undefined : Number(SERVER_PORT) },
    isEncrypted: scheme === 'https' || HTTPS === 'on',
  };
}

export function authorityOf({ origin }: Heard): string {
  return origin.slice(origin.indexOf('//') + 2);
}

export function pathOf({ environ: { SCRIPT_NAME, PATH_INFO } }: Heard): string {
  return SCRIPT_NAME + PATH_INFO;
}

/** Hosts that are trusted have a mount, and no other has. */
export const trustedHosts: Translation = ({ host, trusted, allowed_hosts = [] }) => {
  // Werkzeug's `.example.com` is the name itself, too.
  const names = trusted?.flatMap((name) => (name.startsWith('.') ? [name.slice(1), `*${name}`] : [name]));
  return {
    question: { mounts: (names ?? allowed_hosts).map((name) => [`//${name}/`, name]), target: '/', host },
    theirs: () => ({ trusted: true }),
  };
};
