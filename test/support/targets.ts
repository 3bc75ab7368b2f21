/** Request targets that are hard on a parser: made of the pieces that parsers trip over. */

import fc from 'fast-check';

const pieces = [
  ...[
    '/',
    '//',
    '/.',
    '/..',
    '/./',
    '/../',
    '%2e',
    '%2E%2e',
    '%2F',
    '%2f',
    '%5C',
    '\\',
    ';',
    ':',
    '@',
    '+',
    '~',
  ],
  ...[
    'a',
    'b',
    'c',
    '/a',
    '/b',
    '/a/b',
    'A',
    '/foo',
    '/foo/',
    '/foobar',
    '/admin',
    '%61',
    '%41',
    '%66oo',
    '/%61dmin',
  ],
  ...[
    '%',
    '%z',
    '%zz',
    '%4',
    '%00',
    '%0a',
    '%20',
    '%25',
    '%252F',
    '%c3%a9',
    '\xc3\xa9',
    '%ff',
    '\xff',
    '%e2%80%a8',
  ],
  ...[
    '?',
    '?q=1',
    '&',
    '#',
    ' ',
    '\t',
    '\0',
    '\x7f',
    '..',
    '...',
    '.',
    '*',
    "'",
    '"',
    '<',
    '{',
    '|',
    '^',
    '`',
  ],
  ...['http://h', 'http://a.example:81', 'https:', 'http:/', 'u:p@'],
];

/** Mostly paths; some that are no path at all. */
export const rawTargets: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('/', '/', '/', '/', '', 'http://h', '//'),
    fc.array(fc.constantFrom(...pieces), { maxLength: 9 }),
  )
  .map(([start, rest]) => start + rest.join(''));

/** Mount paths that a table takes, with few segments so that they meet each other and the targets. */
export const mountPaths: fc.Arbitrary<string> = fc
  .array(fc.constantFrom('a', 'b', 'foo', 'foobar', 'admin', 'A', 'é', 'a b', '~', '%', '..a', 'a;b'), {
    maxLength: 3,
  })
  .map((segments) => `/${segments.join('/')}`);
