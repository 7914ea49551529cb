/** A piece of an expression that has no parts. `at` is its offset in the text. */
export interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'symbol' | 'unknown' | 'end';
  /** As written; of a text what is within the quotes. */
  readonly text: string;
  readonly at: number;
}

const SPACE = ' '.charCodeAt(0);
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_]\w*/y;
const SYMBOL = /<=|>=|==|!=|[-+*/%^<>()[\],.]/y;

/** Parts an expression into tokens, the last of which is its end, or `unknown` where the text goes on with none. */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const character = text.charAt(at);
    if (text.charCodeAt(at) <= SPACE) {
      at += 1;
      continue;
    }
    if (character === "'" || character === '"') {
      const end = text.indexOf(character, at + 1);
      if (end === -1) return [...tokens, { kind: 'unknown', text: character, at }];
      tokens.push({ kind: 'text', text: text.slice(at + 1, end), at });
      at = end + 1;
      continue;
    }
    const number = match(NUMBER);
    const name = match(NAME);
    const written = number ?? name ?? match(SYMBOL);
    const isUnknown = written === undefined || (number !== undefined && /\w/.test(text.charAt(at + number.length)));
    if (isUnknown) return [...tokens, { kind: 'unknown', text: text.charAt(at), at }];
    tokens.push({
      kind: number !== undefined ? 'number' : name !== undefined ? 'name' : 'symbol',
      text: written,
      at,
    });
    at += written.length;
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}
