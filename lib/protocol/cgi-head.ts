/**
 * The head of a CGI response (RFC 3875 section 6): header fields, of which `Status` says the status, and an empty line. And
 * its sister, which begins with HTTP's status line instead: uwsgi's, and that of a script that is not parsed (section 5).
 *
 * Rules of this file: `Status` is always written, so that no server takes a bare `Location` for an internal redirect
 * (section 6.2.2), and what an application set under that name never is. What is read is checked byte by byte: a field that
 * holds a line feed would be two.
 */

import { show } from '../errors.js';
import { toLatin1 } from './bytes.js';
import type { HeadEvent, Headers } from './events.js';

/** A head as text, one character a byte. */
export function formatHead(head: HeadEvent): string {
  return `Status: ${head.status}${head.reason ? ` ${head.reason}` : ''}\r\n${formatFields(head)}\r\n`;
}

/** A head that begins with a status line. */
export function formatHttpHead(head: HeadEvent): string {
  return `HTTP/1.1 ${head.status} ${head.reason ?? ''}\r\n${formatFields(head)}\r\n`;
}

function formatFields(head: HeadEvent): string {
  if (head.lines !== undefined) return head.lines;
  let text = '';
  for (const [name, value] of head.headers) {
    if (name.toLowerCase() !== 'status') text += `${name}: ${value}\r\n`;
  }
  return text;
}

/** Whether a field can be written: a token, and a value of one character a byte without line ends and NUL. */
export function isField(name: string, value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return token.test(name) && !/[\u0000\r\n\u0100-\uffff]/.test(value);
}

/** What keeps a head from being written, as the rule that it breaks. */
export function headMistake(head: HeadEvent): string | undefined {
  const { status, reason = '', lines } = head;
  if (!Number.isInteger(status) || status < 100 || status > 999) return 'have a status from 100 to 999';
  if (lines !== undefined) return undefined;
  if (!isField('Status', reason)) return `have a reason of bytes (not ${show(reason)})`;
  const wrong = head.headers.find(([name, value]) => !isField(name, value));
  return wrong && `hold header fields of bytes (not ${show(wrong[0])})`;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a head says. */
export interface ParsedHead {
  readonly status: number;
  readonly headers: Headers;
}

/** How a head may begin. */
export interface HeadForm {
  /** Whether a status line may stand before the fields. Default `false`. */
  readonly allowsStatusLine?: boolean;
}

const statusLine = /^HTTP\/1\.[0-9] ([1-9][0-9]{2})(?: |$)/;
const statusField = /^([1-9][0-9]{2})(?: |$)/;

/** Reads a head, without the empty line that ends it; `undefined` where it is malformed. */
export function parseHead(text: string, { allowsStatusLine = false }: HeadForm = {}): ParsedHead | undefined {
  const lines = text.split(/\r?\n/);
  const said = allowsStatusLine ? statusLine.exec(lines[0] as string)?.[1] : undefined;
  if (said !== undefined) lines.shift();
  const headers: (readonly [string, string])[] = [];
  let field: string | undefined;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (!isField(name, value)) return undefined;
    if (name.toLowerCase() === 'status') {
      const code = statusField.exec(value)?.[1];
      // Two of them must not differ, and of two fields neither is better.
      if (code === undefined || field !== undefined || (said !== undefined && said !== code))
        return undefined;
      field = code;
    } else {
      headers.push([name, value]);
    }
  }
  // Section 6.2.3: a Location without a status is a redirect.
  const isRedirect = headers.some(([name]) => name.toLowerCase() === 'location');
  return { status: Number(said ?? field ?? (isRedirect ? 302 : 200)), headers };
}

/** A head that is complete, and the bytes behind it; or why it is none. */
export type HeadProgress =
  | { readonly head: ParsedHead; readonly rest: Uint8Array }
  | { readonly code: 'ERR_PROTOCOL_HEAD' | 'ERR_PROTOCOL_LIMIT'; readonly message: string };

/** Reads the head of one answer, in whatever pieces it comes. */
export class HeadReader {
  readonly #maxBytes: number;
  readonly #form: HeadForm;
  #text = '';

  /** `maxBytes`: the limit maxHeadBytes. */
  constructor(maxBytes: number, form: HeadForm = {}) {
    this.#maxBytes = maxBytes;
    this.#form = form;
  }

  /** What came so far, as what is wrong with it. */
  get message(): string {
    return `the head of an answer must be header fields and an empty line, got ${show(this.#text)}`;
  }

  /** Takes bytes; `undefined` while the head is not complete. */
  take(bytes: Uint8Array): HeadProgress | undefined {
    const before = this.#text.length;
    this.#text += toLatin1(bytes.subarray(0, this.#maxBytes + 1));
    const found = findHeadEnd(this.#text, before);
    if ((found?.next ?? this.#text.length) > this.#maxBytes) {
      const rule = `the head of an answer must have at most ${this.#maxBytes} bytes (maxHeadBytes)`;
      return { code: 'ERR_PROTOCOL_LIMIT', message: `${rule}, got more` };
    }
    if (found === undefined) return undefined;
    this.#text = this.#text.slice(0, found.end);
    const head = parseHead(this.#text, this.#form);
    if (head === undefined) return { code: 'ERR_PROTOCOL_HEAD', message: this.message };
    return { head, rest: bytes.subarray(found.next - before) };
  }
}

/**
 * Where the empty line of a head begins and ends; `undefined` where it has not come yet. `from`: how much was looked at
 * before.
 */
function findHeadEnd(
  text: string,
  from: number,
): { readonly end: number; readonly next: number } | undefined {
  const start = Math.max(from - 3, 0);
  const found = /\r?\n\r?\n/.exec(text.slice(start));
  if (found === null) return undefined;
  const end = start + found.index;
  return { end, next: end + found[0].length };
}
