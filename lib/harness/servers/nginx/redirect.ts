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

/** A cookie of an application, as the client is to see it. */
export function rewriteCookie(value: string, request: RequestState): string {
  const { scope } = request.location;
  const [pair = '', ...attributes] = value.split(';');
  const changed = attributes.map((attribute) => {
    const equals = attribute.indexOf('=');
    const name = attribute.slice(0, Math.max(0, equals)).trim();
    const [start, old] = [attribute.slice(0, equals + 1), attribute.slice(equals + 1)];
    const directive = { path: 'proxy_cookie_path', domain: 'proxy_cookie_domain' }[name.toLowerCase()];
    if (directive === undefined) return attribute;
    const rules = scope.nearest(directive) ?? [];
    if (rules.some(({ parameters: [first] }) => first === 'off')) return attribute;
    for (const rule of rules) {
      const found =
        directive === 'proxy_cookie_path' ? byRule(old, rule, request) : domainBy(old, rule, request);
      if (found !== undefined) return start + found;
    }
    return attribute;
  });
  return [pair, ...changed].join(';');
}

/** A domain is compared whole, without its first dot. */
function domainBy(value: string, rule: Setting, request: RequestState): string | undefined {
  if (rule.pattern !== undefined) return byRule(value, rule, request);
  const strip = (text: string): string => text.replace(/^\./, '').toLowerCase();
  const from = rule.scripts[0] === undefined ? '' : runScript(rule.scripts[0], request);
  if (strip(from) !== strip(value)) return undefined;
  return rule.scripts[1] === undefined ? '' : runScript(rule.scripts[1], request);
}
