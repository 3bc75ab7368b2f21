/**
 * Tables and numbers for people, in plain text.
 */

import type { Summary } from './statistics.js';

/** Rows in columns: the first at its left edge, the others at their right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] as number;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Three digits that count. */
export function formatNumber(value: number): string {
  if (value >= 99.95) return formatCount(Math.round(value));
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** A whole number, its thousands apart. */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ' ');
}

export function formatSummary({ median, spread }: Summary): string {
  return `${formatNumber(median)} ±${formatNumber(spread)}`;
}
