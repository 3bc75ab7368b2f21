/**
 * What h2o makes of the fields of an answer, whichever protocol they came by.
 */

import { foldAscii } from '../../../path/percent.js';
import type { Globals, Settings } from './configuration.js';
import { changed, type Field } from './headers.js';

/** How h2o calls itself. */
export const serverName = 'h2o/2.2.5';

const dropped = ['connection', 'date', 'keep-alive', 'transfer-encoding', 'upgrade'];

export function answered(
  fields: readonly Field[],
  settings: Settings,
  globals: Globals,
  keepsServer: boolean,
): readonly Field[] {
  const kept = fields.filter(([name]) => {
    const folded = foldAscii(name);
    return !dropped.includes(folded) && (keepsServer || folded !== 'server');
  });
  const name = globals.serverName ?? serverName;
  const named: readonly Field[] = name === '' ? kept : [['Server', name], ...kept];
  return changed(named, settings.responseHeaders);
}
