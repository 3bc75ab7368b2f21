/**
 * mod_env and mod_setenvif: SetEnv, UnsetEnv, PassEnv, SetEnvIf, SetEnvIfNoCase, BrowserMatch, BrowserMatchNoCase.
 *
 * Source: `modules/metadata/mod_env.c` and `mod_setenvif.c` of Apache 2.4.
 *
 * Rules of this file: nothing is known of the environment in which the server was started, so PassEnv passes nothing.
 */

import { fieldOf } from './fields.js';
import { type ApacheModule, type ApacheRequest, everyOf, once } from './module.js';
import { expressionOf } from './pattern.js';
import { type Directive, misconfigured } from './read.js';
import { serverNameOf } from './variables.js';

export const environment: ApacheModule = {
  name: 'env_module',
  directives: ['SetEnv', 'UnsetEnv', 'PassEnv'],
  hooks: (configuration) => {
    for (const directive of configuration.every('SetEnv')) {
      if (directive.args.length < 1 || directive.args.length > 2) {
        throw misconfigured('give SetEnv a name and a value', directive);
      }
    }
    return {
      fixups: (request) => {
        for (const { name, args } of everyOf(request, 'SetEnv', 'UnsetEnv')) {
          if (name === 'setenv') request.env.set(args[0] as string, args[1] ?? '');
          else for (const each of args) request.env.delete(each);
        }
        return undefined;
      },
    };
  },
};

/** One line of SetEnvIf. */
interface Rule {
  /** What is looked at: a field, something of the request, a variable. */
  readonly subject: string;
  /** The subject is an expression that names fields. */
  readonly names: RegExp | undefined;
  readonly expression: RegExp;
  readonly variables: readonly (readonly [name: string, value: string | undefined])[];
}

const ruleNames = ['SetEnvIf', 'SetEnvIfNoCase', 'BrowserMatch', 'BrowserMatchNoCase'];

const ruleOf = once((directive: Directive): Rule => {
  const { name } = directive;
  const isBrowser = name.startsWith('browser');
  const [subject = '', source, ...variables] = isBrowser ? ['User-Agent', ...directive.args] : directive.args;
  if (source === undefined || variables.length === 0) {
    throw misconfigured('give SetEnvIf a subject, an expression and a variable', directive);
  }
  const isName = /^[A-Za-z0-9_-]+$/.test(subject);
  return {
    subject,
    names: isName ? undefined : expressionOf(subject, directive, true),
    expression: expressionOf(source, directive, name.endsWith('nocase')),
    variables: variables.map((each) => {
      if (each.startsWith('!')) return [each.slice(1), undefined];
      const equals = each.indexOf('=');
      return equals === -1 ? [each, '1'] : [each.slice(0, equals), each.slice(equals + 1)];
    }),
  };
});

export const setEnvIf: ApacheModule = {
  name: 'setenvif_module',
  directives: ruleNames,
  hooks: (configuration) => {
    configuration.every(...ruleNames).forEach(ruleOf);
    const apply = (request: ApacheRequest, rules: readonly Directive[]): undefined => {
      for (const rule of rules) applyRule(request, ruleOf(rule));
    };
    return {
      postReadRequest: (request) =>
        apply(request, everyOf({ ...request, directives: request.server.directives }, ...ruleNames)),
      // Those of sections, once it is known which hold.
      headerParser: (request) => {
        if (request.isSubrequest) return undefined;
        const all = everyOf(request, ...ruleNames);
        return apply(
          request,
          all.filter((each) => !request.server.directives.includes(each)),
        );
      },
    };
  },
};

function applyRule(request: ApacheRequest, { subject, names, expression, variables }: Rule): void {
  const value =
    names === undefined
      ? subjectOf(request, subject)
      : request.headersIn.findLast(([name]) => names.test(name))?.[1];
  // What is not there is compared as if it were empty.
  const found = expression.exec(value ?? '');
  if (found === null) return;
  for (const [name, written] of variables) {
    if (written === undefined) request.env.delete(name);
    else {
      request.env.set(
        name,
        written.replace(/[$](\d)/g, (_, digit: string) => found[Number(digit)] ?? ''),
      );
    }
  }
}

function subjectOf(request: ApacheRequest, subject: string): string | undefined {
  switch (subject.toLowerCase()) {
    case 'remote_addr':
    case 'remote_host':
      return request.connection.remoteAddress;
    case 'server_addr':
      return request.connection.localAddress;
    case 'request_method':
      return request.method;
    case 'request_protocol':
      return request.protocol;
    case 'request_uri':
      return request.uri;
    case 'server_name':
      return serverNameOf(request);
    default:
      return fieldOf(request.headersIn, subject) ?? request.env.get(subject);
  }
}
