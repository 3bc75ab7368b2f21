/** The family of errors, and how values are shown in their messages. */

import { expect } from 'chai';
import { requestTargetCodes, show } from '../lib/errors.js';
import { ArgumentError, ConfigurationError, MountpointError, RequestTargetError } from '../lib/index.js';

describe('errors', () => {
  it('are one family, named after the blame', () => {
    const cause = new Error('why');
    for (const error of [
      new ConfigurationError('ERR_PATTERN', 'm', { cause }),
      new ArgumentError('ERR_ARGUMENT_PATH', 'm', { cause }),
    ]) {
      expect(error).to.be.instanceOf(MountpointError).and.instanceOf(Error);
      expect(error.name).to.equal(error.constructor.name);
      expect(error.cause).to.equal(cause);
    }
  });

  it('of a request target carry the status under both names', () => {
    for (const [code, status] of Object.entries(requestTargetCodes)) {
      const error = new RequestTargetError(code as keyof typeof requestTargetCodes, 'm', '/x');
      expect(error).to.include({
        code,
        status,
        statusCode: status,
        expose: true,
        target: '/x',
        name: 'RequestTargetError',
      });
    }
  });

  const shown: readonly (readonly [value: unknown, text: string])[] = [
    ['a"b', '"a\\"b"'],
    ['x'.repeat(81), `"${'x'.repeat(77)}"... (81 characters)`],
    [undefined, 'undefined'],
    [null, 'null'],
    [1n, '1'],
    [Symbol('s'), 'Symbol(s)'],
    [() => undefined, 'an anonymous function'],
    [show, 'the function show'],
    [[1], 'an array of 1'],
    [{}, 'a plain object'],
    [Object.create(null), 'a plain object'],
    [{ constructor: 1 }, 'a plain object'],
    [new Map(), 'an instance of Map'],
  ];
  for (const [value, text] of shown) it(`show ${text}`, () => expect(show(value)).to.equal(text));
});
