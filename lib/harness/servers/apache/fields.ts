/**
 * Header fields of a request, as a table of Apache has them: found without regard to case, in order.
 *
 * Rules of this file: pure; tables are not changed, but made anew.
 */

import type { Pairs } from '../../model.js';

/** The first value of a name. */
export function fieldOf(headers: Pairs, name: string): string | undefined {
  const lower = name.toLowerCase();
  return headers.find(([each]) => each.toLowerCase() === lower)?.[1];
}

/** A table in which a name has one value: at the place of its first, as that is written, or at the end. */
export function withField(headers: Pairs, name: string, value: string): Pairs {
  const lower = name.toLowerCase();
  const place = headers.findIndex(([each]) => each.toLowerCase() === lower);
  if (place === -1) return [...headers, [name, value]];
  return headers.flatMap(([each, old], index) => {
    if (index === place) return [[each, value] as const];
    return each.toLowerCase() === lower ? [] : [[each, old] as const];
  });
}

export function withoutField(headers: Pairs, name: string): Pairs {
  const lower = name.toLowerCase();
  return headers.filter(([each]) => each.toLowerCase() !== lower);
}
