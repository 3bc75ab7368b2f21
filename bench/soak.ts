/**
 * `npm run soak`: what only shows after a long time, or with many: a gigabyte each way, ten thousand connections, gateways that
 * close under load, a million inputs to the codecs. `npm test` runs the same in short (test/live/soak.test.ts).
 *
 * Rules of this file: a soak is one line of `soaks`; each says its figure; one that is missed ends the run with an error.
 */

import { soakFuzz } from './soak/fuzz.js';
import { soakIdle } from './soak/idle.js';
import { soakRestart } from './soak/restart.js';
import { type Finding, type ProtocolName, protocolNames } from './soak/stage.js';
import { soakTransfer } from './soak/transfer.js';

type Soak = (protocol: ProtocolName) => Promise<readonly Finding[]>;

const soaks: Readonly<Record<string, Soak>> = {
  transfer: (protocol) => soakTransfer(protocol, 2 ** 30),
  idle: (protocol) => soakIdle(protocol, 10_000),
  restart: (protocol) => soakRestart(protocol, 30),
};

const names = [...Object.keys(soaks), 'fuzz', ...protocolNames];

const usage = `npm run soak -- [${names.join(' | ')}]`;

function print({ subject, figure, isReached }: Finding): void {
  console.log(`${isReached ? 'reached    ' : 'not reached'}  ${subject}\n             ${figure}`);
  if (!isReached) process.exitCode = 1;
}

async function run(args: readonly string[]): Promise<void> {
  for (const name of args) if (!names.includes(name)) throw new Error(`${usage}\ngot ${name}`);
  const isWanted = (name: string, among: readonly string[]): boolean =>
    args.includes(name) || !args.some((arg) => among.includes(arg));
  const kinds = [...Object.keys(soaks), 'fuzz'];
  for (const [kind, soak] of Object.entries(soaks)) {
    if (!isWanted(kind, kinds)) continue;
    for (const protocol of protocolNames) {
      if (isWanted(protocol, protocolNames)) (await soak(protocol)).forEach(print);
    }
  }
  if (isWanted('fuzz', kinds)) (await soakFuzz(Number(process.env.FUZZ_RUNS ?? 1_000_000))).forEach(print);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
