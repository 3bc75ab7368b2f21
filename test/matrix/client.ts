/** A client of one server, whatever it speaks; connections are kept, as those of browsers are. */

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { cert } from './certificate.js';
import { openHttp1 } from './clients/http1.js';
import { openHttp2 } from './clients/http2.js';
import type { Host } from './host.js';

export interface Question {
  readonly method: string;
  readonly target: string;
  /** Chunks, sent in different turns of the loop. */
  readonly body?: readonly string[];
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface Client {
  ask(question: Question): Promise<Answer>;
  /** Sends what there is, of a body the first chunk only, and goes away when it is told to. */
  abandon(question: Question, when: Promise<unknown>): Promise<void>;
  close(): void;
}

/** Listens, and makes a client. */
export async function openClient(server: Server, { protocol }: Host): Promise<Client> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  switch (protocol) {
    case 'http':
      return openHttp1(`http://127.0.0.1:${port}`);
    case 'https':
      return openHttp1(`https://127.0.0.1:${port}`, cert);
    case 'h2c':
      return openHttp2(`http://127.0.0.1:${port}`);
    case 'h2':
      return openHttp2(`https://127.0.0.1:${port}`, cert);
  }
}
