/**
 * nginx's rewrite module: `rewrite`, `set`, `return`, `break` and `if`, run in the order of the file
 * (ngx_http_rewrite_module.c, ngx_http_script.c).
 *
 * Rules of this file: `quoting` lives as long as one run: how a `set` writes captures depends on the rewrites before it.
 */

import type { Location } from './configuration.js';
import type { RequestState } from './request.js';
import { type Quoting, runScript, runSplit, type Script } from './script.js';
import { unescapeRedirect } from './target.js';

export type Code =
  | {
      readonly kind: 'rewrite';
      readonly pattern: RegExp;
      readonly script: Script;
      /** Of a redirect. */
      readonly status: 301 | 302 | undefined;
      readonly keepsArgs: boolean;
      readonly flag: 'last' | 'break' | undefined;
    }
  | { readonly kind: 'set'; readonly name: string; readonly script: Script }
  | { readonly kind: 'return'; readonly status: number; readonly script: Script | undefined }
  | { readonly kind: 'break' }
  | {
      readonly kind: 'if';
      readonly condition: Condition;
      readonly codes: readonly Code[];
      /** Of an `if` in a location: what holds from then on. */
      readonly location: Location | undefined;
    };

export type Condition =
  | { readonly kind: 'value'; readonly script: Script }
  | { readonly kind: 'equal'; readonly script: Script; readonly wanted: Script; readonly isNegated: boolean }
  | { readonly kind: 'match'; readonly script: Script; readonly pattern: RegExp; readonly isNegated: boolean }
  | {
      readonly kind: 'file';
      readonly script: Script;
      readonly test: 'f' | 'd' | 'e' | 'x';
      readonly isNegated: boolean;
    };

/** An answer of nginx itself. */
export interface Refusal {
  readonly status: number;
  readonly location?: string;
  /** Whether it has a text of its own, so that `error_page` does not apply. */
  readonly isFinal?: boolean;
}

/** Runs the rules of a location. */
export function runCodes(codes: readonly Code[], request: RequestState): Refusal | undefined {
  const end = run(codes, request, { isQuoted: true, isArgs: false });
  return end === 'stop' ? undefined : end;
}

function run(codes: readonly Code[], request: RequestState, quoting: Quoting): Refusal | 'stop' | undefined {
  for (const code of codes) {
    const end = step(code, request, quoting);
    if (end !== undefined) return end;
  }
  return undefined;
}

function step(code: Code, request: RequestState, quoting: Quoting): Refusal | 'stop' | undefined {
  switch (code.kind) {
    case 'set': {
      const value = runScript(code.script, request, quoting);
      if (code.name === 'args') {
        request.args = value;
        request.isUnparsedValid = false;
      } else {
        request.values.set(code.name, value);
      }
      return undefined;
    }
    case 'break':
      if (request.isUriChanged) {
        request.isLocationValid = false;
        request.isUriChanged = false;
      }
      return 'stop';
    case 'return':
      return answer(code.status, code.script, request);
    case 'if':
      if (!holds(code.condition, request, quoting)) return undefined;
      if (code.location !== undefined) {
        request.location = code.location;
        if (code.location.pass !== undefined) request.handler = code.location;
      }
      return run(code.codes, request, quoting);
    case 'rewrite':
      return rewrite(code, request, quoting);
  }
}

/** ngx_http_send_response. */
function answer(status: number, script: Script | undefined, request: RequestState): Refusal {
  const text = script === undefined ? '' : runScript(script, request);
  if ([301, 302, 303, 307, 308].includes(status)) return { status, location: text };
  return { status, isFinal: status < 400 || script !== undefined };
}

type Rewrite = Extract<Code, { readonly kind: 'rewrite' }>;

function rewrite(code: Rewrite, request: RequestState, quoting: Quoting): Refusal | 'stop' | undefined {
  if (!matches(code.pattern, request.uri, request)) {
    request.captures = [];
    return undefined;
  }
  request.isInternal = true;
  request.isUnparsedValid = false;
  if (code.flag === 'break') {
    request.isLocationValid = false;
    request.isUriChanged = false;
  } else {
    request.isUriChanged = true;
  }
  const isRedirect = code.status !== undefined;
  quoting.isQuoted = isRedirect;
  const [uri, args] = runSplit(code.script, request, quoting);
  quoting.isQuoted = false;
  // Left as it was by nginx 1.22 before Debian mended it.
  quoting.isArgs = false;
  const kept = code.keepsArgs && request.args !== '' ? request.args : undefined;
  if (isRedirect) {
    const query = kept === undefined ? '' : `${code.script.hasQuestion ? '&' : '?'}${kept}`;
    return { status: code.status, location: unescapeRedirect(uri) + query };
  }
  if (args !== undefined) request.args = kept === undefined ? args : `${args}&${kept}`;
  else if (!code.keepsArgs) request.args = '';
  request.uri = uri;
  if (uri === '') return { status: 500 };
  return code.flag === undefined ? undefined : 'stop';
}

/** ngx_http_regex_exec: what matches, leaves its captures behind. */
export function matches(pattern: RegExp, text: string, request: RequestState): boolean {
  const found = pattern.exec(text);
  if (found === null) return false;
  request.captures = Array.from(found, (capture) => capture ?? '');
  for (const [name, value] of Object.entries(found.groups ?? {})) {
    request.values.set(name.toLowerCase(), value ?? '');
  }
  return true;
}

function holds(condition: Condition, request: RequestState, quoting: Quoting): boolean {
  const value = runScript(condition.script, request, quoting);
  switch (condition.kind) {
    case 'value':
      return value !== '' && value !== '0';
    case 'equal':
      return (value === runScript(condition.wanted, request, quoting)) !== condition.isNegated;
    case 'match': {
      const isMatch = matches(condition.pattern, value, request);
      if (!isMatch) request.captures = [];
      return isMatch !== condition.isNegated;
    }
    case 'file': {
      const found = request.site.exists(value);
      const is = { f: found === 'file', d: found === 'folder', e: found !== undefined, x: found === 'file' };
      return is[condition.test] !== condition.isNegated;
    }
  }
}
