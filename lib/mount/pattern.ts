/**
 * Patterns: mount points with parameters, in the syntax of path-to-regexp 8, which is Express 5's.
 *
 * Rules of this file: the only place where a regular expression is made of a path; a pattern matches the raw path,
 * segment by segment, and its own text is percent-encoded first, so that `/föö/:id` reads as it is meant.
 */

import { type Key, type Keys, parse, pathToRegexp, type Token, TokenData } from 'path-to-regexp';
import { ConfigurationError, show } from '../errors.js';
import { decodeText, encodePath, encodeUtf8, hasOddEscape } from '../path/percent.js';
import { hostKey, type MountHost, parseMountHost } from './mount-path.js';

/** Parameters of a pattern: decoded once; of a wildcard, the segments. */
export type Params = Readonly<Record<string, string | readonly string[]>>;

/** What a pattern took from the front of a path. */
export interface PatternMatch {
  /** How many path segments were matched. */
  readonly segments: number;
  readonly params: Params;
}

/** How special a segment of a pattern is: the smaller the better it fits. */
const kind = { literal: 0, parameter: 1, wildcard: 2 } as const;

/** A mount path with parameters, made by `pattern()`. `P` is the type of its parameters. */
export class Pattern<P = Params> {
  /** The mount point's name: host, where there is one, and path, as written. */
  readonly key: string;
  /** @internal */
  readonly host: MountHost | undefined;
  /** The kind of each segment, to order patterns that match the same number of segments. @internal */
  readonly kinds: readonly number[];
  /** Carries the type of the parameters; never set. */
  declare readonly params?: P;
  readonly #tokens: TokenData;
  readonly #isEncoded: boolean;

  /** @internal */
  constructor(path: string, host: MountHost | undefined) {
    const tokens = parsePattern(path);
    this.key = host === undefined ? path : `//${hostKey(host)}${path}`;
    this.host = host;
    this.kinds = kindsOf(tokens);
    this.#tokens = new TokenData(tokens.map((token) => encodeToken(token, path)));
    this.#isEncoded = JSON.stringify(this.#tokens.tokens).includes('%');
    this.compile(true);
  }

  /** Makes the function that matches the front of a raw path; it returns `undefined` where there is no match. @internal */
  compile(caseSensitive: boolean): (path: string) => PatternMatch | undefined {
    const options = { end: false, trailing: false, sensitive: caseSensitive };
    const { regexp, keys } = syntaxChecked(this.key, () => pathToRegexp(this.#tokens, options));
    return (path) => {
      const found = regexp.exec(this.#isEncoded ? encodeAlike(path) : path);
      if (found === null) return undefined;
      return { segments: countSegments(found[0]), params: paramsOf(keys, found) };
    };
  }
}

/**
 * A mount path with parameters. The script name is what was matched; the parameters reach the application as
 * `req.params`, decoded once. Syntax: path-to-regexp 8 (`:name`, `*name`, `{…}`).
 *
 * @example
 * ```ts
 * import { mount, pattern } from 'mountpoint';
 *
 * mount(pattern('/t/:tenant'), (req, res) => {
 *   res.end(`${req.params.tenant} at ${req.baseUrl}`); // GET /t/acme/x: acme at /t/acme
 * });
 * ```
 * @throws {ConfigurationError} ERR_PATTERN: not a pattern, or one that could never match; ERR_MOUNT_HOST.
 */
export function pattern<const Path extends string>(
  path: Path,
  options: { readonly host?: string } = {},
): Pattern<ParamsOf<Path>> {
  if (typeof path !== 'string' || (path !== '' && !/^(?:\/(?!\/)|\{)/.test(path))) {
    throw new ConfigurationError(
      'ERR_PATTERN',
      `a pattern must begin with one '/' (write a host as pattern(path, { host })), got ${show(path)}`,
    );
  }
  const unknown = Object.keys(options).find((name) => name !== 'host');
  if (unknown !== undefined) {
    throw new ConfigurationError(
      'ERR_MOUNT_OPTION',
      `an option of pattern() must be host, got ${show(unknown)}`,
    );
  }
  const host = options.host === undefined ? undefined : parseMountHost(options.host, options.host);
  return new Pattern<ParamsOf<Path>>(path, host);
}

function syntaxChecked<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    const [reason] = (cause as Error).message.split(/[:;] visit|\n/);
    const rule = "a pattern must be in path-to-regexp's syntax";
    throw new ConfigurationError('ERR_PATTERN', `${rule}, got ${show(path)} (${reason})`, { cause });
  }
}

/** The tokens of a pattern; `/t/:tenant/` is `/t/:tenant`, as with a literal mount path. */
function parsePattern(path: string): readonly Token[] {
  const { tokens } = syntaxChecked(path, () => parse(path));
  const last = tokens.at(-1);
  if (last?.type !== 'text') return tokens;
  const value = last.value.replace(/\/+$/, '');
  // As the last segment `.` and `..` are complete; elsewhere `/.:extension` is a segment like any other.
  if (/\/\.\.?$/.test(value)) return [...tokens.slice(0, -1), { ...last, value: `${value}/` }];
  return [...tokens.slice(0, -1), ...(value === '' ? [] : [{ ...last, value }])];
}

/** The token with its text as a request spells it. */
function encodeToken(token: Token, path: string): Token {
  if (token.type === 'group')
    return { ...token, tokens: token.tokens.map((inner) => encodeToken(inner, path)) };
  if (token.type !== 'text') return token;
  const bytes = encodeUtf8(token.value)?.replace(/%(?![0-9a-f]{2})/gi, '%25');
  const value = upperEscapes(encodePath(bytes ?? '//'));
  const isReachable = !hasOddEscape(value) && !/\/\/|\/\.\.?\/|%00/.test(value);
  if (!isReachable) {
    const rule =
      'a pattern must be what a path in normal form can match (no dot segment, no empty segment, no needless escape)';
    throw new ConfigurationError('ERR_PATTERN', `${rule}, got ${show(path)}`);
  }
  return { ...token, value };
}

/** The path with its escapes and its bytes above ASCII spelled as a pattern's text spells them. */
function encodeAlike(path: string): string {
  return upperEscapes(path.replace(/[\u0080-\u00ff]/g, encodePath));
}

function upperEscapes(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase());
}

function kindsOf(tokens: readonly Token[]): readonly number[] {
  const kinds: number[] = [];
  const visit = (token: Token): void => {
    if (token.type === 'group') token.tokens.forEach(visit);
    else if (token.type === 'text') {
      for (const character of token.value) if (character === '/') kinds.push(kind.literal);
    } else {
      const own = token.type === 'param' ? kind.parameter : kind.wildcard;
      kinds.push(Math.max(kinds.pop() ?? kind.literal, own));
    }
  };
  tokens.forEach(visit);
  return kinds;
}

function countSegments(matched: string): number {
  return matched.split('/').filter(isNotEmpty).length;
}

function isNotEmpty(segment: string): boolean {
  return segment !== '';
}

function paramsOf(keys: Keys, found: RegExpExecArray): Params {
  const params: Record<string, string | readonly string[]> = Object.create(null);
  keys.forEach((key: Key, index) => {
    const raw = found[index + 1];
    if (raw !== undefined)
      params[key.name] =
        key.type === 'wildcard' ? raw.split('/').filter(isNotEmpty).map(decodeText) : decodeText(raw);
  });
  return params;
}

/** The parameters of a literal pattern: `ParamsOf<'/t/:tenant{/:page}'>` is `{ tenant: string; page?: string }`. */
export type ParamsOf<Path extends string> = string extends Path ? Params : Flat<Walk<Path, [], unknown>>;

type Flat<T> = { readonly [Name in keyof T]: T[Name] };

type Walk<Rest extends string, Depth extends unknown[], Found> = Rest extends `${infer First}${infer Tail}`
  ? First extends '\\'
    ? Tail extends `${string}${infer After}`
      ? Walk<After, Depth, Found>
      : Found
    : First extends '{'
      ? Walk<Tail, [...Depth, 0], Found>
      : First extends '}'
        ? Walk<Tail, Depth extends [0, ...infer Outer] ? Outer : [], Found>
        : First extends ':'
          ? Named<Name<Tail>, Depth, Found, string>
          : First extends '*'
            ? Named<Name<Tail>, Depth, Found, readonly string[]>
            : Walk<Tail, Depth, Found>
  : Found;

type Named<Parts extends [string, string], Depth extends unknown[], Found, Value> = Walk<
  Parts[1],
  Depth,
  Found & (Depth extends [] ? { [Key in Parts[0]]: Value } : { [Key in Parts[0]]?: Value })
>;

/** A name, and what follows it. */
type Name<Text extends string, Taken extends string = ''> = Text extends `"${infer Quoted}"${infer After}`
  ? [Quoted, After]
  : Text extends `${infer First}${infer Tail}`
    ? First extends NameCharacter
      ? Name<Tail, `${Taken}${First}`>
      : [Taken, Text]
    : [Taken, ''];

type Letter =
  | ('a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm')
  | ('n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z');
type NameCharacter =
  | (Letter | Uppercase<Letter> | '_' | '$')
  | ('0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9');
