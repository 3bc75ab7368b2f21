/** Each recorded answer of Apache + mod_wsgi, asked of a `MountTable` and of servers (cases/mod_wsgi.mounts.jsonl). */

import type { Server } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import {
  type Application,
  type Middleware,
  type MountedRequest,
  mount,
  RequestTargetError,
} from '../../lib/index.js';
import { answerOf, expectedOf, type ModWsgiRow, modWsgiRows, tableOf } from '../support/mod-wsgi.js';
import { rawRequest, withServer } from '../support/raw.js';

function resolve(row: ModWsgiRow): string {
  try {
    const match = tableOf(row, (app) => app).resolve(row.target);
    return match === undefined ? '404' : answerOf(match.value, match.rawScriptName, match.rawPathInfo);
  } catch (error) {
    if (error instanceof RequestTargetError) return String(error.status);
    throw error;
  }
}

/** An application that answers with what it was given. */
function reporter(app: string): Application {
  return (req: MountedRequest, res) => {
    const path = req.url.replace(/\?.*/s, '');
    // A bare mount shows `/`: the lossy step. The path that came tells (these mounts are at the root).
    res.end(JSON.stringify([app, req.baseUrl, path]));
  };
}

/** Rows by configuration: one server each. */
function byConfig(): ReadonlyMap<string, readonly ModWsgiRow[]> {
  const groups = new Map<string, ModWsgiRow[]>();
  for (const row of modWsgiRows) groups.set(row.config, [...(groups.get(row.config) ?? []), row]);
  return groups;
}

async function askServer(server: Server, row: ModWsgiRow): Promise<string> {
  const { status, body } = await rawRequest(server, row.target);
  if (status !== 200) return String(status);
  const [app, baseUrl, path] = JSON.parse(Buffer.from(body, 'latin1').toString('utf8')) as [
    string,
    string,
    string,
  ];
  const isBare = row.pathInfo === '' && path === '/';
  return answerOf(app, baseUrl, isBare ? '' : path);
}

describe('mod_wsgi rows', () => {
  it('are enough to mean something', () => {
    expect(modWsgiRows.length).to.be.greaterThan(1800);
    expect(byConfig().size).to.be.greaterThan(14);
  });

  for (const [config, rows] of byConfig()) {
    it(`${config}: MountTable answers ${rows.length} targets as Apache does`, () => {
      for (const row of rows) expect(resolve(row), JSON.stringify(row.target)).to.equal(expectedOf(row));
    });
  }

  // What never reaches a mount: what it is about the target, who refuses it, and Apache's status where that differs.
  const refusedByNode = [
    'a character above ASCII: 400',
    'a character above ASCII: 400, Apache 200',
    'a character above ASCII: 400, Apache 404',
    'a control character or a space: 400',
    "begins with '?': 400, Apache 200",
    "begins with '?': 400, Apache 404",
    "begins with neither '/' nor a scheme and '//': 400",
    "begins with neither '/' nor a scheme and '//': 400, Apache 200",
  ];
  const hosts = {
    'a server of its own': {
      appOf: (middleware: Middleware) => middleware,
      unreached: refusedByNode,
    },
    "Express, nonNormal: 'normalize'": {
      appOf: (middleware: Middleware) => express().use(middleware),
      unreached: [...refusedByNode, 'has an empty path: 404, Apache 200', 'has an empty path: 404'],
    },
  };
  for (const [host, { appOf, unreached }] of Object.entries(hosts)) {
    it(`are answered alike through raw sockets by ${host}, but for what never reaches a mount`, async () => {
      const found = new Set<string>();
      for (const rows of byConfig().values()) {
        let seen = 0;
        const mounted = mount(tableOf(rows[0] as ModWsgiRow, reporter, { nonNormal: 'normalize' }));
        const counted: Middleware = (...parameters) => {
          seen++;
          return mounted(...parameters);
        };
        await withServer(appOf(counted), async (server) => {
          for (const row of rows) {
            const before = seen;
            const answer = await askServer(server, row);
            if (seen === before) found.add(unreachedKind(row, answer));
            else expect(answer, `${row.config} ${JSON.stringify(row.target)}`).to.equal(expectedOf(row));
          }
        });
      }
      expect([...found].sort()).to.deep.equal([...unreached].sort());
    }).timeout(60_000);
  }
});

function unreachedKind({ target, status }: ModWsgiRow, answer: string): string {
  return `${targetKind(target)}: ${answer}${String(status) === answer ? '' : `, Apache ${status}`}`;
}

function targetKind(target: string): string {
  if (/[\0-\x20\x7f]/.test(target)) return 'a control character or a space';
  if (/[\x80-\xff]/.test(target)) return 'a character above ASCII';
  if (target.startsWith('?')) return "begins with '?'";
  if (/^https?:\/\/[^/]*$/.test(target)) return 'has an empty path';
  return /^(?:\/|[a-z]+:\/\/)/i.test(target)
    ? 'anything else'
    : "begins with neither '/' nor a scheme and '//'";
}
