/** HTTP/1.1 by node:http and node:https. */

import { once } from 'node:events';
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import type { Client, Question } from '../client.js';

export function openHttp1(origin: string, ca?: string): Client {
  const { hostname, port } = new URL(origin);
  const agent =
    ca === undefined ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ca });
  const send = ({ method, target, body }: Question): ClientRequest => {
    const headers =
      body === undefined ? {} : { 'Content-Type': 'text/plain', 'Transfer-Encoding': 'chunked' };
    const request = ca === undefined ? requestHttp : requestHttps;
    return request({ host: hostname, port, method, path: target, headers, agent: agent as HttpsAgent });
  };
  return {
    ask: async (question) => {
      const request = send(question);
      const answered = once(request, 'response') as Promise<[IncomingMessage]>;
      for (const chunk of question.body ?? []) {
        request.write(chunk);
        await setImmediate();
      }
      request.end();
      const [response] = await answered;
      const { statusCode: status = 0, headers } = response;
      return { status, headers, body: await text(response) };
    },
    abandon: async (question, when) => {
      const request = send(question);
      request.on('error', () => {});
      if (question.body === undefined) request.end();
      else request.write(question.body[0]);
      await when;
      request.destroy();
    },
    close: () => agent.destroy(),
  };
}
