/**
 * The meta-variables of RFC 3875 section 4.1, and header fields as `HTTP_*`.
 *
 * Rules of this file: names verbatim; `Proxy` is never one of them (CVE-2016-5385), nor a field whose name holds `_`,
 * which CGI could not tell from `-`; Content-Type and Content-Length have variables of their own.
 */

/** Meta-variables of one request. Header values are as Node gives them: one character a byte. */
export interface Environ {
  /** `CGI/1.1`. */
  readonly GATEWAY_INTERFACE: string;
  readonly REQUEST_METHOD: string;
  /** The request target as it came. */
  readonly REQUEST_URI: string;
  /** `http` or `https`. */
  readonly REQUEST_SCHEME: string;
  /** What was consumed to find the application: decoded as UTF-8, `''` or beginning with `/`. */
  readonly SCRIPT_NAME: string;
  /** What is left for it: decoded as UTF-8, `''` or beginning with `/`. */
  readonly PATH_INFO: string;
  /** Without `?`, as sent. */
  readonly QUERY_STRING: string;
  readonly SERVER_NAME: string;
  readonly SERVER_PORT: string;
  /** As `HTTP/1.1`. */
  readonly SERVER_PROTOCOL: string;
  readonly SERVER_SOFTWARE: string;
  readonly REMOTE_ADDR: string;
  readonly REMOTE_PORT?: string;
  /** `on` over TLS, else absent. */
  readonly HTTPS?: string;
  readonly CONTENT_TYPE?: string;
  readonly CONTENT_LENGTH?: string;
  /** `HTTP_*`. */
  readonly [name: string]: string | undefined;
}

/** The variables that header fields become (RFC 3875 section 4.1.18). */
export function headerVariables(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  const variables: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    const variable = variableName(name);
    if (variable !== undefined && value !== undefined) {
      variables[variable] = typeof value === 'string' ? value : value.join(', ');
    }
  }
  return variables;
}

/** The variable that a field of this name (in lower case) becomes; `undefined` for one that is left out. */
export function variableName(name: string): string | undefined {
  if (name === 'content-type') return 'CONTENT_TYPE';
  if (name === 'content-length') return 'CONTENT_LENGTH';
  if (name === 'proxy' || name.startsWith(':') || name.includes('_')) return undefined;
  return `HTTP_${name.replaceAll('-', '_').toUpperCase()}`;
}
