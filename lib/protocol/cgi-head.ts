/**
 * The head of a CGI response (RFC 3875 section 6): header fields, of which `Status` says the status, and an empty line.
 *
 * Rules of this file: `Status` is always written, so that no server takes a bare `Location` for an internal redirect
 * (section 6.2.2), and what an application set under that name never is. What is read is checked byte by byte: a field that
 * holds a line feed would be two.
 */

import type { HeadEvent, Headers } from './events.js';

/** A head as text, one character a byte. */
export function formatHead(head: HeadEvent): string {
  const { status, reason, lines } = head;
  let text = `Status: ${status}${reason ? ` ${reason}` : ''}\r\n`;
  if (lines !== undefined) return `${text}${lines}\r\n`;
  for (const [name, value] of head.headers) {
    if (name.toLowerCase() !== 'status') text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}

/** Whether a field can be written: a token, and a value of one character a byte without line ends and NUL. */
export function isField(name: string, value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return token.test(name) && !/[\u0000\r\n\u0100-\uffff]/.test(value);
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a head says. */
export interface ParsedHead {
  readonly status: number;
  readonly headers: Headers;
}

/** Reads a head, without the empty line that ends it; `undefined` where it is malformed. */
export function parseHead(text: string): ParsedHead | undefined {
  const headers: (readonly [string, string])[] = [];
  let status: number | undefined;
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (!isField(name, value)) return undefined;
    if (name.toLowerCase() === 'status') {
      const code = /^([1-9][0-9]{2})(?: |$)/.exec(value)?.[1];
      if (code === undefined || status !== undefined) return undefined;
      status = Number(code);
    } else {
      headers.push([name, value]);
    }
  }
  // Section 6.2.3: a Location without a status is a redirect.
  const isRedirect = headers.some(([name]) => name.toLowerCase() === 'location');
  return { status: status ?? (isRedirect ? 302 : 200), headers };
}

/**
 * Where the empty line of a head begins and ends; `undefined` where it has not come yet. `from`: how much was looked at
 * before.
 */
export function findHeadEnd(
  text: string,
  from: number,
): { readonly end: number; readonly next: number } | undefined {
  const start = Math.max(from - 3, 0);
  const found = /\r?\n\r?\n/.exec(text.slice(start));
  if (found === null) return undefined;
  const end = start + found.index;
  return { end, next: end + found[0].length };
}
