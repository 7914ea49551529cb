import { EngineError } from '../engine-error.ts';
import type { KernelFunctions } from './kernel-functions.ts';
import { KERNELS_BASE64 } from './kernels.generated.ts';
import { type WasmMemory, type WasmModule, wasm } from './web-assembly.ts';

const PAGE_BYTES = 65_536;
/** Most memory that one instance takes: columns of blocks and their history are a few megabytes at most. */
const MAX_BYTES = 512 * 1024 * 1024;
/** An instance with more memory than this is not kept for the next run. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;
const MAX_KEPT_INSTANCES = 4;

let compiledModule: WasmModule | undefined;
const idle: KernelInstance[] = [];

/**
 * One instance of the kernels with its memory, for one run at a time: an arena from which a run allocates, and which is
 * emptied as a whole. Compiled once a thread, on first use; threads share nothing.
 */
export class KernelInstance {
  readonly run: KernelFunctions;
  readonly #memory: WasmMemory;
  readonly #heapBase: number;
  #top: number;
  #doubles: Float64Array<ArrayBuffer>;
  #integers: Int32Array<ArrayBuffer>;

  private constructor() {
    compiledModule ??= new wasm.Module(decodeBase64(KERNELS_BASE64));
    const { exports } = new wasm.Instance(compiledModule);
    const { memory } = exports;
    if (!(memory instanceof wasm.Memory)) {
      throw new Error('the kernels export no memory');
    }
    this.run = exports as unknown as KernelFunctions;
    this.#memory = memory;
    this.#heapBase = this.run.heap_base();
    this.#top = this.#heapBase;
    this.#doubles = new Float64Array(memory.buffer);
    this.#integers = new Int32Array(memory.buffer);
  }

  /** An instance of which nobody else has the memory until it is given back. One that is not is collected as garbage. */
  static borrow(): KernelInstance {
    return idle.pop() ?? new KernelInstance();
  }

  giveBack(): void {
    this.#top = this.#heapBase;
    if (this.#memory.buffer.byteLength <= MAX_KEPT_BYTES && idle.length < MAX_KEPT_INSTANCES) idle.push(this);
  }

  /**
   * Zeroed bytes, aligned to 16. Views made before are void when memory has grown: allocate first, then look.
   *
   * @throws EngineError `out_of_memory`
   */
  allocate(bytes: number): number {
    const start = this.reserve(bytes);
    new Uint8Array(this.#memory.buffer, start, bytes).fill(0);
    return start;
  }

  /** As `allocate`, of whatever was there before: for what is written before it is read. */
  reserve(bytes: number): number {
    const start = (this.#top + 15) & ~15;
    const end = start + bytes;
    if (end > MAX_BYTES) {
      throw new EngineError(
        'out_of_memory',
        `the kernels need more than ${MAX_BYTES} bytes; use fewer or shorter columns`,
      );
    }
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.#doubles = new Float64Array(this.#memory.buffer);
      this.#integers = new Int32Array(this.#memory.buffer);
    }
    this.#top = end;
    return start;
  }

  /** All memory as doubles; the double at byte `pointer` has the index `pointer / 8`. */
  get doubles(): Float64Array<ArrayBuffer> {
    return this.#doubles;
  }

  /** The same as 32-bit integers. */
  get integers(): Int32Array<ArrayBuffer> {
    return this.#integers;
  }

  get buffer(): ArrayBuffer {
    return this.#doubles.buffer;
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < characters.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
