/**
 * docs/environ.md has a row for each meta-variable that `environ()` gives, and for no other.
 */

import { readFileSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { environ } from '../../lib/index.js';

describe('docs/environ.md', () => {
  it('tells each meta-variable', () => {
    const page = readFileSync('docs/environ.md', 'utf8');
    const [table = ''] = page.split('| variable | |\n').slice(1);
    const told = (table.split('\n\n')[0] ?? '')
      .split('\n')
      .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/[A-Z_]+\*?/g)].map(([name]) => name));
    const socket = Object.assign(new Socket(), { encrypted: true });
    Object.defineProperty(socket, 'remotePort', { value: 1 });
    const req = Object.assign(new IncomingMessage(socket), {
      url: '/',
      headers: { 'content-type': 'text/plain', 'content-length': '0', host: 'h' },
    });
    const given = Object.keys(environ(req)).map((name) => name.replace(/^HTTP_.*/, 'HTTP_*'));
    expect(told.sort()).to.deep.equal(given.sort());
  });
});
