/**
 * What broke other projects (CVEs and issues, named in cases/peers.lessons.jsonl), asked of ours: `resolve()`, a mount that
 * stands alone, Express, and Express inside `normalized()`; the last three through raw sockets.
 */

import type { Server } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import {
  type Application,
  environ,
  type MountOptions,
  MountTable,
  mount,
  normalized,
  pattern,
  RequestTargetError,
} from '../../lib/index.js';
import { rawRequest, withServer } from '../support/raw.js';
import { readRows } from '../support/rows.js';

/** A status, or the mount that took it with the raw script name and path info. */
type Outcome = number | readonly [mount: string, scriptName: string, pathInfo: string];

interface Lesson {
  readonly lesson: string;
  readonly mounts: readonly string[];
  readonly options?: MountOptions;
  readonly target: string;
  readonly answer: Outcome;
  /** Under `app.use()`, where that is another answer: the rest stays as sent (rule 11 of semantics.ts). */
  readonly hosted?: Outcome;
  /** Inside `normalized()`, where that is another answer: guards compare raw paths there too. */
  readonly normalized?: Outcome;
}

const lessons = readRows<Lesson>('peers.lessons.jsonl');

function resolve({ mounts, options, target }: Lesson): Outcome {
  const table = new MountTable<string>(options);
  for (const path of mounts) table.set(path, path);
  try {
    const match = table.resolve(target);
    return match === undefined ? 404 : [match.value, match.rawScriptName, match.rawPathInfo];
  } catch (error) {
    if (error instanceof RequestTargetError) return error.status;
    throw error;
  }
}

/** Applications that tell where they are. */
function mountsOf({ mounts, options }: Lesson): ReturnType<typeof mount> {
  const reporter =
    (path: string): Application =>
    (req, res) => {
      const pathInfo = environ(req).PATH_INFO === '' ? '' : req.url;
      res.end(JSON.stringify([path, req.baseUrl, pathInfo]));
    };
  return mount(Object.fromEntries(mounts.map((path) => [path, reporter(path)])), options);
}

async function ask(server: Server, target: string): Promise<Outcome> {
  const { status, body } = await rawRequest(server, target);
  return status === 200 ? JSON.parse(Buffer.from(body, 'latin1').toString('utf8')) : status;
}

const faces: Readonly<Record<string, (lesson: Lesson) => Outcome | Promise<Outcome>>> = {
  'by resolve()': resolve,
  'by a server of its own': (lesson) => withServer(mountsOf(lesson), (server) => ask(server, lesson.target)),
  'inside normalized(Express)': (lesson) =>
    withServer(normalized(express().use(mountsOf(lesson))), (server) => ask(server, lesson.target)),
};

function expectedOf({ answer, normalized: other }: Lesson, face: string): Outcome {
  return face.includes('normalized') ? (other ?? answer) : answer;
}

describe('lessons of other projects', () => {
  it('are enough to mean something', () => {
    expect(lessons.length).to.be.greaterThan(120);
  });

  for (const lesson of new Set(lessons.map((row) => row.lesson))) {
    const group = lessons.filter((row) => row.lesson === lesson);
    for (const [face, askFace] of Object.entries(faces)) {
      it(`${lesson}: ${group.length} targets ${face}`, async () => {
        for (const row of group) {
          expect(await askFace(row), JSON.stringify(row.target)).to.deep.equal(expectedOf(row, face));
        }
      });
    }
    it(`${lesson}: ${group.length} targets inside Express`, async () => {
      for (const row of group) {
        const answer = await withServer(express().use(mountsOf(row)), (server) => ask(server, row.target));
        expect(answer, JSON.stringify(row.target)).to.deep.equal(row.hosted ?? row.answer);
      }
    });
  }
});

describe('redirects of other projects that left the host (CVE-2024-29041, CVE-2026-27738, CVE-2026-33397)', () => {
  // What a client can put in front of, or for, the mount point: `//`, and all that a browser or a parser may take for it.
  const starts = '|/|//|///|/\\|/%5C|/%2F|/%2f/|/.//|/%2e%2e//|/x/..//|/%09/'.split('|');
  const ends = '/evil.example|evil.example/|/app|/app/|/evil.example/app|/evil.example/app/|/'.split('|');
  const targets = starts
    .flatMap((start) => [`/app${start}`, `/app${start}/`, ...ends.map((end) => start + end)])
    .filter((target) => target.startsWith('/'));
  const anywhere: Application = (_req, res) => res.end();

  for (const trailingSlash of ['add', 'remove'] as const) {
    const options = { trailingSlash };
    const byName = mount('/app', anywhere, options);
    const byPattern = mount(pattern('/:any'), anywhere, options);
    const hosts: Readonly<Record<string, Parameters<typeof withServer>[0]>> = {
      alone: byPattern,
      'alone, nested': mount(pattern('/:any'), byPattern),
      'inside Express': express().use(byName, byPattern),
      'inside an Express router': express().use('/:outer', express.Router().use(byPattern)),
      'inside an Express router whose base begins as a host does': express().use(/\/\/?[^/]+/, byPattern),
      'inside normalized(Express)': normalized(express().use(byName, byPattern)),
    };
    for (const [host, listener] of Object.entries(hosts)) {
      it(`trailingSlash: '${trailingSlash}' ${host}: a Location is the whole path, begins with one slash, names no host`, async () => {
        let redirects = 0;
        await withServer(listener, async (server) => {
          for (const target of targets) {
            const { status, headers } = await rawRequest(server, target);
            if (status !== 308) continue;
            redirects++;
            const { location = '' } = headers;
            expect(location, target).to.match(/^\/(?![/\\])[\x21-\x7e]*$/);
            expect(new URL(location, 'http://here.example/').host, target).to.equal('here.example');
            if (!/^(?:\/[a-z]+(?:\.[a-z]+)?)+\/?$/.test(target)) continue;
            expect(location).to.equal(trailingSlash === 'add' ? `${target}/` : target.slice(0, -1));
          }
        });
        expect(redirects).to.be.greaterThan(2);
      });
    }
  }
});
