/**
 * What is asked for below each mount of each front server.
 *
 * Rules of this file: data.
 */

/** Targets, of a mount as it stands in a URL; `''` for the root. One character a byte. */
export const targets = {
  bare: (mount) => mount || '/',
  slash: (mount) => `${mount}/`,
  plain: (mount) => `${mount}/x/y`,
  space: (mount) => `${mount}/a%20b`,
  'encoded slash': (mount) => `${mount}/a%2Fb`,
  'encoded slash in lower case': (mount) => `${mount}/a%2fb`,
  'percent sign': (mount) => `${mount}/a%25b`,
  'escape of an escape': (mount) => `${mount}/a%252Fb`,
  'double slash at first': (mount) => `${mount}//x`,
  'double slash': (mount) => `${mount}/a//b`,
  dot: (mount) => `${mount}/./x`,
  'dot dot': (mount) => `${mount}/a/../x`,
  'encoded dot dot': (mount) => `${mount}/a/%2e%2E/x`,
  'dot dot at last': (mount) => `${mount}/a/b/..`,
  'out of the mount': (mount) => `${mount}/../x`,
  'out of the mount, encoded': (mount) => `${mount}/%2e%2e/x`,
  'out and in again': (mount) => `${mount}/..${mount}/x`,
  'from elsewhere': (mount) => `/x/..${mount}/y`,
  'dots behind an encoded slash': (mount) => `${mount}/x%2F..%2F..%2Fy`,
  'path parameter': (mount) => `${mount}/a;b=c`,
  'path parameter of dots': (mount) => `${mount}/..;/x`,
  'path parameter of the mount': (mount) => `${mount};p/x`,
  query: (mount) => `${mount || '/'}?q=1`,
  'empty query': (mount) => `${mount}/?`,
  'strange query': (mount) => `${mount}/x?a=%2F&b=c+d?e/../f`,
  'encoded ? and #': (mount) => `${mount}/a%3Fb%23c`,
  'UTF-8': (mount) => `${mount}/%C3%A9`,
  'latin-1, encoded': (mount) => `${mount}/%E9`,
  'latin-1, a raw byte': (mount) => `${mount}/\xe9`,
  'needless escapes': (mount) => `${mount}/%7E%61%2D`,
  'sub-delimiters': (mount) => `${mount}/a+b~c'(d)!*:@&=$,`,
  backslash: (mount) => `${mount}/a%5C..%5Cb`,
  NUL: (mount) => `${mount}/a%00b`,
  'malformed escape': (mount) => `${mount}/a%zz`,
  'a script': (mount) => `${mount}/x.php/y`,
  '8 KB': (mount) => mount + '/123456789abcdef'.repeat(500),
  'the mount, escaped': (mount) => `${mount.replace('/', '/%').replace(/%./, escaped)}/x`,
  'the mount, and an encoded slash': (mount) => `${mount}%2Fx`,
  'the mount, behind a double slash': (mount) => `/${mount}/x`,
  'the mount, and more': (mount) => `${mount}x`,
  'the mount, in capitals': (mount) => `${mount.toUpperCase()}/x`,
  'absolute-form': (mount) => `http://site.example${mount}/x`,
} as const satisfies Readonly<Record<string, (mount: string) => string>>;

function escaped(text: string): string {
  return `%${text.charCodeAt(1).toString(16)}`;
}

export type TargetName = keyof typeof targets;

/** Targets that Node's own HTTP server refuses, and what is to be seen instead. */
export const notOverHttp: Partial<Readonly<Record<TargetName, TargetName>>> = {
  // RFC 9112 has no such byte in a target. What gets it through a front server sees that byte.
  'latin-1, a raw byte': 'latin-1, encoded',
};
