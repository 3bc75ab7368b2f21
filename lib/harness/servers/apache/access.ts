/**
 * Who may: Require, and the containers of it.
 *
 * Source: `modules/aaa/mod_authz_core.c`, `mod_authz_host.c` of Apache 2.4, with `AuthMerging Off`.
 *
 * Rules of this file: of the last section that says anything, all is asked; a name of a user nobody has, so that what needs
 * one is refused with 401.
 */

import { type ApacheRequest, everyOf } from './module.js';
import { isWithin } from './network.js';
import { type Directive, misconfigured, sectionOf } from './read.js';

export const containers = ['requireall', 'requireany', 'requirenone'] as const;

const providers = 'all env group ip local method user valid-user'.split(' ');

/** Looks that a Require asks something that is known. */
export function checkRequire(directive: Directive): void {
  const [first = '', second = ''] = directive.args.map((word) => word.toLowerCase());
  if (!providers.includes(first === 'not' ? second : first)) {
    throw misconfigured(`require ${providers.join(', ')}`, directive);
  }
}

type Answer = 'granted' | 'denied' | 'neutral';

/** The status that a request is refused with, if it is. */
export function refusedAccess(request: ApacheRequest): number | undefined {
  const all = everyOf(request, 'Require', ...containers);
  const last = all.at(-1);
  if (last === undefined) return undefined;
  const own = all.filter((each) => sectionOf(each) === sectionOf(last));
  return anyOf(own, request) === 'granted' ? undefined : needsUser(own) ? 401 : 403;
}

/** Whether one of some lines grants. */
function anyOf(lines: readonly Directive[], request: ApacheRequest): Answer {
  const answers = lines.map((line) => answerOf(line, request));
  if (answers.includes('granted')) return 'granted';
  return answers.includes('denied') ? 'denied' : 'neutral';
}

function answerOf(line: Directive, request: ApacheRequest): Answer {
  const children = line.children ?? [];
  switch (line.name) {
    case 'requireany':
      return anyOf(children, request);
    case 'requireall': {
      const answers = children.map((child) => answerOf(child, request));
      if (answers.includes('denied')) return 'denied';
      return answers.includes('granted') ? 'granted' : 'neutral';
    }
    case 'requirenone':
      return anyOf(children, request) === 'granted' ? 'denied' : 'neutral';
    default: {
      const isNot = line.args[0]?.toLowerCase() === 'not';
      const isGranted = grants(isNot ? line.args.slice(1) : line.args, request);
      if (isNot) return isGranted ? 'denied' : 'neutral';
      return isGranted ? 'granted' : 'denied';
    }
  }
}

function grants(args: readonly string[], request: ApacheRequest): boolean {
  const [what = '', ...words] = args;
  const { remoteAddress, localAddress } = request.connection;
  switch (what.toLowerCase()) {
    case 'all':
      return words[0]?.toLowerCase() === 'granted';
    case 'method':
      return words.includes(request.method);
    case 'env':
      return words.some((name) => request.env.has(name));
    case 'local':
      return (
        remoteAddress === localAddress || isWithin(remoteAddress, '127.0.0.0/8') || remoteAddress === '::1'
      );
    case 'ip':
      return words.some((network) => isWithin(remoteAddress, network));
    default:
      return false;
  }
}

function needsUser(lines: readonly Directive[]): boolean {
  return lines.some(
    ({ args, children }) =>
      /^(?:valid-user|user|group)$/i.test(args[0] ?? '') || (children !== undefined && needsUser(children)),
  );
}
