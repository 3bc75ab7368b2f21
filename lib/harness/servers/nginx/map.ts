/**
 * nginx's `map`: a variable whose value depends on others (ngx_http_map_module.c).
 *
 * Rules of this file: names are compared without regard to case; then come expressions, in the order of the file.
 */

import { compileExpression } from '../expression.js';
import { unknownDirective } from '../reading.js';
import type { Directive } from './read.js';
import type { RequestState } from './request.js';
import { matches } from './rewrite.js';
import { compileScript, runScript, type Script } from './script.js';

/** What makes the value of the variable of a `map`. */
export function mapOf(
  { parameters, block = [], line }: Directive,
  known: ReadonlySet<string>,
): (request: RequestState) => string {
  const source = compileScript(parameters[0] ?? '', { line, known });
  const names = new Map<string, Script>();
  const patterns: (readonly [RegExp, Script])[] = [];
  let otherwise: Script | undefined;
  for (const entry of block) {
    const value = (): Script => compileScript(entry.parameters[0] ?? '', { line: entry.line, known });
    const { name } = entry;
    if (name === 'hostnames') return unknownDirective({ server: 'nginx', line: entry.line }, name);
    if (name === 'volatile' && entry.parameters.length === 0) continue;
    if (name === 'default') otherwise = value();
    else if (name.startsWith('~')) {
      const ignoreCase = name.startsWith('~*');
      patterns.push([compileExpression(name.slice(ignoreCase ? 2 : 1), { ignoreCase }), value()]);
    } else names.set((name.startsWith('\\') ? name.slice(1) : name).toLowerCase(), value());
  }
  return (request) => {
    const text = runScript(source, request);
    const named = names.get(text.toLowerCase());
    if (named !== undefined) return runScript(named, request);
    const found = patterns.find(([pattern]) => matches(pattern, text, request));
    const script = found?.[1] ?? otherwise;
    return script === undefined ? '' : runScript(script, request);
  };
}
