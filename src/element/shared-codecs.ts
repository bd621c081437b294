/** The codecs of a page's elements: one for each model, opened with the first picture that needs it, and kept. */
import type { ImageCodec } from "../codec/image-codec.ts";
import type { DirectCodecOptions } from "../web/direct-codec.ts";
import { createWorkerCodec } from "../web/worker-codec.ts";
import { fetchFile } from "./fetch-stream.ts";

/** Where the codecs run and what they accept, as `createCodec` takes it. */
export interface SharedCodecOptions extends Omit<DirectCodecOptions, "prepare"> {
  /** Address of the worker's script, for bundlers that do not know `new Worker(new URL(...))`. Default: where the package has it. */
  readonly worker?: string;
}

/** Gives the codec for a model at an address. If it failed before, it is tried again. */
export function sharedCodecs({ worker, ...where }: SharedCodecOptions): (model: string) => Promise<ImageCodec> {
  const opened = new Map<string, Promise<ImageCodec>>();
  const open = async (model: string): Promise<ImageCodec> => {
    const response = await fetchFile(model, "a model");
    return createWorkerCodec(new Uint8Array(await response.arrayBuffer()), { ...where, prepare: "decode" }, worker);
  };
  return (model) => {
    const known = opened.get(model);
    if (known !== undefined) return known;
    const opening = open(model);
    opened.set(model, opening);
    opening.catch(() => opened.delete(model));
    return opening;
  };
}
