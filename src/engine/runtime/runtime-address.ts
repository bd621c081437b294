/**
 * Where a page's import map says that onnxruntime-web is. Browsers do not apply the import map of a page in its workers, so a page without a bundler
 * looks the address up and tells its worker.
 */

/** The part of `import.meta` that is used here; programs that bundlers made may lack it. */
interface WithResolve {
  readonly resolve?: (name: string) => string;
}

/**
 * The address of onnxruntime-web's script for a device. Undefined where no import map has it: in what a bundler made, which brings the script along.
 */
export function mappedRuntime(device: "wasm" | "webgpu"): string | undefined {
  try {
    return (import.meta as WithResolve).resolve?.(`onnxruntime-web/${device}`);
  } catch {
    // What browsers do for a name that no map has.
    return undefined;
  }
}
