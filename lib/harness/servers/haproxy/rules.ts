/**
 * `http-request` rules (HAProxy's manual, section 4.2): what each does to a request.
 *
 * Rules of this file: a rule that ends the way of a request says how; actions that change nothing that an application sees are
 * known and do nothing.
 */

import { foldAscii } from '../../../path/percent.js';
import { compileExpression } from '../expression.js';
import { type Place, unknownDirective } from '../reading.js';
import { type Acls, type Condition, parseCondition } from './condition.js';
import { parseFormat } from './format.js';
import { parseNormaliser } from './normalize.js';
import { parseRedirect } from './redirect.js';
import { expand } from './replacement.js';
import { lastValue, parseExpression } from './sample.js';
import type { Transaction } from './transaction.js';

/** How a request ends that no rule and no server sees any more; `allow` ends only the rules. */
export type Verdict = 'allow' | { readonly status: number; readonly location?: string };

export type Action = (transaction: Transaction) => Verdict | undefined;

export interface Rule {
  readonly holds: Condition;
  readonly act: Action;
}

type Maker = (words: readonly string[], place: Place) => Action;

/** An action that ends nothing. */
const change =
  (make: (words: readonly string[], place: Place) => (transaction: Transaction) => void): Maker =>
  (words, place) => {
    const act = make(words, place);
    return (transaction) => {
      act(transaction);
      return undefined;
    };
  };

const header = (isSet: boolean): Maker =>
  change(([name = '', text = ''], place) => {
    const format = parseFormat(text, place);
    const folded = foldAscii(name);
    return (transaction) => {
      const value = format(transaction);
      if (isSet) transaction.removeHeaders((each) => each === folded);
      transaction.addHeader(folded, value);
    };
  });

const deleteHeader: Maker = change(([name = '', flag, method = 'str'], place) => {
  if (flag !== undefined && flag !== '-m') return unknownDirective(place, flag);
  const wanted = foldAscii(name);
  const expression = method === 'reg' ? compileExpression(name) : undefined;
  const tests: Readonly<Record<string, (each: string) => boolean>> = {
    str: (each) => each === wanted,
    beg: (each) => each.startsWith(wanted),
    end: (each) => each.endsWith(wanted),
    sub: (each) => each.includes(wanted),
    reg: (each) => expression?.test(each) === true,
  };
  const isRemoved = tests[method] ?? unknownDirective(place, method);
  return (transaction) => transaction.removeHeaders(isRemoved);
});

/** `replace-header` takes each value as a whole, `replace-value` each element of a list. */
const replaceHeader = (isList: boolean): Maker =>
  change(([name = '', source = '', text = ''], place) => {
    const folded = foldAscii(name);
    const expression = compileExpression(source);
    const format = parseFormat(text, place);
    return (transaction) => {
      const replaced = (value: string): string => {
        const match = expression.exec(value);
        return match === null ? value : (expand(format(transaction), match) ?? value);
      };
      transaction.headers = transaction.headers.map(([each, value]) => {
        if (each !== folded) return [each, value];
        return [
          each,
          isList ? value.replace(/[^,\s][^,]*/g, (element) => replaced(element.trimEnd())) : replaced(value),
        ];
      });
    };
  });

type Replace = (transaction: Transaction, text: string) => void;

const setPath: Replace = (transaction, text) => transaction.replacePath(text, false);
const setPathAndQuery: Replace = (transaction, text) => transaction.replacePath(text, true);
const setTarget: Replace = (transaction, text) => transaction.replaceTarget(text);

const set = (replace: Replace): Maker =>
  change(([text = ''], place) => {
    const format = parseFormat(text, place);
    return (transaction) => replace(transaction, format(transaction));
  });

/** What matches is replaced by the whole of the text. */
const replacing = (of: (transaction: Transaction) => string | undefined, replace: Replace): Maker =>
  change(([source = '', text = ''], place) => {
    const expression = compileExpression(source);
    const format = parseFormat(text, place);
    return (transaction) => {
      const from = of(transaction);
      if (from === undefined || from === '') return;
      const match = expression.exec(from);
      const result = match === null ? undefined : expand(format(transaction), match);
      if (result !== undefined) replace(transaction, result);
    };
  });

const assign = (
  of: (text: string, place: Place) => (transaction: Transaction) => string | undefined,
  assigned: (transaction: Transaction, value: string) => void,
): Maker =>
  change(([text = ''], place) => {
    const evaluate = of(text, place);
    return (transaction) => {
      const value = evaluate(transaction);
      if (value !== undefined) assigned(transaction, value);
    };
  });

const sampled = (text: string, place: Place) => {
  const expression = parseExpression(text, place);
  return (transaction: Transaction) => lastValue(expression, transaction);
};

const refuse =
  (fallback: number): Maker =>
  (words, place) => {
    const at = words.indexOf('deny_status') < 0 ? words.indexOf('status') : words.indexOf('deny_status');
    const status = at < 0 ? fallback : Number(words[at + 1]);
    if (!Number.isInteger(status)) return unknownDirective(place, words.join(' '));
    return () => ({ status });
  };

const nothing: Maker = () => () => undefined;

const makers: Readonly<Record<string, Maker>> = {
  'add-header': header(false),
  'set-header': header(true),
  'del-header': deleteHeader,
  'replace-header': replaceHeader(false),
  'replace-value': replaceHeader(true),
  'set-method': set((transaction, text) => {
    transaction.method = text;
  }),
  'set-path': set(setPath),
  'set-pathq': set(setPathAndQuery),
  'set-query': set((transaction, text) => transaction.replaceQuery(text)),
  'set-uri': set(setTarget),
  'replace-path': replacing((transaction) => transaction.path(false), setPath),
  'replace-pathq': replacing((transaction) => transaction.path(true), setPathAndQuery),
  'replace-uri': replacing(({ target }) => target, setTarget),
  'normalize-uri': (words, place) => {
    const normalise = parseNormaliser(words, place);
    return (transaction) => (normalise(transaction) ? undefined : { status: 400 });
  },
  'set-src': assign(sampled, (transaction, value) => {
    transaction.sourceAddress = value;
  }),
  'set-src-port': assign(sampled, (transaction, value) => {
    transaction.sourcePort = Number(value);
  }),
  'set-dst': assign(sampled, (transaction, value) => {
    transaction.destinationAddress = value;
  }),
  'set-dst-port': assign(sampled, (transaction, value) => {
    transaction.destinationPort = Number(value);
  }),
  allow: () => () => 'allow',
  deny: refuse(403),
  tarpit: refuse(500),
  return: refuse(200),
  auth: refuse(401),
  redirect: (words, place) => {
    const locate = parseRedirect(words, place);
    return (transaction) => locate(transaction);
  },
};

const ignored = [
  ...[
    'set-log-level',
    'set-nice',
    'set-mark',
    'set-tos',
    'set-timeout',
    'set-priority-class',
    'set-priority-offset',
  ],
  ...[
    'capture',
    'cache-use',
    'disable-l7-retry',
    'early-hint',
    'send-spoe-group',
    'strict-mode',
    'track-sc0',
  ],
  ...[
    'track-sc1',
    'track-sc2',
    'wait-for-body',
    'wait-for-handshake',
    'add-acl',
    'del-acl',
    'set-map',
    'del-map',
  ],
];

/** A rule from the word behind `http-request` on. */
export function parseRule(words: readonly string[], acls: Acls, place: Place): Rule {
  const [name = '', ...rest] = words;
  const end = rest.findIndex((word) => word === 'if' || word === 'unless');
  const parameters = end < 0 ? rest : rest.slice(0, end);
  const holds = parseCondition(end < 0 ? [] : rest.slice(end), acls, place);
  const [, action = name, variable] = /^(set-var|set-var-fmt|unset-var)\((.*)\)$/.exec(name) ?? [];
  if (variable !== undefined) return { holds, act: variableAction(action, variable, parameters, place) };
  const maker = ignored.includes(name) ? nothing : Object.hasOwn(makers, name) ? makers[name] : undefined;
  return maker === undefined ? unknownDirective(place, name) : { holds, act: maker(parameters, place) };
}

function variableAction(action: string, names: string, [text = '']: readonly string[], place: Place): Action {
  const [name = ''] = names.split(',');
  const evaluate =
    action === 'unset-var'
      ? () => undefined
      : action === 'set-var'
        ? sampled(text, place)
        : parseFormat(text, place);
  return (transaction) => {
    const value = evaluate(transaction);
    if (value !== undefined) transaction.variables.set(name, value);
    else if (action === 'unset-var') transaction.variables.delete(name);
    return undefined;
  };
}
