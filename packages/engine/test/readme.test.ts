import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { backtestInChunks, buildReport, runBacktest } from '../src/index.ts';
import { walkingCandles } from './support/any-indicator.ts';

describe('The example in the README', () => {
  it('runs, and gives the same at once and in pieces', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```js\nimport [^;]+;\n([\s\S]*?)```/.exec(readme) ?? [];
    const { result, report, sameResult } = runInNewContext(`${example}; ({ result, report, sameResult })`, {
      backtestInChunks,
      buildReport,
      candles: walkingCandles(500, 3),
      runBacktest,
    });
    expect(result.trades.length).toBeGreaterThan(0);
    expect(sameResult).toEqual(result);
    expect(report.summary).toEqual(result.summary);
  });

  it('links to documents that are there', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const links = [...readme.matchAll(/\]\((docs\/[a-z-]+\.md)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(8);
    for (const link of links) {
      expect(readFileSync(new URL(`../${link}`, import.meta.url), 'utf8')).toMatch(/^# /);
    }
  });
});
