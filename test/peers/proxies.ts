/**
 * Translations for what other systems believe of forwarded headers: the options of `behindProxy()` that mean the same, the
 * request, and what the application says, in their words. No socket: a row may name any peer.
 *
 * Rules of this file: general code, made of what a system's words mean; no row is known here by its id.
 */

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import {
  applicationUri,
  behindProxy,
  type Environ,
  environ,
  ForwardedError,
  type MountedRequest,
  type ProxyOptions,
  requestUri,
} from '../../lib/index.js';
import type { Answer } from './ask.js';
import type { Row, Told } from './row.js';
import { encode, wsgiString } from './terms.js';

type Strings = Readonly<Record<string, string>>;

/** Each system has its own words. */
export interface ProxyInput {
  readonly trust?: Readonly<Record<string, number>> | string;
  readonly environ?: Strings;
  readonly options?: { readonly prefix: string; readonly translate_forwarded_server?: boolean };
  readonly trusted_proxies?: readonly string[];
  readonly REMOTE_ADDR?: string;
  readonly request_target?: string;
  readonly headers?: Strings;
  readonly header?: Strings;
  readonly PathBase?: string;
  readonly forward_limit?: number;
  readonly contextPath?: string;
  readonly requestURI?: string;
  readonly peer_trusted?: boolean;
  readonly trusted_proxy_headers?: readonly string[];
  readonly SCRIPT_NAME?: string;
  readonly PATH_INFO?: string;
}

interface ProxyQuestion {
  readonly options: ProxyOptions;
  readonly peer?: string | undefined;
  /** Names as the client writes them. */
  readonly headers: Strings;
  /** Raw: what the host has consumed, and what is left. */
  readonly baseUrl?: string;
  readonly url: string;
  readonly serverName?: string | undefined;
  readonly serverPort?: string | undefined;
}

/** What an application says of the request that it gets. */
interface Said {
  readonly environ: Environ;
  readonly applicationUri: string;
  readonly requestUri: string;
  readonly originalPath: string;
  readonly headers: MountedRequest['headers'];
}

/** How a row becomes a question, and what is said becomes theirs. */
interface ProxySystem {
  readonly question: (input: ProxyInput) => ProxyQuestion;
  readonly theirs: (said: Said) => Readonly<Record<string, unknown>>;
}

const peerOnly: ProxyOptions['trust'] = (_address, hop) => hop === 0;
const forwardedPrefix = { header: 'x-forwarded-prefix' };

/** Header fields of an environ. */
function fieldsOf(variables: Strings): Strings {
  const fields = Object.entries(variables).filter(([name]) => name.startsWith('HTTP_'));
  return Object.fromEntries(
    fields.map(([name, value]) => [name.slice(5).toLowerCase().replaceAll('_', '-'), value]),
  );
}

function requestOf(variables: Strings): Omit<ProxyQuestion, 'options'> {
  const { SCRIPT_NAME = '', PATH_INFO = '', REMOTE_ADDR, SERVER_NAME, SERVER_PORT } = variables;
  return {
    peer: REMOTE_ADDR,
    headers: fieldsOf(variables),
    baseUrl: encode(SCRIPT_NAME),
    url: encode(PATH_INFO),
    serverName: SERVER_NAME,
    serverPort: SERVER_PORT,
  };
}

function variablesTold({ environ: variables, applicationUri: uri }: Said): Readonly<Record<string, unknown>> {
  const { HTTP_HOST, SERVER_NAME, SERVER_PORT, REMOTE_ADDR, REQUEST_SCHEME } = variables;
  return {
    SCRIPT_NAME: wsgiString(variables.SCRIPT_NAME),
    PATH_INFO: wsgiString(variables.PATH_INFO),
    ...{ HTTP_HOST, SERVER_NAME, SERVER_PORT, REMOTE_ADDR },
    'wsgi.url_scheme': REQUEST_SCHEME,
    // Werkzeug ends it with a slash.
    url_root: uri.endsWith('/') ? uri : `${uri}/`,
  };
}

/** So many hops, of which each adds an element to each list. */
const werkzeug: ProxySystem = {
  question: ({ trust, environ: variables = {} }) => {
    const hops = Math.max(...Object.values(trust as Readonly<Record<string, number>>));
    const options: ProxyOptions = {
      trust: (_address, hop) => hop < hops,
      lists: 'hops',
      prefix: forwardedPrefix,
    };
    return { ...requestOf(variables), options };
  },
  theirs: variablesTold,
};

/** A configured prefix that the server has taken off. */
const pastedeploy: ProxySystem = {
  question: ({ environ: variables = {}, options: theirs }) => {
    const trust = theirs?.translate_forwarded_server === false ? [] : peerOnly;
    const options: ProxyOptions = { trust, prefix: theirs?.prefix ?? '', target: 'stripped' };
    return { ...requestOf(variables), options };
  },
  theirs: variablesTold,
};

const plack: ProxySystem = {
  question: ({ environ: variables = {} }) => {
    const options: ProxyOptions = { trust: peerOnly, prefix: { header: 'x-forwarded-script-name' } };
    return { ...requestOf(variables), options };
  },
  theirs: variablesTold,
};

const symfony: ProxySystem = {
  question: ({ trusted_proxies = [], REMOTE_ADDR, request_target = '', headers = {} }) => ({
    options: { trust: trusted_proxies, prefix: forwardedPrefix },
    peer: REMOTE_ADDR,
    ...{ headers, url: request_target },
  }),
  theirs: ({ environ: { SCRIPT_NAME, PATH_INFO } }) => ({
    baseUrl: SCRIPT_NAME,
    basePath: SCRIPT_NAME,
    pathInfo: PATH_INFO,
  }),
};

/** Without `trust` the proxy at the loopback is meant, as in ASP.NET Core's defaults. */
const aspnetcore: ProxySystem = {
  question: ({ PathBase = '', headers = {} }) => ({
    options: { trust: 'loopback', prefix: forwardedPrefix },
    ...{ headers, baseUrl: encode(PathBase), url: '/' },
  }),
  theirs: ({ environ: { SCRIPT_NAME }, headers }) => ({
    PathBase: SCRIPT_NAME,
    applied: SCRIPT_NAME !== '',
    headers_after: Object.fromEntries(
      Object.entries(headers).filter(([name]) => /^x-(?:forwarded|original)-/.test(name)),
    ),
  }),
};

/** A deployed application has consumed its context path. */
const spring: ProxySystem = {
  question: ({ contextPath = '', requestURI = '', headers = {} }) => ({
    options: {
      trust: peerOnly,
      ...('Forwarded' in headers ? { headers: 'forwarded' as const } : { prefix: forwardedPrefix }),
    },
    headers: { Host: 'localhost', ...headers },
    baseUrl: contextPath,
    url: requestURI.slice(contextPath.length),
  }),
  theirs: ({ environ: { SCRIPT_NAME }, originalPath, requestUri: uri }) => ({
    contextPath: SCRIPT_NAME,
    requestURI: originalPath,
    requestURL: uri,
    errorRequestURI: originalPath,
  }),
};

const gunicorn: ProxySystem = {
  question: ({ peer_trusted, header = {} }) => ({
    options: { trust: peer_trusted ? peerOnly : [], prefix: { header: 'script-name' } },
    ...{ headers: header, url: '/' },
  }),
  theirs: variablesTold,
};

const modWsgi: ProxySystem = {
  question: ({
    trusted_proxy_headers: [header = ''] = [],
    SCRIPT_NAME = '',
    PATH_INFO = '',
    headers = {},
  }) => ({
    options: { trust: peerOnly, prefix: { header } },
    ...{ headers, baseUrl: encode(SCRIPT_NAME), url: encode(PATH_INFO) },
  }),
  theirs: (said) => ({ ...variablesTold(said), 'mod_wsgi.mount_point': said.environ.SCRIPT_NAME }),
};

const angular: ProxySystem = {
  question: ({ headers = {} }) => ({
    options: { trust: peerOnly, prefix: forwardedPrefix },
    ...{ headers, url: '/' },
  }),
  theirs: () => ({ accepted: true }),
};

const systems: Readonly<Record<string, ProxySystem>> = {
  werkzeug,
  pastedeploy,
  symfony,
  aspnetcore,
  gunicorn,
  'plack-reverseproxypath': plack,
  'spring-framework': spring,
  mod_wsgi: modWsgi,
  'angular-ssr': angular,
};

export interface ProxyAnswer {
  /** In their words, what the row tells. */
  readonly told: Readonly<Record<string, unknown>>;
  /** A refusal, or what differs from the row, in their words. */
  readonly ours: Answer | Told;
}

/** Asks `behindProxy()` what a row asks. */
export function askProxy({ system, input, expected, id }: Row<ProxyInput>): ProxyAnswer {
  const translation = systems[system];
  if (translation === undefined) throw new Error(`no translation for ${system} (${id})`);
  const answer = ask(translation.question(input));
  if ('code' in answer) {
    const all: Readonly<Record<string, unknown>> = { accepted: false, status: answer.status };
    return { told: namedIn(expected, all), ours: answer };
  }
  const all = translation.theirs(answer as Said);
  const told = namedIn(expected, all);
  const differing = Object.keys(told).filter(
    (name) => JSON.stringify(told[name]) !== JSON.stringify(expected[name]),
  );
  return { told, ours: { told: Object.fromEntries(differing.map((name) => [name, told[name]])) } };
}

/** Of our words, those that a row has. */
function namedIn(
  expected: Readonly<Record<string, unknown>>,
  all: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.keys(expected).flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])),
  );
}

function ask(question: ProxyQuestion): Said | Answer {
  const { options, peer = '127.0.0.1', headers, baseUrl = '', url, serverName, serverPort } = question;
  let result: Said | Answer | undefined;
  const proxied = behindProxy((req) => {
    const [originalPath = ''] = req.originalUrl.split('?');
    result = {
      environ: environ(req),
      applicationUri: applicationUri(req),
      requestUri: requestUri(req),
      ...{ originalPath, headers: req.headers },
    };
  }, options);
  const socket = new Socket().destroy();
  const connection = { remoteAddress: peer, localAddress: serverName, localPort: Number(serverPort ?? 80) };
  for (const [name, value] of Object.entries(connection)) Object.defineProperty(socket, name, { value });
  const req = new IncomingMessage(socket) as MountedRequest;
  // Nothing but the base was asked for, or nothing at all: a request shows both as `/`.
  Object.assign(req, { method: 'GET', url: url || '/', baseUrl, originalUrl: baseUrl + url || '/' });
  req.rawHeaders = Object.entries(headers).flat();
  req.headers = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  proxied(req, new ServerResponse(req), (error?: unknown) => {
    if (!(error instanceof ForwardedError)) throw error ?? new Error('it was passed on');
    result = { status: error.status, code: error.code };
  });
  return result as Said | Answer;
}
