/** A CGI script for the tests: its first parameter says what it does, its second the options of `serve()`. */

import { environ, type ServeOptions, serve } from '../../lib/index.js';

type Application = Parameters<typeof serve>[0];

const behaviours = {
  show: (req, res) => {
    const { baseUrl, url, originalUrl, headers, method } = req;
    const { PATH_INFO, SCRIPT_NAME, HTTP_PROXY, DOCUMENT_ROOT } = environ(req);
    res.setHeader('Content-Type', 'application/json');
    res.end(
      JSON.stringify({
        ...{ baseUrl, url, originalUrl, method, headers, PATH_INFO, SCRIPT_NAME, DOCUMENT_ROOT },
        httpProxy: [HTTP_PROXY ?? null, process.env.HTTP_PROXY ?? null],
      }),
    );
  },
  echo: (req, res) => void req.pipe(res),
  unread: (_req, res) => void res.end('not read'),
  unchanged: (_req, res) => void res.writeHead(304, { ETag: '"a"' }).end(),
  moved: (_req, res) => void res.writeHead(301, { Location: '/elsewhere' }).end(),
  noise: async (_req, res) => {
    console.log('noise 1');
    process.stdout.write('noise 2\n');
    res.write('clean ');
    await new Promise((resolve) => setTimeout(resolve, 10));
    console.info('noise 3');
    await new Promise<void>((resolve) => process.stdout.write('noise 4\n', () => resolve()));
    res.end('answer');
  },
  large: (_req, res) => void res.end(Buffer.alloc(5_000_000, 'abcde')),
  lively: (_req, res) => {
    setInterval(() => undefined, 1000);
    res.end('done');
  },
  crashBefore: () => {
    setTimeout(() => {
      throw new Error('crash');
    }, 5);
  },
  crashAfter: (_req, res) => {
    res.write('begun');
    setTimeout(() => {
      throw new Error('crash');
    }, 30);
  },
  throws: () => {
    throw new Error('thrown');
  },
  brokenOff: (_req, res) => {
    res.write('begun');
    setTimeout(() => res.destroy(), 30);
  },
  never: (_req, res) => {
    res.write('begun');
    process.stderr.write('waiting\n');
    setInterval(() => undefined, 1000);
  },
  writes: (_req, res) => {
    res.on('close', () => process.stderr.write('closed\n'));
    setInterval(() => res.write('more '), 5);
  },
} as const satisfies Readonly<Record<string, Application>>;

const [name = 'show', options = '{}'] = process.argv.slice(2);
const gateway = await serve(behaviours[name as keyof typeof behaviours], {
  protocol: 'cgi',
  ...(JSON.parse(options) as ServeOptions),
});
if (gateway.address !== null || gateway.addresses.length > 0) throw new Error('CGI listens nowhere');
