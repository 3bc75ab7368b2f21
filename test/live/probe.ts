/**
 * An application that tells where it sees itself, and how it is asked; also as a program that a front server starts.
 *
 * Rules of this file: that an answer is the probe's is told by a header field, so that nothing which a front server answers can be
 * taken for it.
 */

import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import { environ, type GatewayProtocol } from '../../lib/index.js';
import { type RawAnswer, rawRequestTo } from '../support/raw.js';

/** What an application sees of a request. */
export interface Sight {
  readonly SCRIPT_NAME: string | undefined;
  readonly PATH_INFO: string | undefined;
  readonly baseUrl: string | undefined;
  readonly url: string | undefined;
}

export const probe: RequestListener = (req, res) => {
  const { SCRIPT_NAME, PATH_INFO } = environ(req);
  const { baseUrl, url } = req as { baseUrl?: string; url?: string };
  res.setHeader('X-Probe', '1');
  res.end(JSON.stringify({ SCRIPT_NAME, PATH_INFO, baseUrl, url } satisfies Sight));
};

/** A target, asked for: what the probe saw, or the status of an answer that is not the probe's. */
export async function lookAt(port: number, target: string, host: string): Promise<Sight | number> {
  const answer: RawAnswer = await rawRequestTo(port, target, { headers: [`Host: ${host}`] });
  if (answer.headers['x-probe'] !== '1') return answer.status;
  return JSON.parse(Buffer.from(answer.body, 'latin1').toString()) as Sight;
}

const here = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));

/** A program that serves the probe as a front server starts it: for one request, or on the socket that is its file descriptor 0. */
export function probeScript(protocol: GatewayProtocol, mount: string): string {
  const options = { protocol, mount, ...(protocol !== 'cgi' && { listen: { fd: 0 } }) };
  return `#!${process.execPath}
import { serve } from ${here('../../lib/index.js')};
import { probe } from ${here('probe.js')};
await serve(probe, ${JSON.stringify(options)});
`;
}

/** A CGI program that hands each request on to a FastCGI application: libfcgi's. */
export function bridgeScript(upstream: string): string {
  return `#!/bin/sh\nexec cgi-fcgi -bind -connect ${upstream}\n`;
}
