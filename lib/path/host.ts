/**
 * Hosts as they come in a Host field or an absolute-form target (RFC 9110 section 7.2, RFC 3986 section 3.2).
 *
 * Rules of this file: compared in lower case, without one trailing dot; an IPv6 literal in its canonical form;
 * the port apart, since a mount names one or does not.
 */

/** A host without its port, in lower case, and its port in decimal, or `''`. */
export interface Authority {
  readonly name: string;
  readonly port: string;
}

// RFC 1035 section 2.3.4 allows 255 bytes; more is no name, and would make wildcards costly.
const longestName = 255;

// A name of letters, digits, `-` and `_`, or an IP literal; then a port, which may be empty. RFC 3986 allows more in a
// name (escapes, `!`, `~`), which no host has, and Apache 2.4 refuses too.
const grammar = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::([0-9]*))?$/;

const ipv4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;

/** Parses a Host value; `undefined` where it is malformed: empty, a bad port, a space, user info, a path. */
export function parseAuthority(value: string): Authority | undefined {
  const parts = grammar.exec(value.toLowerCase());
  if (parts === null) return undefined;
  const port = (parts[2] ?? '').replace(/^0+(?=.)/, '');
  let name = parts[1] as string;
  if (name.startsWith('[')) {
    const canonical = canonicalName(name);
    return canonical === undefined ? undefined : { name: canonical, port };
  }
  if (name.endsWith('.')) name = name.slice(0, -1);
  if (name.length > longestName || (/^[0-9.]+$/.test(name) && !ipv4.test(name))) return undefined;
  return { name, port };
}

/** A host name as the URL standard writes it (IDNA to ASCII, IPv6 shortened), or `undefined` where there is no such host. */
export function canonicalName(name: string): string | undefined {
  try {
    const { hostname, pathname, username } = new URL(`http://${name}/`);
    return pathname === '/' && username === '' ? hostname : undefined;
  } catch {
    return undefined;
  }
}
