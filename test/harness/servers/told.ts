/**
 * Models in rows: a request in short, and what becomes of it in one line.
 */

import type { ClientRequest, Pairs, Passed } from '../../../lib/harness/model.js';
import { interpreters } from '../../../lib/harness/servers/index.js';

/** What differs from `GET <target> HTTP/1.1` with `Host: gw.example`. */
export interface Asked {
  readonly method?: string;
  readonly version?: string;
  readonly headers?: Pairs;
  readonly body?: string;
  readonly encrypted?: boolean;
  readonly port?: number;
}

/** A configuration, a target, the names of interest, and what is told of them. */
export type Row = readonly [
  rule: string,
  configuration: string,
  target: string,
  told: string,
  asked?: Asked & { readonly of?: readonly string[] },
];

/**
 * What becomes of a request: `503`, `301 /foo/`, or of what reaches the application: `GET /bar HTTP/1.1` of HTTP, then
 * `name=value` of each name that is asked for, as often as it is there; `-` where it is not.
 */
export function tell(server: string, configuration: string, target: string, asked: Row[4] = {}): string {
  const passed = passOf(server, configuration, target, asked);
  switch (passed.kind) {
    case 'refused':
      return [passed.status, passed.location].filter((each) => each !== undefined).join(' ');
    case 'environ':
      return listed(passed.environ, asked.of ?? ['SCRIPT_NAME', 'PATH_INFO', 'REQUEST_URI']);
    case 'http': {
      const { method, target: sent, headers } = passed.message;
      const fields = asked.of === undefined ? '' : ` ${listed(headers, asked.of)}`;
      return `${method} ${sent}${fields}`;
    }
    case 'ajp':
      return passed.message.reqUri;
  }
}

export function passOf(server: string, configuration: string, target: string, asked: Asked = {}): Passed {
  const interpret = interpreters[server];
  if (interpret === undefined) throw new Error(`no model of ${server}`);
  const request: ClientRequest = {
    ...{ method: asked.method ?? 'GET', target, version: asked.version ?? 'HTTP/1.1' },
    headers: asked.headers ?? [['Host', 'gw.example']],
    body: asked.body === undefined ? undefined : Buffer.from(asked.body),
  };
  return interpret({ file: configuration }, {}).pass(request, {
    ...{ remoteAddress: '192.0.2.1', remotePort: 4000, localAddress: '127.0.0.1' },
    ...{ localPort: asked.port ?? 8000, isEncrypted: asked.encrypted === true },
  });
}

function listed(pairs: Pairs, names: readonly string[]): string {
  return names
    .flatMap((name) => {
      const values = pairs.filter(([each]) => each.toLowerCase() === name.toLowerCase());
      return values.length === 0 ? [`${name}-`] : values.map(([, value]) => `${name}=${value}`);
    })
    .join(' ');
}
