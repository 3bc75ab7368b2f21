/**
 * Translations, one for each system: a row's input into a question in our terms, and our answer into its terms.
 *
 * Rules of this file: general code, made of what the system's words mean; no row is known here by its id.
 */

import { toldOf } from './alike.js';
import type { Asked, Mounts, Question } from './ask.js';
import { type Row, tomcatHosts } from './row.js';
import {
  asked,
  encode,
  firstSegment,
  mountsOf,
  nest,
  nestWritten,
  outcome,
  type System,
  wsgiString,
} from './terms.js';

/** WSGI, Rack, PSGI: the pair in an environ. `passed` names what runs where no mount matches. */
function environSystem(passed: string): System {
  return {
    question(input) {
      const { SCRIPT_NAME = '', PATH_INFO, HTTP_HOST } = input.environ ?? input;
      const { builder_map, nested_mounts, mounts = [input.mount ?? ''] } = input;
      let tree = mountsOf(mounts);
      if (nested_mounts !== undefined) tree = nest(nested_mounts);
      if (builder_map !== undefined) {
        tree = builder_map.flatMap((map) =>
          nest(map.split(' > '), input.run_default ? 'default' : undefined),
        );
      }
      return {
        ...asked(input.fn === undefined ? tree : [[firstSegment, 'segment']], SCRIPT_NAME, PATH_INFO),
        host: HTTP_HOST,
        fails: input.app_raises === true,
      };
    },
    theirs(result, input) {
      const { answer, after } = result;
      const segment = answer.params?.segment;
      // Peeking tells the segment that would be taken, and leaves all as it is: what the host has afterwards.
      const isPeek = input.fn === 'peek_path_info';
      const place = isPeek ? after : answer;
      return {
        ...outcome(result, passed),
        'x-cascade': answer.next && 'pass',
        returns: segment ?? (isPeek ? '' : null),
        SCRIPT_NAME: wsgiString(place?.scriptName),
        PATH_INFO: wsgiString(place?.pathInfo),
        after: { SCRIPT_NAME: wsgiString(after?.scriptName), PATH_INFO: wsgiString(after?.pathInfo) },
      };
    },
  };
}

/** ASGI: `path` is the whole path and stays; only `root_path` grows. */
function asgiSystem(options: Question['options']): System {
  return {
    question({ mounts = [], hosts = {}, path = '', root_path = '', host }) {
      const isBelow = path === root_path || path.startsWith(`${root_path}/`);
      const byHost = Object.entries(hosts).flatMap(([name, paths]) =>
        paths.map((inside) => [`//${name}${inside}`, `host>${inside}`] as const),
      );
      return {
        ...asked([...byHost, ...mountsOf(mounts)], root_path, isBelow ? path.slice(root_path.length) : path),
        originalUrl: encode(path),
        host,
        ...(options && { options }),
      };
    },
    theirs(result, { path }) {
      const { answer, after } = result;
      return {
        ...outcome(result, ''),
        root_path: answer.scriptName,
        path,
        route_path: answer.pathInfo,
        app_root_path: after?.scriptName,
      };
    },
  };
}

/** ASP.NET Core: Map, UsePathBase with a route inside, StartsWithSegments. */
export const aspnetcore: System = {
  question(input) {
    const { nested_mounts, registered_path_base, route = '', prefix, comparison } = input;
    const { PathBase = '', Path = input.path ?? input.request_target } = input;
    let tree = mountsOf(prefix === undefined ? (input.mounts ?? []) : [prefix]);
    if (registered_path_base !== undefined) tree = nest([registered_path_base, route]);
    if (nested_mounts !== undefined) tree = nested_mounts.flatMap(nestWritten);
    const path = Path === undefined ? undefined : wsgiString(Path);
    return {
      ...asked(tree, wsgiString(PathBase), path),
      options: { caseSensitive: comparison === 'Ordinal' },
    };
  },
  theirs(result) {
    const { answer } = result;
    return {
      // The terminal handler of their test throws.
      ...(answer.app === 'terminal' && { error: 'inner terminal handler runs' }),
      ...outcome(result, '<next>'),
      matches: answer.app !== undefined,
      PathBase: answer.scriptName,
      Path: answer.pathInfo,
      body: answer.app && 'Response',
    };
  },
};

interface Servlet {
  readonly context: string;
  readonly path: string;
  readonly isDefault: boolean;
}

const noServlet: Servlet = { context: '', path: '', isDefault: false };

/** Servlets: contexts on a host, servlets inside them (Servlet 6.0 section 12.1; `/` is the default servlet). */
const tomcat: System = {
  question({ host, request_uri = '' }) {
    const tree: Mounts = tomcatHosts.flatMap(({ host: name, aliases, contexts }) =>
      [name, ...aliases].flatMap((known) =>
        Object.entries(contexts).map(([path, { name: context, servlets }]) => {
          const named = (isDefault: boolean): string =>
            JSON.stringify({ context, path, isDefault } satisfies Servlet);
          const inside: Mounts = Object.keys(servlets).map((urlPattern) => [
            urlPattern.replace(/\/\*$/, ''),
            named(urlPattern === '/'),
          ]);
          return [`//${known}${path || '/'}`, inside.length === 0 ? named(false) : inside] as const;
        }),
      ),
    );
    return { ...asked(tree, '', request_uri), host };
  },
  theirs({ answer }) {
    const { scriptName = '', pathInfo = '' } = answer;
    const { context, path, isDefault }: Servlet = JSON.parse(answer.app ?? 'null') ?? noServlet;
    return {
      context: `${context} (${path || 'root'})`,
      // What the default servlet takes is all servlet path.
      servletPath: scriptName.slice(path.length) + (isDefault ? pathInfo : ''),
      pathInfo: isDefault || pathInfo === '' ? null : pathInfo,
    };
  },
};

/** net/http's ServeMux: the pattern is what is told; the path stays whole. */
const goNetHttp: System = {
  question({ patterns = [], url = '' }) {
    const { host, pathname, search } = new URL(url);
    const mounts = patterns.map(
      (written) => [written.startsWith('/') ? written : `//${written}`, written] as const,
    );
    const target = pathname + search;
    // A pattern that ends with `/` redirects what lacks it.
    return { mounts, baseUrl: '', url: target, originalUrl: target, host, options: { trailingSlash: 'add' } };
  },
  theirs(result) {
    const { app, scriptName = '', pathInfo = '' } = result.answer;
    return { ...outcome(result, ''), pattern: app, path: scriptName + pathInfo };
  },
};

const systems: Readonly<Record<string, System>> = {
  werkzeug: environSystem('<default>'),
  wsgiref: environSystem(''),
  paste: environSystem('<404>'),
  cherrypy: environSystem(''),
  rack: environSystem(''),
  plack: environSystem(''),
  uwsgi: environSystem(''),
  // redirect_slashes is on unless turned off.
  starlette: asgiSystem({ trailingSlash: 'add' }),
  hypercorn: asgiSystem(undefined),
  aspnetcore,
  tomcat,
  'go-net/http': goNetHttp,
};

export function systemOf(row: Row): System {
  const system = systems[row.system];
  if (system === undefined) throw new Error(`no translation for ${row.system} (${row.id})`);
  return system;
}

/** Of our answer in their terms, what the row tells. */
export function told(
  row: Row,
  result: Asked,
  system: System = systemOf(row),
): Readonly<Record<string, unknown>> {
  const { error } = row.expected;
  // Mounts that cannot be made throw; what class, and with which message, is each system's own.
  const isThrown = result.answer.throws !== undefined && error !== undefined;
  const all: Readonly<Record<string, unknown>> = {
    ...system.theirs(result, row.input),
    ...(isThrown && { error }),
  };
  return toldOf(row, all);
}
