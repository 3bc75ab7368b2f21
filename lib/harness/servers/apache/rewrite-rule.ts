/**
 * The lines of mod_rewrite: RewriteRule with its flags, RewriteCond, read and compiled.
 *
 * Source: `modules/mappers/mod_rewrite.c` of Apache 2.4.
 *
 * Rules of this file: a flag that is not modelled is refused; those of cookies and types are none of it.
 */

import { once } from './module.js';
import { expressionOf } from './pattern.js';
import { type Directive, misconfigured } from './read.js';

/** A RewriteRule. */
export interface RewriteRule {
  readonly expression: RegExp;
  readonly isNot: boolean;
  readonly substitution: string;
  readonly flags: ReadonlyMap<string, string>;
  /** `E=name:value`, each of them. */
  readonly variables: readonly string[];
}

/** A RewriteCond. */
export interface RewriteCondition {
  readonly subject: string;
  readonly isNot: boolean;
  readonly isOr: boolean;
  /** A regular expression, or a test: `-f`, `<`, `-eq` with what is compared with. */
  readonly test: RegExp | { readonly operator: string; readonly operand: string };
  readonly ignoresCase: boolean;
}

/** A rule with the conditions before it. */
export interface GuardedRule extends RewriteRule {
  readonly conditions: readonly RewriteCondition[];
}

const longNames: Readonly<Record<string, string>> = {
  ...{
    chain: 'C',
    cookie: 'CO',
    discardpath: 'DPI',
    env: 'E',
    forbidden: 'F',
    gone: 'G',
    handler: 'H',
    last: 'L',
  },
  ...{
    next: 'N',
    nocase: 'NC',
    noescape: 'NE',
    nosubreq: 'NS',
    proxy: 'P',
    passthrough: 'PT',
    qsappend: 'QSA',
  },
  ...{
    qsdiscard: 'QSD',
    qslast: 'QSL',
    redirect: 'R',
    skip: 'S',
    type: 'T',
    end: 'END',
    unsafeallow3f: 'UA3F',
  },
  ...{
    ornext: 'OR',
    novary: 'NV',
    unsafeprefixstat: 'UPS',
    unsafe_allow_3f: 'UA3F',
    unsafe_prefix_status: 'UPS',
  },
};

const known = new Set(
  'B BCTLS BNE BNP C CO DPI E END F G H L N NC NE NS NV OR P PT QSA QSD QSL R S T UA3F UPS'.split(' '),
);

function flagsOf(text: string | undefined, directive: Directive): [name: string, value: string][] {
  if (text === undefined) return [];
  if (!/^\[.*\]$/s.test(text)) throw misconfigured('have flags in brackets', directive);
  return text
    .slice(1, -1)
    .split(',')
    .map((each) => {
      const flag = each.trim();
      const equals = flag.indexOf('=');
      const written = equals === -1 ? flag : flag.slice(0, equals);
      const name = longNames[written.toLowerCase()] ?? written.toUpperCase();
      if (!known.has(name)) throw misconfigured('hold flags that the model knows', directive);
      return [name, equals === -1 ? '' : flag.slice(equals + 1)];
    });
}

export const ruleOf = once((directive: Directive): RewriteRule => {
  const [pattern = '', substitution, flags, ...others] = directive.args;
  if (substitution === undefined || others.length > 0) {
    throw misconfigured('give a RewriteRule a pattern and a substitution', directive);
  }
  const pairs = flagsOf(flags, directive);
  const isNot = pattern.startsWith('!');
  const made = new Map(pairs);
  return {
    ...{ isNot, substitution, flags: made },
    expression: expressionOf(isNot ? pattern.slice(1) : pattern, directive, made.has('NC')),
    variables: pairs.filter(([name]) => name === 'E').map(([, value]) => value),
  };
});

export const conditionOf = once((directive: Directive): RewriteCondition => {
  const [subject = '', pattern, flags, ...others] = directive.args;
  if (pattern === undefined || others.length > 0 || subject.toLowerCase() === 'expr') {
    throw misconfigured('give a RewriteCond a subject and a pattern that the model knows', directive);
  }
  const made = new Map(flagsOf(flags, directive));
  const isNot = pattern.startsWith('!');
  const rest = isNot ? pattern.slice(1) : pattern;
  const ignoresCase = made.has('NC');
  const [, operator, operand = ''] = /^(-(?:eq|ge|gt|le|lt|ne)|[<>]=?|=)(.*)$/s.exec(rest) ?? [];
  const isFile = /^-[dfsFUlLhHx]$/.test(rest);
  return {
    ...{ subject, isNot, isOr: made.has('OR'), ignoresCase },
    test: isFile
      ? { operator: rest, operand: '' }
      : operator !== undefined
        ? { operator, operand }
        : expressionOf(rest, directive, ignoresCase),
  };
});

/** Rules in order, each with the conditions that stand right before it. */
export function guardedRules(directives: readonly Directive[]): readonly GuardedRule[] {
  const rules: GuardedRule[] = [];
  let conditions: RewriteCondition[] = [];
  for (const directive of directives) {
    if (directive.name === 'rewritecond') conditions.push(conditionOf(directive));
    if (directive.name !== 'rewriterule') continue;
    rules.push({ ...ruleOf(directive), conditions });
    conditions = [];
  }
  return rules;
}
