/**
 * Whether Node's internals are as internals.ts knows them: each of its functions is tried, once, before the first exchange,
 * and the one of public-api.ts stands in for whatever fails.
 *
 * Rules of this file: a trial asks for what message-access.ts promises, and looks at what is documented only, so that both
 * ways pass it; it is over when it returns, and all of them cost a millisecond or two.
 */

import { IncomingMessage, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { attach, detach, internalAccess } from './internals.js';
import type { MessageAccess } from './message-access.js';
import { publicAccess } from './public-api.js';

/** Notes what is written to it. */
class TrialSocket extends Writable {
  text = '';
  isFull = false;

  override write(chunk: string | Buffer): boolean {
    this.text += chunk;
    return !this.isFull;
  }
}

function request(socket: TrialSocket): IncomingMessage {
  const req = new IncomingMessage(socket as never);
  req.method = 'GET';
  req.httpVersionMajor = 1;
  req.httpVersionMinor = 1;
  return req;
}

/** A response, and what it writes to. */
function answer(): { socket: TrialSocket; res: ServerResponse } {
  const socket = new TrialSocket();
  const res = new ServerResponse(request(socket));
  attach(res, socket);
  return { socket, res };
}

/** How often a response emits an event. */
function counted(res: ServerResponse, event: string): () => number {
  let count = 0;
  res.on(event, () => count++);
  return () => count;
}

const fields = /^X-A: b\r\n(?:[A-Za-z-]+: [^\r\n]*\r\n)*$/;

const trials: Readonly<Record<keyof MessageAccess, (access: MessageAccess) => boolean>> = {
  hookHead: ({ hookHead }) => {
    const { socket, res } = answer();
    const heads: string[] = [];
    let body = '';
    const reader = hookHead(res, {
      takeHead: (lines, status, reason) => heads.push(`${status} ${reason} ${fields.test(lines)}`),
      takeBody: (bytes) => {
        body += bytes;
      },
    });
    res.statusCode = 201;
    res.setHeader('X-A', 'b');
    // In two parts without a length, so that HTTP has to frame them.
    res.write('c');
    res.end('d');
    reader?.read(Buffer.from(socket.text));
    return heads.join() === '201 Created true' && (reader ? body : socket.text) === 'cd' && res.headersSent;
  },

  resumeWriting: ({ resumeWriting }) => {
    const { socket, res } = answer();
    const drains = counted(res, 'drain');
    resumeWriting(res);
    socket.isFull = true;
    const isWaiting = !res.write('a') && res.writableNeedDrain && drains() === 0;
    const before = socket.text;
    socket.isFull = false;
    resumeWriting(res);
    return isWaiting && drains() === 1 && !res.writableNeedDrain && socket.text === before;
  },

  closeResponse: ({ closeResponse }) => {
    const [ours, theirs] = [answer(), answer()];
    const [closes, otherCloses] = [counted(ours.res, 'close'), counted(theirs.res, 'close')];
    detach(ours.res, ours.socket);
    closeResponse(ours.res);
    closeResponse(ours.res);
    ours.socket.emit('close');
    theirs.socket.emit('close');
    closeResponse(theirs.res);
    return closes() === 1 && otherCloses() === 1 && ours.res.destroyed && ours.res.closed;
  },

  setRawHeaders: ({ setRawHeaders }) => {
    const req = request(new TrialSocket());
    const raw = ['Host', 'a', 'X-A', '1', 'x-a', '2', 'Cookie', 'b', 'Cookie', 'c', 'Host', 'd'];
    setRawHeaders(req, raw);
    const { rawHeaders, headers, headersDistinct } = req;
    const isJoined = headers['x-a'] === '1, 2' && headers.cookie === 'b; c' && headers.host === 'a';
    return isJoined && rawHeaders.join() === raw.join() && headersDistinct['x-a']?.join() === '1,2';
  },

  completeRequest: ({ completeRequest }) => {
    const req = request(new TrialSocket());
    const wasComplete = req.complete;
    completeRequest(req);
    return !wasComplete && req.complete;
  },

  dumpRequest: ({ dumpRequest }) => {
    const socket = new TrialSocket();
    const [unread, half] = [request(socket), request(socket)];
    unread.push('a');
    half.push('a');
    half.read();
    dumpRequest(unread);
    dumpRequest(half);
    return unread.readableFlowing === true && half.readableFlowing !== true;
  },
};

const names = Object.keys(trials) as (keyof MessageAccess)[];

/** Which functions do not do what they promise. */
export function brokenFunctions(access: MessageAccess): readonly (keyof MessageAccess)[] {
  return names.filter((name) => {
    try {
      return !trials[name](access);
    } catch {
      return true;
    }
  });
}

let chosen: MessageAccess | undefined;

/** The fast way, as far as this Node has it. */
export function messageAccess(): MessageAccess {
  chosen ??= mended(internalAccess);
  return chosen;
}

function mended(access: MessageAccess): MessageAccess {
  const broken = brokenFunctions(access);
  if (broken.length === 0) return access;
  return Object.assign({ ...access }, ...broken.map((name) => ({ [name]: publicAccess[name] })));
}
