/**
 * Four applications in one server, each below a path of its own: `npm start`.
 *
 * Every page shows what its application saw, how the mount was found, and links to the others, odd spellings included.
 * The API answers the same in JSON.
 */

import { createServer } from 'node:http';
import express from 'express';
import { environ, MountTable, mount, pattern, RequestTargetError, urlFor } from 'mountpoint';

const host = '127.0.0.1';
const port = Number(process.env.PORT || 3000);

/** What to try, and what there is to see. */
const links = [
  ['/', 'the site'],
  ['/blog', 'the bare mount: the path info is empty, and req.url shows / for it'],
  ['/blog/', 'with the slash the path info is /'],
  ['/blog/2026', 'a post'],
  ['/blog//2026', 'a run of slashes is one slash'],
  ['/%62log', '%62 is b, and needs no escape'],
  ['/x/../blog', 'dot segments are removed; a browser does it too, curl --path-as-is does not'],
  ['/blog/a%2Fb', 'an encoded slash separates nothing, and stays encoded'],
  ['/blogs', 'a mount takes whole segments: this is the site, which has no such page'],
  ['/t/acme', 'a parameter'],
  ['/t/acme/', 'the same, with a slash'],
  ['/t/caf%C3%A9/menu?day=1', 'a parameter is decoded once'],
  ['/api?x=1', 'JSON'],
  ['/%zz', 'no path at all: 400'],
];

const site = (req, res) => {
  const isHome = environ(req).PATH_INFO === '/';
  send(res, isHome ? 200 : 404, page(req, isHome ? 'The site' : 'The site has no such page'));
};

const blog = express();
blog.get('/', (req, res) => {
  // A link of the application's own, which is right wherever it is mounted.
  const post = `<p><a href="${escapeHtml(urlFor(req, '/2026'))}">The post of 2026</a></p>`;
  send(res, 200, page(req, 'The blog', post));
});
blog.get('/:post', (req, res) => send(res, 200, page(req, `The post ${req.params.post}`)));

const api = (req, res) => {
  res.setHeader('Content-Type', 'application/json');
  res.end(`${JSON.stringify(seenBy(req), null, 2)}\n`);
};

const tenant = express();
tenant.use((req, res) => send(res, 200, page(req, `Tenant ${req.params.tenant}`)));

// The mounts are called with a next, for the error page: there they would leave odd spellings alone.
const table = new MountTable({ nonNormal: 'normalize' })
  .set('/', site)
  .set('/blog', blog)
  .set('/api', api)
  .set(pattern('/t/:tenant'), tenant);
const mounts = mount(table);

const server = createServer((req, res) => {
  mounts(req, res, (error) => {
    const isRefused = error instanceof RequestTargetError;
    const status = isRefused ? error.status : error === undefined ? 404 : 500;
    if (status === 500) console.error(error);
    send(res, status, page(req, isRefused ? `${status} ${error.code}` : String(status)));
  });
});

/** What an application sees of its request, by name. */
function seenBy(req) {
  const { SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ(req);
  return {
    'script name': SCRIPT_NAME,
    'path info': PATH_INFO,
    'query string': QUERY_STRING,
    'req.baseUrl': req.baseUrl ?? '',
    'req.url': req.url,
    'req.originalUrl': req.originalUrl ?? req.url,
    'req.params': req.params ?? {},
  };
}

function page(req, title, more = '') {
  const rows = Object.entries(seenBy(req)).map(([name, value]) => {
    const text = typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
    return `<tr><th>${escapeHtml(name)}</th><td><code>${escapeHtml(text)}</code></td></tr>`;
  });
  const steps = table.explain(req.originalUrl ?? req.url).steps.map((step) => `<li>${escapeHtml(step)}</li>`);
  const items = links.map(([target, about]) => {
    const text = escapeHtml(target);
    return `<li><a href="${text}"><code>${text}</code></a> ${escapeHtml(about)}</li>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
  h2 { font-size: 1rem; margin: 2rem 0 .5rem }
  table { border-collapse: collapse }
  th, td { text-align: left; padding: .15rem 1.5rem .15rem 0; font-weight: normal }
  code { background: #f3f3f0; padding: .1rem .3rem; overflow-wrap: anywhere }
</style>
<h1>${escapeHtml(title)}</h1>
${more}
<h2>What the application saw</h2>
<table>
${rows.join('\n')}
</table>
<h2>How it was found</h2>
<ol>
${steps.join('\n')}
</ol>
<h2>Where to go</h2>
<ul>
${items.join('\n')}
</ul>
</html>
`;
}

function send(res, status, html) {
  res.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' }).end(html);
}

function escapeHtml(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

server.on('error', (error) => {
  const reason = { EADDRINUSE: 'is in use', EACCES: 'needs more rights' }[error.code];
  if (reason === undefined) throw error;
  console.error(
    `Port ${port} ${reason}: choose another, as in PORT=${port === 3001 ? 3002 : 3001} npm start`,
  );
  process.exitCode = 1;
});

if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error(`PORT must be a number up to 65535, got ${process.env.PORT}`);
  process.exitCode = 1;
} else {
  server.listen(port, host, () => {
    const origin = `http://${host}:${server.address().port}`;
    const kinds = new Map([
      [site, 'the site, a function (req, res)'],
      [blog, 'the blog, an Express application'],
      [api, 'the API, a function (req, res)'],
      [tenant, 'a page for each tenant, an Express application'],
    ]);
    console.log('Mounts');
    for (const [key, application] of table.entries()) {
      console.log(`  ${key.padEnd(12)} ${kinds.get(application)}`);
    }
    console.log('\nTry');
    for (const [target, about] of links) console.log(`  ${`${origin}${target}`.padEnd(46)} ${about}`);
    console.log(`\n  curl -s --path-as-is '${origin}/x/../api//y?x=1'`);
    console.log('\nCtrl+C ends it.');
  });
}
