/**
 * What is asked of each application in each host, and the one rule by which the answer is known before: the mount takes
 * `/app` and gives the rest, the application answers as kind.ts says, and rule 13 says what the host sees of the rest.
 */

import { type Host, mountPath, type Outside } from './host.js';
import { cookie } from './kind.js';

export interface Scenario {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly body?: readonly string[];
  /** `gone`: the client leaves before it is answered. */
  readonly expects: 'answer' | 'redirect' | 'cookie' | 'failure' | 'fall-through' | 'outside' | 'gone';
}

const streamed = ['one, ', 'two, '.repeat(20_000), 'three'];

export const scenarios: readonly Scenario[] = [
  { name: 'bare', method: 'GET', target: '/app', expects: 'answer' },
  { name: 'bare with a query', method: 'GET', target: '/app?q=/x', expects: 'answer' },
  { name: 'slash', method: 'GET', target: '/app/', expects: 'answer' },
  { name: 'deep', method: 'GET', target: '/app/a/b.c/d/', expects: 'answer' },
  { name: 'query', method: 'GET', target: '/app/a?b=c%20d&e=%2F?', expects: 'answer' },
  { name: 'encoded', method: 'GET', target: '/app/a%20b/%C3%A9', expects: 'answer' },
  { name: '%2F', method: 'GET', target: '/app/a%2Fb', expects: 'answer' },
  { name: 'POST with a streamed body', method: 'POST', target: '/app/a', body: streamed, expects: 'answer' },
  { name: 'HEAD', method: 'HEAD', target: '/app/a', expects: 'answer' },
  { name: 'OPTIONS', method: 'OPTIONS', target: '/app/a', expects: 'answer' },
  { name: 'DELETE', method: 'DELETE', target: '/app/a', expects: 'answer' },
  { name: 'TRACE', method: 'TRACE', target: '/app/a', expects: 'answer' },
  { name: 'redirect', method: 'GET', target: '/app/redirect', expects: 'redirect' },
  { name: 'cookie', method: 'GET', target: '/app/cookie', expects: 'cookie' },
  { name: 'error', method: 'GET', target: '/app/throw', expects: 'failure' },
  { name: 'rejection', method: 'GET', target: '/app/reject', expects: 'failure' },
  { name: 'fall-through', method: 'GET', target: '/app/pass?q', expects: 'fall-through' },
  {
    name: 'fall-through with a body',
    method: 'POST',
    target: '/app/pass',
    body: ['a', 'b'],
    expects: 'fall-through',
  },
  { name: 'outside', method: 'GET', target: '/apple/x?q', expects: 'outside' },
  { name: 'client gone', method: 'GET', target: '/app/gone', expects: 'gone' },
  { name: 'client gone amid its body', method: 'POST', target: '/app/gone', body: ['a'], expects: 'gone' },
];

/** An answer as far as it is compared. */
export interface Expected {
  readonly status: number;
  readonly location?: string;
  readonly cookie?: readonly [pair: string, path: string];
  /** The body, parsed; not compared where it is undefined. */
  readonly json?: object;
}

/** The answer to a scenario in a host, for an application that can do all there is to do. */
export function expectedOf(scenario: Scenario, host: Host): Expected {
  switch (scenario.expects) {
    case 'answer':
      return { status: 200, ...(scenario.method !== 'HEAD' && { json: answered(scenario) }) };
    case 'redirect':
      return { status: 302, location: `${mountPath}/there` };
    case 'cookie':
      return { status: 200, cookie: [`${cookie.name}=${cookie.value}`, mountPath] };
    case 'failure': {
      const error = scenario.target.endsWith('/throw') ? 'thrown' : 'rejected';
      return { status: 500, ...(host.around === 'host' && { json: passed(scenario, 'host', { error }) }) };
    }
    case 'fall-through':
      if (host.around !== 'host') return { status: 404 };
      return { status: 200, json: passed(scenario, 'host') };
    case 'outside':
      if (host.around === 'nobody') return { status: 404 };
      return { status: 200, json: passed(scenario, host.around) };
    case 'gone':
      return { status: 0 };
  }
}

function answered({ method, target, body = [] }: Scenario): object {
  const [path = '', query] = split(target);
  const rest = path.slice(mountPath.length);
  return {
    base: mountPath,
    rest: (rest || '/') + (query === undefined ? '' : `?${query}`),
    original: target,
    method,
    body: body.join(''),
    environ: [mountPath, rest.split('%2F').map(decodeURIComponent).join('%2F'), query ?? ''],
  };
}

function passed(
  { target, body = [] }: Scenario,
  by: Outside['by'],
  { error }: { error?: string } = {},
): object {
  const rest = {
    by,
    url: target,
    base: '',
    isRestored: true,
    body: error === undefined ? body.join('') : '',
  };
  return error === undefined ? rest : { ...rest, error };
}

function split(target: string): [path: string, query: string | undefined] {
  const at = target.indexOf('?');
  return at === -1 ? [target, undefined] : [target.slice(0, at), target.slice(at + 1)];
}
