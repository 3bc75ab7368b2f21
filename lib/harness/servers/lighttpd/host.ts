/**
 * What lighttpd makes of a Host, and which it refuses (`host-strict` and `host-normalize` of `server.http-parseopts`).
 *
 * Rules of this file: names are in lower case already; the port that goes without saying is left out.
 */

/** Whether a host is one in the strict sense: labels, or an address, and a port. */
export function isStrictHost(host: string): boolean {
  const [, name, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(host) ?? [];
  if (name === undefined || (port !== undefined && !/^\d*$/.test(port))) return false;
  if (name.startsWith('[')) return /^\[[0-9a-f.:]+\]$/i.test(name) && name.split(':').length <= 8;
  const labels = name.replace(/\.$/, '').split('.');
  if (!labels.every((label) => /^[0-9a-z](?:[0-9a-z-]*)$/i.test(label))) return false;
  const isNumeric = (label: string): boolean => /^\d+$/.test(label);
  // What ends with a number is an address of four.
  return !isNumeric(labels.at(-1) as string) || (labels.length === 4 && labels.every(isNumeric));
}

/** A host without its last dot and without what its scheme implies; `undefined` where it cannot be one. */
export function normalizeHost(host: string, defaultPort: number): string | undefined {
  const [, name, port] = /^(\[[^\]]*\]|[^:]+)(?::(.*))?$/.exec(host) ?? [];
  if (name === undefined) return undefined;
  const number = port === undefined || port === '' ? 0 : Number.parseInt(port, /^0\d/.test(port) ? 8 : 10);
  if (port !== undefined && port !== '' && !(number > 0 && number <= 65_535)) return undefined;
  const bare = name.startsWith('[') ? normalizeIPv6(name) : name;
  if (bare === undefined) return undefined;
  return number === 0 || number === defaultPort ? bare : `${bare}:${number}`;
}

/** A host as the strict reading leaves it: without the dot at its end. */
export function withoutLastDot(host: string): string {
  return host.startsWith('[') ? host : host.replace(/\.(?=:|$)/, '');
}

function normalizeIPv6(name: string): string | undefined {
  const [, address, zone = ''] = /^\[([^%\]]*)(%[^\]]*)?\]$/.exec(name) ?? [];
  try {
    return `${new URL(`http://[${address}]/`).hostname.slice(0, -1)}${zone}]`;
  } catch {
    return undefined;
  }
}
