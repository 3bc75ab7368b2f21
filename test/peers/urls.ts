/**
 * Translations for URLs that other systems make or take apart: the request that an application of ours would have got, and
 * what it hears, in their words.
 *
 * Rules of this file: the root of an application, where a system writes it with a slash, is `urlFor(req, '/')`; no row is
 * known here by its id.
 */

import type { Mounts } from './ask.js';
import type { HeardAnswer } from './heard.js';
import type { Row } from './row.js';
import { wsgiString } from './terms.js';
import {
  authorityOf,
  pathOf,
  requestOf,
  type Translated,
  type Translation,
  trustedHosts,
  type UrlInput,
} from './url-terms.js';
import { werkzeug } from './werkzeug-urls.js';

/** application_uri and request_uri, of what setup_testing_defaults fills in. */
const wsgiref: Translation = ({ fn, environ = {} }) => {
  const isPathless = environ.SCRIPT_NAME === undefined && environ.PATH_INFO === undefined;
  const defaults = { SERVER_NAME: '127.0.0.1', HTTP_HOST: '127.0.0.1', SERVER_PORT: '80' };
  return {
    question: requestOf({ ...defaults, ...(isPathless && { PATH_INFO: '/' }), ...environ }),
    theirs: (heard) => ({ url: fn === 'application_uri' ? heard.applicationUri : heard.requestUri }),
  };
};

const rack: Translation = ({
  headers = {},
  SCRIPT_NAME,
  PATH_INFO,
  QUERY_STRING,
  SERVER_NAME,
  SERVER_PORT,
}) => ({
  question: requestOf({ ...headers, SCRIPT_NAME, PATH_INFO, QUERY_STRING, SERVER_NAME, SERVER_PORT }),
  theirs: (heard) => ({
    base_url: heard.origin,
    path: pathOf(heard),
    fullpath: heard.requestUri.slice(heard.origin.length),
    url: heard.requestUri,
  }),
});

/** Its REQUEST_URI is told with what the script name is, whatever it is. */
const plack: Translation = ({ environ, request_target }) => {
  if (environ !== undefined) {
    return {
      question: requestOf(environ),
      theirs: (heard) => ({ base: heard.applicationUri, uri: heard.requestUri }),
    };
  }
  const base = '/any';
  return {
    question: { mounts: [[base, 'app']], target: base + request_target },
    theirs: ({ environ: { SCRIPT_NAME, REQUEST_URI } }) => ({
      REQUEST_URI: REQUEST_URI.replace(SCRIPT_NAME, '<SCRIPT_NAME>'),
    }),
  };
};

/** net/http/cgi's Request. */
const goNetHttp: Translation = ({ environ = {} }) => ({
  question: requestOf(environ),
  theirs: (heard) => ({ host: authorityOf(heard), path: pathOf(heard), url: heard.requestUri }),
});

/** root_path is the mount, also where the front server has taken it off the path; `/submount` has a route at its root. */
const starlette: Translation = ({ path, root_path = '', host, query = '' }) => {
  const isBelow = path?.startsWith(`${root_path}/`) === true;
  const inside: Mounts = [['/submount', 'submount']];
  const target = (isBelow ? '' : root_path) + path + (query && `?${query}`);
  const isRouter = host === undefined;
  return {
    question: {
      mounts: [[root_path, isRouter ? inside : 'app']],
      options: { trailingSlash: isRouter ? 'add' : 'keep' },
      target,
      host,
    },
    theirs: (heard) => ({
      index: heard.url('/'),
      submount: heard.url('/submount/'),
      base_url: heard.url('/'),
      url: heard.requestUri,
    }),
  };
};

/** PathString: joined, and as a part of a URL. */
const aspnetcore: Translation = ({ base, path }) => ({
  question:
    base === undefined
      ? { mounts: [['/', 'app']], target: wsgiString(path ?? '') }
      : requestOf({ SCRIPT_NAME: base, PATH_INFO: path ?? '' }),
  theirs({ requestUri, origin }) {
    const path = requestUri.slice(origin.length);
    return { joined: path, encoded: path };
  },
});

/** A servlet path is a mount inside the context's. */
const springFramework: Translation = ({ contextPath = '', servletPath = '', requestURI = '' }) => ({
  question: { mounts: [[contextPath + servletPath, 'app']], target: requestURI },
  theirs: ({ environ: { PATH_INFO } }) => ({ pathWithinApplication: PATH_INFO }),
});

/** The server of its tests is localhost:5000. */
const dancer2: Translation = ({ uri_for = '', ...environ }) => {
  const { SCRIPT_NAME, PATH_INFO, SERVER_NAME = 'localhost', SERVER_PORT = '5000' } = environ;
  return {
    question: requestOf({ SCRIPT_NAME, PATH_INFO, SERVER_NAME, SERVER_PORT }),
    theirs: (heard) => ({
      path: heard.environ.PATH_INFO,
      uri_base: heard.applicationUri,
      uri: heard.url(uri_for),
    }),
  };
};

const translations: Readonly<Record<string, Translation>> = {
  werkzeug,
  wsgiref,
  rack,
  plack,
  'go-net/http': goNetHttp,
  starlette,
  aspnetcore,
  'spring-framework': springFramework,
  dancer2,
  'angular-ssr': trustedHosts,
};

export function translationOf({ system, input }: Row<UrlInput>): Translated {
  const translation = translations[system];
  if (translation === undefined) throw new Error(`no translation for ${system}`);
  return translation(input);
}

/** What we answer in their words: what the application hears, or where no application ran, what is answered instead. */
export function theirWords(
  { theirs }: Translated,
  { heard, answer = {} }: HeardAnswer,
): Readonly<Record<string, unknown>> {
  if (heard !== undefined) return theirs(heard);
  const { status, code, location } = answer;
  // Nobody ran: no path is told, no host is trusted.
  return { status, code, location, redirect: location, returns: null, trusted: false };
}
