/**
 * Plays the commands of a console block against a server, and tells where it answers otherwise than the page says.
 *
 * Rules of this file: the request target is sent as it is written; of the answer's header only the fields that the page
 * shows are compared, in the order in which they came.
 */

import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type CurlRequest, type Exchange, exchangesOf, isPrinted, linesOf, parseCurl } from './console.js';

export interface Listening {
  /** The port that the block asked for; `undefined` where it left the choice. */
  readonly asked: number | undefined;
  readonly port: number;
}

/** Plays a block; what is returned are the differences. */
export async function play(
  block: { readonly line: number; readonly text: string },
  server: Listening,
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const exchange of exchangesOf(block.text, block.line)) {
    // The program itself has been started already.
    if (
      /^node [\w./-]+(?: &)?$/.test(exchange.command) &&
      linesOf(exchange.expected.join('\n')).join('') === ''
    )
      continue;
    const failure = await playOne(exchange, server);
    if (failure !== undefined) failures.push(`line ${exchange.line}: $ ${exchange.command}\n${failure}`);
  }
  return failures;
}

async function playOne(exchange: Exchange, server: Listening): Promise<string | undefined> {
  try {
    const curl = parseCurl(exchange.command);
    if (server.asked !== undefined && server.asked !== curl.port) {
      return `the block listens on port ${server.asked}`;
    }
    const expected = linesOf(exchange.expected.join('\n'));
    const printed = linesOf(await ask(curl, server.port, expected));
    if (isPrinted(expected, printed)) return undefined;
    return `must print\n${indent(expected)}\nprinted\n${indent(printed)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What curl prints of the answer. */
async function ask(curl: CurlRequest, port: number, expected: readonly string[]): Promise<string> {
  const { method, host, target, isHeadShown } = curl;
  const headers: Record<string, string> = { Host: host, 'User-Agent': 'curl/8.0.0', Accept: '*/*' };
  for (const [name, value] of curl.headers) {
    const known = Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase());
    headers[known ?? name] = value;
  }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path: target, headers, agent: false });
    sent.setTimeout(5000, () => sent.destroy(new Error('no answer within 5 seconds')));
    sent.on('response', resolve).on('error', reject).end();
  });
  const body = await text(response);
  return isHeadShown ? headOf(response, expected) + body : body;
}

function headOf(response: IncomingMessage, expected: readonly string[]): string {
  const end = expected.indexOf('');
  const shown = expected.slice(1, end === -1 ? expected.length : end);
  const names = shown.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
  const { rawHeaders } = response;
  const fields = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && names.includes(name.toLowerCase()) ? [`${name}: ${rawHeaders[index + 1]}`] : [],
  );
  const status = `HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`;
  return [status, ...fields, '', ''].join('\n');
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join('\n');
}
