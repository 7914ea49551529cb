import type { BuiltInStrategy } from '@tradebase/contracts';
import { BUILT_IN_STRATEGIES } from '@tradebase/engine';

/** The strategies that the engine has, as callers see them. */
export function listBuiltInStrategies(): BuiltInStrategy[] {
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
