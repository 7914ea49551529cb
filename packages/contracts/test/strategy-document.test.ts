import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatStrategyDocument, parseStrategyDocument, type StrategySpec } from '../src/index.ts';
import { anyStrategySpec } from './any-strategy-spec.ts';

const RULES = 'name: a\nlong:\n  entry: close > open\n';

function issuesOf(text: string) {
  const parsed = parseStrategyDocument(text);
  return parsed.success ? [] : parsed.issues;
}

function specOf(text: string): StrategySpec {
  const parsed = parseStrategyDocument(text);
  if (!parsed.success) throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec;
}

describe('A strategy as a document', () => {
  it('is the same strategy after it was written and read, whatever its texts look like', () => {
    fc.assert(
      fc.property(anyStrategySpec, (spec) => {
        expect(specOf(formatStrategyDocument(spec))).toEqual(spec);
        expect(specOf(JSON.stringify(spec))).toEqual(spec);
      }),
      { numRuns: 300 },
    );
  });

  it('may be YAML or JSON', () => {
    const spec = { name: 'sma-cross', params: { fast: 5 } };
    expect(specOf('name: sma-cross\nparams: {fast: 5} # short\n')).toEqual(spec);
    expect(specOf(JSON.stringify(spec, null, 2))).toEqual(spec);
  });

  it('has its parameters on one line each, and its expressions unbroken', () => {
    const entry = `close > open and ${'close > open or '.repeat(20)}close > 1`;
    const text = formatStrategyDocument(
      specOf(`name: a\nparameters: {fast: {default: 3, min: 1, max: 9}}\nlong: {entry: '${entry}'}`),
    );
    expect(text).toContain('  fast: { type: integer, default: 3, min: 1, max: 9, step: 1 }\n');
    expect(text).toContain(`  entry: ${entry}\n`);
  });

  it('reads words and times as YAML 1.2 does: yes is a text, 09:30 too', () => {
    const spec = specOf(`${RULES}description: yes\nsession: {from: 09:30, to: 16:00}\n`);
    expect(spec).toMatchObject({ description: 'yes', session: { from: '09:30', to: '16:00' } });
  });
});

describe('A document is refused, with the place,', () => {
  it.each([
    ['for a field nobody knows', `${RULES}stop_los: {percent: 2}\n`, '', 1, 1, 'stop_los'],
    ['for a wrong value in a rule', `${RULES}stop_loss: {percent: true}\n`, 'stop_loss', 4, 12, 'percent'],
    ['for a missing entry', 'name: a\nlong:\n  exit: close > 1\n', 'long.entry', 3, 3, 'string'],
    [
      'for an expression that is too long',
      `name: a\nlong:\n  entry: ${'a'.repeat(2001)}\n`,
      'long.entry',
      3,
      10,
      '2000',
    ],
    [
      'for a bad default',
      `${RULES}parameters:\n  fast: {default: 1, min: 2, max: 3}\n`,
      'parameters.fast.default',
      5,
      19,
      'within',
    ],
    ['for a name that no indicator can have', `${RULES}indicators:\n  Fast: close\n`, 'indicators.Fast', 5, 9, 'key'],
    ['for a key that is there twice', `${RULES}name: b\n`, '', 4, 1, 'twice'],
    ['for broken YAML', 'name: [a\n', '', 2, 1, ']'],
    ['for an alias', `${RULES}description: &d text\nparams: {a: *d}\n`, '', 4, 17, 'anchors'],
    ['for a tag', `${RULES}description: !foo text\n`, '', 4, 19, '!foo'],
    ['for a tag of YAML itself', `${RULES}description: !!str 5\n`, '', 4, 20, 'tags'],
    ['for several documents', `${RULES}---\n${RULES}`, '', 4, 1, 'several documents'],
    ['for a directive', `%YAML 1.1\n---\n${RULES}`, '', 1, 1, 'directives'],
    ['for being empty', '', '', 1, 1, 'empty'],
    ['for being a list', '- a\n', '', 1, 1, 'object'],
    ['for nesting that nobody needs', '['.repeat(40_000), '', 1, 1, 'deeper'],
  ])('%s', (_why, text, path, line, column, message) => {
    const [issue, ...others] = issuesOf(text);
    expect(others).toEqual([]);
    expect(issue).toEqual({
      path,
      line: expect.any(Number),
      column: expect.any(Number),
      message: expect.stringContaining(message),
    });
    if (!message.includes('deeper')) expect([issue?.line, issue?.column]).toEqual([line, column]);
  });

  it('for its size alone, before it is read', () => {
    const [issue, ...others] = issuesOf(`a: ${'['.repeat(5_000_000)}`);
    expect(others).toEqual([]);
    expect(issue?.message).toContain('larger than 65536 bytes');
    expect(issuesOf(`${RULES}description: ${'é'.repeat(40_000)}`)[0]?.message).toContain('larger');
  });

  it('for a billion laughs, without laughing', () => {
    const laughs = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`);
    expect(issuesOf(`a0: &a0 ha\n${laughs.join('\n')}`)[0]?.message).toContain('anchors');
  });
});

describe('An issue within an expression', () => {
  const placed = (text: string, line: number, column: number) => {
    const parsed = parseStrategyDocument(text);
    if (!parsed.success) throw new Error(JSON.stringify(parsed.issues));
    const located = parsed.locate({ path: 'long.entry', message: '', line, column });
    return [located.line, located.column];
  };

  it.each([
    ['plain', 'name: a\nlong:\n  entry: close > opne\n', 1, 9, 3, 18],
    ['in single quotes', "name: a\nlong: {entry: 'close > opne'}\n", 1, 9, 2, 24],
    ['in double quotes', 'name: a\nlong:\n  entry: "close > opne"\n', 1, 9, 3, 19],
    ['as a block', 'name: a\nlong:\n  entry: |\n    close >\n      opne\n', 2, 3, 5, 7],
    ['folded', 'name: a\nlong:\n  entry: >-\n    close >\n    opne\n', 1, 9, 5, 5],
    ['over two lines', 'name: a\nlong:\n  entry: close >\n    opne\n', 1, 9, 4, 5],
  ])('written %s has its place in the document', (_how, text, line, column, documentLine, documentColumn) => {
    expect(placed(text, line, column)).toEqual([documentLine, documentColumn]);
  });
});
