/** Rows recorded from Apache + mod_wsgi, and the table of mounts that each of them was asked of. */

import { ConfigurationError, MountTable } from '../../lib/index.js';
import type { MountOptions } from '../../lib/mount/options.js';
import { decodeBytes } from '../../lib/path/percent.js';
import { readRows } from './rows.js';

export interface ModWsgiRow {
  readonly config: string;
  /** One character a byte. */
  readonly target: string;
  readonly status: number;
  readonly app: string | null;
  readonly scriptName: string | null;
  readonly pathInfo: string | null;
  readonly pathInfoHex: string | null;
  readonly mounts: readonly { readonly path: string; readonly app: string }[];
  readonly options: { readonly mergeSlashes: boolean; readonly encodedSlashes: 'keep' | 'reject' | 'decode' };
}

/** 403 is about the length of file names: no mount has that rule. */
export const modWsgiRows = readRows<ModWsgiRow>('mod_wsgi.mounts.jsonl').filter((row) => row.status !== 403);

/** The mounts of a row's configuration; of a path that is listed twice the first counts, as in Apache. */
export function tableOf<T>(
  row: ModWsgiRow,
  valueFor: (app: string) => T,
  options?: MountOptions,
): MountTable<T> {
  const table = new MountTable<T>({
    order: 'declared',
    encodedSlashes: row.options.encodedSlashes,
    ...options,
  });
  for (const { path, app } of row.mounts) {
    try {
      table.add(path, valueFor(app));
    } catch (error) {
      if (!(error instanceof ConfigurationError && error.code === 'ERR_MOUNT_DUPLICATE')) throw error;
    }
  }
  return table;
}

/** What the row says, as one comparable line: status, application, and the bytes of script name and path info. */
export function expectedOf(row: ModWsgiRow): string {
  if (row.app === null) return String(row.status);
  return [row.status, row.app, hexOf(row.scriptName ?? ''), row.pathInfoHex].join(' ');
}

/** The same line for an answer of ours: the raw forms decoded once, but for `%2F`, which stays. */
export function answerOf(app: string, rawScriptName: string, rawPathInfo: string): string {
  return [200, app, hexOf(decodeBytes(rawScriptName)), hexOf(decodeBytes(rawPathInfo))].join(' ');
}

function hexOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('hex');
}
