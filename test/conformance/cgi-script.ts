/** The application of the conformance suite as a CGI script; its parameter is the mount. */

import { serve } from '../../lib/index.js';
import { makeApplication } from './application.js';

await serve(
  makeApplication((heard) => console.error(`heard ${heard}`)),
  { protocol: 'cgi', mount: process.argv[2] ?? '/', log: () => undefined },
);
