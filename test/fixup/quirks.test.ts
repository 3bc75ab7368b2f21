/**
 * The quirks: each is met in a recording or a vector of an old server, and docs/front-servers.md says the same.
 */

import { expect } from 'chai';
import { headerQuirks } from '../../lib/environ/headers.js';
import { RequestTargetError } from '../../lib/errors.js';
import { type EnvironOptions, resolveEnviron } from '../../lib/fixup/environ.js';
import { quirks } from '../../lib/fixup/quirks.js';
import { fileAt } from '../project/sources.js';
import { recordings, variablesOf } from './recordings.js';

/** Which quirks a recording shows, with the first exchange that shows it. */
function metIn(): Map<string, string[]> {
  const met = new Map<string, string[]>();
  for (const recording of recordings) {
    const { mount, name } = recording;
    const target = recording.target === 'rewritten elsewhere' ? 'kept' : recording.target;
    for (const exchange of recording.exchanges) {
      try {
        for (const quirk of resolveEnviron(variablesOf(recording, exchange), { mount, target })?.quirks ??
          []) {
          const names = met.get(quirk) ?? [];
          if (!names.includes(name)) met.set(quirk, [...names, name]);
        }
      } catch (error) {
        if (!(error instanceof RequestTargetError)) throw error;
      }
    }
  }
  return met;
}

/** Recordings that must show a quirk; the server's name in `seen` of its row stands for them. */
const shown: Readonly<Record<string, readonly string[]>> = {
  'no-script-name': ['nginx.scgi.foo'],
  'script-is-path': ['nginx.fastcgi.foo', 'apache.proxy_fcgi.foo-keep', 'nginx.fastcgi-fcgiwrap.foo-split'],
  'pathinfo-is-path': [
    'nginx.uwsgi.foo',
    'h2o.fastcgi.foo',
    'caddy.fastcgi.foo',
    'apache.proxy_uwsgi.foo-keep',
  ],
  duplicated: ['nginx.uwsgi.foo-modifier30', 'uwsgi.uwsgi-httprouter.root-modifier1'],
  'first-segment': [
    'lighttpd.fastcgi.root',
    'apache.proxy_fcgi.root-sethandler',
    'apache.fcgid.root-wrapper-virtual',
  ],
  'next-slash': ['lighttpd.fastcgi.foo-slash'],
  'script-file': [
    'nginx.fastcgi.root-php',
    'lighttpd.fastcgi.root-ext-php',
    'haproxy.fcgi-app.root-pathinfo-php',
  ],
  'internal-script': [
    'apache.cgid.foo-rewrite-pt',
    'apache.cgid.root-fallback',
    'caddy.fastcgi.foo-php_fastcgi',
  ],
  'mount-lost': ['nginx.uwsgi.foo-rewrite-strip'],
  undecoded: ['haproxy.fcgi-app.foo-setparam', 'apache.proxy_fcgi.foo-setenvif-admin'],
  'absolute-path-info': ['h2o.fastcgi.root', 'uwsgi.uwsgi-httprouter.root'],
  'other-path-info': ['apache.proxy_uwsgi.foo-sethandler'],
  'decoded-uri': ['apache.mod_python.foo-location'],
  'decoded-target': ['apache.jk.foo-ForwardURICompat'],
  'absolute-uri': ['apache.cgi.root', 'h2o.fastcgi.root', 'haproxy.fcgi-app.nested-pathinfo'],
  'not-normalised': ['caddy.fastcgi.foo', 'haproxy.fcgi-app.nested-pathinfo'],
  'stripped-uri': ['lighttpd.fastcgi.foo-strip-request-uri'],
  'mount-not-stripped': ['lighttpd.fastcgi.foo-strip-request-uri', 'nginx.http.foo-regex'],
};

/** What no server of today was recorded to send. */
const vectors: Readonly<Record<string, readonly [Readonly<Record<string, string>>, EnvironOptions]>> = {
  'unencoded-url': [
    {
      IIS_WasUrlRewritten: '1',
      UNENCODED_URL: '/foo/a',
      REQUEST_URI: '/x',
      SCRIPT_NAME: '/foo',
      PATH_INFO: '/a',
    },
    { mount: '/foo' },
  ],
  'script-url': [{ SCRIPT_URL: '/foo/a', SCRIPT_NAME: '/foo', PATH_INFO: '/a' }, { mount: '/foo' }],
  'redirect-url': [{ REDIRECT_URL: '/foo/a', SCRIPT_NAME: '/foo', PATH_INFO: '/a' }, { mount: '/foo' }],
  'orig-path-info': [{ ORIG_PATH_INFO: '/a', SCRIPT_NAME: '/foo', REQUEST_URI: '/foo/a' }, { mount: '/foo' }],
  'iis-duplicated': [
    { SERVER_SOFTWARE: 'Microsoft-IIS/7.5', SCRIPT_NAME: '/foo', PATH_INFO: '/foo/a' },
    { mount: '/foo' },
  ],
  'uwsgi-slash': [{ REQUEST_URI: '/foo', SCRIPT_NAME: '/foo', PATH_INFO: '/' }, { mount: '/foo' }],
  'double-slash': [{ REQUEST_URI: '/foo/a', SCRIPT_NAME: '/foo', PATH_INFO: '//a' }, { mount: '/foo' }],
};

describe('quirks', () => {
  const met = metIn();

  it('are met, each of them', () => {
    const names = [...Object.keys(shown), ...Object.keys(vectors)];
    expect(names.sort()).to.deep.equal(quirks.map(({ name }) => name).sort());
  });

  for (const [name, names] of Object.entries(shown)) {
    it(`${name} is met in ${names.join(', ')}`, () => {
      expect(met.get(name)).to.include.members([...names]);
      const { seen } = quirks.find((quirk) => quirk.name === name) as (typeof quirks)[number];
      for (const recording of names) {
        const [server = ''] = recording.split('.');
        expect(seen.toLowerCase().replace('mod_', 'apache mod_')).to.include(server);
      }
    });
  }

  for (const [name, [environ, options]] of Object.entries(vectors)) {
    it(`${name} is met in ${JSON.stringify(environ)}`, () => {
      expect(resolveEnviron(environ, options)?.quirks).to.include(name);
    });
  }

  it('are met where a bare mount is asked for, and without REQUEST_URI', () => {
    const quirksOf = (environ: Readonly<Record<string, string>>): readonly string[] | undefined =>
      resolveEnviron(environ, { mount: '/foo' })?.quirks;
    expect(quirksOf({ REQUEST_URI: '/foo', PATH_INFO: '/' })).to.deep.equal(['mount-lost']);
    expect(quirksOf({ SCRIPT_NAME: '/foo', PATH_INFO: '//a' })).to.deep.equal(['double-slash']);
  });

  it('are none where what comes is right', () => {
    const right = { SCRIPT_NAME: '/foo', PATH_INFO: '/a b', REQUEST_URI: '/foo/a%20b', QUERY_STRING: '' };
    expect(resolveEnviron(right, { mount: '/foo' })?.quirks).to.deep.equal([]);
    expect(
      resolveEnviron({ SCRIPT_NAME: '/foo', REQUEST_URI: '/foo' }, { mount: '/foo' })?.quirks,
    ).to.deep.equal([]);
    for (const name of ['apache.cgi.root', 'nginx.fastcgi.foo-split-opt', 'lighttpd.scgi.foo-fixroot']) {
      const recording = recordings.find((each) => each.name === name) as (typeof recordings)[number];
      const exchange = recording.exchanges.find(
        ({ id }) => id === 'bar',
      ) as (typeof recording.exchanges)[number];
      expect(
        resolveEnviron(variablesOf(recording, exchange), { mount: recording.mount })?.quirks,
        name,
      ).to.deep.equal([]);
    }
  });
});

describe('docs/front-servers.md', () => {
  const text = fileAt('docs/front-servers.md')?.text ?? '';

  it('has the row of each quirk', () => {
    const rows = quirks.map(
      ({ name, says, seen }) => `| \`${name}\` | ${says} | ${seen.replaceAll('|', '\\|')} |`,
    );
    expect(tableBelow(text, 'SCRIPT_NAME, PATH_INFO, REQUEST_URI')).to.deep.equal(rows);
  });

  it('has the row of each quirk of header fields', () => {
    const rows = headerQuirks.map(
      ({ name, says, seen, answer }) => `| \`${name}\` | ${says} | ${seen} | ${answer} |`,
    );
    expect(tableBelow(text, 'Header fields')).to.deep.equal(rows);
  });
});

/** The rows of the first table below a heading. */
function tableBelow(text: string, heading: string): readonly string[] {
  const [, section = ''] = text.split(`## ${heading}\n`);
  const lines = section.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|---'));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return start === -1 ? [] : lines.slice(start + 1, end);
}
