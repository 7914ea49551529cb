// The functions of the module. Sources in AssemblyScript: the compiler run by "npm run generate" checks their types;
// tsc and Biome leave this folder out, since v128, load<f64> and decorators on functions are not TypeScript.
//
// Pointers are byte offsets in the module's memory. A column is doubles, one per bar; `length` counts bars of a block.
// What precedes a block in a column (its history) lies before the pointer. States are zeroed before the first block.

export * from './arithmetic';
export * from './averages';
export * from './oscillators';
export * from './extremes';
export * from './average-cross';
export * from './masks';
export * from './side-by-side';
export * from './deviation';
export * from './simulate';
export * from './simulate-plain';
export { word_extremes } from './mark';

/** Where the memory begins that the module itself does not use. */
export function heap_base(): usize {
  return __heap_base;
}
