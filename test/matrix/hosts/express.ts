/** Express and Connect as hosts: a layer before the mount, one behind it, and one for errors. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createH2cServer } from 'node:http2';
import { text } from 'node:stream/consumers';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import { mount, type Next } from '../../../lib/index.js';
import { type Host, mountPath, note, outside } from '../host.js';

interface Usable {
  use(layer: never): unknown;
}

type Protocol = Host['protocol'];

function host(name: string, make: () => Usable, protocol: Protocol = 'http'): Host {
  return {
    name,
    protocol,
    around: 'host',
    serve: (application) => {
      const app = make();
      for (const layer of [before, mount(mountPath, application), behind, failed]) app.use(layer as never);
      return protocol === 'http' ? createServer(app as never) : createH2cServer(app as never);
    },
  };
}

function before(req: IncomingMessage, res: ServerResponse, next: Next): void {
  note(req, res);
  next();
}

async function behind(req: IncomingMessage, res: ServerResponse): Promise<void> {
  res.end(JSON.stringify(outside(req, res, { body: await text(req) })));
}

function failed(error: unknown, req: IncomingMessage, res: ServerResponse, _next: Next): void {
  const answer = JSON.stringify(outside(req, res, { error }));
  res.statusCode = 500;
  res.end(answer);
}

export const express5Host = host('Express 5', () => express());
export const express4Host = host('Express 4', () => express4() as never);
export const connectHost = host('Connect', () => connect());
export const connectHttp2Host = host('Connect, HTTP/2', () => connect(), 'h2c');
