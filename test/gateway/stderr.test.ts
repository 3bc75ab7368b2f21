/**
 * The front server's error log: what an application writes to `req.socket.stderr`, and what the gateway itself says there, come before
 * the end of the request, or are told to this process; never lost, never too late.
 */

import type { Writable } from 'node:stream';
import { expect } from 'chai';
import type { Application, ServeOptions } from '../../lib/index.js';
import { told } from '../protocol/drive.js';
import { askOnce, environOf, FrontEnd, Gateways, wireProtocols } from '../support/front-end.js';

type Request = Parameters<Extract<Application, (...parameters: never[]) => unknown>>[0];

const stderrOf = (req: Request): Writable => (req.socket as unknown as { stderr: Writable }).stderr;

describe("the front server's error log", () => {
  const gateways = new Gateways();
  const written: string[] = [];
  const { error } = console;
  beforeEach(() => {
    written.length = 0;
    console.error = (...values: unknown[]) => void written.push(values.map(String).join(' '));
  });
  afterEach(async () => {
    console.error = error;
    await gateways.close();
  });

  /** All events of one answer, in the order in which they came. */
  const answer = async (
    application: Application,
    options: Partial<ServeOptions> = {},
    target = '/x',
  ): Promise<string[]> => {
    const gateway = await gateways.start(application, { protocol: 'fastcgi', ...options });
    const front = await FrontEnd.connect('fastcgi', gateway.address);
    front.ask(target);
    await front.answered();
    // Something behind the end would have come by the next answer's.
    front.ask('/none', 2);
    await front.answered(2);
    front.close();
    const end = front.events.findIndex(({ type }) => type === 'end');
    expect(told(front.events.slice(end + 1))[0]).to.match(/^[a-z]+ 2 /);
    return told(front.events.slice(0, end + 1));
  };

  const rows: readonly (readonly [name: string, application: Application, events: string[]])[] = [
    [
      'before the head',
      (req, res) => {
        stderrOf(req).write('one\n');
        res.end('x');
      },
      ['stderr 1 "one\\n"', 'head 1 200 Content-Length: 1', 'body 1 "x"', 'end 1'],
    ],
    [
      'in the turn of the answer',
      (req, res) => {
        res.write('x');
        stderrOf(req).write('one ');
        stderrOf(req).write('two');
        res.end();
      },
      ['head 1 200', 'body 1 "x"', 'stderr 1 "one two"', 'end 1'],
    ],
    [
      'amid the answer',
      async (req, res) => {
        res.write('x');
        await new Promise((resolve) => setTimeout(resolve, 10));
        stderrOf(req).write('one');
        await new Promise((resolve) => setTimeout(resolve, 10));
        res.end('y');
      },
      ['head 1 200', 'body 1 "x"', 'stderr 1 "one"', 'body 1 "y"', 'end 1'],
    ],
  ];
  for (const [name, application, events] of rows) {
    it(`gets what is written ${name}`, async () => {
      const first: Application = (req, res, next?: () => void) =>
        req.url === '/none'
          ? void res.end()
          : (application as (...all: unknown[]) => unknown)(req, res, next);
      // In which order its two streams come is nobody's promise, but for the end.
      const told = await answer(first);
      expect(told).to.have.members(events);
      expect(told.at(-1)).to.equal('end 1');
      expect(gateways.logged).to.deep.equal([]);
    });
  }

  it('gets bytes as they are, many of them', async () => {
    const events = await answer((req, res) => {
      stderrOf(req).write(Buffer.alloc(200_000, 0xe9));
      res.end('x');
    });
    expect(events).to.deep.equal([
      'stderr 1 200000 bytes',
      'head 1 200 Content-Length: 1',
      'body 1 "x"',
      'end 1',
    ]);
  });

  for (const when of ['end', 'finish', 'close', 'later'] as const) {
    it(`is closed after the answer: what is written then (${when}) is told to this process`, async () => {
      const events = await answer((req, res) => {
        if (req.url === '/none') return void setTimeout(() => res.end(), 30);
        const late = (): void => void stderrOf(req).write('late\n');
        if (when === 'later') setTimeout(late, 10);
        else if (when !== 'end') res.on(when, late);
        res.end('x');
        if (when === 'end') late();
      });
      const end = events.indexOf('end 1');
      expect(events.slice(end + 1)).to.deep.equal([]);
      const isTold = events.includes('stderr 1 "late\\n"') || gateways.logged.includes('late');
      expect(isTold, events.join()).to.equal(true);
    });
  }

  for (const protocol of wireProtocols.filter((each) => each !== 'fastcgi')) {
    it(`is this process's log over ${protocol}`, async () => {
      const gateway = await gateways.start(
        (req, res) => {
          stderrOf(req).write('one\n');
          res.end('x');
        },
        { protocol },
      );
      expect((await askOnce(protocol, gateway.address, '/')).body).to.equal('x');
      expect(gateways.logged).to.deep.equal(['one']);
    });
  }

  describe("log: 'front-server'", () => {
    const frontServer = { log: 'front-server', mount: '/foo' } as const;
    const stderrIn = (events: readonly string[]): string | undefined =>
      events.find((event) => event.startsWith('stderr'));

    it('hears why a request is for nobody, before the answer', async () => {
      const events = await answer((_req, res) => void res.end(), frontServer, '/bar');
      expect(events[0]).to.match(/^stderr 1 \d+ bytes$/);
      expect(events[1]).to.match(/^head 1 404/);
      expect(written).to.deep.equal([]);
    });

    it('hears why a request is refused', async () => {
      const gateway = await gateways.start((_req, res) => void res.end(), {
        ...frontServer,
        protocol: 'fastcgi',
      });
      const front = await FrontEnd.connect('fastcgi', gateway.address);
      front.send({ type: 'begin', id: 1, environ: environOf('/foo/%zz'), keepConnection: true });
      await front.answered();
      front.close();
      const errors = front.events.flatMap((event) => (event.type === 'stderr' ? [event.bytes] : []));
      expect(Buffer.concat(errors).toString()).to.match(/two hexadecimal digits.*\n$/);
      expect(written).to.deep.equal([]);
    });

    for (const [name, fail] of [
      [
        'throws',
        () => {
          throw new Error('what it was');
        },
      ],
      ['rejects', () => Promise.reject(new Error('what it was'))],
      [
        'passes on',
        (_req: unknown, _res: unknown, next: (error: unknown) => void) => next(new Error('what it was')),
      ],
    ] as const) {
      it(`hears of an application that ${name}`, async () => {
        const gateway = await gateways.start(fail as Application, { ...frontServer, protocol: 'fastcgi' });
        const front = await FrontEnd.connect('fastcgi', gateway.address);
        front.ask('/foo/x');
        const events = await front.answered();
        front.close();
        expect(stderrIn(events)).to.not.equal(undefined);
        const errors = front.events.flatMap((event) => (event.type === 'stderr' ? [event.bytes] : []));
        expect(Buffer.concat(errors).toString()).to.match(/^Error: what it was\n {4}at /);
        expect(events.find((event) => event.startsWith('head'))).to.match(/^head 1 500/);
        expect(written).to.deep.equal([]);
      });
    }

    it('is this process where the protocol cannot tell it', async () => {
      for (const protocol of ['scgi', 'ajp'] as const) {
        written.length = 0;
        const gateway = await gateways.start(() => Promise.reject(new Error('what it was')), {
          ...{ log: 'front-server', protocol },
        });
        expect((await askOnce(protocol, gateway.address, '/')).status).to.equal(500);
        expect(written.join('\n')).to.contain('what it was');
      }
    });

    it('is this process where it is about a connection, not a request', async () => {
      const gateway = await gateways.start((_req, res) => void res.end(), {
        ...frontServer,
        protocol: 'fastcgi',
      });
      const front = await FrontEnd.connect('fastcgi', gateway.address);
      front.write('GET / HTTP/1.1\r\n\r\n');
      await front.closed();
      expect(written).to.deep.equal(['ERR_PROTOCOL_RECORD: a record must be of version 1, got 71']);
    });
  });
});
