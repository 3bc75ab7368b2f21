/** docs/behind-a-proxy.md shows the configurations that the live tests run, as they are. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { proxyNames } from '../live/front-server.js';

const page = readFileSync('docs/behind-a-proxy.md', 'utf8');
const root = 'data/config';

/** The application's address on the page, for what a test puts in its place. */
const address: Readonly<Record<string, string>> = {
  upstream: '127.0.0.1:8000',
  upstreamHost: '127.0.0.1',
  upstreamPort: '8000',
};

describe('docs/behind-a-proxy.md', () => {
  for (const server of proxyNames) {
    for (const name of ['kept', 'prefixed']) {
      it(`shows ${server}/${name}.conf`, () => {
        const text = readFileSync(`${root}/${server}/${name}.conf`, 'utf8');
        const shown = text.replaceAll(/\{\{(\w+)\}\}/g, (whole, value: string) => address[value] ?? whole);
        expect(page).to.contain(`\n${shown.trimEnd()}\n\`\`\``);
      });
    }

    it(`is right that ${server} needs no more than a prefix header, or none, to strip`, () => {
      const [stripped, prefixed] = ['stripped', 'prefixed'].map((name) =>
        readFileSync(`${root}/${server}/${name}.conf`, 'utf8').split('\n'),
      );
      const more = prefixed?.filter((line) => !stripped?.includes(line)) ?? [];
      expect(more.filter((line) => !/X-Forwarded-Prefix|[{}<]|mod_setenv/.test(line))).to.deep.equal([]);
      expect(more.join()).to.contain('X-Forwarded-Prefix');
    });
  }
});
