/** Translations for the functions of Werkzeug that make URLs or take them apart. As in urls.ts. */

import { pattern } from '../../lib/index.js';
import type { Mounts } from './ask.js';
import { encode, wsgiString } from './terms.js';
import { authorityOf, requestOf, type Translation, trustedHosts } from './url-terms.js';

/** EnvironBuilder: a path below a base url. */
const environBuilder: Translation = ({ path, base_url = '' }) => {
  const base = new URL(base_url);
  const script = base.pathname.replace(/\/$/, '');
  return {
    question: {
      mounts: [[decodeURIComponent(script), 'app']],
      target: script + wsgiString(path ?? ''),
      host: base.host,
      isEncrypted: base.protocol === 'https:',
    },
    theirs({ environ }) {
      const { SCRIPT_NAME, PATH_INFO } = environ;
      return {
        ...environ,
        SCRIPT_NAME: wsgiString(SCRIPT_NAME),
        PATH_INFO: wsgiString(PATH_INFO),
        RAW_URI: environ.REQUEST_URI,
        'wsgi.url_scheme': environ.REQUEST_SCHEME,
        script_name: SCRIPT_NAME,
        path_info: PATH_INFO,
        raw_SCRIPT_NAME: wsgiString(SCRIPT_NAME),
        raw_PATH_INFO: wsgiString(PATH_INFO),
      };
    },
  };
};

/** Map: rules are mounts; where all of them end with a slash, one is added. */
const routingMap: Translation = ({ rules = [], options, script_name = '', path_info = '', host }) => {
  const inside: Mounts = rules.map((rule) => {
    const written = rule.replace(/\/<path:(.*)>\/$/, '/*$1');
    return [written === rule ? rule : pattern(written), rule];
  });
  const isStrict = options?.strict_slashes !== false && rules.every((rule) => rule.endsWith('/'));
  const base = script_name.replace(/\/$/, '');
  return {
    question: {
      mounts: base === '' ? inside : [[base, inside]],
      options: { trailingSlash: isStrict ? 'add' : 'keep' },
      target: encode(base + path_info),
      host,
    },
    theirs: ({ app, params }) => ({ match: app, args: { ...params } }),
  };
};

/** extract_path_info: an absolute-form target below a host and a path. */
const extractPathInfo: Translation = ({ base = '', url = '' }) => {
  const { host, pathname } = new URL(base);
  return {
    question: {
      mounts: [[`//${host}${decodeURIComponent(pathname)}`, 'app']],
      target: new URL(url, base).href,
    },
    theirs: ({ environ: { PATH_INFO } }) => ({ returns: PATH_INFO }),
  };
};

/** get_host: a WebSocket's handshake is a request like another. */
const getHost: Translation = ({ scheme, host_header, server }) => ({
  question: {
    mounts: [['/', 'app']],
    target: '/',
    host: host_header ?? undefined,
    server: server ? { name: server[0], port: server[1] } : undefined,
    isEncrypted: scheme === 'https' || scheme === 'wss',
  },
  theirs: (heard) => ({ host: authorityOf(heard) }),
});

/** Its functions, by the words of their rows. */
export const werkzeug: Translation = (input) => {
  if (input.rules !== undefined) return routingMap(input);
  if (input.trusted !== undefined) return trustedHosts(input);
  if (input.fn === 'extract_path_info') return extractPathInfo(input);
  if (input.scheme !== undefined) return getHost(input);
  if (input.base_url !== undefined) return environBuilder(input);
  return {
    question: requestOf(input.environ ?? {}),
    theirs: (heard) => ({ url: heard.requestUri, root: heard.url('/') }),
  };
};
