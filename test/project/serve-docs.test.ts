/** docs/serve.md shows the configurations that test/live runs. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { fill } from '../live/front-server.js';
import { mountValues } from '../live/mount-values.js';

describe('docs/serve.md', () => {
  const page = readFileSync('docs/serve.md', 'utf8');
  const values: Readonly<Record<string, string>> = {
    ...mountValues('/app', ''),
    upstream: '127.0.0.1:9000',
    upstreamHost: '127.0.0.1',
    upstreamPort: '9000',
    port: '80',
    folder: '/var/www',
  };
  for (const server of ['nginx', 'apache', 'lighttpd', 'haproxy', 'caddy', 'h2o']) {
    it(`has the configuration of ${server} as it is run`, () => {
      const text = readFileSync(`test/live/config/${server}/fastcgi.conf`, 'utf8').replaceAll(
        '{{folder}}/root',
        '{{folder}}',
      );
      expect(page).to.contain(`\n${fill(text, values).trimEnd()}\n\`\`\`\n`);
    });
  }
});
