/**
 * Gateways that close under load, one after the other, and come back: no request may fail.
 *
 * Rules of this file: two applications are behind one nginx, and one of them always listens. Half of the requests have been
 * answered in part when the gateway closes, so that nginx cannot ask the other one; all that an application has begun, it has
 * to finish.
 */

import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Finding, onStage, type ProtocolName, type Stage } from './stage.js';

const clients = 32;

/** Milliseconds between two closes. */
const interval = 250;

interface Tally {
  answered: number;
  readonly failures: string[];
}

export async function soakRestart(protocol: ProtocolName, seconds: number): Promise<readonly Finding[]> {
  return onStage(protocol, 2, async (stage) => {
    const tally: Tally = { answered: 0, failures: [] };
    const end = performance.now() + seconds * 1000;
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    const running = Array.from({ length: clients }, async (_, index) => {
      while (performance.now() < end) await askOnce(stage, agent, index % 2 === 0 ? 'hello' : 'slow', tally);
    });
    let closes = 0;
    let slowest = 0;
    for (; performance.now() < end - 2 * interval; closes++) {
      await sleep(interval);
      const application = stage.applications[closes % 2] as Stage['applications'][0];
      const start = performance.now();
      await application.ask('close');
      slowest = Math.max(slowest, performance.now() - start);
      await application.ask('listen');
    }
    await Promise.all(running);
    agent.destroy();
    const { answered, failures } = tally;
    for (const { ask } of stage.applications) {
      const { begun, finished, broken, log } = await ask('count');
      if (begun !== finished) failures.push(`of ${begun} begun ${finished} finished, ${broken} broken off`);
      failures.push(...log);
    }
    const done = `${answered} answered while ${closes} gateways closed, in ${Math.round(slowest)} ms at most`;
    const missed = `${failures.length} failed: ${[...new Set(failures)].slice(0, 5).join('; ')}`;
    const isReached = failures.length === 0 && closes > 0 && answered > 0;
    const subject = `${protocol}: not one request fails when gateways close under load`;
    return [{ subject, figure: failures.length === 0 ? done : `${done}; ${missed}`, isReached }];
  });
}

async function askOnce({ port, path }: Stage, agent: Agent, page: string, tally: Tally): Promise<void> {
  try {
    const options = { host: '127.0.0.1', port, path: `${path}/${page}`, agent, timeout: 10_000 } as const;
    const res = await new Promise<IncomingMessage>((resolve, reject) => {
      const req = request(options, resolve).on('error', reject).end();
      req.on('timeout', () => req.destroy(new Error('no answer within ten seconds')));
    });
    const body = await text(res);
    if (res.statusCode === 200 && body === 'hello world\n') tally.answered++;
    else tally.failures.push(`${page}: ${res.statusCode} ${body.slice(0, 50)}`);
  } catch (error) {
    tally.failures.push(`${page}: ${(error as Error).message}`);
  }
}
