/** Starts `runtime-child.ts` where it finds a graphics card that is computed: SwiftShader, as Debian's chromium brings it. */
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { compiled } from "./child-program.ts";
import type { RecordedCodec } from "./recorded-codec.ts";

const CHROMIUM_FOLDER = "/usr/lib/chromium";
const DRIVER = `${CHROMIUM_FOLDER}/vk_swiftshader_icd.json`;

/** What a test needs of Debian's chromium package, in words; null if all is there. */
export function missingSwiftShader(): string | null {
  const missing = [DRIVER, `${CHROMIUM_FOLDER}/libvulkan.so.1`].filter((file) => !existsSync(file));
  return missing.length === 0 ? null : `${missing.join(" and ")} (Debian's package chromium)`;
}

/** Variables that let a new process find SwiftShader by the Vulkan loader that lies beside it. */
export const SWIFTSHADER_ENVIRONMENT: Readonly<Record<string, string>> = {
  VK_DRIVER_FILES: DRIVER,
  VK_ICD_FILENAMES: DRIVER,
  LD_LIBRARY_PATH: CHROMIUM_FOLDER,
};

/** A codec on WebGPU in a process of its own; `close` ends it. */
export function webGpuInChild(): RecordedCodec {
  const child = fork(compiled("test/support/runtime-child.ts"), ["webgpu"], {
    env: { ...process.env, ...SWIFTSHADER_ENVIRONMENT },
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const call = <T>(method: keyof RecordedCodec, ...words: unknown[]): Promise<T> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`the process ended: ${stderr}`));
      child.once("exit", ended);
      child.once("message", (message: { result: T } | { failure: string }) => {
        child.off("exit", ended);
        if ("failure" in message) reject(new Error(message.failure));
        else resolve(message.result);
      });
      child.send({ method, words });
    });
  return {
    use: (...words) => call("use", ...words),
    encode: (...words) => call("encode", ...words),
    decode: (...words) => call("decode", ...words),
    async close() {
      await call("close");
      child.disconnect();
    },
  };
}
