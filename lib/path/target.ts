/**
 * The request target (RFC 9112 section 3.2): origin-form and absolute-form, taken apart as Apache 2.4 does.
 *
 * Rules of this file: strings only. What is wrong is named in `refusal`, and the parts are returned all the same.
 */

import type { RequestTargetCode } from '../errors.js';
import { parseAuthority } from './host.js';

export interface TargetParts {
  /** `http` or `https` of an absolute-form target, else `''`. */
  readonly scheme: string;
  /** Host and port of an absolute-form target, as sent; `''` where there is none. */
  readonly authority: string;
  /** Raw path; begins with `/`, unless the target is neither form. */
  readonly path: string;
  /** Query with its `?`, or `''`. */
  readonly query: string;
  readonly refusal: RequestTargetCode | undefined;
}

const absoluteForm = /^(https?):(?:\/\/([^/?]*))?/i;

// RFC 9112 section 3: no whitespace, no control character; a fragment is never sent. A byte is at most 0xFF.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\u0000-\u0020\u007f#\u0100-\uffff]/;

/** Takes a request target apart: `?q` means `/?q`, `http:/x` means `/x`, `http://h` means `/`. */
export function parseTarget(target: string): TargetParts {
  let refusal: RequestTargetCode | undefined = forbidden.test(target) ? 'ERR_TARGET_CHARACTER' : undefined;
  let scheme = '';
  let authority = '';
  let from = 0;
  const absolute = absoluteForm.exec(target);
  if (absolute !== null) {
    scheme = (absolute[1] as string).toLowerCase();
    authority = absolute[2] ?? '';
    from = absolute[0].length;
    if (authority.includes('@')) refusal ??= 'ERR_TARGET_USER_INFO';
    else if (authority !== '' && parseAuthority(authority) === undefined) refusal ??= 'ERR_TARGET_HOST';
  }
  const question = target.indexOf('?', from);
  const end = question === -1 ? target.length : question;
  let path = target.slice(from, end);
  const query = target.slice(end);
  if (path === '' && target !== '') path = '/';
  // Apache takes the text before a `:` for a scheme, even behind a `?`.
  if (!path.startsWith('/') || /^\?[^/]*:/.test(target)) refusal ??= 'ERR_TARGET_FORM';
  return { scheme, authority, path, query, refusal };
}
