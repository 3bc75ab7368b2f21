/** Where a gateway listens: addresses as people write them, several at once, and Unix sockets, which are made with care. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { listenOn, parseListen, parseListens, resolveSocketOptions } from '../../lib/gateway/listen.js';
import { type Application, ConfigurationError, type Gateway, serve } from '../../lib/index.js';
import { askOnce, connectTo, Gateways } from '../support/front-end.js';

const addresses: readonly (readonly [given: unknown, listen: object | undefined])[] = [
  ['/run/app.sock', { path: '/run/app.sock' }],
  ['unix:/run/app.sock', { path: '/run/app.sock' }],
  ['unix:///run/app.sock', { path: '/run/app.sock' }],
  ['9000', { host: '127.0.0.1', port: 9000 }],
  ['127.0.0.1:9000', { host: '127.0.0.1', port: 9000 }],
  ['localhost:9000', { host: 'localhost', port: 9000 }],
  ['tcp:127.0.0.1:9000', { host: '127.0.0.1', port: 9000 }],
  ['tcp://[::1]:9000', { host: '::1', port: 9000 }],
  ['[::1]:9000', { host: '::1', port: 9000 }],
  [9000, { host: '127.0.0.1', port: 9000 }],
  [{ fd: 0 }, { fd: 0 }],
  ...[
    ...['', 'app.sock', ':9000', 'h:', 'h:70000', 'h:9000x', '::1:9000', 'http://h:80', 'unix:app.sock'],
    ...[70_000, -1, 1.5, {}, { fd: -1 }, { fd: '0' }, null, undefined, true, ['/a']],
  ].map((given): [unknown, undefined] => [given, undefined]),
];

const application: Application = (_req, res) => void res.end('x');

function messageOf(error: unknown): string {
  expect(error).to.be.instanceOf(ConfigurationError);
  return (error as Error).message;
}

/** Leaves a socket behind at a path, as a server does that is killed. */
function leaveBehind(path: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(statSync(path).isSocket()).to.equal(true);
}

describe('where a gateway listens', () => {
  for (const [given, listen] of addresses) {
    it(`${JSON.stringify(given)} is ${listen === undefined ? 'no address' : JSON.stringify(listen)}`, () => {
      if (listen === undefined)
        expect(() => parseListen(given as never)).to.throw(ConfigurationError, /option listen must be/);
      else expect(parseListen(given as never)).to.deep.equal(listen);
    });
  }

  it('a list is each of its addresses', () => {
    expect(parseListens(['/a', 9000, { fd: 3 }], {}, 1)).to.deep.equal([
      { path: '/a' },
      { host: '127.0.0.1', port: 9000 },
      { fd: 3 },
    ]);
  });

  const folder = mkdtempSync(join(tmpdir(), 'mountpoint-listen-'));
  after(() => rmSync(folder, { recursive: true }));
  let count = 0;
  const fresh = (): string => join(folder, `${count++}.sock`);
  const gateways = new Gateways();
  afterEach(() => gateways.close());

  for (const protocol of ['http', 'fastcgi'] as const) {
    it(`listens on several addresses at once, ${protocol}`, async () => {
      const path = fresh();
      const gateway = await gateways.start(application, { protocol, listen: [0, path, '[::1]:0'] });
      expect(gateway.address).to.equal(gateway.addresses[0]);
      expect(gateway.addresses[1]).to.equal(path);
      expect(gateway.addresses[2]).to.include({ address: '::1', family: 'IPv6' });
      for (const address of gateway.addresses)
        expect(await askOnce(protocol, address, '/')).to.deep.equal({ status: 200, body: 'x' });
      await gateway.close();
      for (const address of gateway.addresses) {
        const refused = await connectTo(address).catch((error: NodeJS.ErrnoException) => error.code);
        expect(refused).to.be.oneOf(['ECONNREFUSED', 'ENOENT']);
      }
      expect(statSync(path, { throwIfNoEntry: false })).to.equal(undefined);
    });
  }

  it('listens on all of them or on none', async () => {
    const taken = fresh();
    await gateways.start(application, { listen: taken });
    const path = fresh();
    const probe = await gateways.start(application);
    const { port } = probe.address as { port: number };
    await probe.close();
    const given = [path, port, taken];
    const error = await gateways.start(application, { listen: given }).catch((thrown: unknown) => thrown);
    expect(messageOf(error)).to.contain('where another server listens');
    expect(statSync(path, { throwIfNoEntry: false })).to.equal(undefined);
    const again = await gateways.start(application, { listen: [path, port] });
    expect((await askOnce('http', again.addresses[1] ?? null, '/')).body).to.equal('x');
  });

  it('a port that is taken rejects with the code of the system', async () => {
    const { address } = await gateways.start(application);
    const { port } = address as { port: number };
    const error = await gateways.start(application, { listen: port }).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'EADDRINUSE' });
  });

  describe('a Unix socket', () => {
    it('has its mode', async () => {
      for (const [mode, expected] of [
        [undefined, 0o660],
        [0o600, 0o600],
        [0o777, 0o777],
        [0, 0],
      ] as const) {
        const path = fresh();
        const listen = `unix:${path}`;
        const gateway = await gateways.start(application, { listen, ...(mode !== undefined && { mode }) });
        expect(gateway.address).to.equal(path);
        expect(statSync(path).mode & 0o777).to.equal(expected);
        expect((await askOnce('http', path, '/')).body).to.equal('x');
      }
    });

    it('is nobody’s before it has its mode, and what is made otherwise has the usual one', async () => {
      const before = process.umask();
      const path = fresh();
      const server = createServer();
      let first: number | undefined;
      server.on('listening', () => {
        first = statSync(path).mode & 0o777;
        writeFileSync(`${path}.txt`, 'x');
      });
      await listenOn(server, { path }, resolveSocketOptions({ mode: 0o666 }));
      expect(first).to.equal(0);
      expect(statSync(path).mode & 0o777).to.equal(0o666);
      expect(statSync(`${path}.txt`).mode & 0o777).to.equal(0o666 & ~before);
      expect(process.umask()).to.equal(before);
      server.close();
    });

    it('has its owner and group, by name or number', async function () {
      if (process.getuid?.() !== 0) this.skip();
      const idIn = (file: string, name: string): number =>
        Number(new RegExp(`^${name}:[^:]*:([0-9]+)`, 'm').exec(readFileSync(file, 'utf8'))?.[1]);
      const [uid, gid] = [idIn('/etc/passwd', 'daemon'), idIn('/etc/group', 'daemon')];
      for (const [owner, group, expected] of [
        ['daemon', 'daemon', [uid, gid]],
        [1234, 5678, [1234, 5678]],
        [undefined, 'daemon', [0, gid]],
        ['daemon', undefined, [uid, process.getgid?.()]],
      ] as const) {
        const path = fresh();
        const options = { ...(owner !== undefined && { owner }), ...(group !== undefined && { group }) };
        await gateways.start(application, { listen: path, ...options });
        const stat = statSync(path);
        expect([stat.uid, stat.gid, stat.mode & 0o777]).to.deep.equal([...expected, 0o660]);
      }
    });

    it('may be given to whoever runs the process', async () => {
      const path = fresh();
      const { uid } = userInfo();
      await gateways.start(application, { listen: path, owner: uid });
      expect(statSync(path).uid).to.equal(uid);
    });

    it('that cannot be given away is not left open', async () => {
      const path = fresh();
      const error = await gateways
        .start(application, { listen: path, owner: 2 ** 40 })
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Error);
      expect(statSync(path, { throwIfNoEntry: false })).to.equal(undefined);
    });

    it('is no socket on which somebody answers', async () => {
      const path = fresh();
      await gateways.start(application, { listen: path });
      const error = await gateways.start(application, { listen: path }).catch((thrown: unknown) => thrown);
      expect(messageOf(error)).to.equal(
        `the path of a socket must be free, got "${path}, where another server listens"`,
      );
      expect((await askOnce('http', path, '/')).body).to.equal('x');
    });

    it('is a socket that was left over', async () => {
      const path = fresh();
      leaveBehind(path);
      const gateway = await gateways.start(application, { listen: path });
      expect((await askOnce('http', gateway.address, '/')).body).to.equal('x');
    });

    it('that was left over is one server’s, whoever else wants it', async () => {
      for (let round = 0; round < 8; round++) {
        const path = fresh();
        leaveBehind(path);
        const asked = Array.from({ length: 4 }, (_, index) =>
          serve((_req, res) => void res.end(String(index)), { listen: path }).catch((error: Error) => error),
        );
        const results = await Promise.all(asked);
        const started = results.flatMap((result, index) =>
          result instanceof Error ? [] : [[index, result as Gateway] as const],
        );
        expect(started, results.map(String).join('\n')).to.have.lengthOf(1);
        for (const error of results.filter((result) => result instanceof Error))
          expect((error as NodeJS.ErrnoException).code).to.be.oneOf(['ERR_GATEWAY_OPTION', 'EADDRINUSE']);
        expect((await askOnce('http', path, '/')).body).to.equal(String(started[0]?.[0]));
        await started[0]?.[1].close(0);
      }
    });

    it('is no file, folder, or link to one', async () => {
      const file = join(folder, 'precious');
      writeFileSync(file, 'data');
      const directory = join(folder, 'directory');
      mkdirSync(directory);
      const link = join(folder, 'link');
      symlinkSync(file, link);
      const toNothing = join(folder, 'dangling');
      symlinkSync(join(folder, 'nothing'), toNothing);
      for (const path of [file, directory, link, toNothing]) {
        const error = await gateways.start(application, { listen: path }).catch((thrown: unknown) => thrown);
        expect(messageOf(error)).to.contain('which is a file');
      }
      expect(readFileSync(file, 'utf8')).to.equal('data');
    });

    it('is in a folder that is there', async () => {
      const path = join(folder, 'missing', 'a.sock');
      const error = await gateways.start(application, { listen: path }).catch((thrown: unknown) => thrown);
      expect(messageOf(error)).to.match(/^the folder of a socket must exist, got .*missing"$/);
    });

    it('has a path that fits: of one that is longer nothing is made', async () => {
      const longest = join(folder, 'a'.repeat(107 - folder.length - 1));
      await gateways.start(application, { listen: longest });
      expect(statSync(longest).isSocket()).to.equal(true);
      const error = await gateways
        .start(application, { listen: `${longest}bcd` })
        .catch((thrown: unknown) => thrown);
      expect(messageOf(error)).to.match(/^the path of a socket must have at most 107 bytes, got/);
    });

    it('is made in a worker thread, too, where there is no umask', async () => {
      const path = fresh();
      const listening = new URL('../../lib/gateway/listen.js', import.meta.url).href;
      const code = `
        import { createServer } from 'node:net';
        import { statSync } from 'node:fs';
        import { parentPort } from 'node:worker_threads';
        import { listenOn, resolveSocketOptions } from ${JSON.stringify(listening)};
        const server = createServer();
        await listenOn(server, { path: ${JSON.stringify(path)} }, resolveSocketOptions({ mode: 0o600 }));
        parentPort.postMessage(statSync(${JSON.stringify(path)}).mode & 0o777);
        server.close();`;
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
      const [mode] = await once(worker, 'message');
      expect(mode).to.equal(0o600);
      await worker.terminate();
    });

    it('of another process that dies is taken over', async () => {
      const path = fresh();
      const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('ready'))`;
      const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      const error = await gateways.start(application, { listen: path }).catch((thrown: unknown) => thrown);
      expect(messageOf(error)).to.contain('where another server listens');
      child.kill('SIGKILL');
      await once(child, 'exit');
      await gateways.start(application, { listen: path });
      expect((await askOnce('http', path, '/')).body).to.equal('x');
    });
  });
});
