/** One application in one host: its server, its client, and what it was told of. */

import { EventEmitter, once } from 'node:events';
import type { Server } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Answer, type Client, openClient } from './client.js';
import type { Host } from './host.js';
import type { Kind } from './kind.js';
import { type Expected, expectedOf, type Scenario, scenarios } from './scenario.js';

const patience = 5000;

export class Cell {
  private readonly told = new EventEmitter();
  private server: Server | undefined;
  private client: Client | undefined;

  constructor(
    private readonly host: Host,
    private readonly kind: Kind,
  ) {}

  async open(): Promise<void> {
    const application = this.kind.make((event) => this.told.emit(event));
    this.server = await this.host.serve(application);
    this.client = await openClient(this.server, this.host);
  }

  async close(): Promise<void> {
    this.client?.close();
    const { server } = this;
    if (server === undefined) return;
    (server as Partial<{ closeAllConnections(): void }>).closeAllConnections?.();
    server.close();
    await once(server, 'close');
  }

  /** What is answered to a scenario, as far as `expected` has it. */
  async play(scenario: Scenario, expected: Expected): Promise<Expected> {
    const client = this.client as Client;
    if (scenario.expects === 'gone') return this.playGone(client, scenario);
    const answer = await Promise.race([client.ask(scenario), tooLong(scenario)]);
    return project(answer, expected);
  }

  /** The application hears that its client has gone, and the next one is served. */
  private async playGone(client: Client, scenario: Scenario): Promise<Expected> {
    const signal = AbortSignal.timeout(patience);
    const gone = once(this.told, 'gone', { signal });
    await client.abandon(scenario, once(this.told, 'arrived', { signal }));
    await gone;
    const [first] = scenarios as readonly [Scenario, ...Scenario[]];
    const expected = expectedOf(first, this.host);
    const { status } = await this.play(first, expected);
    if (status !== expected.status) throw new Error(`the next client is answered ${status}`);
    return { status: 0 };
  }
}

async function tooLong({ name }: Scenario): Promise<never> {
  await setTimeout(patience, undefined, { ref: false });
  throw new Error(`no answer to ${name}`);
}

function project({ status, headers, body }: Answer, expected: Expected): Expected {
  const { location, 'set-cookie': cookie } = headers;
  return {
    status,
    ...(expected.location !== undefined && { location: String(location) }),
    ...(expected.cookie !== undefined && { cookie: parseCookie(String(cookie)) }),
    ...(expected.json !== undefined && { json: parseJson(body) }),
  };
}

function parseCookie(field: string): readonly [string, string] {
  const [pair = '', ...attributes] = field.split('; ');
  const path = attributes.find((attribute) => /^path=/i.test(attribute)) ?? '';
  return [pair, path.slice('path='.length)];
}

function parseJson(body: string): object {
  try {
    return JSON.parse(body);
  } catch {
    return { text: body };
  }
}
