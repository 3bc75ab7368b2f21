/** Percent coding: rows, and what holds for any string of bytes. */

import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeBytes,
  decodeText,
  decodeUnreserved,
  encodePath,
  encodeUtf8,
  foldAscii,
  hasOddEscape,
  isOneSpelling,
} from '../../lib/path/percent.js';

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });

describe('percent coding', () => {
  const texts: readonly (readonly [raw: string, text: string, why: string])[] = [
    ['/a', '/a', 'nothing to decode'],
    ['/%61', '/a', 'an escape'],
    ['/%c3%a9', '/é', 'UTF-8 in lower case'],
    ['/\xc3\xa9', '/é', 'UTF-8 as it is'],
    ['/%C3\xa9', '/é', 'half and half'],
    ['/%F0%9F%98%80', '/😀', 'four bytes'],
    ['/%EF%BB%BF', '/\ufeff', 'a byte order mark is a character'],
    ['/%ff', '/%FF', 'not UTF-8'],
    ['/\xff', '/%FF', 'not UTF-8, as it is'],
    ['/%c3', '/%C3', 'cut short'],
    ['/%e2%82/x', '/%E2%82/x', 'cut short before something'],
    ['/%e2%28%a1', '/%E2(%A1', 'a bad second byte'],
    ['/%e2%82%28', '/%E2%82(', 'a bad third byte'],
    ['/%c0%af', '/%C0%AF', 'overlong'],
    ['/%e0%80%af', '/%E0%80%AF', 'overlong in three bytes'],
    ['/%ed%a0%80', '/%ED%A0%80', 'a surrogate'],
    ['/%f4%90%80%80', '/%F4%90%80%80', 'above U+10FFFF'],
    ['/%f5%80%80%80', '/%F5%80%80%80', 'no first byte'],
    ['/%80', '/%80', 'a continuation alone'],
    ['/a%2Fb%2fc', '/a%2Fb%2fc', '%2F stays, in its case'],
    ['/a%00b', '/a%00b', '%00 stays'],
    ['/%c3%2f%a9', '/%C3%2f%A9', '%2F is no part of a sequence'],
    ['/%zz%4', '/%zz%4', 'malformed escapes stay'],
    ['/%%41', '/%A', 'a stray % before an escape'],
    ['/%25zz', '/%zz', 'decoded once'],
    ['/%0a%E2%80%A8', '/\n\u2028', 'line ends are characters'],
    ['/\u20ac', '/\u20ac', 'no byte: text already'],
  ];
  for (const [raw, text, why] of texts) {
    it(`decodes ${JSON.stringify(raw)} to text: ${why}`, () => {
      expect(decodeText(raw)).to.equal(text);
    });
  }

  it('decodes to bytes what encodePath() encoded', () => {
    fc.assert(
      fc.property(latin1, (bytes) => {
        const raw = encodePath(bytes.replaceAll('%', '%25'));
        expect(raw).to.match(/^[!-~]*$/);
        expect(decodeBytes(raw)).to.equal(bytes.replaceAll('\0', '%00'));
      }),
    );
  });

  it('decodes any text from its UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const safe = text.replaceAll('\0', '');
        const bytes = encodeUtf8(safe) as string;
        expect(decodeText(encodePath(bytes.replaceAll('%', '%25')))).to.equal(safe);
      }),
    );
  });

  it('never throws, and agrees with a strict decoder on what is UTF-8', () => {
    fc.assert(
      fc.property(latin1, (raw) => {
        const text = decodeText(raw);
        if (/%/.test(raw)) return;
        const buffer = Buffer.from(raw, 'latin1');
        if (Buffer.from(buffer.toString('utf8')).equals(buffer))
          expect(text).to.equal(buffer.toString('utf8'));
        else expect(text).to.match(/%[89A-F][0-9A-F]/);
      }),
      { numRuns: 1000 },
    );
  });

  it('decodes the escapes of unreserved characters only', () => {
    expect(decodeUnreserved('/%61%2d%2E%5f%7E%39%2F%20%c3')).to.deep.equal({
      path: '/a-._~9%2F%20%c3',
      malformed: false,
    });
    expect(decodeUnreserved('/a%')).to.deep.equal({ path: '/a%', malformed: true });
    expect(decodeUnreserved('/%4%61')).to.deep.equal({ path: '/%4a', malformed: true });
    expect(decodeUnreserved('/%4\u00e9')).to.deep.equal({ path: '/%4\u00e9', malformed: true });
    expect(decodeUnreserved('/%2561')).to.deep.equal({ path: '/%2561', malformed: false });
  });

  it('knows an odd escape', () => {
    const odd = ['/%61', '/%2e', '/%', '/%4', '/%4g', '/%20%zz'];
    const plain = ['/', '/%20', '/%2F%c3', '/%25%2541'];
    expect(odd.filter(hasOddEscape)).to.deep.equal(odd);
    expect(plain.filter(hasOddEscape)).to.deep.equal([]);
  });

  it('knows the one spelling of a byte', () => {
    const one = ['/', '/@me', '/a"b', '/%20%C3%a9', '/%25%2F%3F%23%00%7F'];
    const other = ['/%40', '/%41', '/%22', '/%', '/%zz', '/ ', '/\xe9', '/\x7f'];
    expect(one.filter((raw) => !isOneSpelling(raw))).to.deep.equal([]);
    expect(other.filter(isOneSpelling)).to.deep.equal([]);
  });

  it('folds ASCII letters and no byte of a sequence', () => {
    expect(foldAscii('/FoO\xc3\x84')).to.equal('/foo\xc3\x84');
    expect(foldAscii('/foo')).to.equal('/foo');
  });

  it('has no UTF-8 for half a surrogate pair', () => {
    expect(encodeUtf8('a\ud800')).to.equal(undefined);
    expect(encodeUtf8('é')).to.equal('\xc3\xa9');
  });
});
