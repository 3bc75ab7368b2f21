/** No host: the mount is the listener of a server of Node, of each protocol. */

import { createServer as createHttpServer } from 'node:http';
import { createServer as createH2cServer, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { mount } from '../../../lib/index.js';
import { cert, key } from '../certificate.js';
import { type Host, mountPath } from '../host.js';

export const httpHost: Host = {
  name: 'http.createServer()',
  protocol: 'http',
  around: 'nobody',
  serve: (application) => createHttpServer(mount(mountPath, application)),
};

export const httpsHost: Host = {
  name: 'https.createServer()',
  protocol: 'https',
  around: 'nobody',
  serve: (application) => createHttpsServer({ key, cert }, mount(mountPath, application)),
};

export const h2cHost: Host = {
  name: 'http2.createServer()',
  protocol: 'h2c',
  around: 'nobody',
  serve: (application) => createH2cServer(mount(mountPath, application)),
};

export const h2Host: Host = {
  name: 'http2.createSecureServer()',
  protocol: 'h2',
  around: 'nobody',
  serve: (application) => createSecureServer({ key, cert }, mount(mountPath, application)),
};

export const http1OnH2Host: Host = {
  name: 'http2.createSecureServer({ allowHTTP1 }), asked in HTTP/1.1',
  protocol: 'https',
  around: 'nobody',
  serve: (application) => createSecureServer({ key, cert, allowHTTP1: true }, mount(mountPath, application)),
};
