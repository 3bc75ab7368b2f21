/**
 * The errors of this library: one family, with a stable `code`, and the blame in the class.
 *
 * - `ConfigurationError`: whoever set the application up. Thrown where the mistake is made, before any request.
 * - `ArgumentError`: whoever called a helper with a value that it cannot take.
 * - `RequestTargetError`: the peer. Its `status` is the answer that the request deserves, 400 or 404.
 * - `ForwardedError`: the proxy in front, or what a client got through it.
 *
 * Rules of this file: every code has a line in a table below and a heading in docs/errors.md; a message reads
 * `<subject> must <rule>, got <value>`.
 */

/** What a refused request is answered with, by code. */
export const requestTargetCodes = {
  ERR_TARGET_FORM: 400,
  ERR_TARGET_CHARACTER: 400,
  ERR_TARGET_USER_INFO: 400,
  ERR_TARGET_HOST: 400,
  ERR_TARGET_ESCAPE: 400,
  ERR_TARGET_ABOVE_ROOT: 400,
  ERR_TARGET_LEADING_SLASHES: 400,
  ERR_TARGET_NOT_NORMAL: 400,
  ERR_TARGET_NUL: 404,
  ERR_TARGET_ENCODED_SLASH: 404,
} as const;

/** Codes of mistakes in how mounts are set up. */
export const configurationCodes = [
  'ERR_MOUNT_PATH',
  'ERR_MOUNT_HOST',
  'ERR_MOUNT_DUPLICATE',
  'ERR_MOUNT_OPTION',
  'ERR_MOUNT_APPLICATION',
  'ERR_PATTERN',
  'ERR_PROTOCOL_OPTION',
  'ERR_PROXY_OPTION',
  'ERR_GATEWAY_OPTION',
  'ERR_HARNESS_CONFIGURATION',
  'ERR_HARNESS_FRONT_SERVER',
  'ERR_HARNESS_OPTION',
] as const;

/** Codes of values that a helper cannot take. */
export const argumentCodes = [
  'ERR_ARGUMENT_PATH',
  'ERR_ARGUMENT_REQUEST',
  'ERR_ARGUMENT_ENVIRON',
  'ERR_ARGUMENT_EVENT',
  'ERR_ARGUMENT_ERROR',
  'ERR_ARGUMENT_RECORDING',
] as const;

export type RequestTargetCode = keyof typeof requestTargetCodes;
export type ConfigurationCode = (typeof configurationCodes)[number];
export type ArgumentCode = (typeof argumentCodes)[number];

/** What all errors of this library have in common: a `code` that never changes its meaning. */
export abstract class MountpointError extends Error {
  abstract readonly code: string;
}

/**
 * A mistake in how an application was set up; thrown where it is made.
 *
 * @example
 * ```ts
 * import { ConfigurationError, mount } from 'mountpoint';
 *
 * try {
 *   mount('foo', (req, res) => res.end());
 * } catch (error) {
 *   error instanceof ConfigurationError && error.code; // → 'ERR_MOUNT_PATH'
 * }
 * ```
 */
export class ConfigurationError extends MountpointError {
  override readonly name = 'ConfigurationError';
  readonly code: ConfigurationCode;

  constructor(code: ConfigurationCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A helper was called with a value that it cannot take: the caller's mistake. */
export class ArgumentError extends MountpointError {
  override readonly name = 'ArgumentError';
  readonly code: ArgumentCode;

  constructor(code: ArgumentCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A request target (RFC 9112 section 3.2) that is refused: the peer's mistake, or its attempt.
 * `status` is 400 or 404; Express, Connect and finalhandler answer with it.
 *
 * @example
 * ```ts
 * import { MountTable, RequestTargetError } from 'mountpoint';
 *
 * try {
 *   new MountTable().set('/foo', 'foo').resolve('/foo/%zz');
 * } catch (error) {
 *   error instanceof RequestTargetError && `${error.status} ${error.code}`; // → '400 ERR_TARGET_ESCAPE'
 * }
 * ```
 */
export class RequestTargetError extends MountpointError {
  override readonly name = 'RequestTargetError';
  readonly code: RequestTargetCode;
  /** HTTP status of the answer: 400, or 404 where Apache answers 404. */
  readonly status: 400 | 404;
  /** The same as `status`, under the name that http-errors uses. */
  readonly statusCode: 400 | 404;
  /** The message may be shown to the client (http-errors' word). */
  readonly expose = true;
  /** The request target (or host) that was refused, as it came. */
  readonly target: string;

  constructor(code: RequestTargetCode, message: string, target: string) {
    super(message);
    this.code = code;
    this.status = requestTargetCodes[code];
    this.statusCode = this.status;
    this.target = target;
  }
}

/** What deserves a 400, whoever answers. */
abstract class BadRequestError extends MountpointError {
  /** HTTP status of the answer. */
  readonly status = 400;
  /** The same as `status`, under the name that http-errors uses. */
  readonly statusCode = 400;
  /** The message may be shown to the client (http-errors' word). */
  readonly expose = true;
}

/** Codes of forwarded headers that are refused. */
export const forwardedCodes = [
  'ERR_FORWARDED_PREFIX',
  'ERR_FORWARDED_HOST',
  'ERR_FORWARDED_PROTO',
  'ERR_FORWARDED_HEADER',
] as const;

export type ForwardedCode = (typeof forwardedCodes)[number];

/**
 * What a trusted proxy says about a request, and cannot be: the proxy's mistake, or what a client got through it.
 */
export class ForwardedError extends BadRequestError {
  override readonly name = 'ForwardedError';
  readonly code: ForwardedCode;

  constructor(code: ForwardedCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Codes of meta-variables that are refused. */
export const environCodes = [
  'ERR_ENVIRON_CONTENT_LENGTH',
  'ERR_ENVIRON_COLLISION',
  'ERR_ENVIRON_CHARACTER',
] as const;

export type EnvironCode = (typeof environCodes)[number];

/**
 * Meta-variables that no request can have: the front server's mistake, or what a client got through it. Deserves a 400.
 */
export class EnvironError extends BadRequestError {
  override readonly name = 'EnvironError';
  readonly code: EnvironCode;

  constructor(code: EnvironCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Codes of the `error` events of a codec: what a peer sent that is no message of its protocol. */
export const protocolCodes = [
  'ERR_PROTOCOL_RECORD',
  'ERR_PROTOCOL_PARAMS',
  'ERR_PROTOCOL_ORDER',
  'ERR_PROTOCOL_HEAD',
  'ERR_PROTOCOL_LIMIT',
  'ERR_PROTOCOL_TRUNCATED',
  'ERR_PROTOCOL_REQUEST',
  'ERR_PROTOCOL_SECRET',
  'ERR_PROTOCOL_ATTRIBUTE',
] as const;

export type ProtocolCode = (typeof protocolCodes)[number];

/**
 * A rule of the contract between an application and what calls it, broken, as `lint()` tells it. The blame is in `side`.
 */
export class LintError extends MountpointError {
  override readonly name = 'LintError';
  readonly code = 'ERR_LINT';
  /** The id of the rule; docs/environ.md has them all. */
  readonly rule: string;
  /** `'request'`: the host or gateway that called; `'response'`: the application. */
  readonly side: 'request' | 'response';

  constructor(rule: string, side: 'request' | 'response', message: string) {
    super(`${message} (${rule})`);
    this.rule = rule;
    this.side = side;
  }
}

/** As JSON; control characters that it leaves, a terminal would obey. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A value as it appears at the end of a message: short, and of any type. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 80 ? `${quote(value.slice(0, 77))}... (${value.length} characters)` : quote(value);
  }
  if (typeof value === 'function') {
    return value.name === '' ? 'an anonymous function' : `the function ${value.name}`;
  }
  if (Array.isArray(value)) {
    return `an array of ${value.length}`;
  }
  if (typeof value === 'object' && value !== null) {
    const name: unknown = value.constructor?.name;
    return typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : 'a plain object';
  }
  return String(value);
}
