/**
 * A question in our terms, and what we answer to it, by each face of the library: a request goes to `mount()`, and the
 * application, or the host that it is passed on to, tells what `environ(req)` says. No socket: a row may begin with any
 * base and any path, whatever a parser would have said.
 */

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import {
  type Application,
  ConfigurationError,
  environ,
  type Middleware,
  type MountedRequest,
  type MountOptions,
  MountTable,
  mount,
  type Pattern,
  RequestTargetError,
} from '../../lib/index.js';

/** Mount points, each with the name of its application, or with the mount points inside it. */
export type Mounts = readonly (readonly [path: string | Pattern, inside: string | Mounts])[];

export interface Question {
  readonly mounts: Mounts;
  readonly options?: MountOptions;
  /** Raw: what was consumed, what is left, and the target as it came. No url: only whether there can be such mounts. */
  readonly baseUrl: string;
  readonly url: string | undefined;
  readonly originalUrl: string;
  readonly host?: string | undefined;
  /** The application throws. */
  readonly fails?: boolean;
}

export interface Place {
  /** Decoded, as `environ(req)` says. */
  readonly scriptName: string;
  readonly pathInfo: string;
}

/** One of: an application ran; the request was passed on; it was answered or refused; the mounts were made or not. */
export interface Answer extends Partial<Place> {
  readonly app?: string;
  readonly params?: Readonly<Record<string, string | readonly string[]>>;
  /** With its `?`, where a row is about one. */
  readonly query?: string;
  readonly next?: true;
  readonly status?: number;
  readonly location?: string;
  readonly code?: string;
  readonly accepted?: true;
  readonly throws?: string;
}

/** What the host has when it is called again. */
export interface Asked {
  readonly answer: Answer;
  readonly after: Place | undefined;
  /** Url and base are what they were, to the byte. */
  readonly isRestored: boolean;
  /** The target as the application has it, where one ran. */
  readonly originalUrl?: string | undefined;
}

/** Asks `mount()` inside a host, with Apache's view of paths unless the question says otherwise. */
export function ask(question: Question): Asked {
  return run(question, { nonNormal: 'normalize', ...question.options }, true);
}

/** Asks as `app.use(mount(…))` does: inside a host, with the defaults. */
export function askHosted(question: Question): Answer {
  return run(question, question.options, true).answer;
}

/** Asks a mount that stands alone, with a mount around it for what was consumed before. */
export function askAlone(question: Question): Answer {
  const { baseUrl, url = '', mounts, options } = question;
  const outside = baseUrl === '' ? mounts : [[decodeURIComponent(baseUrl), mounts] as const];
  return run({ ...question, mounts: outside, baseUrl: '', url: baseUrl + url }, options, false).answer;
}

/** Asks `resolve()`; `undefined` where the question is about more than one table, or a base. */
export function askTable({ mounts, options, baseUrl, url = '', host }: Question): Answer | undefined {
  if (baseUrl !== '' || (options?.trailingSlash ?? 'keep') !== 'keep') return undefined;
  const table = new MountTable<string>(options);
  for (const [path, app] of mounts) {
    if (typeof app !== 'string') return undefined;
    table.set(path, app);
  }
  const match = table.resolve(url || '/', host);
  if (match === undefined) return { next: true };
  const { value, scriptName, pathInfo, params } = match;
  return { app: value, scriptName, pathInfo, ...paramsOf(params) };
}

function run(question: Question, options: MountOptions | undefined, isHosted: boolean): Asked {
  const { baseUrl, url, originalUrl, host, fails } = question;
  let seen: Answer | undefined;
  let seenUrl: string | undefined;
  const applicationOf =
    (app: string): Application =>
    (req: MountedRequest, _res, next) => {
      seen = { app, ...placeOf(req), ...paramsOf(req.params) };
      seenUrl = req.originalUrl;
      if (fails) throw new Error('the application fails');
      if (isHosted) next?.();
    };
  let middleware: Middleware;
  try {
    middleware = mountsOf(question.mounts, options, applicationOf);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { answer: { throws: error.code }, after: undefined, isRestored: true };
  }
  if (url === undefined) return { answer: { accepted: true }, after: undefined, isRestored: true };
  // A socket that is gone: whoever waits for the end of the request does not wait.
  const req = new IncomingMessage(new Socket().destroy()) as MountedRequest;
  // Nothing but the base was asked for, or nothing at all: a request shows both as `/` (rule 6).
  const shown = url === '' || url.startsWith('?') ? `/${url}` : url;
  Object.assign(req, { method: 'GET', url: shown, ...(isHosted && { originalUrl, baseUrl }) });
  if (host !== undefined) req.headers.host = host;
  const res = new ServerResponse(req);
  // With a header already set, those of writeHead() can be read.
  res.setHeader('X-Asked', 'yes');
  let passed: Asked | undefined;
  const next = (error?: unknown): void => {
    const after = placeOf(req);
    const answer = seen ?? (error === undefined ? { next: true as const, ...after } : refusalOf(error));
    const isRestored = req.url === shown && req.baseUrl === baseUrl;
    passed = { answer, after, isRestored, originalUrl: seenUrl };
  };
  middleware(req, res, isHosted ? next : undefined);
  if (passed !== undefined) return passed;
  const location = res.getHeader('location');
  const status = { status: res.statusCode, ...(typeof location === 'string' && { location }) };
  return { answer: seen ?? status, after: undefined, isRestored: false };
}

/** `mount()` of mounts, each application made of its name. */
export function mountsOf(
  mounts: Mounts,
  options: MountOptions | undefined,
  applicationOf: (app: string) => Application,
): Middleware {
  const applications = mounts.map(([path, inside]) => {
    const application =
      typeof inside === 'string' ? applicationOf(inside) : mountsOf(inside, options, applicationOf);
    return [path, application] as const;
  });
  const [path, application] = applications[0] as [string | Pattern, Application];
  if (typeof path !== 'string') return mount(path, application, options);
  return mount(Object.fromEntries(applications), options);
}

/** Where `environ(req)` says that the request is. */
function placeOf(req: MountedRequest): Place {
  const { SCRIPT_NAME, PATH_INFO } = environ(req);
  return { scriptName: SCRIPT_NAME, pathInfo: PATH_INFO };
}

function paramsOf(params: Answer['params']): Pick<Answer, 'params'> {
  return params === undefined || Object.keys(params).length === 0 ? {} : { params: { ...params } };
}

/** The answer that a host makes of an error. */
export function refusalOf(error: unknown): Answer {
  if (error instanceof RequestTargetError) return { status: error.status, code: error.code };
  throw error;
}
