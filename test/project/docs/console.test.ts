/**
 * Console blocks: how a command is read, and when its output is what the page says.
 */

import { expect } from 'chai';
import { exchangesOf, isPrinted, parseCurl } from './console.js';

const base = {
  method: 'GET',
  host: 'localhost:8000',
  port: 8000,
  target: '/',
  headers: [],
  isHeadShown: false,
};

/** A command, and what it asks, or the beginning of the reason why it is refused. */
const commands: readonly (readonly [command: string, asks: object | string])[] = [
  ['curl -s http://localhost:8000/', base],
  ['curl http://localhost:8000', base],
  ['curl -s http://localhost', { ...base, host: 'localhost', port: 80 }],
  ['curl -s http://localhost:8000?a=1', { ...base, target: '/?a=1' }],
  ['curl -si http://localhost:8000/foo', { ...base, target: '/foo', isHeadShown: true }],
  ['curl -s -i http://localhost:8000//f%6fo/%zz', { ...base, target: '//f%6fo/%zz', isHeadShown: true }],
  ['curl -X OPTIONS http://localhost:8000/', { ...base, method: 'OPTIONS' }],
  ["curl -H 'Host: a.example' http://localhost:8000/", { ...base, headers: [['Host', 'a.example']] }],
  ['curl --path-as-is "http://localhost:8000/x/../foo"', { ...base, target: '/x/../foo' }],
  ["curl 'http://localhost:8000/a?b=1&c=2'", { ...base, target: '/a?b=1&c=2' }],
  ['curl http://localhost:8000/?a=/../b', { ...base, target: '/?a=/../b' }],
  ['curl http://localhost:8000/é', { ...base, target: '/\u00c3\u00a9' }],

  ['wget http://localhost/', 'the command must be curl'],
  ['curl', 'curl needs a URL'],
  ['curl localhost:8000/', 'curl needs a URL'],
  ['curl -L http://localhost:8000/', 'curl is played with'],
  ['curl http://localhost:8000/ http://localhost:8000/b', 'curl is played with'],
  ['curl -H nothing http://localhost:8000/', "-H must be followed by 'Name: value'"],
  ['curl http://localhost:8000/x/../foo', 'curl removes dot segments'],
  ['curl http://localhost:8000/%2e', 'curl removes dot segments'],
  ['curl http://localhost:8000/{a}', 'curl takes brackets and braces'],
  ["curl 'http://localhost:8000/#a'", 'curl does not send a fragment'],
  ['curl http://localhost:8000/a?b=1&c=2', 'a shell would not take this word'],
  ['curl "http://localhost:8000/$a"', 'a shell would not take this word'],
  ["curl 'http://localhost:8000/", 'a shell would not take this word'],
];

const outputs: readonly (readonly [expected: string, printed: string, isPrinted: boolean])[] = [
  ['a', 'a', true],
  ['a', 'b', false],
  ['a', 'a,b', false],
  ['a,b', 'a', false],
  ['...', '', true],
  ['...', 'a,b', true],
  ['a,...', 'a', true],
  ['a,...,c', 'a,b,b,c', true],
  ['a,...,c', 'a,b,b,d', false],
  ['...,c', 'a', false],
];

describe('console blocks', () => {
  for (const [command, asks] of commands) {
    it(`${command} ${typeof asks === 'string' ? 'is refused' : 'is read'}`, () => {
      if (typeof asks === 'string') expect(() => parseCurl(command)).to.throw(asks);
      else expect(parseCurl(command)).to.deep.equal(asks);
    });
  }

  for (const [expected, printed, wanted] of outputs) {
    it(`[${expected}] is ${wanted ? '' : 'not '}what [${printed}] prints`, () => {
      expect(isPrinted(expected.split(','), printed.split(','))).to.equal(wanted);
    });
  }

  it('are commands, each with its output', () => {
    expect(exchangesOf('$ a \\\n  b\nx\n\ny\n$ c', 5)).to.deep.equal([
      { line: 5, command: 'a b', expected: ['x', '', 'y'] },
      { line: 10, command: 'c', expected: [] },
    ]);
    expect(() => exchangesOf('x\n$ a', 5)).to.throw('line 5: a console block must begin with a command');
  });
});
