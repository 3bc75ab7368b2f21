/** `behind()`: an application behind a front server of this process, asked by any client. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import request from 'supertest';
import { ConfigurationError } from '../../lib/errors.js';
import { behind, type FrontServerName, frontServers } from '../../lib/harness/index.js';
import type { Application } from '../../lib/index.js';

function shop(): Application {
  const app = express();
  app.get('/bar', (req, res) => void res.send(`${req.baseUrl} + ${req.url} of ${req.ip}`));
  app.post(
    '/echo',
    express.text({ type: () => true, limit: '2mb' }),
    (req, res) => void res.json(req.body?.length ?? 0),
  );
  app.get('/cookies', (_req, res) => void res.cookie('a', '1').cookie('b', '2').sendStatus(200));
  app.get('/none', (_req, res) => void res.status(204).end());
  app.get('/broken', (_req, res) => void res.write('begun', () => res.destroy()));
  app.get('/accel', (_req, res) => void res.set('X-Accel-Redirect', '/internal').send('x'));
  app.get('/moved', (_req, res) => res.redirect('http://127.0.0.1:9000/bar'));
  return app as unknown as Application;
}

describe('behind()', () => {
  for (const name of Object.keys(frontServers) as FrontServerName[]) {
    describe(name, () => {
      const server = behind(name, shop(), { mount: '/foo' });

      it('shows the application where it is, and the client', async () => {
        const { text } = await request(server).get('/foo/bar?q=1').expect(200);
        expect(text).to.match(/^\/foo \+ \/bar\?q=1 of (?:::ffff:)?127\.0\.0\.1$/);
      });

      it('carries bodies of any size', async () => {
        const sent = 'abcdefg'.repeat(150_000);
        const { body } = await request(server).post('/foo/echo').type('text').send(sent).expect(200);
        expect(body).to.equal(sent.length);
      });

      it('relays the heads of answers', async () => {
        const { headers } = await request(server).get('/foo/cookies').expect(200);
        expect(headers['set-cookie']).to.deep.equal(['a=1; Path=/', 'b=2; Path=/']);
        await request(server).get('/foo/none').expect(204);
        expect((await request(server).head('/foo/bar').expect(200)).text).to.equal(undefined);
      });

      it('does not take an answer that breaks off for whole', async () => {
        const error = await request(server)
          .get('/foo/broken')
          .catch((thrown: Error) => thrown);
        expect(error).to.be.an('error');
      });

      it('does not reach the application outside its mount', async () => {
        const { status, text } = await request(server).get('/other');
        expect(status >= 400 || text === '', `${status} ${text}`).to.equal(true);
      });
    });
  }

  it('hides what is for nginx alone', async () => {
    const { headers } = await request(behind('nginx/fastcgi', shop())).get('/accel');
    expect(headers).to.not.have.property('x-accel-redirect');
  });

  it("takes a configuration of one's own", async () => {
    const configuration = `location /shop/ {
      proxy_pass http://{{upstream}}/;
      proxy_redirect http://{{upstream}}/ /shop/;
    }`;
    const server = behind({ server: 'nginx', configuration }, shop(), { mount: '/shop', target: 'stripped' });
    expect((await request(server).get('/shop/bar').expect(200)).text).to.match(/^\/shop \+ \/bar/);
    expect((await request(server).get('/shop/moved').expect(302)).headers.location).to.match(/\/shop\/bar$/);
  });

  it('listens as any server does', async () => {
    const server = behind('nginx/scgi', shop(), { mount: '/foo' }).listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await (await fetch(`http://127.0.0.1:${port}/foo/bar`)).text()).to.match(/^\/foo \+ \/bar/);
    server.close();
    server.closeAllConnections();
  });

  const mistakes: readonly (readonly [choice: unknown, options: object, code: string, message: RegExp])[] = [
    ['nginx', {}, 'ERR_HARNESS_FRONT_SERVER', /must be one of nginx\/http, .*got "nginx"/],
    [undefined, {}, 'ERR_HARNESS_FRONT_SERVER', /got undefined/],
    [{ server: 'iis', configuration: '' }, {}, 'ERR_HARNESS_FRONT_SERVER', /must be one of/],
    [{ server: 'nginx', configuration: 'frobnicate on;' }, {}, 'ERR_HARNESS_CONFIGURATION', /frobnicate/],
    ['nginx/http', { mount: 'foo' }, 'ERR_MOUNT_PATH', /must/],
  ];
  for (const [choice, options, code, message] of mistakes) {
    it(`throws ${code} for ${JSON.stringify(choice)} with ${JSON.stringify(options)}`, () => {
      expect(() => behind(choice as never, shop(), options))
        .to.throw(ConfigurationError, message)
        .with.property('code', code);
    });
  }
});
