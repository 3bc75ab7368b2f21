/** HTTP/2 by node:http2, in one session. */

import { once } from 'node:events';
import { type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import type { Client, Question } from '../client.js';

export function openHttp2(origin: string, ca?: string): Client {
  const session = connect(origin, ca === undefined ? {} : { ca });
  const send = ({ method, target, body }: Question): ClientHttp2Stream => {
    // RFC 9113 section 8.5: CONNECT has an authority, and no path.
    const headers = { ':method': method, [method === 'CONNECT' ? ':authority' : ':path']: target };
    if (body === undefined) return session.request(headers, { endStream: true });
    return session.request({ ...headers, 'content-type': 'text/plain' });
  };
  return {
    ask: async (question) => {
      const stream = send(question);
      const answered = once(stream, 'response') as Promise<[IncomingHttpHeaders & { ':status'?: number }]>;
      if (question.body !== undefined) {
        for (const chunk of question.body) {
          stream.write(chunk);
          await setImmediate();
        }
        stream.end();
      }
      const [{ ':status': status = 0, ...headers }] = await answered;
      return { status, headers, body: await text(stream) };
    },
    abandon: async (question, when) => {
      const stream = send(question);
      stream.on('error', () => {});
      if (question.body !== undefined) stream.write(question.body[0]);
      await when;
      stream.close(constants.NGHTTP2_CANCEL);
    },
    close: () => session.destroy(),
  };
}
