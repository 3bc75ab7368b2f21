/**
 * Expressions and what stands for what they match: `url.rewrite-once = ( "^/foo(/.*)$" => "/app.fcgi$1" )` (keyvalue.c of 1.4.69).
 *
 * Rules of this file: the first expression that matches decides; one with nothing in its place ends the search. In a pattern
 * `$1` is what the expression captured, `%1` what the condition around it did, `${…}` and `%{…}` the same and more, encoded.
 */

import { escapeAt, isUnreserved } from '../../../path/percent.js';
import { compileExpression } from '../expression.js';
import { isUtf8 } from './path.js';
import { pairsOf, type Setting } from './values.js';

export interface Rule {
  readonly expression: RegExp;
  readonly pattern: string;
}

/** What a pattern may ask for. */
export interface Parts {
  readonly scheme: string;
  readonly authority: string;
  readonly port: number;
  /** With its query. */
  readonly target: string;
  readonly query: string;
}

const read = new WeakMap<Setting, readonly Rule[]>();

/** The rules of a directive; where targets are normalized, the escapes in rules are too. */
export function readRules(setting: Setting, isNormalizing: boolean): readonly Rule[] {
  const known = read.get(setting);
  if (known !== undefined) return known;
  const rules = pairsOf(setting).map(([key, pattern]) => ({
    expression: compileExpression(isNormalizing ? normalizeEscapes(key, '%') : key),
    pattern: isNormalizing ? normalizeEscapes(pattern, '%%') : pattern,
  }));
  read.set(setting, rules);
  return rules;
}

/** Escapes in upper case, and bytes beyond ASCII as escapes; `%%` where `%` alone would mean something else. */
function normalizeEscapes(text: string, percent: string): string {
  const upper = text.replace(percent === '%' ? /%[0-9a-fA-F]{2}/g : /%%[0-9a-fA-F]{2}/g, (found) =>
    found.toUpperCase(),
  );
  return upper.replace(/[\u0080-\u00ff]/g, (byte) => percent + hex(byte));
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
}

export interface Replaced {
  /** Which of the rules it was. */
  readonly index: number;
  readonly text: string;
}

/** What the first rule that matches makes of a target; an error of the expression is one of the request. */
export function applyRules(
  rules: readonly Rule[],
  outer: readonly string[],
  parts: Parts,
): Replaced | 'error' | undefined {
  for (const [index, { expression, pattern }] of rules.entries()) {
    if (!isUtf8(parts.target)) return 'error';
    const found = expression.exec(parts.target);
    if (found === null) continue;
    if (pattern === '') return undefined;
    return { index, text: substitute(pattern, [found.map((each) => each ?? ''), outer], parts) };
  }
  return undefined;
}

function substitute(
  pattern: string,
  [inner, outer]: readonly [readonly string[], readonly string[]],
  parts: Parts,
): string {
  let text = '';
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern[at] as string;
    const next = pattern[at + 1];
    if ((sign !== '$' && sign !== '%') || next === undefined) {
      text += sign;
      continue;
    }
    const captures = sign === '$' ? inner : outer;
    if (/\d/.test(next)) {
      text += captures[Number(next)] ?? '';
      at++;
    } else if (next === '{') {
      const end = pattern.indexOf('}', at);
      if (end < 0) return text;
      text = addNamed(text, pattern.slice(at + 2, end), captures, parts);
      at = end;
    } else {
      text += sign === next ? sign : sign + next;
      at++;
    }
  }
  return text;
}

/** `${url.path}`, `${qsa}`, `${1}`, with what is done to it before it: `${esc:1}`. */
function addNamed(text: string, named: string, captures: readonly string[], parts: Parts): string {
  const colon = named.lastIndexOf(':');
  const coding = named.slice(0, colon + 1);
  const name = named.slice(colon + 1);
  const mark = parts.target.indexOf('?');
  switch (name) {
    case 'url.scheme':
      return text + encode(parts.scheme, coding);
    case 'url.authority':
      return text + encode(parts.authority, coding);
    case 'url.port':
      return text + parts.port;
    case 'url.path':
      return text + encode(mark < 0 ? parts.target : parts.target.slice(0, mark), coding);
    case 'url.query':
      return text + encode(parts.query, coding);
    case 'qsa': {
      if (parts.query === '') return text.includes('?') ? text : `${text}?`;
      return `${text}${text.includes('?') ? '&' : '?'}${encode(parts.query, coding)}`;
    }
    default: {
      const captured = /^\d{1,2}$/.test(name) ? (captures[Number(name)] ?? '') : '';
      return text + encode(captured, coding === '' ? 'escpsnde:' : coding);
    }
  }
}

/** What is done to a text, by name; of several the first here. */
const codings: readonly (readonly [names: readonly string[], encode: (text: string) => string])[] = [
  [['noesc', 'noescape'], (text) => text],
  [['esc', 'escape'], (text) => encodeAll(text, () => false, false)],
  [['escnde'], (text) => encodeAll(text, () => false, true)],
  [['escpsnde'], (text) => encodeAll(text, (character) => character === '/', true)],
  [['encb64u'], (text) => Buffer.from(text, 'latin1').toString('base64url')],
  [['decb64u'], (text) => Buffer.from(text, 'base64url').toString('latin1')],
];

function encode(text: string, asked: string): string {
  if (asked === '') return text;
  const words = asked.split(':');
  const coding = codings.find(([names]) => names.some((name) => words.includes(name)));
  // A change of case alone leaves nothing.
  const encoded = coding === undefined ? '' : coding[1](text);
  // The one that says upper makes lower case too.
  const isLower = words.includes('tolower') || words.includes('toupper');
  return isLower ? encoded.replace(/%[0-9A-Fa-f]{2}|[A-Z]/g, lowerLetter) : encoded;
}

function lowerLetter(found: string): string {
  return found.length === 1 ? found.toLowerCase() : found;
}

function encodeAll(text: string, isKept: (character: string) => boolean, keepsEscapes: boolean): string {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    const code = keepsEscapes && character === '%' ? escapeAt(text, at) : -1;
    if (code >= 0) {
      out += isUnreserved(code) ? String.fromCharCode(code) : text.slice(at, at + 3);
      at += 2;
    } else if (isUnreserved(character.charCodeAt(0)) || isKept(character)) {
      out += character;
    } else {
      out += `%${hex(character)}`;
    }
  }
  return out;
}
