/**
 * docs/deployment has a page for each front server, which shows the configurations that test/live runs: in a subfolder whole, and of
 * the same at the root and with a slash the lines that differ.
 */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { configurationText, fill } from '../../lib/harness/front-servers.js';
import { mountValues } from '../../lib/harness/mount-values.js';
import { type FrontServerName, frontServers } from '../live/front-server.js';
import { gatewayRows } from '../live/gateway-rows.js';

const pageOf = (server: FrontServerName): string => readFileSync(`docs/deployment/${server}.md`, 'utf8');

/** What the pages have in the place of what a test puts there. */
const values: Readonly<Record<string, string>> = {
  ...{ upstream: '127.0.0.1:9000', upstreamHost: '127.0.0.1', upstreamPort: '9000', port: '80' },
  ...{ folder: '/run/lighttpd', script: '/srv/app.js', wrapper: '/run', module: 'cgid' },
  ...{ secret: 'sesame', backendType: 'FPM', uri: 'ForwardURICompatUnparsed', slashes: 'NoDecode' },
};

function shown(server: FrontServerName, file: string, mount: '/' | '/app', slash: '' | '/'): string {
  const text = configurationText(server, file).replaceAll('{{folder}}/root', '/var/www');
  return fill(text, { ...values, ...mountValues(mount, slash) }).trimEnd();
}

/** Those that a page is to show: of each protocol the one of its name, and what else is worth copying. */
const others = ['fcgid', 'fastcgi-spawned', 'fcgiwrap', 'jk'];
const rows = gatewayRows.filter(
  ({ protocol, server, file }) =>
    others.includes(file) || (file === protocol && !(server === 'lighttpd' && protocol === 'ajp')),
);
const files = [...new Map(rows.map((row) => [`${row.server}/${row.file}`, row])).entries()];

describe('docs/deployment', () => {
  for (const [name, { server, file, slashes }] of files) {
    it(`has ${name}.conf as it is run`, () => {
      const page = pageOf(server);
      const whole = shown(server, file, '/app', '');
      expect(page).to.contain(`\n${whole}\n\`\`\`\n`);
      const variants = [shown(server, file, '/', '')];
      if (slashes === undefined) variants.push(shown(server, file, '/app', '/'));
      for (const line of variants.flatMap((text) => text.split('\n'))) expect(page).to.contain(`\n${line}\n`);
    });
  }

  it('has nothing of a configuration that is not run', () => {
    for (const server of Object.keys(frontServers) as FrontServerName[]) {
      const known = gatewayRows
        .filter((row) => row.server === server)
        .flatMap(({ file }) => [
          shown(server, file, '/app', ''),
          shown(server, file, '/', ''),
          shown(server, file, '/app', '/'),
        ]);
      const lines = new Set(known.flatMap((text) => text.split('\n')));
      const blocks = [...pageOf(server).matchAll(/\n```(?!ts\b)\w+\n(.*?)\n```\n/gs)];
      expect(blocks, server).to.not.deep.equal([]);
      for (const line of blocks.flatMap(([, block = '']) => block.split('\n'))) {
        if (!/^# (?:At the root|With the slash):$/.test(line)) expect([...lines], server).to.include(line);
      }
    }
  });

  it('is linked to by docs/serve.md', () => {
    const page = readFileSync('docs/serve.md', 'utf8');
    for (const server of Object.keys(frontServers)) expect(page).to.contain(`(deployment/${server}.md)`);
  });
});
