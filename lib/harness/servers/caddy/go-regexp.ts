/**
 * What Go's package regexp puts in the place of a match.
 */

/** `$1`, `$name`, `${name}`, `$$`; what is after a `$` is as long a name as can be. The match is what `replace()` calls with. */
export function expandTemplate(template: string, match: readonly unknown[]): string {
  const groups = match.find(
    (each): each is Record<string, string> => typeof each === 'object' && each !== null,
  );
  return template.replace(
    /\$(?:(\$)|(\w+)|\{(\w+)\})/g,
    (_, dollar?: string, plain?: string, braced?: string) => {
      if (dollar !== undefined) return '$';
      const name = plain ?? braced ?? '';
      const value = /^\d+$/.test(name) ? groupAt(match, Number(name)) : groups?.[name];
      return typeof value === 'string' ? value : '';
    },
  );
}

/** Behind the groups stand the place of the match and the text. */
function groupAt(match: readonly unknown[], index: number): unknown {
  const place = match.findIndex((each) => typeof each === 'number');
  return place < 0 || index < place ? match[index] : undefined;
}
