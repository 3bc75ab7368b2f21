/**
 * The report of `describeMount()`: routes and front servers as a matrix, for a terminal and as one HTML page.
 *
 * Rules of this file: pure; a page needs nothing but itself.
 */

import type { Finding } from './checks.js';
import { escapeHtml } from './html.js';

/** What came of one route behind one front server at one mount. */
export interface Outcome {
  readonly route: string;
  readonly frontServer: string;
  readonly mount: string;
  readonly findings: readonly Finding[];
}

interface Cell {
  readonly total: number;
  readonly wrong: readonly Outcome[];
}

function cellsOf(outcomes: readonly Outcome[]): {
  readonly routes: readonly string[];
  readonly frontServers: readonly string[];
  readonly cell: (route: string, frontServer: string) => Cell;
} {
  const routes = [...new Set(outcomes.map(({ route }) => route))];
  const frontServers = [...new Set(outcomes.map(({ frontServer }) => frontServer))];
  const cell = (route: string, frontServer: string): Cell => {
    const own = outcomes.filter((each) => each.route === route && each.frontServer === frontServer);
    return { total: own.length, wrong: own.filter(({ findings }) => findings.length > 0) };
  };
  return { routes, frontServers, cell };
}

/** The matrix as text: `ok`, or how many of the mounts are wrong. */
export function formatMatrix(outcomes: readonly Outcome[]): string {
  const { routes, frontServers, cell } = cellsOf(outcomes);
  const rows = frontServers.map((frontServer) => [
    frontServer,
    ...routes.map((route) => {
      const { total, wrong } = cell(route, frontServer);
      return wrong.length === 0 ? 'ok' : `${wrong.length} of ${total} wrong`;
    }),
  ]);
  const table = [['', ...routes], ...rows];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  return table
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The matrix, and below it what is wrong, as a page. */
export function formatPage(title: string, outcomes: readonly Outcome[]): string {
  const { routes, frontServers, cell } = cellsOf(outcomes);
  const row = (frontServer: string): string => {
    const cells = routes.map((route) => {
      const { total, wrong } = cell(route, frontServer);
      const text = wrong.length === 0 ? 'ok' : `${wrong.length} of ${total}`;
      return `<td class="${wrong.length === 0 ? 'right' : 'wrong'}">${text}</td>`;
    });
    return `<tr><th>${escapeHtml(frontServer)}</th>${cells.join('')}</tr>`;
  };
  const details = outcomes.flatMap(({ route, frontServer, mount, findings }) =>
    findings.map(
      ({ message, fix }) =>
        `<li><b>${escapeHtml(route)}</b> behind ${escapeHtml(frontServer)} at <code>${escapeHtml(mount)}</code>: ` +
        `${escapeHtml(message)}.<br>To mend it: ${escapeHtml(fix)}.</li>`,
    ),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 sans-serif; margin: 2em; }
table { border-collapse: collapse; }
th, td { border: 1px solid #999; padding: 0.2em 0.6em; text-align: left; }
.right { background: #dfd; }
.wrong { background: #fdd; }
</style>
<h1>${escapeHtml(title)}</h1>
<table>
<tr><th></th>${routes.map((route) => `<th>${escapeHtml(route)}</th>`).join('')}</tr>
${frontServers.map(row).join('\n')}
</table>
<ul>
${details.join('\n')}
</ul>
</html>
`;
}
