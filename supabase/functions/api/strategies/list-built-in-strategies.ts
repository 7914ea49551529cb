import type { BuiltInStrategy } from '@tradebase/contracts';

/** The strategies that the engine has, as callers see them. */
export async function listBuiltInStrategies(): Promise<BuiltInStrategy[]> {
  const { BUILT_IN_STRATEGIES } = await import('@tradebase/engine/strategies');
  return BUILT_IN_STRATEGIES.map(({ name, title, description, parameters, needs }) => ({
    name,
    title,
    description,
    parameters,
    needs: {
      ...(needs?.instruments === undefined ? {} : { instruments: needs.instruments }),
      ...(needs?.columns === undefined ? {} : { columns: [...needs.columns] }),
      ...(needs?.options === undefined ? {} : { options: needs.options }),
    },
  }));
}
