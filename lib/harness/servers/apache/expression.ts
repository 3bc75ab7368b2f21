/**
 * Regular expressions of a front server's configuration: PCRE, as far as it has a counterpart in JavaScript.
 *
 * Rules of this file: an expression comes from a configuration, never from a request; subjects are one character a byte.
 */

/** How an expression is meant. */
export interface ExpressionOptions {
  readonly ignoresCase?: boolean;
  /** `PCRE_DOTALL`: a dot is a line's end too. */
  readonly dotIsEverything?: boolean;
  /** `PCRE_DOLLAR_ENDONLY`: a dollar is not before a last line's end. */
  readonly dollarIsEnd?: boolean;
}

const classes: Readonly<Record<string, string>> = {
  ...{ alpha: 'A-Za-z', digit: '0-9', alnum: 'A-Za-z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s' },
  ...{
    word: '\\w',
    xdigit: '0-9A-Fa-f',
    blank: ' \\t',
    punct: '!-\\/:-@\\[-`{-~',
    cntrl: '\\x00-\\x1f\\x7f',
  },
};

/** An expression; `undefined` where JavaScript does not know it. */
export function compileExpression(source: string, options: ExpressionOptions = {}): RegExp | undefined {
  const { ignoresCase = false, dotIsEverything = false, dollarIsEnd = false } = options;
  const [, letters = ''] = /^\(\?([a-z]+)\)/.exec(source) ?? [];
  const body = letters === '' ? source : source.slice(letters.length + 3);
  const flags =
    (ignoresCase || letters.includes('i') ? 'i' : '') +
    (dotIsEverything || letters.includes('s') ? 's' : '') +
    (letters.includes('m') ? 'm' : '');
  try {
    return new RegExp(translate(body, dollarIsEnd || letters.includes('m')), flags);
  } catch {
    return undefined;
  }
}

function translate(source: string, dollarIsEnd: boolean): string {
  let made = '';
  let isClass = false;
  for (let at = 0; at < source.length; at++) {
    const character = source[at] as string;
    if (character === '\\') {
      made += escaped(source[++at] ?? '\\', isClass);
    } else if (isClass) {
      const [whole, name = ''] = /^\[:(\w+):\]/.exec(source.slice(at, at + 12)) ?? [];
      if (whole !== undefined && Object.hasOwn(classes, name)) {
        made += classes[name];
        at += whole.length - 1;
      } else {
        made += character === '[' ? '\\[' : character;
        if (character === ']') isClass = false;
      }
    } else if (character === '[') {
      isClass = true;
      made += '[';
      if (source[at + 1] === '^') made += source[++at];
      // A bracket that closes nothing stands for itself.
      if (source[at + 1] === ']') made += `\\${source[++at]}`;
    } else if (character === '$' && !dollarIsEnd) {
      made += '(?=\\n?$)';
    } else if (character === '(' && source.startsWith('(?P<', at)) {
      made += '(?<';
      at += 3;
    } else {
      made += character;
    }
  }
  return made;
}

function escaped(character: string, isClass: boolean): string {
  if (isClass) return `\\${character}`;
  switch (character) {
    case 'A':
      return '^';
    case 'z':
      return '$';
    case 'Z':
      return '(?=\\n?$)';
    case 'h':
      return '[ \\t]';
    default:
      return `\\${character}`;
  }
}
