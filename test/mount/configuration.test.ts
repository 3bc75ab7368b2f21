/** Mistakes in mount paths, hosts, options and patterns: each throws where it is made, and says what to write. */

import { expect } from 'chai';
import { ConfigurationError, MountTable, pattern } from '../../lib/index.js';

const table = (): MountTable<number> => new MountTable<number>();

const mistakes: readonly (readonly [code: string, message: RegExp, make: () => unknown])[] = [
  ['ERR_MOUNT_PATH', /begin with '\/' \(write '\/foo'\), got "foo"/, () => table().set('foo', 1)],
  ['ERR_MOUNT_PATH', /write the host as '\/\/h\/x'/, () => table().set('http://h/x', 1)],
  ['ERR_MOUNT_PATH', /no dot segment.*"\/a\/\.\.\/b"/, () => table().set('/a/../b', 1)],
  ['ERR_MOUNT_PATH', /no dot segment/, () => table().set('/.', 1)],
  ['ERR_MOUNT_PATH', /no NUL/, () => table().set('/a\0', 1)],
  ['ERR_MOUNT_PATH', /written decoded \(write "\/foo bar"/, () => table().set('/foo%20bar', 1)],
  ['ERR_MOUNT_PATH', /written decoded \(write "\/the path as text"/, () => table().set('/%ff', 1)],
  ['ERR_MOUNT_PATH', /write pattern\("\/t\/:id"\)/, () => table().set('/t/:id', 1)],
  ['ERR_MOUNT_PATH', /write pattern\("\/\*"\)/, () => table().set('/*', 1)],
  ['ERR_MOUNT_PATH', /surrogate/, () => table().set('/\ud800', 1)],
  [
    'ERR_MOUNT_PATH',
    /a string or a pattern\(\), got an instance of RegExp/,
    () => table().set(/x/ as never, 1),
  ],
  ['ERR_MOUNT_PATH', /got an array of 2/, () => table().set(['/a', '/b'] as never, 1)],
  ['ERR_MOUNT_HOST', /not be empty/, () => table().set('///foo', 1)],
  ['ERR_MOUNT_HOST', /only as its first label/, () => table().set('//a.*.example/', 1)],
  ['ERR_MOUNT_HOST', /host name or an IP address/, () => table().set('//u@h/', 1)],
  ['ERR_MOUNT_HOST', /host name or an IP address/, () => table().set('//h:port/', 1)],
  ['ERR_MOUNT_HOST', /host name or an IP address/, () => table().set('//[::1/', 1)],
  ['ERR_MOUNT_HOST', /host name or an IP address/, () => table().set('//*./', 1)],
  ['ERR_MOUNT_HOST', /only as its first label/, () => table().set('//*/', 1)],
  ['ERR_MOUNT_HOST', /a name where it is a wildcard/, () => table().set('//*.127.0.0.1/', 1)],
  ['ERR_MOUNT_HOST', /port up to 65535/, () => table().set('//h:65536/', 1)],
  [
    'ERR_MOUNT_DUPLICATE',
    /must differ, "\/foo" is there already, got "\/foo\/"/,
    () => table().add('/foo', 1).add('/foo/', 2),
  ],
  ['ERR_MOUNT_DUPLICATE', /must differ/, () => table().add(pattern('/:a'), 1).add(pattern('/:a'), 2)],
  ['ERR_MOUNT_OPTION', /one of order, .*, got "strict"/, () => new MountTable({ strict: true } as never)],
  [
    'ERR_MOUNT_OPTION',
    /order must be "longest" or "declared", got "first"/,
    () => new MountTable({ order: 'first' } as never),
  ],
  [
    'ERR_MOUNT_OPTION',
    /caseSensitive must be true or false, got "no"/,
    () => new MountTable({ caseSensitive: 'no' } as never),
  ],
  ['ERR_MOUNT_OPTION', /must be an object, got an array of 0/, () => new MountTable([] as never)],
  ['ERR_MOUNT_OPTION', /must be an object, got null/, () => new MountTable(null as never)],
  ['ERR_PATTERN', /begin with one '\/'.*got "t\/:id"/, () => pattern('t/:id')],
  ['ERR_PATTERN', /pattern\(path, \{ host \}\)/, () => pattern('//h/:id')],
  ['ERR_PATTERN', /got undefined/, () => pattern(undefined as never)],
  ['ERR_PATTERN', /path-to-regexp's syntax, got "\/\*" \(Missing parameter name/, () => pattern('/*')],
  ['ERR_PATTERN', /path-to-regexp's syntax/, () => pattern('/:a{')],
  ['ERR_PATTERN', /path-to-regexp's syntax/, () => pattern('/(x)')],
  ['ERR_PATTERN', /path-to-regexp's syntax/, () => pattern('/:a:b')],
  ['ERR_PATTERN', /no dot segment/, () => pattern('/a/../:b')],
  ['ERR_PATTERN', /no dot segment/, () => pattern('/:b/..')],
  ['ERR_PATTERN', /no dot segment/, () => pattern('/.')],
  ['ERR_PATTERN', /no empty segment/, () => pattern('/a//:b')],
  ['ERR_PATTERN', /no needless escape/, () => pattern('/%61/:b')],
  ['ERR_PATTERN', /no needless escape/, () => pattern('/\ud800/:b')],
  ['ERR_MOUNT_OPTION', /must be host, got "hosts"/, () => pattern('/:b', { hosts: 'h' } as never)],
  ['ERR_MOUNT_HOST', /host name or an IP address/, () => pattern('/:b', { host: 'h/x' })],
];

describe('configuration mistakes', () => {
  for (const [code, message, make] of mistakes) {
    it(`${code} ${message.source}`, () => {
      expect(make).to.throw(ConfigurationError, message).with.property('code', code);
    });
  }

  it('an option that is undefined has its default', () => {
    expect(new MountTable({ order: undefined } as never).options).to.deep.equal(new MountTable().options);
  });
});
