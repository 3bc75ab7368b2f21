// An application that is right below any mount: links and redirects by urlFor(), cookies by req.baseUrl.
import express from 'express';
import { urlFor } from 'mountpoint';

export const app = express();

app.get('/', (req, res) => {
  res.type('html').send(`<h1>Shop</h1><a href="${urlFor(req, '/cart')}">cart</a>`);
});
app.get('/cart', (req, res) => {
  res.cookie('cart', '1', { path: req.baseUrl || '/' }).json({ items: [] });
});
app.get('/basket', (req, res) => {
  res.redirect(301, urlFor(req, '/cart'));
});
