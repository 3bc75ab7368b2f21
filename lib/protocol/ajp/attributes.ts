/**
 * Which meta-variable stands for which attribute of a request, and what a connection is set up with.
 *
 * Rules of this file: names as Apache's mod_ssl and mod_cgi have them, where they have one. A request attribute that nobody has
 * named is never taken: whatever an application believes of its environment could come so (CVE-2020-1938).
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { ConfigurationError, show } from '../../errors.js';
import { fromLatin1 } from '../bytes.js';
import type { ProtocolOptions } from '../limits.js';

export const REQ_ATTRIBUTE = 10;
export const SSL_KEY_SIZE = 11;
export const SECRET = 12;
export const STORED_METHOD = 13;
export const ARE_DONE = 0xff;

/** Attributes that are one string. */
export const codedAttributes: ReadonlyMap<number, string> = new Map([
  [1, 'CONTEXT'],
  [2, 'SERVLET_PATH'],
  [3, 'REMOTE_USER'],
  [4, 'AUTH_TYPE'],
  [5, 'QUERY_STRING'],
  [6, 'JVM_ROUTE'],
  [7, 'SSL_CLIENT_CERT'],
  [8, 'SSL_CIPHER'],
  [9, 'SSL_SESSION_ID'],
  [STORED_METHOD, 'REQUEST_METHOD'],
]);

/** SSL_KEY_SIZE alone is a number. */
export const keySize = 'SSL_CIPHER_USEKEYSIZE';

/** Request attributes that front servers send by themselves. */
export const knownAttributes: ReadonlyMap<string, string> = new Map([
  ['AJP_REMOTE_PORT', 'REMOTE_PORT'],
  ['AJP_LOCAL_ADDR', 'SERVER_ADDR'],
  ['AJP_SSL_PROTOCOL', 'SSL_PROTOCOL'],
  ['JK_LB_ACTIVATION', 'JK_LB_ACTIVATION'],
]);

/** Variables that no request attribute may be taken for. */
const reserved = new Set([
  ...`REQUEST_URI SERVER_PROTOCOL SERVER_NAME SERVER_PORT REMOTE_ADDR REMOTE_HOST HTTPS CONTENT_LENGTH
  CONTENT_TYPE`.split(/\s+/),
  ...codedAttributes.values(),
  keySize,
  ...knownAttributes.keys(),
  ...knownAttributes.values(),
]);

/** What one connection of AJP13 is set up with. */
export interface AjpSettings {
  readonly packetSize: number;
  readonly secret: string | undefined;
  /** Names of request attributes that are taken beside the known ones. */
  readonly attributes: ReadonlySet<string>;
}

/** @throws {ConfigurationError} ERR_PROTOCOL_OPTION */
export function resolveAjp({ packetSize = 8192, secret, attributes = [] }: ProtocolOptions): AjpSettings {
  if (!Number.isInteger(packetSize) || packetSize < 8192 || packetSize > 65_536) {
    throw notAnOption('the option packetSize must be an integer from 8192 to 65536', packetSize);
  }
  if (secret !== undefined && (typeof secret !== 'string' || secret === '' || secret.includes('\0'))) {
    // What there is of it is nobody's business.
    throw notAnOption('the option secret must be a string that is not empty, without NUL', typeof secret);
  }
  if (!Array.isArray(attributes)) {
    throw notAnOption('the option attributes must be an array of names', attributes);
  }
  for (const name of attributes as readonly unknown[]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all but NUL
    if (typeof name !== 'string' || !/^[\u0001-\u00ff]+$/.test(name)) {
      throw notAnOption('a name of the option attributes must be a string of bytes', name);
    }
    // Header fields are read back out of names that are not folded, too.
    const variable = name.toUpperCase().replaceAll('-', '_');
    if (reserved.has(variable) || variable.startsWith('HTTP_')) {
      throw notAnOption('a name of the option attributes must be no variable of the protocol itself', name);
    }
  }
  return { packetSize, secret, attributes: new Set(attributes) };
}

function notAnOption(rule: string, value: unknown): ConfigurationError {
  return new ConfigurationError('ERR_PROTOCOL_OPTION', `${rule}, got ${show(value)}`);
}

/** Whether a secret is the one that is asked for, in a time that tells nothing. */
export function isSecret(got: string, secret: string): boolean {
  return timingSafeEqual(digest(fromLatin1(got)), digest(Buffer.from(secret)));
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
