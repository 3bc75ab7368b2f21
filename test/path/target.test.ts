/** Request targets and hosts, taken apart. */

import { expect } from 'chai';
import { parseAuthority } from '../../lib/path/host.js';
import { parseTarget } from '../../lib/path/target.js';

describe('request target', () => {
  const rows: readonly (readonly [target: string, parts: object])[] = [
    ['/a?b', { path: '/a', query: '?b' }],
    ['/a?', { path: '/a', query: '?' }],
    ['/a?b?c/../d', { path: '/a', query: '?b?c/../d' }],
    ['//h/a', { path: '//h/a' }],
    ['?q', { path: '/', query: '?q' }],
    ['?a/b:c', { path: '/', query: '?a/b:c' }],
    ['?a:b', { path: '/', query: '?a:b', refusal: 'ERR_TARGET_FORM' }],
    ['http://h', { scheme: 'http', authority: 'h', path: '/' }],
    ['HTTPS://H:8/a?b', { scheme: 'https', authority: 'H:8', path: '/a', query: '?b' }],
    ['http://h?q', { scheme: 'http', authority: 'h', path: '/', query: '?q' }],
    ['http:/a', { scheme: 'http', path: '/a' }],
    ['http:///a', { scheme: 'http', path: '/a' }],
    ['http://', { scheme: 'http', path: '/' }],
    ['http://u:p@h/a', { scheme: 'http', authority: 'u:p@h', path: '/a', refusal: 'ERR_TARGET_USER_INFO' }],
    ['http://h/@', { scheme: 'http', authority: 'h', path: '/@' }],
    ['http:a', { scheme: 'http', path: 'a', refusal: 'ERR_TARGET_FORM' }],
    ['ftp://h/a', { path: 'ftp://h/a', refusal: 'ERR_TARGET_FORM' }],
    ['*', { path: '*', refusal: 'ERR_TARGET_FORM' }],
    ['', { path: '', refusal: 'ERR_TARGET_FORM' }],
    ['a/b', { path: 'a/b', refusal: 'ERR_TARGET_FORM' }],
    ['h:80', { path: 'h:80', refusal: 'ERR_TARGET_FORM' }],
    ['/a b', { path: '/a b', refusal: 'ERR_TARGET_CHARACTER' }],
    ['/a?b\0', { path: '/a', query: '?b\0', refusal: 'ERR_TARGET_CHARACTER' }],
    ['/a?b#c', { path: '/a', query: '?b#c', refusal: 'ERR_TARGET_CHARACTER' }],
    ['/\x7f', { path: '/\x7f', refusal: 'ERR_TARGET_CHARACTER' }],
    ['/\u0100', { path: '/\u0100', refusal: 'ERR_TARGET_CHARACTER' }],
  ];
  for (const [target, parts] of rows) {
    it(`${JSON.stringify(target)}`, () => {
      const none = { scheme: '', authority: '', query: '', refusal: undefined };
      expect(parseTarget(target)).to.deep.equal({ ...none, ...parts });
    });
  }
});

describe('host', () => {
  const rows: readonly (readonly [value: string, name: string, port: string])[] = [
    ['example.com', 'example.com', ''],
    ['EXAMPLE.com.', 'example.com', ''],
    ['example.com:8080', 'example.com', '8080'],
    ['example.com:', 'example.com', ''],
    ['example.com:0080', 'example.com', '80'],
    ['127.0.0.1:1', '127.0.0.1', '1'],
    ['[::1]', '[::1]', ''],
    ['[0:0::1]:81', '[::1]', '81'],
    ['h:99999', 'h', '99999'],
    ['h:', 'h', ''],
    ['h:00', 'h', '0'],
    ['my_host', 'my_host', ''],
  ];
  for (const [value, name, port] of rows) {
    it(value, () => expect(parseAuthority(value)).to.deep.equal({ name, port }));
  }
  const malformed = [
    '',
    ' ',
    'a b',
    'u@h',
    'h/',
    'h:x',

    'h:1:2',
    '[::1',
    '[::g]',
    '::1',
    'é',
    'h\\x',
  ];
  for (const value of [
    ...malformed,
    '.',
    '..',
    '1.2.3',
    '1.2.3.256',
    '123',
    'a..b',
    '.a',
    'a%41',
    'a~b',
    'a!b',
    'a%4',
    '%zz',
    'h#',
    'h?',
    `${'a'.repeat(256)}`,
    '[1:2]',
  ]) {
    it(`${JSON.stringify(value.slice(0, 20))} is malformed`, () =>
      expect(parseAuthority(value)).to.equal(undefined));
  }
});
