export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The part of the WebAssembly interface of JavaScript that the kernels need. */
interface WasmApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (module: WasmModule) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: abstract new () => WasmMemory;
}

/** A compiled module. */
export type WasmModule = object;

// Node, Deno and browsers have it; TypeScript declares it for browsers alone, whose other names this package must not see.
export const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WasmApi };
