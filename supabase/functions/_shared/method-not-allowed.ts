import { ApiError } from './api-error.ts';

/** Last handler of a path: refuses the methods that no route before it took. */
export function methodNotAllowed(...allowed: string[]) {
  return (): never => {
    throw new ApiError('method_not_allowed', { message: `This address answers ${allowed.join(' and ')} only` });
  };
}
