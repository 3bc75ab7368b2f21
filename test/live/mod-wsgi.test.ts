/** The real Apache with mod_wsgi, and `MountTable`, asked the same: targets that nobody recorded. */

import { expect } from 'chai';
import fc from 'fast-check';
import { MountTable, RequestTargetError } from '../../lib/index.js';
import { answerOf } from '../support/mod-wsgi.js';
import { rawRequestTo } from '../support/raw.js';
import { rawTargets } from '../support/targets.js';
import { type Apache, hasModule, moduleDirective, startApache } from './apache.js';
import { describeLive } from './program.js';

/** `AllowEncodedSlashes` in our words. */
const policies = { Off: 'reject', On: 'decode', NoDecode: 'keep' } as const;

const configurations: readonly {
  readonly mounts: readonly string[];
  readonly slashes: keyof typeof policies;
}[] = [
  { mounts: ['/foo', '/a/b', '/'], slashes: 'Off' },
  { mounts: ['/foo/bar', '/foo', '/a b', '/föö'], slashes: 'NoDecode' },
  { mounts: ['/foo', '/a', '/a/b', '/'], slashes: 'On' },
  { mounts: ['/A', '/a', '/~', '/a;b', '/a//b'], slashes: 'NoDecode' },
];

/** What follows a mount in targets that are meant for it. */
const tails = [
  '',
  '/',
  '/x',
  '//x',
  '/../x',
  '/./',
  '%2Fx',
  'x',
  ';p',
  '/%zz',
  '/%00',
  '/..%2f..%2fa',
  '/x%2F..%2Fy',
  '?q',
  '.html',
];

const application = (name: string) => `import json
def application(environ, start_response):
    body = json.dumps(["${name}", environ["SCRIPT_NAME"], environ["PATH_INFO"]]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
`;

/** `status application script-name path-info`, as Apache answers; the last two as bytes in hexadecimal. */
async function askApache(apache: Apache, target: string): Promise<string> {
  const { status, body } = await rawRequestTo(apache.port, target, { headers: ['Host: localhost'] });
  if (status !== 200) return String(status);
  const [name, ...parts] = JSON.parse(body) as [string, string, string];
  return [status, name, ...parts.map((bytes) => Buffer.from(bytes, 'latin1').toString('hex'))].join(' ');
}

function askTable(table: MountTable<string>, target: string): string {
  try {
    const match = table.resolve(target);
    return match === undefined ? '404' : answerOf(match.value, match.rawScriptName, match.rawPathInfo);
  } catch (error) {
    if (error instanceof RequestTargetError) return String(error.status);
    throw error;
  }
}

describeLive('Apache + mod_wsgi', 'apache2', (program) => {
  for (const { mounts, slashes } of configurations) {
    it(`answers as MountTable does: ${mounts.join(', ')}, AllowEncodedSlashes ${slashes}`, async () => {
      expect(hasModule('mod_wsgi'), 'libapache2-mod-wsgi-py3 is installed').to.equal(true);
      const files = Object.fromEntries(
        mounts.map((_, index) => [`${index}.wsgi`, application(`app${index}`)]),
      );
      const apache = await startApache(program, files, (folder) =>
        [
          moduleDirective('wsgi'),
          // Or the server takes ten seconds to end.
          'WSGIDestroyInterpreter Off',
          `AllowEncodedSlashes ${slashes}`,
          ...mounts.map((path, index) => `WSGIScriptAlias "${path}" ${folder}/${index}.wsgi`),
        ].join('\n'),
      );
      try {
        const table = new MountTable<string>({ order: 'declared', encodedSlashes: policies[slashes] });
        for (const [index, path] of mounts.entries()) table.set(path, `app${index}`);
        const meant = mounts.flatMap((path) => tails.map((tail) => encodeURI(path) + tail));
        const targets = [...meant, ...fc.sample(rawTargets, { numRuns: 1000, seed: 20 })];
        const compare = async (target: string) => {
          expect(askTable(table, target), JSON.stringify(target)).to.equal(await askApache(apache, target));
        };
        const all = [...new Set(targets)];
        for (let from = 0; from < all.length; from += 25) {
          await Promise.all(all.slice(from, from + 25).map(compare));
        }
      } finally {
        await apache.stop();
      }
    }).timeout(60_000);
  }
});
