/**
 * One application in a process of its own: `application-worker.js <application> <socket> <mount>`.
 *
 * Rules of this file: all answer with the same two bodies, of a known length; a question is answered once it listens.
 */

import { createServer, type RequestListener } from 'node:http';
import { type ServeOptions, serve } from '../../lib/index.js';
import { answerQuestions } from '../child.js';
import { bodies } from './contenders.js';

// What frameworks hand on: text where it is short, and else bytes.
const hello = `${'x'.repeat(bodies['12 bytes'].length - 1)}\n`;
const big = Buffer.alloc(bodies['64 KiB'].length, 'x');

const application: RequestListener = (req, res) => {
  const body = req.url?.endsWith(bodies['64 KiB'].path) ? big : hello;
  res.setHeader('Content-Type', 'text/plain');
  res.setHeader('Content-Length', body.length);
  res.end(body);
};

interface NodeFastcgi {
  createServer(listener: RequestListener): { listen(path: string, listening: () => void): void };
}

async function listen(name: string, socket: string, mount: string): Promise<void> {
  const [, protocol] = /^serve (.+)$/.exec(name) ?? [];
  if (protocol !== undefined) {
    const options = { protocol, listen: socket, mount } as ServeOptions;
    await serve(application, { ...options, mode: 0o666 });
    return;
  }
  // It has no types.
  const module: string = name;
  const { default: theirs } = (await import(module)) as { default: NodeFastcgi };
  const server = name === 'node:http' ? createServer(application) : theirs.createServer(application);
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
}

const [name = '', socket = '', mount = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit());
await listen(name, socket, mount);
answerQuestions<object, object>(() => ({}));
