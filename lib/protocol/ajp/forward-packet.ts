/**
 * FORWARD_REQUEST from the variables of a request.
 *
 * Rules of this file: the mirror of forward.ts. A variable that has no place in the message is not sent, unless its name says
 * that it is for AJP or the options name it; a request that the other side would have to refuse is not sent either.
 */

import { show } from '../../errors.js';
import { toLatin1 } from '../bytes.js';
import { isField } from '../cgi-head.js';
import type { BeginEvent, Headers } from '../events.js';
import { notSendable } from '../not-sendable.js';
import * as attributes from './attributes.js';
import { bodyLength, framingRefusal } from './forward.js';
import * as ajp from './packets.js';

const nameOf = ajp.codesOf(ajp.requestHeaders);
const codes = new Map([...attributes.codedAttributes].map(([code, name]) => [name, code]));
const known = new Map([...attributes.knownAttributes].map(([name, variable]) => [variable, name]));

/** Variables that stand at a place of their own. */
const placed = new Set(['REQUEST_METHOD', 'QUERY_STRING']);

/**
 * A request as a packet, and how many bytes of body it has; of chunks nobody knows.
 * @throws {ArgumentError} ERR_ARGUMENT_EVENT
 */
export function forwardPacket(
  event: BeginEvent,
  settings: attributes.AjpSettings,
): { readonly bytes: Uint8Array; readonly length: number } {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (event.environ.some((pair) => pair.some((text) => /[\u0000\u0100-\uffff]/.test(text)))) {
    throw notSendable(event, 'hold parameters of one character a byte, without NUL');
  }
  const headers = headersOf(event);
  const wrong = headers.find((field) => !isField(...field));
  if (wrong !== undefined)
    throw notSendable(event, `hold header fields of bytes (not ${show(wrong.join(': '))})`);
  const refusal = framingRefusal(headers);
  if (refusal !== undefined) throw notSendable(event, `say one length of its body (${refusal.message})`);
  const variables = new Map(event.environ);
  const payload = [
    lineOf(event, variables),
    ajp.integer(headers.length),
    ...headers.map(([name, value]) => nameOf(name) + ajp.string(value)),
    ...attributesOf(event, variables, settings),
    ajp.byte(attributes.ARE_DONE),
  ].join('');
  if (payload.length > settings.packetSize - ajp.headerLength) {
    throw notSendable(
      event,
      `have parameters that fit a packet of ${settings.packetSize} bytes (packetSize)`,
    );
  }
  return { bytes: ajp.packet(ajp.fromServer, payload), length: bodyLength(headers) };
}

/** What comes before the header fields. */
function lineOf(event: BeginEvent, variables: ReadonlyMap<string, string>): string {
  const method = variables.get('REQUEST_METHOD') ?? 'GET';
  const port = variables.get('SERVER_PORT') || '0';
  if (!isField(method, ''))
    throw notSendable(event, `hold a REQUEST_METHOD that is a token (not ${show(method)})`);
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 0xffff) {
    throw notSendable(event, `hold a SERVER_PORT up to 65535 (not ${show(port)})`);
  }
  const [uri = ''] = (variables.get('REQUEST_URI') ?? '').split('?');
  const isSsl = /^(?:on|1|https)$/i.test(variables.get('HTTPS') ?? '');
  return [
    ajp.byte(ajp.FORWARD_REQUEST) + ajp.byte(ajp.methods.indexOf(method) + 1 || ajp.JK_STORED),
    ajp.string(variables.get('SERVER_PROTOCOL') ?? 'HTTP/1.1') + ajp.string(uri),
    ...['REMOTE_ADDR', 'REMOTE_HOST', 'SERVER_NAME'].map((name) => stringOrNone(variables.get(name))),
    ajp.integer(Number(port)) + ajp.byte(isSsl ? 1 : 0),
  ].join('');
}

function stringOrNone(text: string | undefined): string {
  return text === undefined ? ajp.integer(0xffff) : ajp.string(text);
}

/** Header fields as they were given, else those that CGI folded; what is said of the body in any case. */
function headersOf({ environ, headers }: BeginEvent): Headers {
  const fields =
    headers ?? environ.flatMap(([name, value]) => (isFolded(name) ? [[unfold(name), value] as const] : []));
  const body = environ.flatMap(([name, value]) => {
    const isBody = (name === 'CONTENT_LENGTH' || name === 'CONTENT_TYPE') && value !== '';
    const field = unfold(`HTTP_${name}`);
    const isThere = fields.some(([each]) => each.toLowerCase() === field.toLowerCase());
    return isBody && !isThere ? [[field, value] as const] : [];
  });
  return [...fields, ...body];
}

/** Of the body, two other variables tell. */
function isFolded(name: string): boolean {
  return name.startsWith('HTTP_') && name !== 'HTTP_CONTENT_LENGTH' && name !== 'HTTP_CONTENT_TYPE';
}

/** `HTTP_X_FORWARDED_FOR` as `X-Forwarded-For`. */
function unfold(name: string): string {
  return name
    .slice('HTTP_'.length)
    .split('_')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join('-');
}

function attributesOf(
  event: BeginEvent,
  variables: ReadonlyMap<string, string>,
  settings: attributes.AjpSettings,
): string[] {
  const found: string[] = [];
  const add = (code: number, text: string): void => void found.push(ajp.byte(code) + text);
  const method = variables.get('REQUEST_METHOD') ?? 'GET';
  if (!ajp.methods.includes(method)) add(attributes.STORED_METHOD, ajp.string(method));
  const query = queryOf(variables);
  if (query !== undefined) add(codes.get('QUERY_STRING') as number, ajp.string(query));
  for (const [name, value] of variables) {
    const code = codes.get(name);
    const attribute = known.get(name);
    if (placed.has(name)) continue;
    if (code !== undefined) add(code, ajp.string(value));
    else if (name === attributes.keySize) add(attributes.SSL_KEY_SIZE, ajp.integer(keySizeOf(event, value)));
    else if (attribute !== undefined)
      add(attributes.REQ_ATTRIBUTE, ajp.string(attribute) + ajp.string(value));
    else if (name.startsWith('AJP_') || settings.attributes.has(name)) {
      add(attributes.REQ_ATTRIBUTE, ajp.string(name) + ajp.string(value));
    }
  }
  if (settings.secret !== undefined) {
    add(attributes.SECRET, ajp.string(toLatin1(Buffer.from(settings.secret))));
  }
  return found;
}

/** REQUEST_URI says whether there is a query at all. */
function queryOf(variables: ReadonlyMap<string, string>): string | undefined {
  const uri = variables.get('REQUEST_URI') ?? '';
  const mark = uri.indexOf('?');
  return mark === -1 ? variables.get('QUERY_STRING') || undefined : uri.slice(mark + 1);
}

function keySizeOf(event: BeginEvent, value: string): number {
  if (!/^[0-9]{1,5}$/.test(value) || Number(value) > 0xffff) {
    throw notSendable(event, `hold an ${attributes.keySize} up to 65535 (not ${show(value)})`);
  }
  return Number(value);
}
