/**
 * mod_proxy_balancer: members behind one name.
 *
 * Source: `proxy_balancer_pre_request()`, `find_session_route()`, `get_path_param()` and `get_cookie_param()` of Apache 2.4.
 *
 * Rules of this file: there is no state: it is always the first member that gets a request, unless a session says which.
 */

import { fieldOf } from '../fields.js';
import type { ApacheRequest } from '../module.js';
import { type Directive, misconfigured } from '../read.js';
import { canonicalise } from './canonical.js';
import { parametersOf, type Worker, workerOf } from './workers.js';

interface Balancer {
  members: readonly Worker[];
  parameters: ReadonlyMap<string, string>;
}

/** What a session route is remembered as, for mod_proxy_ajp. */
export const routeNote = 'session-route';

/** All balancers of a server, as far as they are read. */
export class Balancers {
  private readonly all = new Map<string, Balancer>();

  /** Notes a balancer, and what is said of it; another URL is none. */
  name(directive: Directive, url: string, words: readonly string[]): void {
    if (!/^balancer:/i.test(url)) return;
    const parameters = parametersOf(
      words.filter((word) => !/^(?:nocanon|interpolate|noquery)$/i.test(word)),
      directive,
    );
    const balancer = this.of(url);
    balancer.parameters = new Map([...balancer.parameters, ...parameters]);
  }

  /** BalancerMember, in a section of the balancer or with its name. */
  add(directive: Directive, section: string | undefined): void {
    const [name = '', url = '', ...words] =
      section === undefined ? directive.args : [section, ...directive.args];
    const member = workerOf(url, false, parametersOf(words, directive));
    if (member === undefined) throw misconfigured('hold URLs that are absolute', directive);
    const balancer = this.of(name);
    balancer.members = [...balancer.members, member];
  }

  find(url: string): Balancer | undefined {
    return this.all.get(nameOf(url));
  }

  private of(url: string): Balancer {
    const balancer = this.find(url) ?? { members: [], parameters: new Map() };
    this.all.set(nameOf(url), balancer);
    return balancer;
  }
}

function nameOf(url: string): string {
  return (/^balancer:\/\/[^/]*/i.exec(url)?.[0] ?? url).toLowerCase();
}

/** Which member gets a request, and at which URL. */
export function balance(
  request: ApacheRequest,
  url: string,
  balancers: Balancers,
  loaded: ReadonlySet<string>,
): { url: string; worker: Worker } | number {
  const balancer = balancers.find(url);
  if (balancer === undefined) return 500;
  const route = routeOf(request, url, balancer);
  const usable = balancer.members.filter(({ parameters }) => !/[HDS]/.test(parameters.get('status') ?? ''));
  const worker = usable.find(({ parameters }) => parameters.get('route') === route) ?? usable[0];
  if (worker === undefined) return 503;
  const name = nameOf(url);
  request.env.set('BALANCER_NAME', name);
  request.env.set('BALANCER_WORKER_NAME', worker.name);
  request.env.set('BALANCER_WORKER_ROUTE', worker.parameters.get('route') ?? '');
  request.filename = `proxy:${worker.name}${url.slice(name.length)}`;
  const result = canonicalise(request, loaded);
  return typeof result === 'number' ? result : { url: request.filename.slice(6), worker };
}

/** What stands behind the dot of a session in the path or in a cookie. */
function routeOf(request: ApacheRequest, url: string, { parameters }: Balancer): string | undefined {
  const [cookie = '', path = cookie] = (parameters.get('stickysession') ?? '').split('|');
  if (cookie === '') return undefined;
  const inPath = parameterIn(url, path, '?&;');
  const session = inPath ?? parameterIn(fieldOf(request.headersIn, 'cookie') ?? '', cookie, ';,');
  const dot = session?.indexOf('.') ?? -1;
  const route = session === undefined || dot === -1 ? undefined : session.slice(dot + 1);
  if (route === undefined) return undefined;
  request.notes.set(routeNote, route);
  request.env.set('BALANCER_SESSION_STICKY', inPath === undefined ? cookie : path);
  request.env.set('BALANCER_SESSION_ROUTE', route);
  return route;
}

function parameterIn(text: string, name: string, ends: string): string | undefined {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const start = at + name.length;
    if (text[start] !== '=') continue;
    let end = start + 1;
    while (end < text.length && !ends.includes(text[end] as string)) end++;
    if (end > start + 1) return text.slice(start + 1, end);
  }
  return undefined;
}
