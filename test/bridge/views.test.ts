/** Views of sockets and requests, where nobody else looks: as objects, and where something is missing. */

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { restoreRequest, showRequest, withoutFields } from '../../lib/bridge/request-view.js';
import { type Connection, viewSocket } from '../../lib/bridge/socket-view.js';

const client: Connection = {
  remoteAddress: '203.0.113.7',
  remotePort: 4711,
  encrypted: true,
  host: 'site.example',
  port: undefined,
};

describe('a view of a socket', () => {
  it('is seen as the socket is, but for what it says otherwise', () => {
    const socket = Object.assign(new Socket(), { own: 1 });
    Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1', enumerable: true });
    const view = viewSocket(socket, client) as Socket & { own?: number };
    expect(Object.keys(view)).to.deep.equal(Object.keys(socket));
    expect({ ...view }).to.include({ remoteAddress: '203.0.113.7', own: 1 });
    expect(Object.getOwnPropertyDescriptor(view, 'own')).to.include({ value: 1, configurable: true });
    expect(Object.getOwnPropertyDescriptor(view, 'nothing')).to.equal(undefined);
    expect('own' in view && 'encrypted' in view && 'pipe' in view).to.equal(true);
    expect('nothing' in view).to.equal(false);
    expect(delete view.own).to.equal(true);
    expect('own' in socket).to.equal(false);
    expect(view).to.be.instanceOf(Socket);
    expect([view.remotePort, view.localPort, view.remoteFamily]).to.deep.equal([4711, 443, 'IPv4']);
  });

  it('takes what is defined on it to the socket, and never what it says otherwise', () => {
    const socket = new Socket();
    const view = viewSocket(socket, client) as Socket & { own?: number };
    Object.defineProperty(view, 'own', { value: 1, configurable: true });
    Object.defineProperty(view, 'remotePort', { value: 1, configurable: true });
    expect((socket as typeof view).own).to.equal(1);
    expect([view.remotePort, socket.remotePort]).to.deep.equal([1, undefined]);
    expect(Reflect.defineProperty(view, 'other', { get: () => 1 })).to.equal(true);
    expect(socket).to.have.property('other', 1);
    expect(Reflect.defineProperty(view, 'remoteAddress', { get: () => 1 })).to.equal(false);
    expect(socket.remoteAddress).to.equal(undefined);
    expect(() => Object.freeze(view)).to.throw(TypeError);
    expect(Reflect.setPrototypeOf(view, null)).to.equal(false);
    // Nothing of one view is another's.
    expect('own' in viewSocket(new Socket(), client)).to.equal(false);
  });

  it('says otherwise what the socket has for good, as a reader of the PROXY protocol leaves it', () => {
    const socket = new Socket();
    for (const name of ['remoteAddress', 'remotePort', 'localPort', 'encrypted']) {
      Object.defineProperty(socket, name, { value: 'fixed' });
    }
    const { remoteAddress, remotePort, localPort, encrypted } = viewSocket(socket, client) as Socket & {
      encrypted: boolean;
    };
    expect([remoteAddress, remotePort, localPort, encrypted]).to.deep.equal(['203.0.113.7', 4711, 443, true]);
  });

  const ports: readonly (readonly [connection: Partial<Connection>, port: number])[] = [
    [{ encrypted: false }, 80],
    [{ host: 'site.example:8443' }, 8443],
    [{ host: 'site.example:8443', port: '1' }, 8443],
    [{ port: '8080' }, 8080],
    [{ host: undefined }, 443],
    [{ host: 'a b' }, 443],
  ];
  for (const [connection, port] of ports) {
    it(`has the port ${port} with ${JSON.stringify(connection)}`, () => {
      expect(viewSocket(new Socket(), { ...client, ...connection }).localPort).to.equal(port);
    });
  }

  it('has no family without an address, and that of IPv6', () => {
    const familyOf = (remoteAddress: string | undefined) =>
      viewSocket(new Socket(), { ...client, remoteAddress }).remoteFamily;
    expect([familyOf(undefined), familyOf('::1')]).to.deep.equal([undefined, 'IPv6']);
  });
});

describe('a view of a request', () => {
  const takenOff = { has: (name: string) => /^x-/i.test(name) };

  function requestOf(...rawHeaders: string[]): IncomingMessage {
    const req = new IncomingMessage(new Socket());
    req.rawHeaders = rawHeaders;
    req.headers = Object.fromEntries(
      rawHeaders.flatMap((name, index) => (index % 2 ? [] : [[name.toLowerCase(), rawHeaders[index + 1]]])),
    );
    return req;
  }

  const rows: readonly (readonly [
    raw: readonly string[],
    host: string | undefined,
    shown: readonly string[],
  ])[] = [
    [['Host', 'a', 'X-A', '1', 'B', '2', 'x-b', '3'], undefined, ['Host', 'a', 'B', '2']],
    [['X-A', '1', 'Host', 'a'], 'b', ['Host', 'b']],
    [['Host', 'a', 'B', '2'], 'b', ['Host', 'b', 'B', '2']],
    [['B', '2'], 'b', ['B', '2', 'Host', 'b']],
    [['Host', 'a', 'B', '2', 'HOST', 'c', 'host', 'd'], 'b', ['Host', 'b', 'B', '2']],
  ];
  for (const [raw, host, shown] of rows) {
    it(`${raw.join()} with the host ${host}`, () => {
      const req = requestOf(...raw);
      const before = { headers: req.headers, rawHeaders: req.rawHeaders, socket: req.socket };
      const rawHeaders = withoutFields(req.rawHeaders, takenOff);
      expect(rawHeaders === undefined).to.equal(!raw.some((name) => /^x-/i.test(name)));
      const view = { takenOff, rawHeaders, host, scheme: undefined, socket: undefined };
      const undo = showRequest(req, view, true);
      expect(req.rawHeaders).to.deep.equal(shown);
      expect(Object.entries(req.headers).flat().map(String)).to.have.members(
        shown.map((text, index) => (index % 2 ? text : text.toLowerCase())),
      );
      const distinct = Object.entries(req.headersDistinct).map(([name, values]) => [name, values?.join()]);
      expect(Object.fromEntries(distinct)).to.deep.equal(req.headers);
      expect(req.headersDistinct).to.equal(req.headersDistinct);
      restoreRequest(req, undo);
      expect(req.headers).to.equal(before.headers);
      expect(req.rawHeaders).to.equal(before.rawHeaders);
      expect(req.socket).to.equal(before.socket);
      expect(Object.hasOwn(req, 'headersDistinct')).to.equal(false);
      expect(before.rawHeaders).to.deep.equal(raw);
    });
  }

  it('can be given other distinct headers, as Node’s', () => {
    const req = requestOf('Host', 'a', 'X-A', '1');
    const rawHeaders = withoutFields(req.rawHeaders, takenOff);
    showRequest(req, { takenOff, rawHeaders, host: undefined, scheme: undefined, socket: undefined }, true);
    const mine = { a: ['b'] };
    Object.assign(req, { headersDistinct: mine });
    expect(req.headersDistinct).to.equal(mine);
  });

  it('counts a field that comes twice', () => {
    const req = requestOf('A', '1', 'a', '2', 'X-A', '1');
    const rawHeaders = withoutFields(req.rawHeaders, takenOff);
    showRequest(req, { takenOff, rawHeaders, host: undefined, scheme: undefined, socket: undefined }, true);
    expect(req.headersDistinct.a).to.deep.equal(['1', '2']);
  });

  it('keeps what HTTP/2 marks as sensitive', () => {
    const mark = Symbol('sensitive');
    const req = requestOf('authorization', 'a', 'x-a', '1');
    Object.assign(req, { httpVersionMajor: 2 });
    Object.assign(req.headers, { [mark]: ['authorization'] });
    const rawHeaders = withoutFields(req.rawHeaders, takenOff);
    showRequest(req, { takenOff, rawHeaders, host: undefined, scheme: undefined, socket: undefined }, true);
    expect(Reflect.get(req.headers, mark)).to.deep.equal(['authorization']);
    expect(Object.keys(req.headers)).to.deep.equal(['authorization']);
  });
});
