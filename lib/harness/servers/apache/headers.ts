/**
 * mod_headers: RequestHeader; Header is about answers.
 *
 * Source: `modules/metadata/mod_headers.c` of Apache 2.4.
 *
 * Rules of this file: a value or a condition may be an expression, `expr=`.
 */

import type { Pairs } from '../../model.js';
import { parseCondition } from './condition.js';
import { type Condition, type Piece, readText } from './conditions.js';
import { evaluate, textOf } from './evaluate.js';
import { fieldOf, withField, withoutField } from './fields.js';
import { type ApacheModule, type ApacheRequest, everyOf, once } from './module.js';
import { expressionOf } from './pattern.js';
import { type Directive, misconfigured } from './read.js';
import { serverNameOf } from './variables.js';

/** One line. */
export interface HeaderRule {
  readonly action: string;
  readonly field: string;
  readonly value: string;
  /** `edit`: what is looked for. */
  readonly expression: RegExp | undefined;
  /** `env=name`; with `!` where it must not be set. */
  readonly condition: string | undefined;
  /** `expr=` as a condition, and as a value. */
  readonly test: Condition | undefined;
  readonly text: readonly Piece[] | undefined;
  readonly isEarly: boolean;
}

const actions = 'add append edit edit* merge set setifempty unset'.split(' ');

/** What a RequestHeader says; a Header too, its condition word taken off. */
export const headerRuleOf = once((directive: Directive): HeaderRule => {
  const words = directive.args;
  const args = /^(?:always|onsuccess)$/i.test(words[0] ?? '') ? words.slice(1) : words;
  const [written = '', field = '', ...rest] = args;
  const action = written.toLowerCase();
  if (!actions.includes(action) || field === '') {
    throw misconfigured(`do ${actions.join(', ')} with a field`, directive);
  }
  const isEdit = action.startsWith('edit');
  const [value, replacement, last] = isEdit
    ? rest
    : action === 'unset'
      ? ['', '', ...rest]
      : [rest[0], '', rest[1]];
  if (value === undefined || replacement === undefined || rest.length > 3) {
    throw misconfigured('give a field a value', directive);
  }
  const isEarly = last?.toLowerCase() === 'early';
  const condition = isEarly ? undefined : last;
  if (condition !== undefined && !/^(?:env|expr)=/i.test(condition)) {
    throw misconfigured('hold conditions that the model knows', directive);
  }
  const isTest = condition !== undefined && /^expr=/i.test(condition);
  return {
    ...{ action, isEarly, field: field.replace(/:$/, ''), value: isEdit ? replacement : value },
    condition: isTest ? undefined : condition?.slice(4),
    test: isTest ? parseCondition(condition.slice(5), directive) : undefined,
    text: !isEdit && value.startsWith('expr=') ? readText(value.slice(5)) : undefined,
    expression: isEdit ? expressionOf(value, directive) : undefined,
  };
});

export const headers: ApacheModule = {
  name: 'headers_module',
  directives: ['RequestHeader', 'Header'],
  hooks: (configuration) => {
    configuration.every('RequestHeader', 'Header').forEach(headerRuleOf);
    return { fixups: (request) => apply(request, false) };
  },
};

/** What is `early`, before anything else looks at the fields. */
export const earlyHeaders: ApacheModule = {
  name: 'headers_module',
  directives: [],
  hooks: () => ({ postReadRequest: (request) => apply(request, true) }),
};

function apply(request: ApacheRequest, isEarly: boolean): undefined {
  if (request.isSubrequest) return;
  for (const each of everyOf(request, 'RequestHeader')) {
    const rule = headerRuleOf(each);
    if (rule.isEarly === isEarly) request.headersIn = applyRule(rule, request);
  }
}

function applyRule(rule: HeaderRule, request: ApacheRequest): Pairs {
  const { headersIn } = request;
  return holds(rule, request) ? changed(headersIn, rule, fieldValue(rule, request)) : headersIn;
}

function fieldValue({ text, value }: HeaderRule, request: ApacheRequest): string {
  return text === undefined ? expand(value, request) : textOf(text, request);
}

function holds({ condition, test }: HeaderRule, request: ApacheRequest): boolean {
  if (test !== undefined) return evaluate(test, request);
  const { env } = request;
  if (condition === undefined) return true;
  return condition.startsWith('!') ? !env.has(condition.slice(1)) : env.has(condition);
}

/** What becomes of fields by a rule. */
export function changed(fields: Pairs, { action, field, expression }: HeaderRule, value: string): Pairs {
  const old = fieldOf(fields, field);
  switch (action) {
    case 'set':
      return withField(fields, field, value);
    case 'setifempty':
      return old === undefined ? [...fields, [field, value]] : fields;
    case 'add':
      return [...fields, [field, value]];
    case 'append':
      return merged(fields, field, value);
    case 'merge': {
      const isThere = old?.split(',').some((each) => each.trim() === value) ?? false;
      return isThere ? fields : merged(fields, field, value);
    }
    case 'unset':
      return withoutField(fields, field);
    default: {
      if (old === undefined || expression === undefined) return fields;
      const flags = action === 'edit*' ? `${expression.flags}g` : expression.flags;
      const lower = field.toLowerCase();
      // All of the name, which stand at the end afterwards.
      const those = fields.filter(([name]) => name.toLowerCase() === lower);
      const made = those.map(([name, each]) => [name, edited(each, expression, flags, value)] as const);
      return [...withoutField(fields, field), ...made];
    }
  }
}

/** `apr_table_merge()`: to the first of a name. */
function merged(fields: Pairs, field: string, value: string): Pairs {
  const lower = field.toLowerCase();
  const place = fields.findIndex(([name]) => name.toLowerCase() === lower);
  if (place === -1) return [...fields, [field, value]];
  return fields.map(([name, old], index) => [name, index === place ? `${old}, ${value}` : old]);
}

function edited(text: string, expression: RegExp, flags: string, template: string): string {
  const isEvery = flags.includes('g');
  let made = '';
  let rest = text;
  for (;;) {
    const found = expression.exec(rest);
    if (found === null) return made + rest;
    made += rest.slice(0, found.index);
    made += template.replace(/[$](\d)/g, (_, digit: string) => found[Number(digit)] ?? '');
    rest = rest.slice(found.index + found[0].length);
    if (!isEvery || found[0] === '') return made + rest;
  }
}

/** `%{name}e` and the like; what there is nothing for is `(null)`. */
function expand(value: string, request: ApacheRequest): string {
  return value.replace(/%(?:%|\{([^}]*)\}([es])|[tDse])/g, (as, name: string | undefined, kind?: string) => {
    if (as === '%%') return '%';
    if (name === undefined) return '(null)';
    if (kind === 's') return tlsOf(name, request);
    return request.env.get(name) ?? '(null)';
  });
}

function tlsOf(name: string, request: ApacheRequest): string {
  if (!request.connection.isEncrypted) return '(null)';
  return name === 'SSL_TLS_SNI' ? serverNameOf(request) : '(null)';
}
