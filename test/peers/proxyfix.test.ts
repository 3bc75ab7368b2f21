/**
 * What other systems believe of forwarded headers, and what `behindProxy()` does: rows of the kind `proxyfix`. A difference
 * records only what differs: all else that the row tells is the same.
 */

import { expect } from 'chai';
import { testRows } from './alike.js';
import { askProxy, type ProxyInput } from './proxies.js';
import { applicableRows, rows } from './row.js';

describe('rows of other systems: forwarded headers', () => {
  testRows(applicableRows<ProxyInput>('proxyfix'), (row) => askProxy(row));

  it('are all there', () => {
    expect(rows.filter(({ kind }) => kind === 'proxyfix')).to.have.lengthOf(76);
  });

  it('that name a prefix of another host are believed by none of ours', () => {
    const hostile = applicableRows<ProxyInput>('proxyfix').filter(({ input }) =>
      Object.values({ ...input.headers, ...input.environ }).some((value) =>
        /^(?:[/\\]{2}|https?:)/.test(value),
      ),
    );
    expect(hostile).to.have.lengthOf.greaterThan(8);
    for (const row of hostile) {
      expect(askProxy(row).ours, row.id).to.include({ status: 400, code: 'ERR_FORWARDED_PREFIX' });
    }
  });
});
