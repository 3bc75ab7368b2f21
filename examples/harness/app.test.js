// The same file for mocha, node:test, Vitest (--globals) and Jest:
//   npx mocha app.test.js
//   node --test app.test.js
//   npx vitest run --globals app.test.js
//   NODE_OPTIONS=--experimental-vm-modules npx jest app.test.js
import { describeMount } from 'mountpoint/harness';
import { app } from './app.js';

describeMount('the shop', () => app, {
  routes: ['/', '/cart', '/basket', { path: '/nothing', status: 404 }],
  mounts: ['/', '/shop'],
});
