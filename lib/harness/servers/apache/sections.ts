/**
 * Which directives hold for a request: the sections that its path and its file are in, in the order in which Apache merges them.
 *
 * Source: "Configuration Sections" of the manual of Apache 2.4; `ap_location_walk()`, `ap_directory_walk()`, `ap_file_walk()`,
 * `ap_if_walk()`.
 *
 * Rules of this file: what counts last stands last.
 */

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
  readonly isExpression: boolean;
  /** Segments, by which directories are sorted. */
  readonly depth: number;
}

const comparedOf = once((section: Directive): Compared => {
  const { name, args } = section;
  const [first = '', second = ''] = args;
  const isExpression = name.endsWith('match') || first === '~';
  const text = first === '~' ? second : first;
  const depth = text.split('/').filter((segment) => segment !== '').length;
  if (isExpression) {
    const expression = expressionOf(text, section);
    return { matches: (path) => expression.test(path), isExpression, depth };
  }
  if (hasWildcards(text)) {
    const expression = wildcardExpression(
      name === 'directory' ? text.replace(/(.)\/$/, '$1') : text,
      section,
      true,
    );
    return { matches: (path) => expression.test(path), isExpression, depth };
  }
  switch (name) {
    case 'location':
      return { matches: (path) => isBelow(path, text), isExpression, depth };
    case 'directory':
      return { matches: (path) => path === text.replace(/(.)\/+$/, '$1'), isExpression, depth };
    default:
      return { matches: (path) => path === text, isExpression, depth };
  }
});

/** Whether a path is a Location, or below it. One that ends with a slash takes what begins with it. */
export function isBelow(path: string, location: string): boolean {
  if (!path.startsWith(location)) return false;
  return location.endsWith('/') || path.length === location.length || path[location.length] === '/';
}

/** The directives that hold before there is a file: those of the server and of the Locations. */
export function locationDirectives(request: ApacheRequest): readonly Directive[] {
  return withConditions(
    request,
    [...request.server.directives, ...locationsOf(request)],
    request.server.sections,
  );
}

/** All directives that hold, once the file is known. */
export function fileDirectives(request: ApacheRequest, configuration: Configuration): readonly Directive[] {
  const { server } = request;
  const folders = directoriesOf(request, configuration);
  const sections = [...server.sections, ...folders.flatMap(({ children }) => children ?? [])];
  const name = (request.filename ?? '').replace(/^.*\//s, '');
  const files = sections.filter(
    (section) =>
      /^files(?:match)?$/.test(section.name) &&
      request.filename !== undefined &&
      comparedOf(section).matches(name),
  );
  const directives = [
    ...server.directives,
    ...[...folders, ...files].flatMap(plain),
    ...locationsOf(request),
  ];
  const inFiles = files.flatMap(({ children }) => children ?? []);
  return withConditions(request, directives, [...sections, ...inFiles], configuration);
}

function plain({ children = [] }: Directive): readonly Directive[] {
  return children.filter(({ children: inner }) => inner === undefined);
}

function locationsOf({ server, uri }: ApacheRequest): readonly Directive[] {
  // A Location merges slashes, a LocationMatch does not.
  const merged = mergeSlashes(uri);
  return server.sections
    .filter(({ name }) => name === 'location' || name === 'locationmatch')
    .filter((section) => {
      const { matches, isExpression } = comparedOf(section);
      return matches(isExpression ? uri : merged);
    })
    .flatMap(plain);
}

/** The Directory sections of a file, and its .htaccess files as if they were some. */
function directoriesOf(request: ApacheRequest, configuration: Configuration): readonly Directive[] {
  const { filename, kind, server, isProxy } = request;
  if (filename === undefined || !filename.startsWith('/') || isProxy) return [];
  const paths = foldersOf(kind === 'folder' ? `${filename.replace(/\/+$/, '')}/` : filename);
  const sections = server.sections.filter(({ name }) => name === 'directory' || name === 'directorymatch');
  const named = sections.filter((section) => !comparedOf(section).isExpression);
  const found = paths.flatMap((path) => [
    ...named.filter((section) => comparedOf(section).matches(path)),
    ...accessFileOf(path, configuration),
  ]);
  const expressions = sections.filter((section) => comparedOf(section).isExpression);
  return [
    ...found,
    ...expressions.filter((section) => paths.some((path) => comparedOf(section).matches(`${path}/`))),
  ];
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
        return isTaken ? plain(section) : [];
      case 'elseif': {
        if (isTaken) return [];
        isTaken = holds(section, request, configuration?.exists);
        return isTaken ? plain(section) : [];
      }
      case 'else':
        return isTaken ? [] : plain(section);
      default:
        return [];
    }
  });
  return [...directives, ...conditional];
}
