/** What a process was started with: sockets of systemd, a web server's FastCGI socket, a CGI request; and what looks like one and is none. */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { GatewayAddress } from '../../lib/gateway/gateway.js';
import { isListening, startedAs, systemdDescriptors } from '../../lib/gateway/inherited.js';
import { ConfigurationError } from '../../lib/index.js';
import { askOnce } from '../support/front-end.js';

const script = join('build', 'test', 'gateway', 'inherited-child.js');

type Stdio = Exclude<StdioOptions, string>[number];

interface Child {
  readonly child: ChildProcess;
  /** What it says first. */
  readonly said: unknown;
}

/** A socket that listens, and may be given away. */
interface Given {
  readonly server: Server;
  readonly fd: number;
  readonly address: GatewayAddress;
}

/** Starts the child, with `handles` as its descriptors but for standard error. */
async function start(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
  input: Stdio,
  ...handles: readonly Stdio[]
): Promise<Child> {
  const child = spawn(process.execPath, [script, ...parameters], {
    env: { ...process.env, NODE_ENV: 'test', ...environment },
    stdio: [input, 'pipe', 'pipe', ...handles],
  });
  let text = '';
  for await (const bytes of child.stderr as NodeJS.ReadableStream) {
    text += bytes;
    if (text.includes('\n')) break;
  }
  return { child, said: JSON.parse(text.split('\n')[0] || 'null') };
}

describe('what a process was started with', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mountpoint inherited-'));
  const open: (Server | Socket)[] = [];
  const children: ChildProcess[] = [];
  after(() => {
    for (const each of open) {
      if ('close' in each) each.close();
      else each.destroy();
    }
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  const started = async (...parameters: Parameters<typeof start>): Promise<unknown> => {
    const { child, said } = await start(...parameters);
    children.push(child);
    return said;
  };

  let count = 0;
  /** A socket that listens, as a parent gives it to a child: it takes no connection itself, once `close()` was called. */
  const listening = async (where: 'unix' | 'tcp' | 'tcp6'): Promise<Given> => {
    const path = join(folder, `${count++} a.sock`);
    const server = createServer();
    if (where === 'unix') server.listen(`${path}.made`);
    else server.listen(0, where === 'tcp' ? '127.0.0.1' : '::1');
    await once(server, 'listening');
    open.push(server);
    // Closing it would remove the socket.
    if (where === 'unix') renameSync(`${path}.made`, path);
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    return { server, fd, address: where === 'unix' ? path : (server.address() as GatewayAddress) };
  };
  const connected = async (where: 'unix' | 'tcp'): Promise<Socket> => {
    const { server, address } = await listening(where);
    server.on('connection', (socket) => open.push(socket.on('error', () => undefined)));
    const socket = typeof address === 'string' ? connect(address) : connect(address?.port ?? 0, '127.0.0.1');
    await once(socket, 'connect');
    open.push(socket.on('error', () => undefined));
    return socket;
  };
  const file = async (path: string): Promise<number> => openSync(path, 'r');

  const inputs: readonly (readonly [name: string, make: () => Promise<unknown>, isListening: boolean])[] = [
    ['/dev/null', () => file('/dev/null'), false],
    ['a file', () => file('package.json'), false],
    ['a folder', () => file('.'), false],
    ['a pipe', async () => 'pipe', false],
    ['a connected TCP socket', () => connected('tcp'), false],
    ['a connected Unix socket', () => connected('unix'), false],
    ['a TCP socket that listens', async () => (await listening('tcp')).fd, true],
    ['a TCP socket of IPv6 that listens', async () => (await listening('tcp6')).fd, true],
    ['a Unix socket that listens, with a space in its path', async () => (await listening('unix')).fd, true],
  ];
  const seen = new Map<string, unknown>();
  before(async () => {
    const asked = inputs.map(async ([name, make]) => {
      const input = (await make()) as Stdio;
      seen.set(name, await started(['started'], {}, input));
    });
    await Promise.all(asked);
  });
  for (const [name, , listens] of inputs) {
    it(`standard input that is ${name}`, () => {
      expect(seen.get(name)).to.deep.equal({ started: listens ? 'fastcgi' : null, isListening: listens });
    });
  }

  it('a descriptor that is none is no socket', () => {
    expect([isListening(9999), isListening(-1), isListening(Number.NaN)]).to.deep.equal([
      false,
      false,
      false,
    ]);
  });

  it('the environment says whether it is CGI', () => {
    const rows: readonly (readonly [environment: Record<string, string>, started: string | undefined])[] = [
      [{ GATEWAY_INTERFACE: 'CGI/1.1' }, 'cgi'],
      [{ GATEWAY_INTERFACE: 'CGI/1.0' }, 'cgi'],
      [{ GATEWAY_INTERFACE: 'FCGI/1.0' }, undefined],
      [{ FCGI_FORCE_CGI: 'Y' }, 'cgi'],
      [{ FCGI_FORCE_CGI: 'yes' }, 'cgi'],
      [{ FCGI_FORCE_CGI: 'N' }, undefined],
      [{ FCGI_FORCE_CGI: '' }, undefined],
      [{}, undefined],
    ];
    for (const [environment, as] of rows) expect(startedAs(environment)).to.equal(as);
  });

  describe("protocol: 'auto'", () => {
    for (const where of ['unix', 'tcp'] as const) {
      it(`is FastCGI on the ${where} socket that a web server gave`, async () => {
        const { server, fd, address } = await listening(where);
        const options = JSON.stringify({ protocol: 'auto', mount: '/app' });
        const { child } = await start(['serve', options], {}, fd);
        server.close();
        const answer = await askOnce('fastcgi', address, '/app/x');
        expect(answer).to.deep.equal({ status: 200, body: `${child.pid} /app /x` });
        const exit = once(child, 'exit');
        expect((await askOnce('fastcgi', address, '/app/end')).body).to.equal('ending');
        expect(await exit).to.deep.equal([0, null]);
      });
    }

    it('is HTTP where nothing is said', async () => {
      const options = JSON.stringify({ protocol: 'auto', listen: 0, mount: '/app' });
      const { child, said } = await start(['serve', options], {}, 'ignore');
      children.push(child);
      const [address = null] = (said as { addresses: GatewayAddress[] }).addresses;
      expect((await askOnce('http', address, '/app/x')).body).to.equal(`${child.pid} /app /x`);
    });

    it('is CGI where there is a request', async () => {
      const environment = { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', REQUEST_URI: '/app/x' };
      const options = JSON.stringify({ protocol: 'auto', mount: '/app' });
      const child = spawn(process.execPath, [script, 'serve', options], {
        env: environment,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let answer = '';
      for await (const text of child.stdout.setEncoding('utf8')) answer += text;
      expect(answer).to.match(new RegExp(`^Status: 200 OK\r\n[^]*\r\n\r\n${child.pid} /app /x$`));
    });
  });

  describe("systemd's sockets", () => {
    const environment = (fds: string, names?: string): Record<string, string> => ({
      ...{ LISTEN_PID: '7', LISTEN_FDS: fds },
      ...(names !== undefined && { LISTEN_FDNAMES: names }),
    });
    const rows: readonly (readonly [
      environment: Record<string, string>,
      name: string | undefined,
      found: readonly number[] | RegExp,
    ])[] = [
      [environment('1'), undefined, [3]],
      [environment('3'), undefined, [3, 4, 5]],
      [environment('2', 'web:admin'), undefined, [3, 4]],
      [environment('2', 'web:admin'), 'admin', [4]],
      [environment('3', 'web:admin:web'), 'web', [3, 5]],
      [
        environment('2', 'web:admin'),
        'other',
        /name in listen: 'systemd:…' must be one of web:admin, got "other"/,
      ],
      [environment('2'), 'web', /must be one of , got "web"/],
      [environment('0'), undefined, /must be started by a systemd socket unit/],
      [environment(''), undefined, /must be started by a systemd socket unit/],
      [environment('-1'), undefined, /must be started by a systemd socket unit/],
      [environment('1x'), undefined, /must be started by a systemd socket unit/],
      [environment('99999'), undefined, /must be started by a systemd socket unit/],
      [{ LISTEN_FDS: '1' }, undefined, /must be started by a systemd socket unit/],
      [{ LISTEN_FDS: '1', LISTEN_PID: '8' }, undefined, /must be started by a systemd socket unit/],
      [{ LISTEN_FDS: '1', LISTEN_PID: '07' }, undefined, /must be started by a systemd socket unit/],
      [{}, undefined, /must be started by a systemd socket unit \(LISTEN_PID, LISTEN_FDS\), got undefined/],
    ];
    for (const [given, name, found] of rows) {
      it(`${JSON.stringify(given)}${name ? ` of the name ${name}` : ''}`, () => {
        const read = (): readonly number[] => systemdDescriptors(given, 7, name);
        if (found instanceof RegExp) expect(read).to.throw(ConfigurationError, found);
        else expect(read()).to.deep.equal(found);
      });
    }

    it('are listened on by this process, all or by name; the process of another are not', async () => {
      const servers = [await listening('tcp'), await listening('unix')];
      const handles = servers.map(({ fd }) => fd);
      const given = { LISTEN_PID: 'own', LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:admin' };
      const options = (listen: unknown): string => JSON.stringify({ protocol: ['http', 'scgi'], listen });
      const said = await Promise.all([
        start(['serve', options('systemd')], given, 'ignore', ...handles),
        start(['serve', options('systemd')], { ...given, LISTEN_PID: '1' }, 'ignore', ...handles),
        start(['descriptors', 'admin'], given, 'ignore', ...handles),
        start(['serve', options(['systemd:web', 'systemd:nobody'])], given, 'ignore', ...handles),
      ]);
      for (const { child } of said) children.push(child);
      for (const { server } of servers) server.close();
      expect(said[1]?.said).to.match(/must be started by a systemd socket unit/);
      expect(said[2]?.said).to.deep.equal([4]);
      expect(said[3]?.said).to.match(/must be one of web:admin, got "nobody"/);
      expect(said[0]?.said).to.have.property('addresses').that.has.lengthOf(2);
      for (const { address } of servers) {
        const answer = await askOnce('http', address, '/x');
        expect(answer).to.deep.equal({ status: 200, body: `${said[0]?.child.pid}  /x` });
        expect((await askOnce('scgi', address, '/y')).body).to.equal(`${said[0]?.child.pid}  /y`);
      }
    });
  });
});
