/**
 * Percent coding of paths (RFC 3986 section 2.1).
 *
 * Three kinds of string meet here, and a name says which one is meant:
 * - raw: as it stands on a request line; one character a byte (latin-1), percent-encoded;
 * - bytes: decoded; one character a byte. Mounts are compared in this form;
 * - text: decoded as UTF-8, for people. Nothing routes on it.
 *
 * Rules of this file: `%2F` is never decoded, since it must not become a separator, nor `%00`, which ends strings
 * elsewhere; nothing throws on what a peer sent.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const upperHex = '0123456789ABCDEF';
const hexValue = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  hexValue[digit.toString(16).charCodeAt(0)] = digit;
  hexValue[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** The byte that the escape at `index` (of its `%`) stands for, or -1 where two hex digits are missing. */
export function escapeAt(raw: string, index: number): number {
  const high = raw.charCodeAt(index + 1);
  const low = raw.charCodeAt(index + 2);
  // NaN past the end fails both comparisons.
  if (!(high < 128 && low < 128)) return -1;
  const value = ((hexValue[high] as number) << 4) | (hexValue[low] as number);
  return value;
}

/** RFC 3986 section 2.3: `A-Z a-z 0-9 - . _ ~`. */
export function isUnreserved(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f ||
    code === 0x7e
  );
}

/** What a path's escapes are, and the path with those of unreserved characters decoded (RFC 3986 section 6.2.2.2). */
export function decodeUnreserved(raw: string): { readonly path: string; readonly malformed: boolean } {
  let at = raw.indexOf('%');
  if (at === -1) return { path: raw, malformed: false };
  let path = '';
  let from = 0;
  let malformed = false;
  while (at !== -1) {
    const code = escapeAt(raw, at);
    if (code < 0) {
      malformed = true;
      at = raw.indexOf('%', at + 1);
    } else {
      if (isUnreserved(code)) {
        path += raw.slice(from, at) + String.fromCharCode(code);
        from = at + 3;
      }
      at = raw.indexOf('%', at + 3);
    }
  }
  return { path: from === 0 ? raw : path + raw.slice(from), malformed };
}

/** Whether some escape of `raw` is malformed, or stands for an unreserved character: what normal form would change. */
export function hasOddEscape(raw: string): boolean {
  for (let at = raw.indexOf('%'); at !== -1; at = raw.indexOf('%', at + 3)) {
    const code = escapeAt(raw, at);
    if (code < 0 || isUnreserved(code)) return true;
  }
  return false;
}

/**
 * Whether each byte of `raw` is spelled in the one way that a guard which compares raw paths can be written in: what
 * ASCII shows stands as it is, all else as an escape.
 */
export function isOneSpelling(raw: string): boolean {
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code === 0x25) {
      const escaped = escapeAt(raw, at);
      if (escaped < 0 || (escaped > 0x20 && escaped < 0x7f && !isNeverRaw(escaped))) return false;
      at += 2;
    } else if (code <= 0x20 || code >= 0x7f) {
      return false;
    }
  }
  return true;
}

/** `%`, `/`, `?` and `#` mean something else as they are. */
function isNeverRaw(code: number): boolean {
  return code === 0x25 || code === 0x2f || code === 0x3f || code === 0x23;
}

/** Decodes a raw path or segment to bytes, once; `%2F`, `%00` and malformed escapes stay as they are. */
export function decodeBytes(raw: string): string {
  let at = raw.indexOf('%');
  if (at === -1) return raw;
  let bytes = '';
  let from = 0;
  while (at !== -1) {
    const code = escapeAt(raw, at);
    if (code > 0 && code !== 0x2f) {
      bytes += raw.slice(from, at) + String.fromCharCode(code);
      from = at + 3;
    }
    at = raw.indexOf('%', code < 0 ? at + 1 : at + 3);
  }
  return bytes + raw.slice(from);
}

/** Decodes each well-formed escape of a raw path, `%2F` too: to compare with what CGI programs get; nothing splits it. */
export function decodeEvery(raw: string): string {
  return raw.replace(/%[0-9a-f]{2}/gi, (escaped) =>
    String.fromCharCode(Number.parseInt(escaped.slice(1), 16)),
  );
}

/** Text as the bytes of its UTF-8 encoding; `undefined` where it holds half a surrogate pair. */
export function encodeUtf8(text: string): string | undefined {
  if (isAscii(text)) return text;
  if (!isWellFormed(text)) return undefined;
  let bytes = '';
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** Decodes a raw path to text. `%2F` and `%00` stay, and so does, as an upper-case escape, each byte that is not UTF-8. */
export function decodeText(raw: string): string {
  return utf8ToText(decodeBytes(raw));
}

/** Bytes as text; each byte that is not part of a UTF-8 sequence as an upper-case escape. */
function utf8ToText(bytes: string): string {
  // What is no byte was put there as text, by somebody who rewrote a url.
  if (isAscii(bytes) || /[\u0100-\uffff]/.test(bytes)) return bytes;
  const buffer = new Uint8Array(bytes.length);
  for (let at = 0; at < buffer.length; at++) buffer[at] = bytes.charCodeAt(at);
  // One buffer, decoded once: a text that grows escape by escape would be a burden to the collector.
  const utf8 = new Uint8Array(3 * bytes.length);
  let end = 0;
  let index = 0;
  while (index < buffer.length) {
    const length = sequenceLength(buffer, index);
    if (length === 0) {
      const code = buffer[index++] as number;
      utf8[end++] = 0x25;
      utf8[end++] = upperHex.charCodeAt(code >> 4);
      utf8[end++] = upperHex.charCodeAt(code & 15);
    } else {
      for (const last = index + length; index < last; index++) utf8[end++] = buffer[index] as number;
    }
  }
  return decoder.decode(utf8.subarray(0, end));
}

/** How many bytes the UTF-8 sequence at `index` has (RFC 3629 section 4); 0 where there is none. */
function sequenceLength(buffer: Uint8Array, index: number): number {
  const first = buffer[index] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const [lowest, highest] = secondByte[first] ?? [0x80, 0xbf];
  const second = buffer[index + 1] ?? 0;
  if (second < lowest || second > highest) return 0;
  for (let offset = 2; offset < length; offset++) {
    if (((buffer[index + offset] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

// No overlong forms, no surrogates, nothing above U+10FFFF.
const secondByte: Readonly<Record<number, readonly [number, number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

// RFC 3986 section 3.3: what may stand in a path as it is; a `%` only as the beginning of an escape.
const outsidePath = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]|%(?![0-9A-Fa-f]{2})/g;

/** A raw path, or text, in characters that a URL's path may hold: the rest is percent-encoded, escapes stay. */
export function encodePath(path: string): string {
  return path.replace(outsidePath, (character) => escapeByte(character.charCodeAt(0)));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all bytes but those that may stand as they are
const outsideBytes = /[\u0000-\u00ff](?<![A-Za-z0-9\-._~!$&'()*+,;=:@/])/g;

/** A decoded path (bytes) as a raw one: each byte that a path cannot hold as it is, and each `%`, becomes an escape. */
export function encodeBytes(path: string): string {
  return path.replace(outsideBytes, (character) => escapeByte(character.charCodeAt(0)));
}

/** Folds ASCII letters only: a byte of a UTF-8 sequence is never taken for a letter. */
export function foldAscii(bytes: string): string {
  return /[A-Z]/.test(bytes) ? bytes.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : bytes;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}

// String.prototype.isWellFormed came with ES2024.
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
