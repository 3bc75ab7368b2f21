/**
 * The code blocks of a page, with all that decides what is done with each.
 *
 * Rules of this file: nothing is left out silently: a block that looks as if it should run, and cannot, is a problem
 * that is reported with its place.
 */

/** A block in one of the languages that are checked. */
export interface Block {
  readonly file: string;
  /** The line of its first line of code, counted from 1. */
  readonly line: number;
  readonly language: 'ts' | 'js';
  readonly code: string;
  /** Why it does not run; `undefined` for one that does. */
  readonly excluded: string | undefined;
  /** What is asked of its server. */
  readonly console: { readonly line: number; readonly text: string } | undefined;
}

export interface Page {
  readonly blocks: readonly Block[];
  /** Mistakes of the page itself, each with its place. */
  readonly problems: readonly string[];
}

interface Fence {
  readonly language: string;
  readonly isExcluded: boolean;
  readonly line: number;
  readonly code: string;
  /** What stands between the fence before, and this one. */
  readonly between: string;
}

const spellings: Readonly<Record<string, string>> = {
  typescript: 'ts',
  javascript: 'js',
  mts: 'ts',
  cts: 'ts',
  mjs: 'js',
  cjs: 'js',
};

/** The blocks of a Markdown page. */
export function blocksOf(file: string, markdown: string): Page {
  const problems: string[] = [];
  const blocks: Block[] = [];
  const fences = fencesOf(file, markdown, problems);
  fences.forEach((fence, index) => {
    const { language, line, code } = fence;
    const place = `${file}:${line}`;
    const wanted = spellings[language];
    if (wanted !== undefined) problems.push(`${place}: write ${wanted} instead of ${language}`);
    const reason = reasonBefore(fence);
    if (fence.isExcluded && reason === undefined) {
      problems.push(`${place}: no-run needs its reason, in an HTML comment just before the block`);
    }
    if (language === 'console') {
      const [before] = fences.slice(index === 0 ? 0 : index - 1, index);
      const isPlayed = before !== undefined && isRun(before) && isNextTo(fence);
      if (/^\s*\$ curl /m.test(code) && !isPlayed && !fence.isExcluded) {
        problems.push(`${place}: curl needs the ts or js block that it asks, directly before it`);
      }
      return;
    }
    if (language !== 'ts' && language !== 'js') return;
    const after = fences[index + 1];
    const isAsked =
      after?.language === 'console' &&
      !after.isExcluded &&
      isNextTo(after) &&
      /^\s*\$ curl /m.test(after.code);
    blocks.push({
      file,
      line,
      language,
      code,
      excluded: fence.isExcluded ? (reason ?? '') : undefined,
      console: isAsked && isRun(fence) ? { line: after.line, text: after.code } : undefined,
    });
  });
  return { blocks, problems };
}

function isRun({ language, isExcluded }: Fence): boolean {
  return (language === 'ts' || language === 'js') && !isExcluded;
}

/** Whether no heading stands between a block and the one before. */
function isNextTo({ between }: Fence): boolean {
  return !/^#{1,6} /m.test(between);
}

function reasonBefore({ between }: Fence): string | undefined {
  const [, reason = ''] = /<!--((?:(?!-->)[\s\S])*)-->\s*$/.exec(between) ?? [];
  return /\w+\s+\w+/.test(reason) ? reason.trim() : undefined;
}

function fencesOf(file: string, markdown: string, problems: string[]): readonly Fence[] {
  const fences: Fence[] = [];
  const lines = markdown.split('\n');
  let between: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string;
    const [, indent = '', mark, info = ''] = /^(\s*)(`{3,}|~{3,})\s*([^`]*)$/.exec(line) ?? [];
    if (mark === undefined) {
      between.push(line);
      continue;
    }
    const end = lines.findIndex((other, after) => after > index && other.trim() === mark);
    if (end === -1) {
      problems.push(`${file}:${index + 1}: a block that does not end`);
      break;
    }
    const [language = '', ...words] = info.trim().split(/\s+/);
    const unknown = words.filter((word) => word !== 'no-run');
    if (/^(?:ts|js|console)$/.test(language) && unknown.length > 0) {
      problems.push(`${file}:${index + 1}: a block's only attribute is no-run, got ${unknown.join(' ')}`);
    }
    fences.push({
      language,
      isExcluded: words.includes('no-run'),
      line: index + 2,
      code: lines
        .slice(index + 1, end)
        .map((text) => (text.startsWith(indent) ? text.slice(indent.length) : text.trimStart()))
        .join('\n'),
      between: between.join('\n'),
    });
    between = [];
    index = end;
  }
  return fences;
}

/** The doc comments of a source as a Markdown page: the same lines at the same places, all else empty. */
export function docComments(source: string): string {
  let isInside = false;
  return source
    .split('\n')
    .map((line) => {
      const isBegin = /^\s*\/\*\*/.test(line);
      if (isBegin) isInside = true;
      if (!isInside) return '';
      if (line.includes('*/')) isInside = false;
      return line.replace(/^\s*\/?\*+(?: |\/|$)/, '').replace(/\s*\*\/\s*$/, '');
    })
    .join('\n');
}
