/**
 * A small site of three pages, a picture, a login and a cookie: an Express application, to be mounted somewhere.
 *
 * Rules of this file: relative links everywhere. What has to be absolute, one site makes by `urlFor()`; the other does
 * not know where it is mounted, and writes it as if it were at the root.
 */

import express, { type Express, type Request } from 'express';
import { urlFor } from '../../lib/index.js';

/** How a site makes what has to be absolute. */
export type Absolute = (req: Request, path: string) => string;

export const aware: Absolute = (req, path) => urlFor(req, path);
export const unaware: Absolute = (_req, path) => path;

const picture =
  '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';

function page(title: string, body: string): string {
  const head = `<!doctype html><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">`;
  return `${head}<h1>${title}</h1><p id="links">${body}</p>`;
}

const link = (id: string, href: string) => `<a id="${id}" href="${href}">${id}</a> `;

/** The pages' titles are `home`, `second`, `third` and `welcome NAME`. */
export function makeSite(absolute: Absolute): Express {
  const site = express().use(express.urlencoded({ extended: false }));
  site.get('/', (req, res) => {
    const known = absolute === aware ? link('absolute', absolute(req, '/second.html')) : '';
    res.send(page('home', `${link('relative', 'second.html')}${known}`));
  });
  site.get('/second.html', (_req, res) => {
    const form = '<form method="post" action="login"><input name="name"><button>in</button></form>';
    const links = [link('deep', 'deep/third.html'), link('self', './second.html?q#f'), link('home', './')];
    res.send(page('second', `${links.join('')}<img src="./picture.svg">${form}`));
  });
  site.get('/picture.svg', (_req, res) => void res.type('svg').send(picture));
  site.get('/deep/third.html', (_req, res) => {
    const links = [link('back', '../second.html'), link('up', '../'), link('old', '../old')];
    res.send(page('third', `${links.join('')}<img src="../picture.svg">`));
  });
  site.get('/old', (req, res) => res.redirect(301, absolute(req, '/second.html')));
  site.post('/login', (req, res) => {
    const { name } = req.body as { name: string };
    res.cookie('name', name, { path: absolute(req, '/') });
    res.redirect(303, absolute(req, '/welcome'));
  });
  site.get('/welcome', (req, res) => {
    const [, name = 'nobody'] = /name=(\w+)/.exec(req.headers.cookie ?? '') ?? [];
    res.send(page(`welcome ${name}`, link('relative', 'second.html')));
  });
  return site;
}
