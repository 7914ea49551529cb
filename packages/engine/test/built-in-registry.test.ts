import { readdirSync } from 'node:fs';
import { type ParameterValues, STRATEGY_NAME, type StrategyParameter, StrategyParameters } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_STRATEGIES, resolveStrategy } from '../src/index.ts';
import type { StrategyDefinition } from '../src/strategies/strategy-definition.ts';

const FOLDER = new URL('../src/strategies/built-in/', import.meta.url);
const byName = BUILT_IN_STRATEGIES.map((definition) => [definition.name, definition] as const);

/** The values between which a parameter can be chosen. */
function extremesOf(parameter: StrategyParameter): ParameterValues[string][] {
  if (parameter.type === 'boolean') return [false, true];
  if (parameter.type === 'choice') return parameter.choices;
  return [parameter.min, parameter.max];
}

/** Choices that go to an extreme: each parameter alone, and all together. */
function cornersOf({ parameters }: StrategyDefinition): ParameterValues[] {
  const entries = Object.entries(parameters);
  const alone = entries.flatMap(([name, parameter]) => extremesOf(parameter).map((value) => ({ [name]: value })));
  const together = [0, -1].map((end) =>
    Object.fromEntries(entries.map(([name, parameter]) => [name, extremesOf(parameter).at(end) ?? 0])),
  );
  return [...alone, ...together];
}

describe('the registry of built-in strategies', () => {
  it('has every file of its folder, once', () => {
    const files = readdirSync(FOLDER).filter((file) => file !== 'registry.generated.ts');
    expect(BUILT_IN_STRATEGIES.map(({ name }) => `${name}.ts`)).toEqual(files.sort());
    expect(new Set(BUILT_IN_STRATEGIES.map(({ title }) => title)).size).toBe(files.length);
  });

  it.each(byName)('%s says what it is, what it does and what each parameter means', (name, definition) => {
    expect(name).toMatch(STRATEGY_NAME);
    expect(definition.title).toMatch(/^[A-Z].*[^.]$/);
    expect(definition.title).not.toBe(name);
    expect(definition.description.length).toBeGreaterThan(80);
    expect(definition.description).toMatch(/\.$/);
    for (const [parameter, { description = '' }] of Object.entries(definition.parameters)) {
      expect([parameter, description]).toEqual([parameter, expect.stringMatching(/^.{5,}[^.]$/)]);
    }
  });

  it.each(byName)(
    '%s has parameters that are what the contract knows, and builds with its defaults',
    (name, definition) => {
      expect(StrategyParameters.parse(definition.parameters)).toEqual(definition.parameters);
      expect(resolveStrategy({ name, params: {} }).strategy.name).toBe(name);
    },
  );

  it.each(byName)('%s builds at the ends of its parameters, or says which do not go together', (name, definition) => {
    for (const params of cornersOf(definition)) {
      try {
        expect(resolveStrategy({ name, params }).strategy.kind).toMatch(/^(rules|events)$/);
      } catch (error) {
        expect(error).toMatchObject({ name: 'EngineError', code: 'invalid_params' });
        const names = Object.keys(definition.parameters).filter((parameter) => String(error).includes(parameter));
        expect([params, names.length]).not.toEqual([params, 0]);
      }
    }
  });
});
