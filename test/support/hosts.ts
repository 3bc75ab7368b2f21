/** The hosts in which a mount can stand, each made ready to listen. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import type { Middleware } from '../../lib/index.js';

/** A middleware, or with four parameters an error handler. */
export type Layer = (...parameters: never[]) => unknown;

export interface Host {
  readonly name: string;
  /** A host that runs these layers in order. */
  of(...layers: readonly Layer[]): RequestListener;
}

interface Usable {
  use(layer: never): unknown;
}

function using(host: Usable, layers: readonly Layer[]): RequestListener {
  for (const layer of layers) host.use(layer as never);
  return host as never;
}

export const express5Host: Host = { name: 'Express 5', of: (...layers) => using(express(), layers) };
export const express4Host: Host = {
  name: 'Express 4',
  of: (...layers) => using(express4() as never, layers),
};
export const connectHost: Host = { name: 'Connect', of: (...layers) => using(connect(), layers) };

/** Hosts that call a mount with `next`. */
export const hosts: readonly Host[] = [express5Host, express4Host, connectHost];

/** No host: the mount is the server's listener, called without `next`. */
export const alone: Host = {
  name: 'no host',
  of: (layer) => (req: IncomingMessage, res: ServerResponse) => (layer as Middleware)(req, res),
};
