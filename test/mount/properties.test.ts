/** What holds for any mounts and any target. */

import { expect } from 'chai';
import fc from 'fast-check';
import { type MountMatch, MountTable, pattern, RequestTargetError } from '../../lib/index.js';
import { normalForm } from '../../lib/path/normal.js';
import { decodeBytes, encodeUtf8 } from '../../lib/path/percent.js';
import { parseTarget } from '../../lib/path/target.js';
import { mountPaths, rawTargets } from '../support/targets.js';

const runs = { numRuns: 3000 };

function resolve<T>(table: MountTable<T>, target: string): MountMatch<T> | number | undefined {
  try {
    return table.resolve(target);
  } catch (error) {
    if (error instanceof RequestTargetError) return error.status;
    throw error;
  }
}

function tableOf(keys: readonly string[]): MountTable<string> {
  const table = new MountTable<string>();
  for (const key of keys) table.set(key, key);
  return table;
}

/** Script name, path info and query: what an application can tell. */
function viewOf(match: MountMatch<unknown> | number | undefined): unknown {
  return typeof match === 'object' ? [match.rawScriptName, match.rawPathInfo, match.query] : match;
}

describe('any mounts, any target', () => {
  it('raw script name + raw path info is the path in normal form', () => {
    fc.assert(
      fc.property(fc.array(mountPaths, { minLength: 1, maxLength: 4 }), rawTargets, (keys, target) => {
        const match = resolve(tableOf([...keys, '/']), target);
        if (typeof match !== 'object') return;
        const { path, query } = parseTarget(target);
        expect(match.rawScriptName + match.rawPathInfo).to.equal(normalForm(path, 'merge', 'keep').path);
        expect(match.query).to.equal(query);
        expect(match.rawScriptName).to.match(/^(?:|\/.*[^/])$/s);
        expect(match.rawPathInfo).to.match(match.rawScriptName === '' ? /^\/(?!\/)/ : /^(?:$|\/(?!\/))/);
      }),
      runs,
    );
  });

  it('a mount never takes its path and something that is not a slash', () => {
    fc.assert(
      fc.property(mountPaths, rawTargets, fc.string({ minLength: 1 }), (key, target, more) => {
        fc.pre(key !== '/' && !more.startsWith('/'));
        const path = `${encodeURI(key)}${encodeURIComponent(more)}`;
        expect(resolve(tableOf([key]), path)).to.not.be.an('object');
        const match = resolve(tableOf([key]), target);
        if (typeof match === 'object') {
          expect(decodeBytes(match.rawScriptName)).to.equal(encodeUtf8(key));
        }
      }),
      runs,
    );
  });

  it('a mount inside a mount is one mount of both paths', () => {
    fc.assert(
      fc.property(mountPaths, mountPaths, rawTargets, (outer, inner, target) => {
        const whole = outer.replace(/\/$/, '') + inner;
        const first = resolve(tableOf([outer]), target);
        let nested: unknown = first;
        if (typeof first === 'object') {
          const rest = tableOf([inner]).find(
            first.rawPathInfo || '/',
            undefined,
            'normalize',
            first.rawPathInfo === '',
          );
          nested = rest && [
            first.rawScriptName + rest.script,
            rest.target.slice(rest.script.length, rest.pathEnd),
            first.query,
          ];
        }
        expect(nested).to.deep.equal(viewOf(resolve(tableOf([whole]), target)));
      }),
      runs,
    );
  });

  it('a mount more never changes the answer for what is not below it', () => {
    fc.assert(
      fc.property(fc.array(mountPaths, { maxLength: 4 }), mountPaths, rawTargets, (keys, added, target) => {
        const before = resolve(tableOf(keys), target);
        const after = resolve(tableOf([...keys, added]), target);
        if (typeof resolve(tableOf([added]), target) !== 'object') expect(after).to.deep.equal(before);
        else expect(after).to.be.an('object');
      }),
      runs,
    );
  });

  it('a mount that was taken away has never been there', () => {
    fc.assert(
      fc.property(fc.array(mountPaths, { maxLength: 4 }), mountPaths, rawTargets, (keys, gone, target) => {
        fc.pre(!keys.includes(gone));
        const table = tableOf([gone, ...keys]);
        table.delete(gone);
        expect(resolve(table, target)).to.deep.equal(resolve(tableOf(keys), target));
      }),
      runs,
    );
  });

  it('what is in normal form is taken alike by each policy', () => {
    fc.assert(
      fc.property(fc.array(mountPaths, { minLength: 1, maxLength: 4 }), rawTargets, (keys, target) => {
        const normal = resolve(tableOf(keys), target);
        if (typeof normal !== 'object') return;
        const again = normal.rawScriptName + normal.rawPathInfo + normal.query;
        // `'keep'` has one spelling for a byte (rule 11): one that is not ASCII is an escape.
        const policies = /[^!-~]/.test(normal.rawScriptName) ? [] : (['keep'] as const);
        for (const policy of ['normalize', 'reject', ...policies] as const) {
          const found = tableOf(keys).find(again, undefined, policy);
          expect(found?.entry.key, policy).to.equal(normal.mountPoint);
          expect(found?.target).to.equal(again);
        }
      }),
      runs,
    );
  });

  it("'keep' sends the rest as it came, and takes nothing that 'normalize' sees elsewhere by its spelling", () => {
    fc.assert(
      fc.property(mountPaths, rawTargets, (key, target) => {
        let found: ReturnType<MountTable<string>['find']>;
        try {
          found = tableOf([key]).find(target, undefined, 'keep');
        } catch (error) {
          const isUri = /^https?:/i.test(target);
          if (!isUri) expect(error).to.have.property('code', 'ERR_TARGET_LEADING_SLASHES');
          return;
        }
        if (found === undefined) return;
        expect(target.endsWith(found.target) || parseTarget(target).path === '/').to.equal(true);
        expect(decodeBytes(found.script)).to.equal(key === '/' ? '' : encodeUtf8(key));
      }),
      runs,
    );
  });

  it('a pattern of one parameter takes what a mount of the same segment takes', () => {
    fc.assert(
      fc.property(rawTargets, (target) => {
        const match = resolve(new MountTable<string>().set(pattern('/:first'), 'p'), target);
        if (typeof match !== 'object') return;
        const bytes = decodeBytes(match.rawScriptName).slice(1);
        const text = Buffer.from(bytes, 'latin1').toString('utf8');
        if (/^(?:\.\.?$)|\0|%[0-9a-f]{2}|\ufffd/i.test(text) || /^[:*]/.test(text)) return;
        const literal = resolve(new MountTable<string>().set(`/${text}`, 'l'), target);
        expect(viewOf(literal)).to.deep.equal(viewOf(match));
      }),
      runs,
    );
  });
});
