/**
 * Console blocks: `$ curl …` lines, each followed by what it prints.
 *
 * Rules of this file: a command is taken as a POSIX shell and curl would take it; what either of them would change
 * or understand otherwise is refused, so that a reader who copies the line gets the same answer.
 */

export interface Exchange {
  readonly line: number;
  readonly command: string;
  /** Lines that the command prints; `...` stands for any number of them. */
  readonly expected: readonly string[];
}

export interface CurlRequest {
  readonly method: string;
  /** Host and port of the URL. */
  readonly host: string;
  readonly port: number;
  /** The request target, as sent: bytes, one character each. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly isHeadShown: boolean;
}

/** The commands of a block, whose first line is `firstLine` of its page. */
export function exchangesOf(text: string, firstLine: number): readonly Exchange[] {
  const exchanges: { line: number; command: string; expected: string[] }[] = [];
  text.split('\n').forEach((written, index) => {
    const last = exchanges.at(-1);
    if (written.startsWith('$ ')) {
      exchanges.push({ line: firstLine + index, command: written.slice(2), expected: [] });
    } else if (last?.command.endsWith('\\')) {
      last.command = `${last.command.slice(0, -1)}${written.trim()}`;
    } else if (last !== undefined) {
      last.expected.push(written);
    } else if (written.trim() !== '') {
      throw new Error(`line ${firstLine + index}: a console block must begin with a command, got ${written}`);
    }
  });
  return exchanges;
}

/** What a `curl` command asks. */
export function parseCurl(command: string): CurlRequest {
  const words = wordsOf(command);
  if (words.shift() !== 'curl') throw new Error(`the command must be curl, got ${command}`);
  const headers: [string, string][] = [];
  let [method, url, isHeadShown, isPathAsIs] = ['GET', '', false, false];
  while (words.length > 0) {
    const word = words.shift() as string;
    if (word === '--path-as-is') isPathAsIs = true;
    else if (word === '-X') method = words.shift() ?? '';
    else if (word === '-H') headers.push(parseHeader(words.shift() ?? ''));
    else if (/^-[si]+$/.test(word)) isHeadShown ||= word.includes('i');
    else if (word.startsWith('-') || url !== '')
      throw new Error(`curl is played with -s, -i, -H, -X, --path-as-is and one URL, got ${word}`);
    else url = word;
  }
  const [, host, path = ''] = /^http:\/\/([^/?#]+)(.*)$/.exec(url) ?? [];
  if (host === undefined) throw new Error(`curl needs a URL that begins with http://, got ${url || command}`);
  if (/[[\]{}]/.test(path))
    throw new Error(`curl takes brackets and braces for a range: escape them, got ${url}`);
  if (path.includes('#')) throw new Error(`curl does not send a fragment, got ${url}`);
  const isDotted = /\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(path.replace(/\?.*$/, ''));
  if (isDotted && !isPathAsIs) throw new Error(`curl removes dot segments without --path-as-is, got ${url}`);
  return {
    method,
    host,
    port: Number(/:(\d+)$/.exec(host)?.[1] ?? 80),
    target: Buffer.from(path.startsWith('/') ? path : `/${path}`, 'utf8').toString('latin1'),
    headers,
    isHeadShown,
  };
}

function parseHeader(field: string): [string, string] {
  const [, name, value] = /^([^\s:]+):\s*(.*)$/.exec(field) ?? [];
  if (name === undefined || value === undefined)
    throw new Error(`-H must be followed by 'Name: value', got ${field}`);
  return [name, value];
}

/** The words of a command line, as a POSIX shell splits it. */
function wordsOf(command: string): string[] {
  const words: string[] = [];
  let rest = command.trim();
  while (rest !== '') {
    const [word] = /^(?:'[^']*'|"[^"$`\\]*"|[^\s'"$`\\&|;<>()#*~]|(?<=\S)[#~])+/.exec(rest) ?? [];
    if (word === undefined) throw new Error(`a shell would not take this word as it stands: ${rest}`);
    words.push(
      word.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
    );
    rest = rest.slice(word.length);
    if (rest !== '' && !/^\s/.test(rest))
      throw new Error(`a shell would not take this word as it stands: ${word}${rest}`);
    rest = rest.trimStart();
  }
  return words;
}

/** Whether what was printed is what was written; a line `...` stands for any number of lines. */
export function isPrinted(expected: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return printed.length === 0;
  if (first !== '...') return printed[0] === first && isPrinted(rest, printed.slice(1));
  return printed.some((_, from) => isPrinted(rest, printed.slice(from))) || isPrinted(rest, []);
}

/** The lines of a text, without what is empty at its end. */
export function linesOf(text: string): readonly string[] {
  return text.replace(/\s+$/, '').split('\n');
}
