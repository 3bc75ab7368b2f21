/**
 * The interpreters of front servers' configurations, by server.
 */

import type { ConfigurationFiles, Interpreter } from '../model.js';
import { apache } from './apache/index.js';
import { caddy } from './caddy/index.js';
import { h2o } from './h2o/index.js';
import { haproxy } from './haproxy/index.js';
import { lighttpd } from './lighttpd/index.js';
import { nginx } from './nginx/index.js';
import { uwsgi } from './uwsgi/index.js';
import { varnish } from './varnish/index.js';

/** A model that gets values of header fields without the white space around them, as its server's parser cuts it off. */
function trimming(interpret: Interpreter, space: RegExp): Interpreter {
  return (files, surroundings) => {
    const model = interpret(interpret === nginx ? files : bytesOf(files), surroundings);
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

/** The text of a configuration, one character a byte; nginx's model takes it as it is. */
function bytesOf(files: ConfigurationFiles): ConfigurationFiles {
  const all = Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString('latin1')]);
  return Object.fromEntries(all);
}

const anySpace = /^[ \t]+|[ \t]+$/g;
const leadingSpace = /^[ \t]+/;
const leadingBlanks = /^ +/;
const trailingSpace = /[ \t]+$/;
const blanks = /^ +| +$/g;

export const interpreters: Readonly<Record<string, Interpreter>> = {
  apache: trimming(apache, anySpace),
  caddy: trimming(caddy, anySpace),
  h2o: trimming(h2o, leadingSpace),
  haproxy: trimming(haproxy, anySpace),
  lighttpd: trimming(lighttpd, anySpace),
  nginx: trimming(nginx, blanks),
  uwsgi: trimming(uwsgi, leadingBlanks),
  varnish: trimming(varnish, trailingSpace),
};
