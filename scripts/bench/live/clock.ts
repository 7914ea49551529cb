/** Milliseconds of a clock that all processes of a machine share and that nothing sets: CLOCK_MONOTONIC. */
export function clockMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
