/** Options of `serve()`: what they are when nobody says, and that a mistake throws where it is made, with what to do instead. */

import { expect } from 'chai';
import { resolveServeOptions } from '../../lib/gateway/options.js';
import { type Application, ConfigurationError, serve } from '../../lib/index.js';

const application: Application = (_req, res) => void res.end();

const mistakes: readonly (readonly [options: unknown, code: string, message: RegExp])[] = [
  [undefined, 'ERR_GATEWAY_OPTION', /^the options of serve\(\) must be an object, got undefined$/],
  [null, 'ERR_GATEWAY_OPTION', /^the options of serve\(\) must be an object, got null$/],
  [9000, 'ERR_GATEWAY_OPTION', /^the options of serve\(\) must be an object, got 9000$/],
  [{}, 'ERR_GATEWAY_OPTION', /^the option listen must be a path, .* got undefined$/],
  [{ listen: [] }, 'ERR_GATEWAY_OPTION', /^the option listen must be a path, .* got/],
  [{ listen: [0, 'nowhere'] }, 'ERR_GATEWAY_OPTION', /^the option listen must be a path, .* got "nowhere"$/],
  [{ listen: 'systemd' }, 'ERR_GATEWAY_OPTION', /^with listen: 'systemd' the process must be started by/],
  [
    { listen: 0, protocol: 'spdy' },
    'ERR_GATEWAY_OPTION',
    /^the option protocol must be http, .* got "spdy"$/,
  ],
  [{ listen: 0, protocol: null }, 'ERR_GATEWAY_OPTION', /^the option protocol must be http, .* got null$/],
  [{ listen: 0, protocol: [] }, 'ERR_GATEWAY_OPTION', /^the option protocol must be http, .* got/],
  [{ listen: 0, protocol: ['http', 'auto'] }, 'ERR_GATEWAY_OPTION', /^the option protocol must be http/],
  [
    { listen: 0, protocol: ['http', 'cgi'] },
    'ERR_GATEWAY_OPTION',
    /must hold 'cgi' alone: it does not listen/,
  ],
  [{ listen: 0, allowedClients: 'nowhere' }, 'ERR_GATEWAY_OPTION', /^the option allowedClients must be addr/],
  [{ listen: 0, allowedClients: 5 }, 'ERR_GATEWAY_OPTION', /^the option allowedClients must be .* got 5$/],
  [{ listen: 0, allowedClients: ['127.0.0.1', '10.0.0.0/99'] }, 'ERR_GATEWAY_OPTION', /allowedClients/],
  [{ listen: 0, mount: 'foo' }, 'ERR_MOUNT_PATH', /must begin with|leading slash|"\/foo"/],
  [{ listen: 0, mount: '//host/foo' }, 'ERR_MOUNT_HOST', /^the mount must be a path, got "\/\/host\/foo"$/],
  [{ listen: 0, target: 'strip' }, 'ERR_MOUNT_OPTION', /target/],
  [{ listen: 0, prefix: '/foo' }, 'ERR_MOUNT_OPTION', /prefix/],
  [{ listen: 0, encodedSlashes: 'maybe' }, 'ERR_MOUNT_OPTION', /encodedSlashes/],
  [{ listen: 0, collisions: 'maybe' }, 'ERR_MOUNT_OPTION', /collisions/],
  [
    { listen: 0, log: 'stderr' },
    'ERR_GATEWAY_OPTION',
    /^the option log must be a function or 'front-server'/,
  ],
  [
    { listen: 0, authorizer: true },
    'ERR_GATEWAY_OPTION',
    /^the option authorizer must be a function, got true$/,
  ],
  [{ listen: 0, limits: 5 }, 'ERR_GATEWAY_OPTION', /^the option limits must be an object, got 5$/],
  [{ listen: 0, limits: null }, 'ERR_GATEWAY_OPTION', /^the option limits must be an object, got null$/],
  [{ listen: 0, limits: { maxParams: 0 } }, 'ERR_PROTOCOL_OPTION', /^the limit maxParams must be a positive/],
  [
    { listen: 0, limits: { maxParam: 5 } },
    'ERR_PROTOCOL_OPTION',
    /^a limit must be one of .* got "maxParam"$/,
  ],
  [{ listen: 0, protocol: 'scgi', limits: { maxParamsBytes: -1 } }, 'ERR_PROTOCOL_OPTION', /maxParamsBytes/],
  [
    { listen: 0, limits: { maxConnections: 0 } },
    'ERR_GATEWAY_OPTION',
    /limits.maxConnections must be an int.* 1 on/,
  ],
  [{ listen: 0, limits: { maxConnections: '9' } }, 'ERR_GATEWAY_OPTION', /limits.maxConnections .* got "9"$/],
  [
    { listen: 0, limits: { maxBufferedBytes: 1.5 } },
    'ERR_GATEWAY_OPTION',
    /limits.maxBufferedBytes .* got 1.5$/,
  ],
  [{ listen: 0, timeouts: 5000 }, 'ERR_GATEWAY_OPTION', /^the option timeouts must be an object, got 5000$/],
  [
    { listen: 0, timeouts: { header: 1 } },
    'ERR_GATEWAY_OPTION',
    /must have firstByte, headers, request, idle, got/,
  ],
  [
    { listen: 0, timeouts: { headers: -1 } },
    'ERR_GATEWAY_OPTION',
    /timeouts.headers must be an integer from 0 on/,
  ],
  [
    { listen: 0, timeouts: { idle: Number.POSITIVE_INFINITY } },
    'ERR_GATEWAY_OPTION',
    /timeouts.idle .* got Inf/,
  ],
  [{ listen: 0, timeouts: { request: '5s' } }, 'ERR_GATEWAY_OPTION', /timeouts.request must be .* got "5s"$/],
  [{ listen: 0, ajp: true }, 'ERR_GATEWAY_OPTION', /^the option ajp must be an object, got true$/],
  [{ listen: 0, ajp: { packetSize: 100 } }, 'ERR_PROTOCOL_OPTION', /packetSize/],
  [{ listen: 0, ajp: { secret: 'x' } }, 'ERR_GATEWAY_OPTION', /must have 'ajp' where the option ajp is set/],
  [
    { listen: 0, protocol: 'scgi', authorizer: () => ({ allow: false }) },
    'ERR_GATEWAY_OPTION',
    /must have 'fastcgi' where there is an authorizer/,
  ],
  [
    { listen: 0, timeouts: { request: 2 ** 31 } },
    'ERR_GATEWAY_OPTION',
    /on up to 2147483647, got 2147483648/,
  ],
  [{ listen: 0, ajp: { secret: '' } }, 'ERR_PROTOCOL_OPTION', /secret/],
  [
    { listen: '0.0.0.0:0', protocol: 'ajp' },
    'ERR_GATEWAY_OPTION',
    /^the option ajp.secret must be set where others/,
  ],
  [
    { listen: ['/x', '[::]:0'], protocol: ['http', 'ajp'] },
    'ERR_GATEWAY_OPTION',
    /^the option ajp.secret must be set/,
  ],
  [{ listen: { fd: 5 }, protocol: 'ajp' }, 'ERR_GATEWAY_OPTION', /^the option ajp.secret must be set/],
  [{ listen: 0, mode: 0o1777 }, 'ERR_GATEWAY_OPTION', /^the option mode must be 0 to 0o777, got 1023$/],
  [{ listen: 0, mode: '660' }, 'ERR_GATEWAY_OPTION', /^the option mode must be 0 to 0o777, got "660"$/],
  [
    { listen: 0, owner: 'no such user' },
    'ERR_GATEWAY_OPTION',
    /^the option owner must be a name in \/etc\/passwd/,
  ],
  [
    { listen: 0, group: 'no such group' },
    'ERR_GATEWAY_OPTION',
    /^the option group must be a name in \/etc\/group/,
  ],
  [{ listen: 0, owner: -5 }, 'ERR_GATEWAY_OPTION', /^the option owner must be a name or a number, got -5$/],
  [{ listen: 0, group: 1.5 }, 'ERR_GATEWAY_OPTION', /^the option group must be a name or a number, got 1.5$/],
];

describe('options of serve()', () => {
  for (const [options, code, message] of mistakes) {
    it(`${JSON.stringify(options)} is a mistake`, async () => {
      const error = await serve(application, options as never).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ConfigurationError).and.include({ code });
      expect((error as Error).message).to.match(message);
    });
  }

  it('what is no application is a mistake, too', async () => {
    const error = await serve(5 as never, { listen: 0 }).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'ERR_MOUNT_APPLICATION' });
  });

  it('what nobody says is as docs/serve.md has it', () => {
    const resolved = resolveServeOptions({}, ['fastcgi'], {});
    expect(resolved).to.include({
      ...{ mount: '/', isKept: true, collisions: 'refuse', hasSecret: false, authorizer: undefined },
      ...{ maxRequests: 1, maxConnections: 16_384, maxBufferedBytes: 1_048_576, logsToFrontServer: false },
    });
    expect(resolved.timeouts).to.deep.equal({
      firstByte: 5000,
      headers: 60_000,
      request: 300_000,
      idle: 75_000,
    });
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].map(resolved.isAllowed)).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(['10.0.0.1', '192.0.2.1', '::2'].map(resolved.isAllowed)).to.deep.equal([false, false, false]);
  });

  it('undefined is as if nobody had said it', () => {
    const { timeouts } = resolveServeOptions(
      { timeouts: { idle: undefined as never, headers: 1 } },
      ['http'],
      {},
    );
    expect(timeouts).to.include({ idle: 75_000, headers: 1 });
  });

  describe('FCGI_WEB_SERVER_ADDRS', () => {
    const allowed = (given: string, client: string, allowedClients?: string): boolean =>
      resolveServeOptions({ ...(allowedClients && { allowedClients }) }, ['fastcgi'], {
        FCGI_WEB_SERVER_ADDRS: given,
      }).isAllowed(client);
    const rows: readonly (readonly [given: string, client: string, isAllowed: boolean])[] = [
      ['192.0.2.1', '192.0.2.1', true],
      ['192.0.2.1', '127.0.0.1', false],
      ['192.0.2.1,127.0.0.1', '127.0.0.1', true],
      ['192.0.2.1, 127.0.0.1', '127.0.0.1', true],
      ['192.0.2.1', '::ffff:192.0.2.1', true],
      ['2001:db8::1', '2001:db8::1', true],
    ];
    for (const [given, client, isAllowed] of rows) {
      it(`${given}: ${client} may ${isAllowed ? '' : 'not '}connect`, () =>
        expect(allowed(given, client)).to.equal(isAllowed));
    }
    it('says nothing where allowedClients does', () => {
      expect(allowed('192.0.2.1', '192.0.2.1', '10.0.0.1')).to.equal(false);
    });
    for (const given of ['', 'localhost', '192.0.2.1,', '192.0.2.0/24', '192.0.2.1 127.0.0.1']) {
      it(`${JSON.stringify(given)} is a mistake`, () => {
        expect(() => allowed(given, '127.0.0.1')).to.throw(
          ConfigurationError,
          /^FCGI_WEB_SERVER_ADDRS in the environment must be addresses with commas between, got/,
        );
      });
    }
  });
});
