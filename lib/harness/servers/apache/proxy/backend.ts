/**
 * URLs of what is behind mod_proxy: scheme, host, port and the rest.
 *
 * Source: `ap_proxy_canon_netloc()`, `ap_proxy_port_of_scheme()`, `apr_parse_addr_port()` and `ap_proxy_de_socketfy()` of
 * Apache 2.4.
 *
 * Rules of this file: pure; a URL that cannot be taken apart is `undefined`.
 */

/** Where a URL without a port leads. */
const ports: Readonly<Record<string, number>> = {
  ...{ http: 80, https: 443, ws: 80, wss: 443, h2: 443, h2c: 80, ftp: 21 },
  ...{ fcgi: 8000, ajp: 8009, scgi: 4000, uwsgi: 3031 },
};

export interface Backend {
  /** Lower case. */
  readonly scheme: string;
  /** Lower case, with the brackets of IPv6. */
  readonly host: string;
  /** `undefined` where it is that of the scheme. */
  readonly port: number | undefined;
  /** Without the slash before it, and not decoded. */
  readonly path: string;
}

/** Takes a URL apart. */
export function parseBackend(url: string): Backend | undefined {
  const [, written, rest] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(url) ?? [];
  if (written === undefined || rest === undefined) return undefined;
  const slash = rest.indexOf('/');
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const location = parseAuthority(authority.slice(authority.lastIndexOf('@') + 1));
  if (location === undefined) return undefined;
  const scheme = written.toLowerCase();
  return {
    ...{ scheme, host: location.host, path: slash === -1 ? '' : rest.slice(slash + 1) },
    port: location.port === ports[scheme] ? undefined : location.port,
  };
}

function parseAuthority(authority: string): { host: string; port: number | undefined } | undefined {
  const [, host = '', digits] = /^(.*?)(?::(\d+))?$/s.exec(authority) ?? [];
  // Digits alone are a port without a host.
  if (host === '' || /^\d+$/.test(host)) return undefined;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const name = host.toLowerCase();
  if (name.startsWith('[')) return name.endsWith(']') ? { host: name, port } : undefined;
  // What has a colon is taken for an address of IPv6.
  return { host: name.includes(':') ? `[${name}]` : name, port };
}

/** Scheme, host and port as they begin a URL. */
export function originOf({ scheme, host, port }: Omit<Backend, 'path'>): string {
  return `${scheme}://${host}${port === undefined ? '' : `:${port}`}`;
}

/**
 * Whether no resolver knows the host: of a URL and a path that no slash stood between, the path became part of the host or of
 * the port.
 */
export function isUnknownHost({ host }: Backend): boolean {
  return host.startsWith('[') && !/^\[(?:[0-9a-f]{0,4}:){2,7}[0-9a-f.]*\]$/.test(host);
}

/** A URL without the socket before it: `unix:/run/app.sock|fcgi://localhost/`. */
export function withoutSocket(url: string): string {
  const bar = url.indexOf('|');
  if (!/^unix:/i.test(url) || bar === -1) return url;
  const rest = url.slice(bar + 1);
  if (/^[^:]*:$/.test(rest)) return `${rest}//localhost`;
  return /^[^:]*:\/\/$/.test(rest) ? `${rest}localhost` : rest;
}
