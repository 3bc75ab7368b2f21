/**
 * How mod_proxy writes a path that it sends on.
 *
 * Source: `ap_proxy_canonenc_ex()` with `enc_path` for a reverse proxy, and `ap_scan_vchar_obstext()`, of Apache 2.4.
 *
 * Rules of this file: text is one character a byte; what cannot be written is `undefined`.
 */

import { escapeAt } from '../../../../path/percent.js';

const outside = /[^A-Za-z0-9~$\-_.+!*'(),;:@&=/]/g;

/** A decoded path with escapes for what a path cannot hold. */
export function encodePath(path: string): string {
  return path.replace(outside, escapeByte);
}

/**
 * The same under `AllowEncodedSlashes NoDecode`, where `%2F` came through as it is: it stays so, and `undefined` is the answer
 * where a percent sign begins no escape.
 */
export function encodePathKeepingSlashes(path: string): string | undefined {
  let encoded = '';
  let from = 0;
  for (let at = path.indexOf('%'); at !== -1; at = path.indexOf('%', at + 1)) {
    const code = escapeAt(path, at);
    if (code < 0) return undefined;
    if (code !== 0x2f) continue;
    encoded += encodePath(path.slice(from, at)) + path.slice(at, at + 3);
    from = at + 3;
  }
  return encoded + encodePath(path.slice(from));
}

/** Whether a text may go on a request line as it is. */
export function isSendable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\x00-\x20\x7f]/.test(text);
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
