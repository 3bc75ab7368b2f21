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
    folder: '/run/lighttpd',
    script: '/srv/app.js',
  };
  const shown = [
    ...['nginx', 'apache', 'lighttpd', 'haproxy', 'caddy', 'h2o'].map((server) => [server, 'fastcgi']),
    ...[
      ['apache', 'fcgid'],
      ['lighttpd', 'fastcgi-spawned'],
    ],
  ];
  for (const [server, file] of shown) {
    it(`has ${server}/${file}.conf as it is run`, () => {
      const text = readFileSync(`test/live/config/${server}/${file}.conf`, 'utf8').replaceAll(
        '{{folder}}/root',
        '/var/www',
      );
      expect(page).to.contain(`\n${fill(text, values).trimEnd()}\n\`\`\`\n`);
    });
  }
});
