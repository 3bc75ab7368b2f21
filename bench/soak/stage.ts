/**
 * What each soak runs on: an application in a process of its own, as often as it is wanted, behind one nginx.
 *
 * Rules of this file: nginx hands on at once what it gets, both ways, so that whoever is slow is felt by the application. A
 * protocol is one row, which says how nginx is told to speak it.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from '../../lib/protocol/index.js';
import { Child } from '../child.js';
import { type ContenderName, contenders } from '../gateway/contenders.js';
import { startFront } from '../gateway/fronts.js';
import type { SoakAnswer, SoakQuestion } from './application-worker.js';

const mount = '/app';

function fastcgiRequest(): Buffer {
  const environ: readonly (readonly [string, string])[] = [
    ['REQUEST_METHOD', 'GET'],
    ['REQUEST_URI', `${mount}/hello`],
    ['SCRIPT_NAME', `${mount}/hello`],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['HTTP_HOST', 'localhost'],
  ];
  const begin = { type: 'begin', id: 1, environ, keepConnection: true } as const;
  return Buffer.concat(createConnection('fastcgi', 'client').send([begin, { type: 'end', id: 1 }]));
}

/** What is soaked, and its request for `/app/hello` on a connection that is kept, where it keeps any. */
export const protocols = {
  http: {
    passedAs: 'http',
    request: () => Buffer.from(`GET ${mount}/hello HTTP/1.1\r\nHost: localhost\r\n\r\n`),
  },
  fastcgi: { passedAs: 'fastcgi', request: fastcgiRequest },
} as const satisfies Readonly<
  Record<string, { readonly passedAs: ContenderName; readonly request: (() => Buffer) | undefined }>
>;

export type ProtocolName = keyof typeof protocols;

export const protocolNames = Object.keys(protocols) as readonly ProtocolName[];

/** What was seen, and whether it is as it has to be. */
export interface Finding {
  readonly subject: string;
  readonly figure: string;
  readonly isReached: boolean;
}

export interface Application {
  readonly pid: number;
  readonly socket: string;
  ask(question: SoakQuestion['ask']): Promise<SoakAnswer>;
}

export interface Stage {
  /** Where the application is, by nginx. */
  readonly port: number;
  readonly path: string;
  readonly applications: readonly [Application, ...Application[]];
}

const unbuffered = ['proxy', 'fastcgi', 'scgi', 'uwsgi'].flatMap((protocol) => [
  `${protocol}_buffering off;`,
  `${protocol}_request_buffering off;`,
]);

/** Runs `count` applications by a protocol, each a spare of those before, behind an nginx. */
export async function onStage<T>(
  protocol: ProtocolName,
  count: number,
  body: (stage: Stage) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mountpoint-soak-'));
  const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  try {
    const applications: Application[] = [];
    for (let index = 0; index < count; index++) {
      const socket = join(folder, `${index}.sock`);
      const worker = new URL('./application-worker.js', import.meta.url);
      const child = new Child<SoakQuestion, SoakAnswer>(worker, [protocol, socket, mount]);
      stops.push(() => child.close());
      await child.ask({ ask: 'listen' });
      applications.push({ pid: child.pid, socket, ask: (ask) => child.ask({ ask }) });
    }
    const [first, ...others] = applications;
    if (first === undefined) throw new Error('a stage must have an application');
    const route = { id: 'application', mount, socket: first.socket, script: 'none' };
    const { pass } = contenders[protocols[protocol].passedAs];
    const directives = ['client_max_body_size 0;', ...unbuffered, ...pass(route)];
    const spares = others.map(({ socket }) => socket);
    const front = await startFront('nginx', [{ route, directives, spares }]);
    stops.push(() => front.stop());
    return await body({ port: front.port, path: mount, applications: [first, ...others] });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Bytes of memory that a process has (`VmRSS` of proc_pid_status(5)). */
export function residentSet(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

export const megabytes = (bytes: number): string => `${Math.round((bytes / 2 ** 20) * 10) / 10} MB`;
