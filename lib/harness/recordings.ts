/**
 * Requests that were recorded behind real front servers: what a client sent, and what reached the application.
 *
 * Rules of this file: it reads one file, when it is first asked; text is one character a byte.
 */

import { brotliDecompressSync } from 'node:zlib';
import type { AjpMessage, ClientRequest, HttpMessage, Pairs } from './model.js';
import { readData } from './package-data.js';

/** One request, and what came of it. */
export interface Exchange {
  readonly id: string;
  readonly request: ClientRequest;
  readonly status: number | null;
  /** Whether it reached the application. */
  readonly isReached: boolean;
  readonly location: string | undefined;
  readonly environ: Pairs | undefined;
  readonly http: HttpMessage | undefined;
  readonly ajp: AjpMessage | undefined;
}

/** One configuration of a front server. */
export interface Recording {
  /** `<server>.<protocol>.<configuration>`. */
  readonly name: string;
  readonly server: string;
  readonly version: string;
  readonly protocol: string;
  readonly mount: string;
  readonly target: 'kept' | 'stripped' | 'rewritten elsewhere';
  readonly config: Readonly<Record<string, string>>;
  readonly exchanges: readonly Exchange[];
}

/** As it stands in a file: values are UTF-8 text, but for the names in `latin1`, whose bytes were none. */
interface Written {
  readonly name: string;
  readonly server: string;
  readonly version: string;
  readonly protocol: string;
  readonly mount: string;
  readonly target: Recording['target'];
  readonly config: Readonly<Record<string, string>>;
  /** How the server was started: what there is of a configuration where no file is. */
  readonly command?: readonly (readonly string[])[];
  readonly exchanges: readonly WrittenExchange[];
}

type WrittenPairs = readonly (readonly [string, string])[];

interface WrittenExchange {
  readonly id: string;
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly version: string;
    readonly headers: WrittenPairs;
    readonly body?: string;
    readonly latin1?: readonly string[];
  };
  readonly status: number | null;
  readonly reached: number;
  readonly location?: string;
  readonly environ?: WrittenPairs | Readonly<Record<string, string>>;
  readonly environPairs?: WrittenPairs;
  readonly latin1?: readonly string[];
  readonly http?: { method: string; target: string; version: string; headers: WrittenPairs };
  readonly ajp?: Omit<AjpMessage, 'headers' | 'attributes'> & {
    headers: WrittenPairs;
    attributes: WrittenPairs;
  };
}

let known: readonly Recording[] | undefined;

/** All recordings of this package. */
export function recordings(): readonly Recording[] {
  if (known === undefined) {
    const text = brotliDecompressSync(readData('recordings.jsonl.br')).toString();
    known = text.trim().split('\n').map(parseRecording);
  }
  return known;
}

/** Reads one recording, as JSON. */
export function parseRecording(json: string): Recording {
  const { name, server, version, protocol, mount, target, exchanges, ...written } = JSON.parse(
    json,
  ) as Written;
  const { command = [] } = written;
  const isByCommand = Object.keys(written.config).length === 0 && command.length > 0;
  const config = isByCommand
    ? { command: command.map((words) => words.join(' ')).join('\n') }
    : written.config;
  return {
    ...{ name, server, version, protocol, mount, target, config },
    exchanges: exchanges.map(exchangeOf),
  };
}

function exchangeOf(written: WrittenExchange): Exchange {
  const { id, request, status, reached, location, latin1 = [], http, ajp } = written;
  const environ = written.environPairs ?? written.environ;
  const pairs = Array.isArray(environ) ? (environ as WrittenPairs) : environ && Object.entries(environ);
  return {
    ...{ id, status, isReached: reached > 0, location },
    request: requestOf(request),
    environ: pairs && bytesOfPairs(pairs, latin1),
    http: http && {
      ...{
        method: http.method,
        version: http.version,
        target: latin1.includes('target') ? http.target : bytesOf(http.target),
      },
      headers: bytesOfPairs(http.headers, latin1),
    },
    ajp: ajp && {
      ...ajp,
      reqUri: latin1.includes('reqUri') ? ajp.reqUri : bytesOf(ajp.reqUri),
      headers: bytesOfPairs(ajp.headers, latin1),
      attributes: bytesOfPairs(ajp.attributes, latin1),
    },
  };
}

function requestOf({
  method,
  target,
  version,
  headers,
  body,
  latin1 = [],
}: WrittenExchange['request']): ClientRequest {
  const isChunked = headers.some(([name]) => name.toLowerCase() === 'transfer-encoding');
  const whole = body === undefined || body === '' ? undefined : Buffer.from(body);
  return {
    ...{ method, version, target: bytesOf(target) },
    headers: bytesOfPairs(headers, latin1),
    body: whole !== undefined && isChunked ? withoutChunks(whole.toString('latin1')) : whole,
  };
}

function withoutChunks(text: string): Uint8Array {
  let body = '';
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n', at);
    const length = Number.parseInt(text.slice(at, end), 16);
    if (!(length > 0)) return Buffer.from(body, 'latin1');
    body += text.slice(end + 2, end + 2 + length);
    at = end + length + 4;
  }
}

function bytesOfPairs(pairs: WrittenPairs, latin1: readonly string[]): Pairs {
  // What mod_python says is None is none.
  return pairs
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, latin1.includes(name) ? value : bytesOf(value)]);
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}
