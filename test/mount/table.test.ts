import { expect } from 'chai';
import { MountTable } from '../../lib/index.js';

describe('MountTable', () => {
  it('splits', () => {
    expect(new MountTable<string>().set('/foo', 'foo').resolve('/foo/x')?.pathInfo).to.equal('/x');
  });
});
