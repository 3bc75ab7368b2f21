/**
 * What an application behind each front server gets, with each configuration of `data/config`: as these versions
 * of Debian 12 did it: Apache 2.4.71, nginx 1.22.1, HAProxy 2.6.12, Caddy 2.6.2, lighttpd 1.4.69, h2o 2.2.5,
 * Varnish 7.1.1.
 *
 * Rules of this file: a row says what is right; what a server does otherwise, and cannot do right with a configuration
 * of this length, stands under its name. Everywhere, `/app` and `/app/` are one once the prefix is stripped.
 *
 * - Apache normalises to find the mount, and sends what follows it as it was sent, without a run of slashes before it.
 * - nginx normalises to find the mount, and sends the path as it was sent: kept, it can be any spelling of `/app`. Stripped
 *   by `proxy_pass http://host/;` it would lose `%2F`; taken from `$request_uri`, other spellings of `/app` are 404.
 * - HAProxy compares what was sent, and sends it on, dot segments too; an absolute-form target stays one, and is 400 if
 *   its host is not that of Host. What no backend takes is 503.
 * - Caddy normalises and decodes to find the mount; stripped, what is left is normalised too, and some characters are
 *   escaped. What it does not take is an empty 200.
 * - lighttpd sends all in its normal form. With `url-path-2f-decode` off, `%2F` is kept, but decoded to find the mount:
 *   `/app%2Fx` gets through. It answers 403 for its own empty root, and 400 to an absolute-form host that is not Host's.
 * - h2o normalises to find the mount, and knows no absolute-form targets. It cannot set X-Forwarded-Host.
 * - Varnish compares what was sent, and sends it on, dot segments too.
 */

import type { ProxyName } from './front-server.js';

/** A target as it arrives; `null`: it does not reach the application. */
type Arrival = string | null;

interface Arrivals {
  readonly kept: Arrival;
  readonly stripped: Arrival;
  readonly inner: Arrival;
}

export interface TargetRow extends Arrivals {
  readonly target: string;
  readonly except: Partial<Readonly<Record<ProxyName, Partial<Arrivals>>>>;
}

/** A target of the mount, which is `rest` without it. */
function inside(target: string, rest: string, except: TargetRow['except'] = {}): TargetRow {
  return { target, kept: target, stripped: rest, inner: target, except };
}

/** A target that is not the mount's. */
function outside(target: string, except: TargetRow['except'] = {}): TargetRow {
  return { target, kept: null, stripped: null, inner: target, except };
}

export const targetRows: readonly TargetRow[] = [
  inside('/app', '/'),
  inside('/app/', '/'),
  inside('/app/x', '/x'),
  inside('/app/a%20b', '/a%20b'),
  inside('/app/a%2Fb', '/a%2Fb'),
  inside('/app/a%3Fb', '/a%3Fb'),
  inside('/app/a%252Fb', '/a%252Fb'),
  inside('/app/%C3%A9', '/%C3%A9'),
  inside("/app/a'(b)!*:@&=+$,;c", "/a'(b)!*:@&=+$,;c", {
    caddy: { stripped: '/a%27%28b%29%21%2A:@&=+$,;c' },
  }),
  inside('/app?q=1', '/?q=1'),
  inside('/app/?q', '/?q'),
  inside('/app/x?q=%2F&a+b', '/x?q=%2F&a+b'),
  inside('/app/%7Ea', '/%7Ea', {
    lighttpd: { kept: '/app/~a', stripped: '/~a', inner: '/app/~a' },
  }),
  inside('/app//x', '//x', {
    apache: { stripped: '/x' },
    caddy: { stripped: '/x' },
    lighttpd: { kept: '/app/x', stripped: '/x', inner: '/app/x' },
  }),
  inside('/app/./x', '/./x', {
    caddy: { stripped: '/x' },
    lighttpd: { kept: '/app/x', stripped: '/x', inner: '/app/x' },
  }),
  {
    target: 'http://site.example:8080/app/x',
    ...{ kept: '/app/x', stripped: '/x', inner: '/app/x' },
    except: {
      haproxy: {
        kept: 'http://site.example:8080/app/x',
        stripped: 'http://site.example:8080/x',
        inner: 'http://site.example:8080/app/x',
      },
      h2o: { kept: null, stripped: null, inner: '/http://site.example:8080/app/x' },
    },
  },

  outside('/'),
  outside('/x'),
  outside('/appx'),
  outside('/APP/x'),
  outside('/app;p/x'),
  outside('/app/../x', {
    haproxy: { kept: '/app/../x', stripped: '/../x' },
    lighttpd: { inner: '/x' },
    varnish: { kept: '/app/../x', stripped: '/../x' },
  }),
  outside('/app/%2e%2e/x', {
    haproxy: { kept: '/app/%2e%2e/x', stripped: '/%2e%2e/x' },
    lighttpd: { inner: '/x' },
    varnish: { kept: '/app/%2e%2e/x', stripped: '/%2e%2e/x' },
  }),
  outside('/app%2Fx', {
    nginx: { kept: '/app%2Fx' },
    caddy: { kept: '/app%2Fx' },
    lighttpd: { kept: '/app%2Fx', stripped: '/%2Fx' },
    h2o: { kept: '/app%2Fx' },
  }),

  // Other spellings of the mount: to take them and to leave them is right, but not to send the rest of another path.
  outside('//app/x', {
    apache: { kept: '/app/x', stripped: '/x', inner: '/app/x' },
    nginx: { kept: '//app/x' },
    caddy: { kept: '//app/x', stripped: '/x' },
    lighttpd: { kept: '/app/x', stripped: '/x', inner: '/app/x' },
  }),
  outside('/x/../app/y', {
    apache: { kept: '/app/y', stripped: '/y' },
    nginx: { kept: '/x/../app/y' },
    caddy: { kept: '/x/../app/y', stripped: '/y' },
    lighttpd: { kept: '/app/y', stripped: '/y', inner: '/app/y' },
    h2o: { kept: '/app/y', stripped: '/y' },
  }),
  outside('/%61pp/x', {
    apache: { kept: '/app/x', stripped: '/x' },
    nginx: { kept: '/%61pp/x' },
    caddy: { kept: '/%61pp/x', stripped: '/x' },
    lighttpd: { kept: '/app/x', stripped: '/x', inner: '/app/x' },
    h2o: { kept: '/app/x', stripped: '/x' },
  }),
];

/** Where the requests of the next rows come from: not from where front servers are. */
export const client = '127.0.0.2';

/** What a client says of where it comes from. */
type Said = Readonly<
  Partial<Record<'Forwarded' | `X-Forwarded-${'For' | 'Proto' | 'Host' | 'Prefix'}`, string>>
>;

/** An honest one says nothing. */
export const plain: Said = {};

/** What another one makes up. */
export const spoofed: Said = {
  'X-Forwarded-For': '192.0.2.6',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Prefix': '/evil',
  Forwarded: 'for=192.0.2.6',
};

export const host = 'site.example:8080';

/** The header fields that tell where a request came from; lists as they arrive, `undefined`: there is none. */
export interface ForwardedRow {
  readonly for: string;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

export interface ForwardedRows {
  /** Of kept, stripped and prefixed: the client sends `spoofed`, or nothing of that kind. */
  readonly spoofed: ForwardedRow;
  readonly plain: ForwardedRow;
  /**
   * Of `inner`, behind a front server that says `https` of `first.example`, and that the client is at 192.0.2.6; its
   * Host is passed on.
   */
  readonly inner: ForwardedRow;
}

/** What the front server before an inner one says. */
export const first: Said = {
  'X-Forwarded-For': '192.0.2.6',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'first.example',
  'X-Forwarded-Prefix': '/first',
};

const set: ForwardedRows = {
  spoofed: { for: `192.0.2.6, ${client}`, proto: 'http', host },
  plain: { for: client, proto: 'http', host },
  inner: { for: '192.0.2.6, 127.0.0.1', proto: 'https', host: 'first.example' },
};

export const forwardedRows: Readonly<Record<ProxyName, ForwardedRows>> = {
  // Appends to X-Forwarded-Host by itself.
  apache: {
    spoofed: { ...set.spoofed, host: `evil.example, ${host}` },
    plain: set.plain,
    inner: { ...set.inner, host: `first.example, ${host}` },
  },
  nginx: set,
  // X-Forwarded-For is a second field.
  haproxy: set,
  // Believes nobody who is not among its `trusted_proxies`.
  caddy: { ...set, spoofed: set.plain },
  // Replaces X-Forwarded-Proto and -Host always.
  lighttpd: { ...set, inner: { ...set.inner, proto: 'http', host } },
  h2o: { ...set, spoofed: { ...set.spoofed, host: undefined }, plain: { ...set.plain, host: undefined } },
  // Knows of no TLS; what it says of the protocol is a constant.
  varnish: set,
};
