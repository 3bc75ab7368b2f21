/**
 * Remembers what a text was read as: proxies say the same again and again.
 *
 * Rules of this file: bounded, since what they say can be a stranger's; what is refused is not remembered.
 */

/** A function that remembers its last answers, so many at most. */
export function remembering<T>(most: number, read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const value = read(text);
    if (known.size >= most) known.clear();
    known.set(text, value);
    return value;
  };
}
