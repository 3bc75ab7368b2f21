/** FastCGI's authorizer: what a front server is told of each verdict, and of an authorizer that fails. */

import { expect } from 'chai';
import type { Authorizer } from '../../lib/gateway/authorizer.js';
import type { Application } from '../../lib/index.js';
import { told } from '../protocol/drive.js';
import { environOf, FrontEnd, Gateways } from '../support/front-end.js';

const application: Application = (req, res) => void res.end(`served ${req.url}`);

describe('an authorizer', () => {
  const gateways = new Gateways();
  const { error } = console;
  before(() => {
    console.error = () => undefined;
  });
  after(() => {
    console.error = error;
  });
  afterEach(() => gateways.close());

  /** What a front server that asks an authorizer is told. */
  const verdict = async (authorizer: Authorizer | undefined, target = '/foo/x?y'): Promise<string[]> => {
    const gateway = await gateways.start(application, {
      ...{ protocol: 'fastcgi', mount: '/foo' },
      ...(authorizer && { authorizer }),
    });
    const front = await FrontEnd.connect('fastcgi', gateway.address);
    const environ = environOf(target, ['HTTP_COOKIE', 'user=alice']);
    front.send({ type: 'begin', id: 1, role: 'authorizer', environ, keepConnection: true });
    const answer = await front.answered();
    // Whatever was said, the connection goes on.
    front.events.length = 0;
    front.ask('/foo/again');
    expect((await front.answered())[1]).to.equal('body 1 "served /again"');
    front.close();
    return answer;
  };

  it('allows', async () => {
    expect(await verdict(() => ({ allow: true }))).to.deep.equal(['head 1 200', 'end 1']);
  });

  it('allows with variables', async () => {
    const variables = { REMOTE_USER: 'alice', REMOTE_GROUP: 'staff' };
    const allowed = await verdict(() => ({ allow: true, variables }));
    expect(allowed).to.deep.equal([
      'head 1 200 Variable-REMOTE_USER: alice | Variable-REMOTE_GROUP: staff',
      'end 1',
    ]);
  });

  it('may take its time', async () => {
    const slow: Authorizer = (req) =>
      new Promise((resolve) => setTimeout(() => resolve({ allow: req.headers.cookie === 'user=alice' }), 20));
    expect(await verdict(slow)).to.deep.equal(['head 1 200', 'end 1']);
  });

  it('denies: 403', async () => {
    const denied = await verdict(() => ({ allow: false }));
    expect(denied[0]).to.match(/^head 1 403/);
    expect(denied.at(-1)).to.equal('end 1');
  });

  it('denies with a status, fields and a body', async () => {
    const denied = await verdict(() => ({
      ...{ allow: false, status: 401, headers: { 'WWW-Authenticate': 'Basic realm="a"' }, body: 'who?' },
    }));
    expect(denied[0]).to.match(/^head 1 401 WWW-Authenticate: Basic realm="a"/);
    expect(denied.slice(1)).to.deep.equal(['body 1 "who?"', 'end 1']);
  });

  const failing: readonly (readonly [name: string, authorizer: unknown])[] = [
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['throws nothing', () => Promise.reject(undefined)],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['returns nothing', () => undefined],
    ['returns null', () => null],
    ['returns true', () => true],
    ['returns what is no verdict', () => ({ allow: 'yes' })],
    ['returns 200 as a denial', () => ({ allow: false, status: 200 })],
    ['returns a status that is none', () => ({ allow: false, status: 1000 })],
    ['returns a status as text', () => ({ allow: false, status: '403' })],
    ['returns a variable that would be two', () => ({ allow: true, variables: { A: 'b\r\nStatus: 200' } })],
    ['returns a name that would be two', () => ({ allow: true, variables: { 'A: b\r\nC': 'd' } })],
    ['returns a variable of nothing', () => ({ allow: true, variables: { FINE: 'a', BAD: undefined } })],
    ['returns a field that would be two', () => ({ allow: false, headers: { A: 'b\r\nC: d' } })],
    ['returns a body that is none', () => ({ allow: false, body: 5 })],
  ];
  for (const [name, authorizer] of failing) {
    it(`that ${name} denies: 500, and no variable`, async () => {
      const denied = await verdict(authorizer as Authorizer);
      expect(denied[0]).to.match(/^head 1 500 /);
      expect(denied[0]).to.not.contain('Variable-');
      expect(denied.at(-1)).to.equal('end 1');
    });
  }

  const targets: readonly (readonly [target: string, url: string])[] = [
    ['/foo/x?y', '/foo/x?y'],
    ['/outside/x', '/outside/x'],
    ['/', '/'],
    ['/foo', '/foo'],
    ['/%66oo//x', '/foo/x'],
  ];
  for (const [target, url] of targets) {
    it(`sees all of ${target}, below no mount`, async () => {
      const seen: unknown[] = [];
      await verdict((req) => {
        const { baseUrl, originalUrl } = req as { baseUrl?: string; originalUrl?: string };
        seen.push([baseUrl, req.url, originalUrl]);
        return { allow: true };
      }, target);
      expect(seen).to.deep.equal([['', url, target]]);
    });
  }

  for (const [target, status] of [
    ['/foo/%zz', 400],
    ['/foo/%00', 404],
    ['/../x', 400],
  ] as const) {
    it(`is not asked of ${target}, which is denied`, async () => {
      let isAsked = false;
      const answer = await verdict(() => {
        isAsked = true;
        return { allow: true };
      }, target);
      expect(answer[0]).to.match(new RegExp(`^head 1 ${status}`));
      expect(isAsked).to.equal(false);
    });
  }

  it('that there is none is told as the specification has it, and logged', async () => {
    const answer = await verdict(undefined);
    expect(answer).to.deep.equal(['end 1 unknown-role']);
    expect(gateways.logged[0]).to.match(/^a front server must ask for answers where there is no authorizer/);
  });

  it('is not asked by a request for an answer', async () => {
    let isAsked = false;
    const gateway = await gateways.start(application, {
      protocol: 'fastcgi',
      authorizer: () => {
        isAsked = true;
        return { allow: false };
      },
    });
    const front = await FrontEnd.connect('fastcgi', gateway.address);
    front.ask('/x');
    await front.answered();
    front.close();
    expect(told(front.events)[0]).to.match(/^head 1 200/);
    expect(isAsked).to.equal(false);
  });
});
