/**
 * What wsgiref.validate, Rack::Lint, Plack::Middleware::Lint, Spring and the specifications say of an environ, and what our
 * rules say of the same. docs/environ.md has the table of those that differ.
 */

import { expect } from 'chai';
import { environRules } from '../../lib/environ/rules.js';
import { fileAt } from '../project/sources.js';
import { readRows } from '../support/rows.js';

interface Row {
  readonly id: string;
  readonly input: {
    readonly environ?: Readonly<Record<string, string>>;
    readonly absent?: readonly string[];
    readonly contextPath?: string;
  };
  readonly expected: { readonly valid?: boolean; readonly error?: string };
}

const rows = readRows<Row>('peers.validate.jsonl');

/** Rows that we judge otherwise, with the rule of ours that is broken, or `''`. */
const differences: Readonly<Record<string, string>> = {
  'wsgiref-066': 'script-name',
  'wsgiref-067': 'path',
  'wsgiref-072': 'script-name',
  'rack-061': '',
  'rack-062': '',
  'rack-063': 'script-name',
  'rack-064': 'script-name',
  'rack-065': 'path-info',
  'plack-072': 'path',
  'plack-076': 'script-name',
  'spec-004': 'path',
};

/** What each of them fills in where a row says nothing. */
const rest = {
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '',
  PATH_INFO: '/',
  QUERY_STRING: '',
  SERVER_NAME: 'example.org',
  SERVER_PORT: '8080',
  SERVER_PROTOCOL: 'HTTP/1.1',
};

function brokenBy({ environ, absent = [], contextPath }: Row['input']): string {
  const given: Record<string, string | undefined> = { ...rest, ...environ };
  if (contextPath !== undefined) given.SCRIPT_NAME = contextPath;
  for (const name of absent) given[name] = undefined;
  return environRules.find((rule) => rule.broken(given) !== undefined)?.id ?? '';
}

describe('rows of other systems about a valid environ', () => {
  it('are all there', () => {
    expect(rows).to.have.lengthOf(30);
    expect(rows.map(({ id }) => id)).to.include.members(Object.keys(differences));
  });

  for (const { id, input, expected } of rows) {
    const isValid = expected.valid ?? expected.error === undefined;
    const ours = differences[id];
    if (ours === undefined) {
      it(`${id} is judged alike: ${isValid ? 'valid' : 'not valid'}`, () => {
        expect(brokenBy(input) === '').to.equal(isValid);
      });
    } else {
      it(`${id} is judged otherwise: ${ours || 'valid'}`, () => {
        expect(brokenBy(input)).to.equal(ours);
        expect(ours === '').to.not.equal(isValid);
      });
    }
  }

  it('are in docs/environ.md where they differ', () => {
    const lines = fileAt('docs/environ.md')?.text.split('\n') ?? [];
    const told = lines.flatMap((line) =>
      [...line.matchAll(/\b(?:wsgiref|rack|plack|spec)-\d{3}\b/g)].map(([id]) => id),
    );
    expect(told.sort()).to.deep.equal(Object.keys(differences).sort());
  });
});
