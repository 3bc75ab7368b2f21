/** Starting and stopping, with programs made for that. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { close, listen, rawRequestTo } from '../support/raw.js';
import { isAlive } from './group.js';
import { isFree, listens, pickPort } from './port.js';
import { type ServerPlan, startServer } from './server.js';

/** Node with a script; `port` and `folder` are defined in it. */
function plan(script: string, more: Partial<ServerPlan> = {}): ServerPlan {
  const parameters: ServerPlan['parameters'] = ({ port, folder }) => [
    '--eval',
    `const port = ${port}, folder = ${JSON.stringify(folder)}; ${script}`,
  ];
  return { program: process.execPath, parameters, ...more };
}

const serves = `require('http').createServer((req, res) => res.end(req.url)).listen(port, '127.0.0.1');`;

/** The error of a plan that does not start. */
async function failureOf(what: ServerPlan): Promise<string> {
  try {
    await (await startServer(what)).stop();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it has started');
}

describe('a program that serves', () => {
  it('answers, finds its files, and leaves nothing behind', async () => {
    const files = () => ({ 'a/text': 'of a file', 'empty/': '' });
    const reads = `require('http').createServer((req, res) => {
      const fs = require('fs');
      res.end(fs.readFileSync('a/text', 'utf8') + fs.readdirSync('empty').length + process.env.WORD);
    }).listen(port, '127.0.0.1'); console.log('printed'); require('fs').writeFileSync('own.log', 'written');`;
    const server = await startServer(plan(reads, { files, environment: () => ({ WORD: 'x' }) }));
    try {
      expect((await rawRequestTo(server.port, '/')).body).to.equal('of a file0x');
      expect(server.log()).to.equal('printed\nwritten');
      expect(listens(server.pid, server.port)).to.equal(true);
    } finally {
      await server.stop();
    }
    expect([existsSync(server.folder), isAlive(server.pid), await isFree(server.port)]).to.deep.equal([
      false,
      false,
      true,
    ]);
    await server.stop();
  });

  it('gets another port when the first has been taken, even by somebody who answers', async () => {
    const other = await listen((_req, res) => void res.end('other'));
    try {
      const taken = (other.address() as { port: number }).port;
      const ports = [taken, await pickPort()];
      const nextPort = async () => ports.shift() ?? 0;
      const last = ports.at(-1);
      // Late, so that the other answers first.
      const server = await startServer(plan(`setTimeout(() => { ${serves} }, 100)`, { nextPort }));
      try {
        expect(server.port).to.equal(last);
        expect((await rawRequestTo(server.port, '/mine')).body).to.equal('/mine');
      } finally {
        await server.stop();
      }
    } finally {
      await close(other);
    }
  });

  it('gives up when each port has been taken', async () => {
    // It reads, and says nothing.
    const other = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    let tried = 0;
    const nextPort = async () => {
      tried++;
      return port;
    };
    expect(await failureOf(plan(serves, { nextPort }))).to.match(/^node does not start: .*EADDRINUSE/s);
    expect(tried).to.equal(4);
    other.close();
    await once(other, 'close');
  });

  it('is ended by force when it does not want to, with its children', async () => {
    const child = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
    const stubborn = `require('child_process').spawn(process.execPath, ['--eval', ${JSON.stringify(child)}]); ${child}${serves}`;
    const server = await startServer(plan(stubborn, { stopLimit: 100 }));
    await server.stop();
    expect([isAlive(server.pid), await isFree(server.port)]).to.deep.equal([false, true]);
  });

  it('leaves no child when only itself ends', async () => {
    const child = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
    const parent = `require('child_process').spawn(process.execPath, ['--eval', ${JSON.stringify(child)}]); ${serves}`;
    const server = await startServer(plan(parent));
    await server.stop();
    expect(isAlive(server.pid)).to.equal(false);
  });

  const failures: readonly (readonly [what: string, plan: ServerPlan, message: RegExp])[] = [
    [
      'that ends',
      plan(`console.log('printed'); console.error('why'); process.exit(3)`),
      /^node does not start: it ended with 3\nprinted\nwhy$/,
    ],
    [
      'that logs into its folder',
      plan(`require('fs').writeFileSync('error.log', 'why'); process.kill(process.pid, 'SIGKILL')`),
      /^node does not start: it ended with SIGKILL\nwhy$/,
    ],
    [
      'that does not listen',
      plan(`console.log('waits'); setInterval(() => {}, 1000)`, { startLimit: 300 }),
      /^node does not start: it does not answer within 300 ms\nwaits$/,
    ],
    [
      'that listens and never answers',
      plan(`require('net').createServer(() => {}).listen(port, '127.0.0.1')`, { startLimit: 300 }),
      /^node does not start: it does not answer within 300 ms\n$/,
    ],
    [
      'that is not there',
      { program: '/nowhere/absent', parameters: () => [] },
      /^absent does not start: it cannot be run\n$/,
    ],
  ];
  for (const [what, failing, message] of failures) {
    it(`${what} is an error with its log`, async () => {
      expect(await failureOf(failing)).to.match(message);
    });
  }
});
