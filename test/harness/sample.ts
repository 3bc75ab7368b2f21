/** A small site, right below any mount; and the same with one of five mistakes that are often made. */

import express from 'express';
import { type Application, urlFor } from '../../lib/index.js';

export const mistakes = ['redirect', 'cookie', 'link', 'original-url', 'prefix'] as const;

export type Mistake = (typeof mistakes)[number];

export const routes = ['/', '/items?page=2', '/login', '/old', '/assets/a.css'] as const;

export function sample(mistake?: Mistake): Application {
  const app = express();
  if (mistake === 'original-url') {
    app.use((req, _res, next) => {
      req.url = req.originalUrl;
      next();
    });
  }
  app.get('/', (req, res) => {
    const believed = mistake === 'prefix' ? (req.headers['x-forwarded-prefix'] ?? req.baseUrl) : req.baseUrl;
    const login = mistake === 'link' ? '/login' : urlFor(req, '/login');
    res.type('html').send(`<a href="${login}">log in</a> <a href="${String(believed)}/items">items</a>`);
  });
  app.get('/items', (req, res) => void res.json({ page: req.query.page }));
  app.get('/login', (req, res) => {
    res.cookie('session', '1', { path: mistake === 'cookie' ? '/' : req.baseUrl || '/' }).send('welcome');
  });
  app.get('/old', (req, res) => res.redirect(mistake === 'redirect' ? '/items' : urlFor(req, '/items')));
  app.get('/assets/a.css', (_req, res) => void res.type('css').send('a { color: red }'));
  return app as unknown as Application;
}
