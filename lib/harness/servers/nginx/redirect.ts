/**
 * `proxy_redirect`, `proxy_cookie_path` and `proxy_cookie_domain` (ngx_http_proxy_module.c).
 *
 * Rules of this file: the first rule that fits is the only one; `undefined` where none does.
 */

import type { Pass, Setting } from './configuration.js';
import type { RequestState } from './request.js';
import { matches } from './rewrite.js';
import { runScript } from './script.js';

/** A redirect of an application, as the client is to see it. */
export function rewriteRedirect(value: string, request: RequestState, pass: Pass): string | undefined {
  const settings = request.location.scope.nearest('proxy_redirect');
  if (settings === undefined) return byDefault(value, pass);
  for (const setting of settings) {
    const [first] = setting.parameters;
    if (first === 'off') return undefined;
    const found = first === 'default' ? byDefault(value, pass) : byRule(value, setting, request);
    if (found !== undefined) return found;
  }
  return undefined;
}

function byDefault(value: string, { url, script, locationName }: Pass): string | undefined {
  if (url === undefined) return undefined;
  const [from, to] = url.uri === '' ? [`${script.source}/`, '/'] : [script.source, locationName];
  return value.startsWith(from) ? to + value.slice(from.length) : undefined;
}

function byRule(value: string, setting: Setting, request: RequestState): string | undefined {
  const { pattern, scripts } = setting;
  const replacement = (): string => (scripts[1] === undefined ? '' : runScript(scripts[1], request));
  if (pattern !== undefined) return matches(pattern, value, request) ? replacement() : undefined;
  const from = scripts[0] === undefined ? '' : runScript(scripts[0], request);
  return value.startsWith(from) ? replacement() + value.slice(from.length) : undefined;
}

/** A cookie of an application, as the client is to see it: one that is changed is written anew. */
export function rewriteCookie(value: string, request: RequestState): string {
  const [first = ['', undefined], ...attributes] = value.split(';').map(attributeOf);
  if (first[1] === undefined) return value;
  let isChanged = false;
  const written = attributes.map(([name, old]) => {
    const changed = old === undefined ? undefined : changedAttribute(name.toLowerCase(), old, request);
    isChanged ||= changed !== undefined;
    return [name, changed ?? old] as const;
  });
  if (!isChanged) return value;
  return [first, ...written]
    .map(([name, text]) => (text === undefined ? name : `${name}=${text}`))
    .join('; ');
}

function attributeOf(text: string): readonly [name: string, value: string | undefined] {
  const trim = (part: string): string => part.replace(/^ +| +$/g, '');
  const equals = text.indexOf('=');
  return equals < 0 ? [trim(text), undefined] : [trim(text.slice(0, equals)), trim(text.slice(equals + 1))];
}

function changedAttribute(name: string, old: string, request: RequestState): string | undefined {
  if (name !== 'path' && name !== 'domain') return undefined;
  const rules = request.location.scope.nearest(`proxy_cookie_${name}`) ?? [];
  for (const rule of rules) {
    if (rule.parameters[0] === 'off') return undefined;
    const found = name === 'path' ? byRule(old, rule, request) : domainBy(old, rule, request);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A domain is compared whole; a dot before it stays, and counts nowhere. */
function domainBy(value: string, rule: Setting, request: RequestState): string | undefined {
  if (rule.pattern !== undefined) return byRule(value, rule, request);
  const [from, to] = rule.scripts.map((script) => (script === undefined ? '' : runScript(script, request)));
  const dot = value.startsWith('.') ? '.' : '';
  if (value.slice(dot.length).toLowerCase() !== (from ?? '').replace(/^\./, '').toLowerCase())
    return undefined;
  return dot + (to ?? '').replace(/^\./, '');
}
