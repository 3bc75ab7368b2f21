/**
 * One answer under the eyes of `lint()`: what an application writes, and whether it passes the request on.
 *
 * Rules of this file: Express replaces prototypes, so the methods are watched as own properties, and put back when the
 * application lets the request go or fails; from then on, what the host writes is not its. After a rule is thrown a request
 * is watched no longer: its error has to be answered. Nothing is thrown once the head is out, when nobody could answer it.
 */

import type { ServerResponse } from 'node:http';
import { type AnyRequest, hostOf, schemeOf } from '../bridge/request.js';
import type { Rule } from '../environ/rules.js';
import { LintError, show } from '../errors.js';
import { bodyRules, headRules, nextRules, type Passing } from './contract.js';
import { isRewritten } from './rewrite.js';

type Method = (...parameters: never[]) => unknown;
type Report = ((broken: LintError) => void) | undefined;
type Name = 'writeHead' | 'write' | 'end';
type ToldRule<Subject> = Rule<Subject> & { readonly advises?: true };

/** The error that tells of a rule, where it is broken. */
export function brokenRule<Subject>(
  { id, says, broken }: Rule<Subject>,
  side: LintError['side'],
  subject: Subject,
): LintError | undefined {
  const value = broken(subject);
  return value === undefined ? undefined : new LintError(id, side, `${says}, got ${show(value)}`);
}

export class Watch {
  readonly #req: AnyRequest;
  readonly #res: ServerResponse;
  readonly #report: Report;
  readonly #baseUrl: string | undefined;
  readonly #isRewritten: boolean;
  /** Headers that were there before the application came are the host's. */
  readonly #before: ReadonlyMap<string, readonly string[]>;
  readonly #undos: (() => void)[] = [];
  #isOn = true;
  #isRunning = true;
  #isHeadChecked = false;
  #isEnding = false;
  #bytes = 0;
  #contentLength: string | undefined;
  #passed = 0;

  constructor(req: AnyRequest, res: ServerResponse, report: Report) {
    this.#req = req;
    this.#res = res;
    this.#report = report;
    this.#baseUrl = req.baseUrl;
    this.#isRewritten = isRewritten(res);
    this.#before = new Map(
      Object.entries(res.getHeaders()).map(([name, value]) => [name, [value].flat().map(String)]),
    );
    const isUntouched = this.#hook('writeHead', (...parameters) => this.#writeHead(parameters));
    // Who came over writeHead() since, such as on-headers, still changes the head: it is judged when it comes down.
    const look = (): void => {
      if (isUntouched()) this.#writeHead([res.statusCode]);
    };
    this.#hook('write', (chunk, encoding) => {
      look();
      this.#write(chunk, encoding);
    });
    this.#hook('end', (chunk, encoding) => {
      look();
      this.#write(chunk, encoding);
      this.#isEnding = true;
      if (this.#isHeadChecked) this.#end();
    });
  }

  /** The application passes the request on, or fails: what is wrong with that, for the host. */
  pass(hasFailed: boolean): LintError | undefined {
    this.#passed++;
    const times = this.#passed;
    const isBegun = this.#res.headersSent;
    const before = times > 1 ? this.#req.baseUrl : this.#baseUrl;
    this.stop();
    // A failure may come at any time: the host hears of that, and of nothing else.
    if (hasFailed) return undefined;
    const passing: Passing = { times, isBegun: times === 1 && isBegun, baseUrl: [before, this.#req.baseUrl] };
    const [broken] = nextRules.flatMap((rule) => brokenRule(rule, 'response', passing) ?? []);
    if (broken === undefined) return undefined;
    if (this.#report !== undefined) this.#report(broken);
    else if (times === 1) return broken;
    // The host has gone on already.
    else console.error(broken);
    return undefined;
  }

  /** Whoever answers now is not the application. */
  stop(): void {
    this.#isOn = false;
    for (const undo of this.#undos.splice(0)) undo();
  }

  /** The host is done with `next()` and the application not yet: what it writes now, nobody else does. */
  lookForLateAnswer(): void {
    if (!this.#isRunning) return;
    this.#isOn = true;
    for (const name of ['writeHead', 'write', 'end'] as const) {
      this.#hook(name, () => {
        this.stop();
        const passing = {
          times: 1,
          isBegun: false,
          late: `${name}()`,
          baseUrl: [undefined, undefined],
        } as const;
        this.#judge(nextRules, passing);
      });
    }
  }

  /** The application has returned. */
  returned(): void {
    this.#isRunning = false;
    if (this.#passed > 0) this.stop();
  }

  /** Has something done before a method of the response, while this watches; tells whether nobody came over it. */
  #hook(name: Name, look: (...parameters: unknown[]) => void): () => boolean {
    const res = this.#res as unknown as Record<string, Method>;
    const own = Object.getOwnPropertyDescriptor(res, name);
    const method = res[name] as Method;
    const watched = (...parameters: unknown[]): unknown => {
      if (this.#isOn) look(...parameters);
      return method.apply(res, parameters as never);
    };
    Object.defineProperty(res, name, { value: watched, configurable: true, writable: true });
    this.#undos.push(() => {
      if (res[name] !== watched) return;
      if (own === undefined) delete res[name];
      else Object.defineProperty(res, name, own);
    });
    return () => res[name] === watched;
  }

  #writeHead([status, ...more]: readonly unknown[]): void {
    if (this.#isHeadChecked) return;
    this.#isHeadChecked = true;
    const headers = new Map<string, readonly string[]>();
    const add = (name: unknown, value: unknown): void => {
      if (value === undefined) return;
      headers.set(String(name).toLowerCase(), (Array.isArray(value) ? value : [value]).map(String));
    };
    for (const [name, value] of Object.entries(this.#res.getHeaders())) add(name, value);
    for (const [name, value] of more.flatMap(pairsOf)) add(name, value);
    this.#contentLength = headers.get('content-length')?.[0];
    for (const [name, values] of headers) {
      const before = this.#before.get(name) ?? [];
      const own = values.filter((value) => !before.includes(value));
      if (own.length > 0) headers.set(name, own);
      else headers.delete(name);
    }
    const origin = `${schemeOf(this.#req)}://${hostOf(this.#req)}`;
    const baseUrl = this.#isRewritten ? '' : (this.#baseUrl ?? '');
    this.#judge(headRules, { status, headers, baseUrl, origin });
    if (this.#isEnding) this.#end();
  }

  #write(chunk: unknown, encoding: unknown): void {
    if (typeof chunk === 'string') {
      this.#bytes += Buffer.byteLength(
        chunk,
        typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8',
      );
    } else if (chunk instanceof Uint8Array) {
      this.#bytes += chunk.byteLength;
    }
  }

  #end(): void {
    const isHead = this.#req.method === 'HEAD';
    const { statusCode: status } = this.#res;
    this.#judge(bodyRules, { status, bytes: this.#bytes, contentLength: this.#contentLength, isHead });
  }

  #judge<Subject>(rules: readonly ToldRule<Subject>[], subject: Subject): void {
    for (const rule of rules) {
      const broken = brokenRule(rule, 'response', subject);
      if (broken === undefined) continue;
      if (this.#report !== undefined) {
        this.#report(broken);
      } else if (rule.advises) {
        console.warn(broken);
      } else if (this.#res.headersSent) {
        console.error(broken);
      } else {
        this.#isOn = false;
        throw broken;
      }
    }
  }
}

/** The headers among the parameters of `writeHead()`: an object, a flat list, or a list of pairs. */
function pairsOf(parameter: unknown): readonly (readonly [unknown, unknown])[] {
  if (typeof parameter !== 'object' || parameter === null) return [];
  if (!Array.isArray(parameter)) return Object.entries(parameter);
  if (parameter.every((pair) => Array.isArray(pair))) return parameter.map(([name, value]) => [name, value]);
  return parameter.flatMap((name, index) => (index % 2 === 0 ? [[name, parameter[index + 1]] as const] : []));
}
