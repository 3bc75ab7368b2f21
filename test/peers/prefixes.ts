/**
 * Translations for what cuts a prefix off a path, in ASP.NET Core, Go and Traefik: a mount takes it. As in systems.ts.
 */

import { pattern } from '../../lib/index.js';
import type { Mounts, Question } from './ask.js';
import type { Input, Row } from './row.js';
import { aspnetcore } from './systems.js';
import { encode, mountsOf, outcome, type System, wsgiString } from './terms.js';

/** A prefix is configured, and the target is there as it came. */
export interface PrefixInput extends Input {
  readonly root?: string;
  readonly prefixes?: readonly string[];
  readonly regex?: readonly string[];
  readonly forceSlash?: boolean | null;
}

interface PrefixSystem {
  question(input: PrefixInput): Question;
  theirs: System['theirs'];
}

function raw(mounts: Mounts, target: string, options?: Question['options']): Question {
  return { mounts, baseUrl: '', url: target, originalUrl: target, ...(options && { options }) };
}

/** A path as it stands on a request line; what our text of it left escaped stays so. */
function rawOf(pathInfo: string): string {
  return encode(wsgiString(pathInfo)).replace(/%25([0-9A-F]{2})/g, '%$1');
}

/** Go's URL: Path is decoded, RawPath is there where Path does not tell all. */
function goPaths(pathInfo: string): { readonly path: string; readonly rawPath: string } {
  return { path: pathInfo, rawPath: pathInfo.includes('%') ? rawOf(pathInfo) : '' };
}

/** net/http's StripPrefix, and net/http/cgi's Handler with its Root. */
const goNetHttp: PrefixSystem = {
  question({ prefix, root, request_target, url = '' }) {
    if (prefix !== undefined) return raw(mountsOf([prefix]), request_target ?? '');
    const { pathname, search } = new URL(url);
    return raw(mountsOf([root ?? '']), pathname + search);
  },
  theirs(result) {
    const { scriptName, pathInfo = '' } = result.answer;
    return {
      ...outcome(result, ''),
      ...goPaths(pathInfo),
      SCRIPT_NAME: scriptName,
      PATH_INFO: pathInfo,
      requestURI: result.originalUrl,
      REQUEST_URI: result.originalUrl,
    };
  },
};

/** StripPrefix and StripPrefixRegex: the first that fits; a group of the expression is a parameter. */
const traefik: PrefixSystem = {
  question({ prefixes = [], regex = [], path = '' }) {
    const [expression] = regex;
    if (expression === undefined) return raw(mountsOf(prefixes), path, { order: 'declared' });
    const written = expression.replace(/\([^)]*\)/g, ':name');
    const mounts: Mounts = [[written === expression ? expression : pattern(written), 'stripped']];
    return raw(mounts, path);
  },
  theirs(result) {
    const { scriptName, pathInfo = '' } = result.answer;
    return {
      ...outcome(result, ''),
      ...goPaths(pathInfo),
      requestURI: rawOf(pathInfo || '/'),
      x_forwarded_prefix: scriptName,
    };
  },
};

const usePathBase: PrefixSystem = {
  question: aspnetcore.question,
  theirs(result, input) {
    const { after } = result;
    return {
      ...aspnetcore.theirs(result, input),
      after_request: { PathBase: after?.scriptName, Path: after?.pathInfo },
    };
  },
};

const systems: Readonly<Record<string, PrefixSystem>> = {
  aspnetcore: usePathBase,
  'go-net/http': goNetHttp,
  traefik,
};

/** `undefined`: the system starts from variables (environs.ts). */
export function prefixSystemOf({ system }: Row<unknown>): PrefixSystem | undefined {
  return systems[system];
}
