/**
 * From the directives of nginx's configuration to what is asked when a request comes.
 *
 * Rules of this file: what a directive may not be, or where, is refused here, with its line; a text of server blocks or of
 * locations alone is read as if the blocks around it were there.
 */

import { ConfigurationError, show } from '../../../errors.js';
import type { ConfigurationFiles, Surroundings } from '../../model.js';
import { compileExpression } from '../expression.js';
import { unknownDirective } from '../reading.js';
import { codeOf } from './code-of.js';
import {
  type Listen,
  type Location,
  type Pass,
  type PassProtocol,
  Scope,
  type Setting,
  type Site,
  type VirtualServer,
} from './configuration.js';
import { isIgnored, settings } from './directives.js';
import { mapOf } from './map.js';
import { readProxiedUrl } from './proxied-url.js';
import { type Directive, readConfiguration } from './read.js';
import type { Code } from './rewrite.js';
import { compileScript } from './script.js';

type Names = ReadonlySet<string>;

/** @throws {ConfigurationError} ERR_HARNESS_CONFIGURATION */
export function buildSite(files: ConfigurationFiles, surroundings: Surroundings): Site {
  const directives = readConfiguration(files);
  const known = new Set(directives.flatMap(namesSet));
  const http = new Scope(undefined);
  const servers: VirtualServer[] = [];
  const upstreams = new Set<string>();
  const maps = new Map<string, ReturnType<typeof mapOf>>();
  for (const directive of insideHttp(directives)) {
    if (directive.name === 'server') servers.push(serverOf(directive, http, known));
    else if (directive.name === 'upstream') upstreams.add(directive.parameters[0] ?? '');
    else if (directive.name === 'map') {
      const variable = directive.parameters[1] ?? '';
      maps.set(variable.slice(1).toLowerCase(), mapOf(directive, known));
    } else addSetting(directive, http, known, undefined);
  }
  if (servers.length === 0) refuse('a server', 'none', 1);
  return { servers, upstreams, maps, exists: (path) => existing(path, surroundings) };
}

/** What ends in a slash can only be a folder. */
function existing(path: string, { exists }: Surroundings): 'file' | 'folder' | undefined {
  const found = exists?.(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
  return path.endsWith('/') && found === 'file' ? undefined : found;
}

/** The directives of the http block, and of those that are meant to stand in one. */
function insideHttp(directives: readonly Directive[]): readonly Directive[] {
  const top = directives.filter(({ name, parameters }) => !isIgnored(name, parameters));
  if (top.some(({ name }) => name === 'http')) {
    const stray = top.find(({ name }) => name !== 'http');
    if (stray !== undefined) unknownDirective({ server: 'nginx', line: stray.line }, stray.name);
    return top.flatMap(({ block = [] }) => block);
  }
  if (top.some(({ name }) => name === 'server')) return directives;
  return [{ name: 'server', parameters: [], line: 1, block: directives }];
}

/** Names of the variables that a directive sets, or one inside it; in lower case. */
function namesSet({ name, parameters, block = [] }: Directive): readonly string[] {
  const captures = [name, ...parameters].flatMap((parameter) =>
    Array.from(parameter.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g), ([, group = '']) => group),
  );
  if (name === 'set') captures.push((parameters[0] ?? '').slice(1));
  if (name === 'map') captures.push((parameters[1] ?? '').slice(1));
  return [...captures.map((each) => each.toLowerCase()), ...block.flatMap(namesSet)];
}

function serverOf({ block = [] }: Directive, http: Scope, known: Names): VirtualServer {
  const scope = new Scope(http);
  const listens: Listen[] = [];
  const names: string[] = [];
  const patterns: RegExp[] = [];
  const locations: Location[] = [];
  const codes: Code[] = [];
  for (const directive of block) {
    const { name, parameters, line } = directive;
    if (name === 'listen') listens.push(listenOf(parameters, line));
    else if (name === 'server_name') {
      names.push(...parameters.map((each) => (each.startsWith('~') ? each : each.toLowerCase())));
      for (const each of parameters.filter((parameter) => parameter.startsWith('~'))) {
        patterns.push(compileExpression(each.slice(1), { ignoreCase: true }));
      }
    } else if (name === 'location') locations.push(locationOf(directive, scope, known, undefined));
    else {
      const code = codeOf(directive, known, undefined);
      if (code !== undefined) codes.push(code);
      else addSetting(directive, scope, known, undefined);
    }
  }
  return {
    ...{ names, patterns },
    listens: listens.length > 0 ? listens : [{ address: '*', port: 80, isDefault: false }],
    root: { ...bare, kind: 'server', scope, codes, ...sorted(locations) },
    named: new Map(locations.filter(({ kind }) => kind === 'named').map((each) => [each.name, each])),
  };
}

const bare = {
  name: '',
  pattern: undefined,
  skipsExpressions: false,
  pass: undefined,
  redirectsToSlash: false,
  limit: undefined,
} as const;

function sorted(locations: readonly Location[]): Pick<Location, 'fixed' | 'expressions'> {
  return {
    fixed: locations.filter(({ kind }) => kind === 'prefix' || kind === 'exact'),
    expressions: locations.filter(({ kind }) => kind === 'regex'),
  };
}

function listenOf(parameters: readonly string[], line: number): Listen {
  const [where = ''] = parameters;
  const isDefault = parameters.includes('default_server') || parameters.includes('default');
  if (where.startsWith('unix:')) return { address: where, port: 0, isDefault };
  const [whole, address, port, only] =
    /^(?:(\[[^\]]*\]|[^:[\]]*?[^:[\]\d][^:[\]]*|\d+\.[\d.]+)(?::(\d+))?|(\d+))$/.exec(where) ?? [];
  if (whole === undefined) return refuse('addresses behind listen', where, line);
  const isAny = address === undefined || ['*', '[::]', '0.0.0.0'].includes(address);
  return { address: isAny ? '*' : address, port: Number(port ?? only ?? 80), isDefault };
}

type LocationHead = Pick<Location, 'kind' | 'name' | 'pattern' | 'skipsExpressions'>;

function headOf({ parameters, line }: Directive): LocationHead {
  const text = parameters.join(' ');
  const [, sign = '', name = ''] =
    parameters.length === 1 ? (/^(=|\^~|~\*|~|)(.*)$/s.exec(text) ?? []) : ['', ...parameters];
  const common = { name, pattern: undefined, skipsExpressions: sign === '^~' };
  switch (sign) {
    case '':
    case '^~':
      return { ...common, kind: name.startsWith('@') && sign === '' ? 'named' : 'prefix' };
    case '=':
      return { ...common, kind: 'exact' };
    case '~':
    case '~*':
      return { ...common, kind: 'regex', pattern: compileExpression(name, { ignoreCase: sign === '~*' }) };
    default:
      return refuse('=, ^~, ~ or ~* before the name of a location', sign, line);
  }
}

function locationOf(
  directive: Directive,
  outer: Scope,
  known: Names,
  around: Location | undefined,
): Location {
  const head = headOf(directive);
  const isInside = around === undefined || around.kind === 'regex' || head.kind === 'regex';
  if (!isInside && !head.name.startsWith(around.name)) {
    refuse(`locations inside ${show(around.name)} that begin with it`, head.name, directive.line);
  }
  return fill(directive, { ...bare, ...head }, outer, known);
}

type Unfilled = Omit<Location, 'scope' | 'codes' | 'fixed' | 'expressions'>;

/** A location with what stands in its block; of `if` and `limit_except` too. */
function fill({ block = [] }: Directive, unfilled: Unfilled, outer: Scope, known: Names): Location {
  const scope = new Scope(outer);
  const locations: Location[] = [];
  const codes: Code[] = [];
  let location: Location = { ...unfilled, scope, codes, fixed: [], expressions: [] };
  for (const directive of block) {
    if (directive.name === 'location') {
      locations.push(locationOf(directive, scope, known, location));
    } else if (directive.name === 'limit_except') {
      const limited = fill(directive, { ...bare, kind: 'if' }, scope, known);
      location = { ...location, limit: { methods: directive.parameters, location: limited } };
    } else {
      const inside = (): Location => fill(directive, { ...bare, kind: 'if' }, scope, known);
      const code = codeOf(directive, known, inside);
      if (code !== undefined) codes.push(code);
      else {
        const setting = addSetting(directive, scope, known, location);
        if (setting?.name.endsWith('_pass') === true) location = withPass(location, setting);
      }
    }
  }
  return { ...location, ...sorted(locations) };
}

function withPass(location: Location, setting: Setting): Location {
  const script = setting.scripts[0];
  const name = setting.name.slice(0, -'_pass'.length);
  const protocol = (name === 'proxy' ? 'http' : name) as PassProtocol;
  if (script === undefined) return refuse('an address behind each _pass', setting.name, setting.line);
  const url = protocol === 'http' && !script.hasVariables ? readProxiedUrl(script.source) : undefined;
  if (protocol === 'http' && !script.hasVariables && url === undefined) {
    refuse('URLs behind proxy_pass', script.source, setting.line);
  }
  const isFixed = location.kind === 'prefix' || location.kind === 'exact';
  if (!isFixed && url !== undefined && url.uri !== '') {
    refuse('a path behind proxy_pass in locations by a path only', script.source, setting.line);
  }
  const pass: Pass = { protocol, setting, script, url, locationName: isFixed ? location.name : '' };
  const redirects = protocol === 'http' || protocol === 'fastcgi' || !script.hasVariables;
  return { ...location, pass, redirectsToSlash: redirects && location.name.endsWith('/') };
}

/** Of directives that are inherited together the one under whose name they stand. */
const aliases: Readonly<Record<string, string>> = { alias: 'root', deny: 'allow' };

/** Puts a directive among those of a level; `undefined` where it is none that matters. */
function addSetting(
  { name, parameters, line, block }: Directive,
  scope: Scope,
  known: Names,
  location: Location | undefined,
): Setting | undefined {
  if (isIgnored(name, parameters)) return undefined;
  const first = settings.get(name);
  if (first === undefined || block !== undefined) return unknownDirective({ server: 'nginx', line }, name);
  const isPattern = (parameter: string): boolean => /^proxy_/.test(name) && parameter.startsWith('~');
  const scripts = parameters.map((parameter, index) =>
    first < 0 || index < first || isPattern(parameter)
      ? undefined
      : compileScript(parameter, { line, known }),
  );
  const setting: Setting = {
    ...{ name, parameters, scripts, line },
    ...patternOf(name, parameters, line),
    ...(name === 'alias' && {
      aliasLength: location?.kind === 'regex' ? 'all' : (location?.name.length ?? 0),
    }),
  };
  scope.add(aliases[name] ?? name, setting);
  return setting;
}

function patternOf(name: string, parameters: readonly string[], line: number): { readonly pattern?: RegExp } {
  const [first = ''] = parameters;
  if (name === 'fastcgi_split_path_info') {
    const pattern = compileExpression(first);
    // Nothing matches an expression with an empty branch too, and leaves its groups.
    const groups = (compileExpression(`${first}|`).exec('')?.length ?? 0) - 1;
    if (groups !== 2) refuse('two groups in fastcgi_split_path_info', first, line);
    return { pattern };
  }
  if (!/^proxy_(?:redirect|cookie_)/.test(name) || !first.startsWith('~')) return {};
  // Of cookies' domains case never counts.
  if (name === 'proxy_cookie_domain') {
    return { pattern: compileExpression(first.slice(1), { ignoreCase: true }) };
  }
  const ignoreCase = first.startsWith('~*');
  return { pattern: compileExpression(first.slice(ignoreCase ? 2 : 1), { ignoreCase }) };
}

function refuse(rule: string, got: string, line: number): never {
  throw new ConfigurationError(
    'ERR_HARNESS_CONFIGURATION',
    `a configuration of nginx must hold ${rule}, got ${show(got)} in line ${line}`,
  );
}
