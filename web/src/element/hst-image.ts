/**
 * `<hst-image src="photo.hst" alt="…">` shows a `.hst` file as `<img>` shows a picture. It knows the picture's size from the first bytes, before anything is
 * decoded, and keeps its place; all elements that name the same model share one codec, in a worker.
 */
import type { ImageCodec } from "../../../src/codec/image-codec.ts";
import { rgbaFromImage } from "../../../src/image/rgba.ts";
import { readHeader } from "../../../src/index.ts";
import { createWorkerCodec } from "../../../src/web/worker-codec.ts";

const STYLE = `
:host { display: inline-block; max-width: 100%; vertical-align: bottom; }
:host([hidden]) { display: none; }
canvas { display: block; max-width: 100%; height: auto; }
span { display: none; }
:host([broken]) canvas { display: none; }
:host([broken]) span { display: inline; }
`;

/** What is known of a picture before it is decoded. */
interface Natural {
  readonly width: number;
  readonly height: number;
}

/** No header is longer (FORMAT.md). */
const HEADER_BYTES = 32;

/** Codecs by the addresses of model and WebAssembly. */
const codecs = new Map<string, Promise<ImageCodec>>();

/** The bytes at an address. @throws {Error} if the server does not give them */
async function fetched(address: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(address, signal === undefined ? {} : { signal });
  if (!response.ok) throw new Error(`hst-image: ${address}: got the answer ${response.status}, expected the file`);
  return response;
}

/** All bytes of an answer. @param onHeader told the first of them when they hold a header */
async function read(response: Response, onHeader: (first: Uint8Array) => void): Promise<Uint8Array> {
  if (response.body === null) throw new Error("hst-image: got an answer without contents, expected the file");
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  let isTold = false;
  for await (const part of response.body) {
    parts.push(part);
    length += part.length;
    if (isTold || length < HEADER_BYTES) continue;
    isTold = true;
    onHeader(new Uint8Array(await new Blob(parts).arrayBuffer()));
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function codecFor(model: string, wasm: string): Promise<ImageCodec> {
  const key = `${model} ${wasm}`;
  let codec = codecs.get(key);
  if (codec === undefined) {
    codec = fetched(model).then(async (response) =>
      createWorkerCodec(
        new Uint8Array(await response.arrayBuffer()),
        { wasmPaths: wasm },
        new URL("./codec-worker.js", import.meta.url).href,
      ),
    );
    codecs.set(key, codec);
    // Whoever asks next tries again.
    codec.catch(() => codecs.delete(key));
  }
  return codec;
}

/**
 * The element. Attributes: `src`; `alt`; `loading="lazy"` waits until it is nearly seen; `model`, the address of the model file; `wasm`, that of the folder with
 * onnxruntime-web's `ort-wasm-*` files. Events, none of which bubbles: `loadedmetadata` when the size is known, `load` when it is drawn, `error` with a
 * message when it cannot be.
 */
export class HstImageElement extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ["src", "alt", "loading", "model", "wasm"];

  readonly #canvas = document.createElement("canvas");
  readonly #words = document.createElement("span");
  #natural: Natural | null = null;
  #isComplete = true;
  #running: AbortController | null = null;
  #observer: IntersectionObserver | null = null;
  #isQueued = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("part", "image");
    this.#canvas.width = 0;
    this.#canvas.height = 0;
    root.append(style, this.#canvas, this.#words);
  }

  /** Pixels per row of the picture; 0 until its size is known. */
  get naturalWidth(): number {
    return this.#natural?.width ?? 0;
  }

  /** Rows of the picture; 0 until its size is known. */
  get naturalHeight(): number {
    return this.#natural?.height ?? 0;
  }

  /** Whether nothing is being loaded: it is drawn, it failed, or there is no `src`. */
  get complete(): boolean {
    return this.#isComplete;
  }

  /** The address of the file, as it was given. */
  get src(): string {
    return this.getAttribute("src") ?? "";
  }

  set src(address: string) {
    this.setAttribute("src", address);
  }

  /** What the picture shows, in words. */
  get alt(): string {
    return this.getAttribute("alt") ?? "";
  }

  set alt(words: string) {
    this.setAttribute("alt", words);
  }

  /** @internal the browser's */
  connectedCallback(): void {
    this.#describe();
    this.#begin();
  }

  /** @internal the browser's */
  disconnectedCallback(): void {
    this.#running?.abort();
    this.#observer?.disconnect();
  }

  /** @internal the browser's */
  attributeChangedCallback(name: string): void {
    if (name === "alt") this.#describe();
    else if (this.isConnected) this.#begin();
  }

  #describe(): void {
    this.#words.textContent = this.alt;
    // An empty alt says that the picture is decoration.
    if (this.alt === "") this.#canvas.setAttribute("aria-hidden", "true");
    else this.#canvas.removeAttribute("aria-hidden");
    this.#canvas.setAttribute("aria-label", this.alt);
  }

  /** Loads after the attributes that change together have changed, and after it is nearly seen where that was asked for. */
  #begin(): void {
    this.#running?.abort();
    this.#observer?.disconnect();
    this.#isComplete = this.src === "";
    if (this.src === "" || this.#isQueued) return;
    this.#isQueued = true;
    queueMicrotask(() => {
      this.#isQueued = false;
      if (!this.isConnected || this.src === "") return;
      if (this.getAttribute("loading") !== "lazy") return void this.#load();
      this.#observer = new IntersectionObserver(
        (entries) => {
          if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
          this.#observer?.disconnect();
          void this.#load();
        },
        { rootMargin: "50%" },
      );
      this.#observer.observe(this);
    });
  }

  /** Takes the size from the first bytes of a file. @throws {BitstreamError} for bytes that are no stream */
  #measure(bytes: Uint8Array): Natural {
    const { width, height } = readHeader(bytes);
    this.#natural = { width, height };
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.removeAttribute("broken");
    this.dispatchEvent(new Event("loadedmetadata"));
    return this.#natural;
  }

  async #load(): Promise<void> {
    this.#natural = null;
    const running = new AbortController();
    this.#running = running;
    try {
      const [model, wasm] = [this.#address("model"), this.#address("wasm")];
      const codec = codecFor(model, wasm.endsWith("/") ? wasm : `${wasm}/`);
      const response = await fetched(new URL(this.src, document.baseURI).href, running.signal);
      const bytes = await read(response, (first) => this.#measure(first));
      if (running.signal.aborted) return;
      const { width } = this.#natural ?? this.#measure(bytes);
      const { data } = rgbaFromImage(await (await codec).decode(bytes));
      if (running.signal.aborted) return;
      this.#canvas.getContext("2d")?.putImageData(new ImageData(data, width), 0, 0);
      this.#isComplete = true;
      this.dispatchEvent(new Event("load"));
    } catch (error) {
      if (running.signal.aborted) return;
      this.#isComplete = true;
      this.setAttribute("broken", "");
      const message = error instanceof Error ? error.message : String(error);
      this.dispatchEvent(new ErrorEvent("error", { message, error }));
    }
  }

  /** An address that an attribute gives. @throws {Error} if it does not */
  #address(name: "model" | "wasm"): string {
    const value = this.getAttribute(name);
    if (value !== null && value !== "") return new URL(value, document.baseURI).href;
    throw new Error(
      `hst-image: got no attribute "${name}", expected the address of ${name === "model" ? "a model file" : "the folder with onnxruntime-web's ort-wasm files"}`,
    );
  }
}

if (customElements.get("hst-image") === undefined) customElements.define("hst-image", HstImageElement);
