/** Prefixes that proxies name: which are taken, and that no other can leave the host. */

import { createServer } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import fc from 'fast-check';
import { parsePrefix, prefixBetween } from '../../lib/fixup/prefix.js';
import { type Application, behindProxy, ForwardedError } from '../../lib/index.js';
import { rawRequest, withServer } from '../support/raw.js';

/** A field's value, and the prefix that it names; `undefined`: it is refused. */
const rows: readonly (readonly [value: string, prefix: string | undefined])[] = [
  ['', ''],
  ['/', ''],
  ['/app', '/app'],
  ['/app/', '/app'],
  ['/a/b/c', '/a/b/c'],
  ['/a.b/..c/...', '/a.b/..c/...'],
  ['/a%20b', '/a%20b'],
  ['/%C3%A9', '/%C3%A9'],
  ['/a%2Fb', '/a%2Fb'],
  ['/a:b@c;d=e,f+g~', '/a:b@c;d=e,f+g~'],
  ['/100%25', '/100%25'],
  ['/100%2525zz', '/100%2525zz'],
  ['app', undefined],
  ['app/', undefined],
  ['.', undefined],
  ['..', undefined],
  ['//', undefined],
  ['//evil.example', undefined],
  ['///evil.example', undefined],
  ['/app//', undefined],
  ['/app//b', undefined],
  ['/\\evil.example', undefined],
  ['\\\\evil.example', undefined],
  ['/app\\b', undefined],
  ['/%5Cevil.example', undefined],
  ['/%255cevil.example', undefined],
  ['/%2Fevil.example', undefined],
  ['/%252Fevil.example', undefined],
  ['/a%2f%2fevil.example', undefined],
  ['%2f%2fevil.example', undefined],
  ['/.', undefined],
  ['/..', undefined],
  ['/app/..', undefined],
  ['/app/./b', undefined],
  ['/app/../../b', undefined],
  ['/%2e%2e', undefined],
  ['/app/%2E%2E/b', undefined],
  ['/app/.%2e/b', undefined],
  ['/app/%252e%252e/b', undefined],
  ['/app/%25252e%25252e/b', undefined],
  ['/app/%25%32%65', undefined],
  ['/app/..;/b', undefined],
  ['/app/..%3bx/b', undefined],
  ['/app%2F..%2Fb', undefined],
  ['/%61pp', undefined],
  ['/app?b', undefined],
  ['/app%3Fb', undefined],
  ['/app#b', undefined],
  ['/app%23b', undefined],
  ['/app%2523b', undefined],
  ['/app b', undefined],
  ['/app\tb', undefined],
  ['/app\x7f', undefined],
  ['/app\xe9', undefined],
  ['/app%00', undefined],
  ['/app%0d%0aSet-Cookie:a=b', undefined],
  ['/app%250d%250a', undefined],
  ['/app%7f', undefined],
  ['/app%', undefined],
  ['/app%zz', undefined],
  ['/app%4', undefined],
  ['http://evil.example', undefined],
  ['https://evil.example/', undefined],
  ['javascript:alert(1)', undefined],
  ['/http://evil.example', undefined],
  [`/${'%25'.repeat(20)}2e`, `/${'%25'.repeat(20)}2e`],
  [`/%${'25'.repeat(9)}41`, undefined],
  [`/${'a'.repeat(2047)}`, `/${'a'.repeat(2047)}`],
  [`/${'a'.repeat(2048)}`, undefined],
];

describe('the prefix of a field', () => {
  for (const [value, prefix] of rows) {
    it(JSON.stringify(value.slice(0, 60)), () => {
      if (prefix !== undefined) {
        expect(parsePrefix(value)).to.equal(prefix);
      } else {
        expect(() => parsePrefix(value))
          .to.throw(ForwardedError, /^a forwarded prefix must .*, got /)
          .with.property('code', 'ERR_FORWARDED_PREFIX');
      }
    });
  }
});

/** The whole target, what is left of it, and the prefix that was taken off. */
const between: readonly (readonly [original: string, target: string, prefix: string | undefined])[] = [
  ['/app/a?b', '/a?b', '/app'],
  ['/app/a?b', '/a', '/app'],
  ['/app/', '/', '/app'],
  ['/app', '/', '/app'],
  ['/app?b', '/?b', '/app'],
  ['/a', '/a', ''],
  ['/', '/', ''],
  ['/app/a/a', '/a', '/app/a'],
  ['/my%20app/%61', '/a', '/my%20app'],
  ['//app//a', '/a', '/app'],
  ['/app/x/../a', '/a', '/app'],
  ['http://evil.example/app/a', '/a', '/app'],
  ['/app//evil.example', '//evil.example', '/app'],
  ['/app/a%2Fb', '/b', undefined],
  ['/app/a%2Fb', '/a%2Fb', '/app'],
  ['/appa', '/a', undefined],
  ['/app/a', '/b', undefined],
  ['/a', '/app/a', undefined],
  ['app/a', '/a', undefined],
  ['/app/%zz', '/%zz', undefined],
  ['/../app/a', '/a', undefined],
  ['/%252e%252e/a', '/a', undefined],
];

describe('the prefix between two targets', () => {
  for (const [original, target, prefix] of between) {
    it(`${original} and ${target}`, () => {
      if (prefix !== undefined) expect(prefixBetween(original, target)).to.equal(prefix);
      else expect(() => prefixBetween(original, target)).to.throw(ForwardedError);
    });
  }
});

/** Pieces that the prefixes of attackers are made of. */
const pieces = [
  ...['/', '//', '\\', '.', '..', ';', ':', '@', '?', '#', ' ', '\t', '%', ',', 'a', 'app', 'evil.example'],
  ...['http:', '%2f', '%2F', '%5c', '%5C', '%2e', '%2E', '%25', '%252f', '%255c', '%252e', '%00', '%0a'],
  ...['%3f', '%23', '%3B', '%09', '%20', '%61', '%25%32%66', '%c0%af', '%e2%80%ae', '\xe9', '25', '2f', '5c'],
];
const prefixes = fc
  .tuple(fc.constantFrom('', '/', '/app', '/app/'), fc.array(fc.constantFrom(...pieces), { maxLength: 6 }))
  .map(([start, rest]) => start + rest.join(''));

/** As the most generous of all servers and browsers would read it. */
function decodedForms(value: string): readonly string[] {
  const forms = [value];
  for (let last = ''; last !== forms.at(-1); ) {
    last = forms.at(-1) ?? '';
    forms.push(last.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))));
  }
  return forms;
}

function prefixOr(value: string): string | undefined {
  try {
    return parsePrefix(value);
  } catch (error) {
    if (error instanceof ForwardedError) return undefined;
    throw error;
  }
}

describe('any prefix', () => {
  it('is a path of this host however often it is decoded, or refused', () => {
    let taken = 0;
    fc.assert(
      fc.property(prefixes, (value) => {
        const prefix = prefixOr(value);
        if (prefix === undefined || prefix === '') return;
        taken++;
        for (const form of decodedForms(prefix)) {
          expect(form).to.match(/^\/(?![/\\])/);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          expect(form).to.not.match(/\/\/|\\|\/\.{1,2}(?:[/;]|$)|[?#]|[\u0000-\u001f\u007f]/);
          expect(new URL(form, 'https://site.example').host).to.equal('site.example');
        }
        expect(parsePrefix(`${prefix}/`)).to.equal(prefix);
      }),
      { numRuns: 3000 },
    );
    expect(taken).to.be.greaterThan(50);
  });

  it('leads to no Location of another host, with any path', async () => {
    const app = express();
    app.use('/docs', express.static('docs'));
    app.use(express.static('test'));
    app.get('/moved', (req, res) => res.redirect(`${req.baseUrl}/x`));
    app.get('/path/*rest', (req, res) => res.redirect(req.baseUrl + req.url));
    app.use((req, res) => res.redirect(req.originalUrl));
    const paths = fc
      .tuple(
        fc.constantFrom('/', '//', '/docs', '/path', '/\\', '/moved'),
        fc.array(fc.constantFrom('/', '//', '\\', '..', '.', '%2e', '%5c', '%2f', 'evil.example', 'path'), {
          maxLength: 5,
        }),
      )
      .map(([start, rest]) => start + rest.join(''));
    const proxied = behindProxy(app as unknown as Application, {
      trust: 'loopback',
      prefix: { header: 'x-forwarded-prefix' },
    });
    const { error } = console;
    console.error = () => {};
    let redirects = 0;
    await withServer(createServer(proxied), async (server) => {
      await fc.assert(
        fc.asyncProperty(prefixes, paths, async (prefix, path) => {
          const headers = ['Host: site.example', `X-Forwarded-Prefix: ${prefix.replace(/^\s+/, '')}`];
          const { status, headers: answered } = await rawRequest(server, path, { headers });
          const { location } = answered;
          if (prefixOr(prefix.split(',').at(-1)?.trim() ?? '') === undefined && prefix.trim() !== '') {
            if (!prefix.includes(',')) expect(status).to.equal(400);
          }
          if (location === undefined) return;
          redirects++;
          expect(location).to.not.match(/^(?:\/\/|\/\\)/);
          expect(new URL(location, 'https://site.example').host).to.equal('site.example');
        }),
        { numRuns: 400 },
      );
    }).finally(() => {
      console.error = error;
    });
    expect(redirects).to.be.greaterThan(20);
  });
});
