/**
 * What mod_rewrite puts together: `$1`, `%1` and `%{NAME}` in substitutions and conditions.
 *
 * Source: `do_expand()` and `lookup_variable()` of `modules/mappers/mod_rewrite.c`, Apache 2.4.
 *
 * Rules of this file: maps and the time are not modelled; a variable that is not known is empty, as it is there.
 */

import { fieldOf } from './fields.js';
import type { ApacheRequest } from './module.js';
import { escapeByte } from './normal.js';
import { schemeOf, serverNameOf, serverPortOf } from './variables.js';

/** What a rule and its conditions found. */
export interface Found {
  readonly rule: readonly (string | undefined)[];
  condition: readonly (string | undefined)[];
}

/** How back-references are escaped: the flag B. */
export interface Escaping {
  /** `undefined`: not at all; `''`: all that is no letter or digit. */
  readonly characters: string | undefined;
  readonly spaceIsPlus: boolean;
}

const notEscaping: Escaping = { characters: undefined, spaceIsPlus: false };

export function expand(text: string, found: Found, request: ApacheRequest, escaping = notEscaping): string {
  let made = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    const next = text[at + 1] ?? '';
    if (character === '\\' && next !== '') {
      made += next;
      at++;
    } else if ((character === '$' || character === '%') && next >= '0' && next <= '9') {
      const values = character === '$' ? found.rule : found.condition;
      made += escaped(values[Number(next)] ?? '', escaping);
      at++;
    } else if (character === '%' && next === '{' && text.includes('}', at)) {
      const end = text.indexOf('}', at);
      made += variableOf(text.slice(at + 2, end), request);
      at = end;
    } else {
      made += character;
    }
  }
  return made;
}

/** `escape_backref()`. */
function escaped(text: string, { characters, spaceIsPlus }: Escaping): string {
  if (characters === undefined) return text;
  const every = characters === '' ? /[^A-Za-z0-9_]/g : /./gs;
  return text.replace(every, (each) => {
    if (characters !== '' && !characters.includes(each)) return each;
    return each === ' ' && spaceIsPlus ? '+' : escapeByte(each);
  });
}

const fieldVariables = new Set(
  'HTTP_USER_AGENT HTTP_REFERER HTTP_COOKIE HTTP_FORWARDED HTTP_HOST HTTP_PROXY_CONNECTION HTTP_ACCEPT'.split(
    ' ',
  ),
);

function variableOf(name: string, request: ApacheRequest): string {
  const colon = name.indexOf(':');
  const argument = name.slice(colon + 1);
  switch (colon === -1 ? '' : name.slice(0, colon).toUpperCase()) {
    case '':
      break;
    case 'HTTP':
      return fieldOf(request.headersIn, argument) ?? '';
    case 'ENV':
      return request.env.get(argument) ?? '';
    default:
      return '';
  }
  if (fieldVariables.has(name)) {
    const field = name.slice(5).toLowerCase().replaceAll('_', '-');
    return fieldOf(request.headersIn, field) ?? '';
  }
  return plainVariable(name, request);
}

function plainVariable(name: string, request: ApacheRequest): string {
  const { client, connection, server, context } = request;
  switch (name) {
    case 'REQUEST_METHOD':
      return request.method;
    case 'REQUEST_URI':
      return request.uri;
    case 'REQUEST_FILENAME':
    case 'SCRIPT_FILENAME':
      return request.filename ?? '';
    case 'REQUEST_SCHEME':
      return schemeOf(request);
    case 'THE_REQUEST':
      return `${client.method} ${client.target} ${client.version}`;
    case 'QUERY_STRING':
      return request.args ?? '';
    case 'PATH_INFO':
      return request.pathInfo;
    case 'HTTPS':
      return connection.isEncrypted ? 'on' : 'off';
    case 'IS_SUBREQ':
      return request.isSubrequest ? 'true' : 'false';
    case 'DOCUMENT_ROOT':
      return server.documentRoot;
    case 'CONTEXT_PREFIX':
      return context?.prefix ?? '';
    case 'CONTEXT_DOCUMENT_ROOT':
      return context?.documentRoot ?? server.documentRoot;
    case 'SERVER_NAME':
      return serverNameOf(request);
    case 'SERVER_PORT':
      return String(serverPortOf(request));
    case 'SERVER_PROTOCOL':
      return request.protocol;
    case 'SERVER_ADDR':
      return connection.localAddress;
    case 'REMOTE_ADDR':
    case 'REMOTE_HOST':
    case 'CONN_REMOTE_ADDR':
      return connection.remoteAddress;
    case 'REMOTE_PORT':
      return String(connection.remotePort);
    default:
      return '';
  }
}
