/**
 * The interpreters of front servers' configurations, by server.
 */

import type { Interpreter } from '../model.js';
import { apache } from './apache/index.js';
import { caddy } from './caddy/index.js';
import { haproxy } from './haproxy/index.js';
import { lighttpd } from './lighttpd/index.js';
import { nginx } from './nginx/index.js';

/** A model that gets values of header fields without the white space around them, as its server's parser cuts it off. */
function trimming(interpret: Interpreter, space: RegExp): Interpreter {
  return (files, surroundings) => {
    const model = interpret(files, surroundings);
    return {
      pass: (request, connection) => {
        const headers = request.headers.map(([name, value]): [string, string] => [
          name,
          value.replace(space, ''),
        ]);
        return model.pass({ ...request, headers }, connection);
      },
    };
  };
}

const anySpace = /^[ \t]+|[ \t]+$/g;
const blanks = /^ +| +$/g;

export const interpreters: Readonly<Record<string, Interpreter>> = {
  apache: trimming(apache, anySpace),
  caddy: trimming(caddy, anySpace),
  haproxy: trimming(haproxy, anySpace),
  lighttpd: trimming(lighttpd, anySpace),
  nginx: trimming(nginx, blanks),
};
