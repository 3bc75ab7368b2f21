/**
 * How true the models of front servers are: each recorded request through the model of its configuration, and what comes out beside what
 * came out of the real one, variable by variable.
 *
 * Rules of this file: right is an exchange of which nothing differs but what `unmodelled` names. What is refused is right where
 * the real one refused it with the same status.
 */

import type { ClientConnection, Pairs, Passed } from '../../lib/harness/model.js';
import { interpreters } from '../../lib/harness/servers/index.js';
import type { Exchange, Recording } from './recordings.js';

/** Variables that are not modelled, and why. */
export const unmodelled: Readonly<Record<string, string>> = {
  REMOTE_PORT: 'a port of the client, other each time',
  AJP_REMOTE_PORT: 'a port of the client, other each time',
  PATH: 'of the environment in which the server was started',
  PWD: 'of the shell by which a script is run',
  UNIQUE_ID: 'other each time',
  FCGI_ROLE: 'put in by fcgiwrap',
  HOME: 'of the environment in which fcgiwrap was started',
  LANG: 'of the environment in which fcgiwrap was started',
  GWCAP_SPOOL: 'of the environment in which fcgiwrap was started',
};

/** What is wrong with an exchange; nothing where it is right. */
export function differences(recording: Recording, exchange: Exchange, pass: Passer): readonly string[] {
  const passed = pass(exchange);
  if (typeof passed === 'string') return [passed];
  if (!exchange.isReached) {
    if (passed.kind !== 'refused') return [`refused with ${exchange.status}, passed on by the model`];
    // A status of 0 is a connection that was closed without an answer.
    return passed.status === (exchange.status ?? 0)
      ? []
      : [`status ${exchange.status}, by the model ${passed.status}`];
  }
  switch (passed.kind) {
    case 'refused':
      return [`passed on, refused by the model with ${passed.status}`];
    case 'environ':
      return exchange.environ === undefined
        ? ['no environ was recorded']
        : comparePairs(exchange.environ, passed.environ, recording);
    case 'http': {
      const { http } = exchange;
      if (http === undefined) return ['no request of HTTP was recorded'];
      const { method, target, version, headers } = passed.message;
      return [
        ...compare('method', http.method, method),
        ...compare('target', http.target, target),
        ...compare('version', http.version, version),
        ...comparePairs(http.headers, headers, recording),
      ];
    }
    case 'ajp': {
      const { ajp } = exchange;
      if (ajp === undefined) return ['no request of AJP was recorded'];
      const { headers, attributes, ...message } = passed.message;
      return [
        ...Object.entries(message).flatMap(([name, value]) =>
          compare(name, ajp[name as keyof typeof ajp], value),
        ),
        ...comparePairs(ajp.headers, headers, recording),
        ...comparePairs(ajp.attributes, attributes, recording),
      ];
    }
  }
}

function compare(name: string, recorded: unknown, modelled: unknown): string[] {
  if (recorded === modelled) return [];
  return [`${name} ${JSON.stringify(recorded)}, by the model ${JSON.stringify(modelled)}`];
}

/** By name, since the order of names tells nothing; of one name the values are in order. */
function comparePairs(recorded: Pairs, modelled: Pairs, { protocol }: Recording): string[] {
  const fold = (name: string): string =>
    protocol === 'http' || protocol.includes('router') ? name.toLowerCase() : name;
  const names = new Set([...recorded, ...modelled].map(([name]) => fold(name)));
  const of = (pairs: Pairs, name: string): string[] =>
    pairs.filter(([each]) => fold(each) === name).map(([, value]) => value);
  return [...names].flatMap((name) => {
    if (Object.hasOwn(unmodelled, name.replace(/^@/, ''))) return [];
    const [wanted, got] = [of(recorded, name), of(modelled, name)];
    return JSON.stringify(wanted) === JSON.stringify(got) ? [] : compare(name, wanted, got);
  });
}

type Passer = (exchange: Exchange) => Passed | string;

/** What makes a model of a recording answer; what it does not understand is said of each exchange. */
export function passerOf(recording: Recording): Passer {
  const interpret = interpreters[recording.server];
  if (interpret === undefined) return () => `no model of ${recording.server}`;
  try {
    const model = interpret(recording.config, { exists: existsThere });
    const connection = connectionOf(recording);
    return ({ request }) => {
      try {
        return model.pass(request, connection);
      } catch (error) {
        return `the model threw ${(error as Error).message}`;
      }
    };
  } catch (error) {
    return () => (error as Error).message;
  }
}

/** The files of the machine on which the recordings were made, as far as its answers tell. */
function existsThere(path: string): 'file' | 'folder' | undefined {
  const inside = path.replace(/^\/srv\/gw\//, '').replace(/\/$/, '');
  if (inside === path) return undefined;
  if (folders.has(inside)) return 'folder';
  return files.has(inside) || scripts.test(inside) ? 'file' : undefined;
}

const folders = new Set(
  'htdocs cgi tmp local local/a php php/foo php/a php/a/b htaccess htaccess/foo'.split(' '),
);
const files = new Set('local/foo local/a/b php/index.php php/foo/index.php php/a/b/index.php'.split(' '));
const scripts =
  /^(?:(?:cgi|htdocs|local)\/[\w.-]+\.(?:cgi|php|fcgi|wsgi|py|js)|htaccess\/(?:foo\/)?dump\.cgi)$/;

function connectionOf({ config }: Recording): ClientConnection {
  const text = Object.values(config).join('\n');
  const [, port = '80'] = /(?:listen|Listen|bind|port)\b[^\n]*?[:= "*](\d{5})\b/i.exec(text) ?? [];
  return {
    ...{ remoteAddress: '127.0.0.1', remotePort: 40_000, localAddress: '127.0.0.1' },
    ...{ localPort: Number(port), isEncrypted: false },
  };
}

/** How many exchanges of a recording are right, and what differs in the others. */
export interface Score {
  readonly recording: Recording;
  readonly right: number;
  readonly wrong: readonly { readonly id: string; readonly differences: readonly string[] }[];
}

export function score(recording: Recording): Score {
  const pass = passerOf(recording);
  const judged = recording.exchanges.map((exchange) => ({
    id: exchange.id,
    differences: differences(recording, exchange, pass),
  }));
  const wrong = judged.filter((each) => each.differences.length > 0);
  return { recording, right: judged.length - wrong.length, wrong };
}
