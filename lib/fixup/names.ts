/**
 * The names of the fields in which proxies tell of a request, and which of them an application does not get to see.
 *
 * Rules of this file: from a trusted peer goes what says the same in other words, whichever of it was read; from any other
 * peer goes all of it. A name with `_` for `-` goes from both: servers behind CGI cannot tell it from the real one, and no
 * proxy that means it writes it so (gunicorn's issue 2650).
 */

/** Fields that speak of scheme, host, port, client and prefix. */
const always = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-protocol',
  'x-forwarded-scheme',
  'x-forwarded-script-name',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-ingress-path',
  'x-script-name',
  'script-name',
  'path-info',
];

/** Fields that have other uses beside: an authentication server reads what was asked for in X-Original-URI. */
const fromStrangers = ['x-envoy-original-path', 'x-forwarded-uri', 'x-original-uri', 'x-original-url'];

/** Names of fields that are taken off a request. */
export class FieldNames {
  readonly #names: ReadonlySet<string>;
  readonly #all: ReadonlySet<string>;
  /** By the code of a name's first letter, in lower case. */
  readonly #initials = new Uint8Array(128);
  readonly #isForStrangers: boolean;

  /** `kind`: of a trusted peer, of any other, or of any other whose fields are left, but for `_`. */
  constructor(kind: 'trusted' | 'stranger' | 'kept', own: string | undefined) {
    const consumed = own === undefined ? always : [...always, own];
    this.#all = new Set([...consumed, ...fromStrangers]);
    this.#names = kind === 'trusted' ? new Set(consumed) : kind === 'stranger' ? this.#all : new Set();
    this.#isForStrangers = kind === 'stranger';
    for (const name of this.#all) this.#initials[name.charCodeAt(0)] = 1;
  }

  /** Whether a field of this name goes. */
  has(name: string): boolean {
    // Few names begin so; the others are not looked at.
    if (this.#initials[name.charCodeAt(0) | 0x20] !== 1) return false;
    const lower = name.toLowerCase();
    if (this.#names.has(lower)) return true;
    if (lower.includes('_')) {
      const dashed = lower.replaceAll('_', '-');
      return this.#all.has(dashed) || dashed.startsWith('x-forwarded-');
    }
    return this.#isForStrangers && lower.startsWith('x-forwarded-');
  }
}
