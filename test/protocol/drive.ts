/** Drives a connection with bytes that are cut in every way, and tells its events in one line each. */

import type { Connection, ProtocolEvent } from '../../lib/protocol/events.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Events as people read them; neighbouring pieces of one body are one. */
export function told(events: readonly ProtocolEvent[]): string[] {
  const lines: string[] = [];
  let last: { readonly kind: string; readonly id: number; bytes: string } | undefined;
  for (const event of events) {
    if (event.type === 'body' || event.type === 'stderr') {
      if (last?.kind === event.type && last.id === event.id) {
        last.bytes += text(event.bytes);
        lines.pop();
      } else {
        last = { kind: event.type, id: event.id, bytes: text(event.bytes) };
      }
      lines.push(`${event.type} ${event.id} ${shortened(last.bytes)}`);
      continue;
    }
    last = undefined;
    lines.push(line(event));
  }
  return lines;
}

function shortened(bytes: string): string {
  return bytes.length > 60 ? `${bytes.length} bytes` : JSON.stringify(bytes);
}

function line(event: ProtocolEvent): string {
  switch (event.type) {
    case 'begin': {
      const { id, environ, headers = [], role, keepConnection } = event;
      const pairs = environ.map(([name, value]) => `${name}=${shortened(value)}`);
      return [
        'begin',
        id,
        ...(role === 'authorizer' ? [role] : []),
        ...(keepConnection ? ['keep'] : []),
        ...pairs,
        ...headers.map((field) => `| ${field.join(': ')}`),
      ].join(' ');
    }
    case 'pull':
      return `pull ${event.id} ${event.count}`;
    case 'head':
      return `head ${event.id} ${event.status} ${event.headers.map((field) => field.join(': ')).join(' | ')}`.trimEnd();
    case 'end':
      return `end ${event.id}${event.appStatus ? ` status ${event.appStatus}` : ''}${event.refused ? ` ${event.refused}` : ''}`;
    case 'management':
      return `management ${Buffer.from(event.bytes).toString('hex')}`;
    case 'error':
      return `error ${event.code}`;
    default:
      return `${event.type} ${'id' in event ? event.id : ''}`;
  }
}

/** All events of these bytes, given in pieces of `size`; `isClosed`: the peer closes after them. */
export function feed(
  connection: Connection,
  bytes: Uint8Array,
  size = bytes.length,
  isClosed = false,
): ProtocolEvent[] {
  const events: ProtocolEvent[] = [];
  for (let at = 0; at < bytes.length; at += Math.max(size, 1)) {
    // A copy: what is kept of it must not be seen to change afterwards.
    const piece = Buffer.from(Uint8Array.from(bytes.subarray(at, at + Math.max(size, 1))).buffer);
    events.push(...connection.receive(piece).map(copied));
    piece.fill(0xaa);
  }
  if (isClosed) events.push(...connection.receive(null).map(copied));
  return events;
}

function copied(event: ProtocolEvent): ProtocolEvent {
  return 'bytes' in event ? { ...event, bytes: Uint8Array.from(event.bytes) } : event;
}
