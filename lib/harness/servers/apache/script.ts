/**
 * What Apache does with the answer of a program.
 *
 * Source: `ap_scan_script_header_err_core_ex()` of `server/util_script.c`, `cgi_handle_response()` of mod_cgi and mod_cgid,
 * `fcgid_handle_request()` of mod_fcgid, for Apache 2.4.
 *
 * Rules of this file: a Location that is a path is followed inside as far as it is refused there; another program is not run.
 */

import type { Pairs, Relay } from '../../model.js';
import { fieldOf, withField } from './fields.js';
import type { ApacheRequest } from './module.js';

interface Answer {
  readonly status: number;
  readonly headers: Pairs;
}

/** Status becomes the status; what frames the body is made anew. */
export function scriptAnswer(status: number, headers: Pairs): Answer {
  const written = fieldOf(headers, 'status');
  const made = written === undefined ? status : Number.parseInt(written, 10) || status;
  return {
    status: made,
    headers: joined(without(headers, ['status', 'content-length', 'transfer-encoding'])),
  };
}

/** That of a program that Apache runs itself. */
export function programRelay(request: ApacheRequest): Relay {
  return {
    headers: (status, headers) => {
      const answer = scriptAnswer(status, headers);
      const location = fieldOf(headers, 'location');
      if (answer.status !== 200 || location === undefined) return answer;
      if (!location.startsWith('/')) return { status: 302, headers: [['Location', location]] };
      const next = request.redirect(location, { method: 'GET' });
      return next.kind === 'refused' ? { status: next.status, headers: [] } : answer;
    },
  };
}

/** Fields without those of some names, in lower case. */
export function without(headers: Pairs, names: readonly string[]): Pairs {
  return headers.filter(([name]) => !names.includes(name.toLowerCase()));
}

/** Fields of one name as one, but for cookies. */
function joined(headers: Pairs): Pairs {
  let all: Pairs = [];
  for (const [name, value] of headers) {
    const old = name.toLowerCase() === 'set-cookie' ? undefined : fieldOf(all, name);
    all = old === undefined ? [...all, [name, value]] : withField(all, name, `${old}, ${value}`);
  }
  return all;
}
