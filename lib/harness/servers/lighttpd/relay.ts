/**
 * What lighttpd 1.4.69 does with the answer of an application (http_response_process_headers() and what writes the head).
 *
 * Rules of this file: a status of 0 is one that the application did not name. The date is left out, since nothing here has a
 * clock, and what is of the connection; no part is cut out for a `Range`, since nothing here has the body.
 */

import type { Pairs, Relay } from '../../model.js';
import type { Remap } from './remap.js';

export interface RelayOptions {
  readonly protocol: 'fastcgi' | 'scgi' | 'uwsgi' | 'cgi' | 'http' | 'ajp';
  readonly serverTag: string;
  readonly remap?: Remap;
  /** Directives `setenv.*-response-header`. */
  readonly added: Pairs;
  readonly replaced: Pairs;
  /** Whether the server would cut a part out of an answer that is there as a whole. */
  readonly cutsRanges: boolean;
}

export function relayOf(options: RelayOptions): Relay {
  return {
    headers: (given, headers) => {
      const taken = new Answer();
      const status = take(given, headers, taken, options);
      if (options.remap?.changesAnswers) rewrite(taken, options.remap);
      if (status === 204 || status === 205 || status === 304) taken.replace('Content-Length', '');
      for (const [name, value] of options.added) taken.insert(name, value);
      for (const [name, value] of options.replaced) taken.replace(name, value);
      if (status === 200 && options.cutsRanges) advertise(taken);
      if (taken.get('Server') === undefined) taken.insert('Server', options.serverTag);
      return { status, headers: taken.pairs() };
    },
  };
}

/** Takes the fields in that are to be passed on; the status. */
function take(given: number, headers: Pairs, answer: Answer, { protocol }: RelayOptions): number {
  let status = given;
  let isChunked = false;
  for (const [name, value] of headers) {
    switch (name.toLowerCase()) {
      case 'status':
        if (protocol === 'http') break;
        if (!/^[1-9]\d\d(?:[ \t]|$)/.test(value)) return refuse(answer);
        status = Number(value.slice(0, 3));
        continue;
      case 'upgrade':
        if (protocol !== 'http' && protocol !== 'cgi') continue;
        break;
      case 'connection':
      case 'http2-settings':
        continue;
      case 'transfer-encoding':
        isChunked = true;
        answer.replace('Content-Length', '');
        continue;
      case 'content-length':
        if (isChunked || answer.get(name) !== undefined) continue;
        break;
      case 'content-type':
        answer.insert(name, value.replace(/^application(?=\/javascript)/, 'text'));
        continue;
      default:
        // For the server, not for the client.
        if (/^x-(?:sendfile$|lighttpd-)/i.test(name) || /[ \t]$/.test(name)) continue;
    }
    answer.insert(name, value);
  }
  if (status !== 0) return status;
  return answer.get('Location') === undefined ? 200 : 302;
}

/** What is no status makes the answer one of the server's own. */
function refuse(answer: Answer): number {
  answer.clear();
  answer.insert('Content-Type', 'text/html');
  return 502;
}

function advertise(answer: Answer): void {
  const isSaid = answer.get('Accept-Ranges') !== undefined || answer.get('Content-Encoding') !== undefined;
  if (!isSaid) answer.insert('Accept-Ranges', 'bytes');
}

function rewrite(answer: Answer, remap: Remap): void {
  for (const name of ['Location', 'Content-Location']) answer.change(name, (value) => remap.answerUri(value));
  answer.change('Set-Cookie', (value) => remap.cookie(value));
}

/** Header fields of an answer; those of one name stand together. */
class Answer {
  readonly #fields = new Map<string, [name: string, value: string][]>();

  get(name: string): string | undefined {
    return this.#fields.get(name.toLowerCase())?.[0]?.[1];
  }

  insert(name: string, value: string): void {
    if (value === '') return;
    const fields = this.#fields.get(name.toLowerCase()) ?? [];
    this.#fields.set(name.toLowerCase(), [...fields, [name, value]]);
  }

  replace(name: string, value: string): void {
    const spelled = this.#fields.get(name.toLowerCase())?.[0]?.[0] ?? name;
    this.#fields.set(name.toLowerCase(), value === '' ? [] : [[spelled, value]]);
  }

  clear(): void {
    this.#fields.clear();
  }

  change(name: string, changed: (value: string) => string): void {
    const fields = this.#fields.get(name.toLowerCase());
    for (const field of fields ?? []) field[1] = changed(field[1]);
  }

  pairs(): Pairs {
    return [...this.#fields.values()].flat();
  }
}
