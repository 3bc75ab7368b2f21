/**
 * Which directives hold for a request: the sections that its path and its file are in, in the order in which Apache merges them.
 *
 * Source: "Configuration Sections" of the manual of Apache 2.4; `ap_location_walk()`, `ap_directory_walk()`, `ap_file_walk()`,
 * `ap_if_walk()`.
 *
 * Rules of this file: what counts last stands last.
 */

import { containers } from './access.js';
import { holds } from './condition.js';
import type { Configuration } from './configuration.js';
import { type ApacheRequest, once } from './module.js';
import { mergeSlashes } from './normal.js';
import { expressionOf, hasWildcards, wildcardExpression } from './pattern.js';
import { type Directive, readPart, sectionWith } from './read.js';

/** How a section's argument is compared. */
type Matcher = (text: string) => boolean;

interface Compared {
  readonly matches: Matcher;
  /** Where the section is one of a regular expression. */
  readonly expression: RegExp | undefined;
}

const comparedOf = once((section: Directive): Compared => {
  const { name, args } = section;
  const [first = '', second = ''] = args;
  const isExpression = name.endsWith('match') || first === '~';
  const text = first === '~' ? second : first;
  if (isExpression) {
    const expression = expressionOf(text, section);
    return { matches: (path) => expression.test(path), expression };
  }
  const bare = name === 'directory' ? text.replace(/(.)\/+$/, '$1') : text;
  if (hasWildcards(text)) {
    const wildcards = wildcardExpression(bare, section, true);
    return { matches: (path) => wildcards.test(path), expression: undefined };
  }
  const matches: Matcher = name === 'location' ? (path) => isBelow(path, text) : (path) => path === bare;
  return { matches, expression: undefined };
});

/** Whether a path is a Location, or below it. One that ends with a slash takes what begins with it. */
export function isBelow(path: string, location: string): boolean {
  if (!path.startsWith(location)) return false;
  return location.endsWith('/') || path.length === location.length || path[location.length] === '/';
}

/** The directives that hold before there is a file: those of the server and of the Locations. */
export function locationDirectives(request: ApacheRequest): readonly Directive[] {
  const { server } = request;
  const locations = locationsOf(request);
  const directives = [...server.directives, ...locations.flatMap((each) => plain(each, request))];
  return withConditions(request, directives, [...server.sections, ...locations.flatMap(inside)]);
}

/** All directives that hold, once the file is known. */
export function fileDirectives(request: ApacheRequest, configuration: Configuration): readonly Directive[] {
  const { server, filename } = request;
  const folders = directoriesOf(request, configuration);
  const sections = [...server.sections, ...folders.flatMap(inside)];
  const name = (filename ?? '').replace(/^.*\//s, '');
  const files = sections.filter(
    (section) =>
      /^files(?:match)?$/.test(section.name) && filename !== undefined && isMatch(section, name, request),
  );
  const locations = locationsOf(request);
  const directives = [
    ...server.directives,
    ...[...folders, ...files, ...locations].flatMap((each) => plain(each, request)),
  ];
  return withConditions(
    request,
    directives,
    [...sections, ...[...files, ...locations].flatMap(inside)],
    configuration,
  );
}

/** Whether a section is of a path; what an expression names of it is put into the environment. */
function isMatch(section: Directive, path: string, { env }: ApacheRequest): boolean {
  const { matches, expression } = comparedOf(section);
  if (expression === undefined) return matches(path);
  const found = expression.exec(path);
  for (const [name, value] of Object.entries(found?.groups ?? {})) {
    env.set(`MATCH_${name.toUpperCase()}`, value ?? '');
  }
  return found !== null;
}

function inside({ children = [] }: Directive): readonly Directive[] {
  return children;
}

/** What stands in a section itself, in a Limit of the request's method, and what is asked for access. */
function plain({ children = [] }: Directive, request: ApacheRequest): readonly Directive[] {
  return children.flatMap((each): readonly Directive[] => {
    if (each.children === undefined || containers.some((name) => name === each.name)) return [each];
    if (each.name !== 'limit' && each.name !== 'limitexcept') return [];
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    return each.args.includes(method) === (each.name === 'limit') ? plain(each, request) : [];
  });
}

function locationsOf(request: ApacheRequest): readonly Directive[] {
  const { server, uri } = request;
  // A Location merges slashes, a LocationMatch does not.
  const merged = mergeSlashes(uri);
  return server.sections
    .filter(({ name }) => name === 'location' || name === 'locationmatch')
    .filter((section) =>
      isMatch(section, comparedOf(section).expression === undefined ? merged : uri, request),
    );
}

/** The Directory sections of a file, and its .htaccess files as if they were some. */
function directoriesOf(request: ApacheRequest, configuration: Configuration): readonly Directive[] {
  const { filename, kind, server, isProxy } = request;
  if (filename === undefined || !filename.startsWith('/') || isProxy) return [];
  const paths = foldersOf(kind === 'folder' ? `${filename.replace(/\/+$/, '')}/` : filename);
  const sections = server.sections.filter(({ name }) => name === 'directory' || name === 'directorymatch');
  const named = sections.filter((section) => comparedOf(section).expression === undefined);
  let isOverridden = false;
  const found = paths.flatMap((path) => {
    const here = named.filter((section) => comparedOf(section).matches(path));
    for (const { name, args } of here.flatMap(inside)) {
      if (name === 'allowoverride') isOverridden = args[0]?.toLowerCase() !== 'none';
    }
    return isOverridden ? [...here, ...accessFileOf(path, configuration)] : here;
  });
  // Expressions are compared with the name of the file too.
  const whole = kind === 'folder' ? `${filename.replace(/\/+$/, '')}/` : filename;
  const expressions = sections.filter((section) => comparedOf(section).expression !== undefined);
  return [...found, ...expressions.filter((section) => isMatch(section, whole, request))];
}

/** `/`, `/srv`, `/srv/www` of `/srv/www/index.html`. */
function foldersOf(filename: string): readonly string[] {
  const segments = filename.split('/').slice(1, -1);
  return ['/', ...segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`)];
}

const accessFiles = new WeakMap<Configuration, Map<string, readonly Directive[]>>();

function accessFileOf(folder: string, configuration: Configuration): readonly Directive[] {
  let read = accessFiles.get(configuration);
  if (read === undefined) {
    read = new Map();
    accessFiles.set(configuration, read);
    for (const [name, text] of Object.entries(configuration.files)) {
      if (!name.endsWith('/.htaccess')) continue;
      const path = name.slice(0, -'/.htaccess'.length);
      const directive = { name: 'directory', written: '<Directory>', args: [path], text: path, line: 0 };
      read.set(path, [
        sectionWith({ ...directive, children: undefined }, readPart(text, configuration.modules)),
      ]);
    }
  }
  return read.get(folder) ?? [];
}

/** Adds what stands in If sections whose conditions hold; they are merged last. */
function withConditions(
  request: ApacheRequest,
  directives: readonly Directive[],
  sections: readonly Directive[],
  configuration?: Configuration,
): readonly Directive[] {
  let isTaken = false;
  const conditional = sections.flatMap((section): readonly Directive[] => {
    switch (section.name) {
      case 'if':
        isTaken = holds(section, request, configuration?.exists);
        return isTaken ? plain(section, request) : [];
      case 'elseif': {
        if (isTaken) return [];
        isTaken = holds(section, request, configuration?.exists);
        return isTaken ? plain(section, request) : [];
      }
      case 'else':
        return isTaken ? [] : plain(section, request);
      default:
        return [];
    }
  });
  return [...directives, ...conditional];
}
