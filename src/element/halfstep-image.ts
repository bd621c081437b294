/**
 * The public entry for other people's pages: an element that shows a `.hst` file as `<img>` shows other pictures.
 *
 * The element fetches the file. All elements of a page fetch the model once, and decode in one worker, which is started with the first picture. The
 * picture is drawn on a canvas inside the element, because no browser takes pixels as the picture of an `<img>`. There is no `srcset`. The element
 * refuses nothing that `halfstep/web` decodes.
 * onnxruntime-web is an optional peer dependency: install it beside halfstep.
 */
import { checkOptions } from "../arguments.ts";
import type { StreamHeader } from "../codec/container/stream-header.ts";
import { IMAGE_CODEC_OPTIONS } from "../codec/encode-settings.ts";
import type { ImageCodec } from "../codec/image-codec.ts";
import { hex } from "../hex.ts";
import { drawRows } from "./draw-rows.ts";
import { fetchStream } from "./fetch-stream.ts";
import { type SharedCodecOptions, sharedCodecs } from "./shared-codecs.ts";

export { BitstreamError, type BitstreamErrorCode, HalfstepError } from "../errors.ts";
export type { SharedCodecOptions } from "./shared-codecs.ts";

/** Options of {@link defineHalfstepImage}. */
export interface HalfstepImageOptions extends SharedCodecOptions {
  /**
   * Address of the model file, or a function that gives the address. The function is called with the first 16 of the 64 hexadecimal digits of the model's
   * identity, which a stream names. Default: the package's own `weights/halfstep-2.safetensors`, where the package or a bundler has it.
   */
  readonly model?: string | ((identity: string) => string);
  /** Name of the element. Default "halfstep-image". */
  readonly name?: string;
}

const OPTIONS: readonly (keyof HalfstepImageOptions)[] = [
  "model",
  "name",
  "device",
  "threads",
  "wasmPaths",
  "runtimeAddress",
  "worker",
  ...IMAGE_CODEC_OPTIONS,
];

/** How far from the window a picture with `loading="lazy"` begins to load: one height of the window. */
const LAZY_MARGIN = "100% 0px";

const STYLE = `
:host { display: inline-block; }
:host([hidden]) { display: none; }
canvas { display: block; width: 100%; height: 100%; object-fit: inherit; object-position: inherit; }
[hidden] { display: none; }`;

// A server only writes pages and has no elements. The module can still be imported there.
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

let codecFor: ((header: StreamHeader) => Promise<ImageCodec>) | null = null;

/**
 * The element. Attributes: `src`, the address of a `.hst` file; `alt`, what it shows in words, and `alt=""` for decoration; `loading="lazy"` to wait until
 * it is near the window; `width` and `height` in CSS pixels, which keep its place before anything is loaded.
 *
 * Events: `loadedmetadata` when the size is known, before the picture is decoded; `load` when it is drawn; `error`, an `ErrorEvent` whose `error` says why
 * there is no picture. None of them bubbles. If a picture fails, the element shows the words of `alt`.
 */
export class HalfstepImageElement extends Base {
  static readonly observedAttributes: readonly string[] = ["src", "alt", "loading", "width", "height"];

  readonly #canvas: HTMLCanvasElement;
  readonly #words: HTMLSpanElement;
  readonly #placeStyle: CSSStyleSheet;
  #observer: IntersectionObserver | null = null;
  #loading: AbortController | null = null;
  /** The address that is shown, that failed, or that is being loaded; null for none. */
  #begun: string | null = null;
  #isComplete = true;
  #size: { readonly width: number; readonly height: number } | null = null;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    this.#placeStyle = new CSSStyleSheet();
    root.adoptedStyleSheets = [style, this.#placeStyle];
    this.#canvas = document.createElement("canvas");
    this.#canvas.setAttribute("part", "picture");
    this.#canvas.hidden = true;
    this.#words = document.createElement("span");
    this.#words.setAttribute("part", "words");
    this.#words.hidden = true;
    root.append(this.#canvas, this.#words);
  }

  /** The absolute address of the file; "" for none. */
  get src(): string {
    const src = this.getAttribute("src");
    return src === null || src === "" ? "" : new URL(src, this.baseURI).href;
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

  /** When the picture is loaded. */
  get loading(): "eager" | "lazy" {
    return this.getAttribute("loading")?.toLowerCase() === "lazy" ? "lazy" : "eager";
  }
  set loading(when: "eager" | "lazy") {
    this.setAttribute("loading", when);
  }

  /** Pixels per row of the picture; 0 before they are known. */
  get naturalWidth(): number {
    return this.#size?.width ?? 0;
  }

  /** Rows of the picture; 0 before they are known. */
  get naturalHeight(): number {
    return this.#size?.height ?? 0;
  }

  /** Whether there is nothing to wait for: the picture is drawn, or it failed, or there is none. */
  get complete(): boolean {
    return this.#isComplete;
  }

  connectedCallback(): void {
    this.#startSoon();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  attributeChangedCallback(name: string): void {
    if (name === "alt") this.#showWords();
    else if (name === "width" || name === "height") this.#keepPlace();
    else {
      // To set an address again is to load it again.
      if (name === "src") this.#begun = null;
      this.#startSoon();
    }
  }

  /** Starts when the script that changes the attributes has ended. */
  #startSoon(): void {
    if (this.src !== "" && this.src !== this.#begun) this.#isComplete = false;
    queueMicrotask(() => this.#start());
  }

  #start(): void {
    const { src } = this;
    if (!this.isConnected || src === this.#begun) return;
    this.#stop();
    if (src === "") {
      this.#forget();
      this.#isComplete = true;
    } else if (this.loading === "eager") {
      void this.#load(src);
    } else {
      this.#observer = new IntersectionObserver(
        (seen) => {
          if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
          this.#observer?.disconnect();
          void this.#load(src);
        },
        { rootMargin: LAZY_MARGIN },
      );
      this.#observer.observe(this);
    }
  }

  /** Ends what is still loading. A picture that is already drawn stays. */
  #stop(): void {
    this.#observer?.disconnect();
    this.#observer = null;
    if (this.#loading === null) return;
    this.#loading.abort();
    this.#loading = null;
    this.#begun = null;
  }

  #forget(): void {
    this.#begun = null;
    this.#size = null;
    this.#canvas.hidden = true;
    // Gives the memory of its pixels back.
    this.#canvas.width = 0;
    this.#canvas.height = 0;
    this.#words.hidden = true;
  }

  async #load(src: string): Promise<void> {
    const loading = new AbortController();
    const { signal } = loading;
    this.#loading = loading;
    this.#forget();
    this.#begun = src;
    this.#showWords();
    try {
      const { header, rest } = await fetchStream(src, signal);
      this.#showSize(header);
      const [codec, bytes] = await Promise.all([opened(header), rest()]);
      const rows = await codec.decodeRows(bytes);
      const context = this.#canvas.getContext("2d");
      if (context === null) throw new Error("canvas: the browser gave no context for 2D; close other pages");
      signal.throwIfAborted();
      await drawRows(rows, context, signal);
      this.#end(loading, new Event("load"));
    } catch (error) {
      // Another picture is wanted, or none.
      if (signal.aborted) return;
      this.#forget();
      this.#begun = src;
      this.#words.hidden = false;
      this.#end(loading, new ErrorEvent("error", { error, message: messageOf(error) }));
    }
  }

  #end(loading: AbortController, event: Event): void {
    if (this.#loading !== loading) return;
    this.#loading = null;
    this.#isComplete = true;
    this.dispatchEvent(event);
  }

  #showSize({ width, height }: StreamHeader): void {
    this.#size = { width, height };
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#canvas.hidden = false;
    this.dispatchEvent(new Event("loadedmetadata"));
  }

  #showWords(): void {
    const alt = this.getAttribute("alt");
    this.#words.textContent = alt;
    this.#canvas.role = alt === "" ? "presentation" : "img";
    this.#canvas.ariaLabel = alt === "" ? null : alt;
  }

  /** As for `<img>`: lengths in CSS pixels that style sheets of the page may overrule. */
  #keepPlace(): void {
    const [width, height] = ["width", "height"].map((name) => Number.parseFloat(this.getAttribute(name) ?? ""));
    const rules = [];
    if (isLength(width)) rules.push(`width: ${width}px;`);
    if (isLength(height)) rules.push(`height: ${height}px;`);
    if (isLength(width) && isLength(height)) rules.push(`aspect-ratio: auto ${width} / ${height};`);
    this.#placeStyle.replaceSync(`:host { ${rules.join(" ")} }`);
  }
}

function isLength(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function opened(header: StreamHeader): Promise<ImageCodec> {
  if (codecFor === null) throw new Error("internal: an element was made before it was defined");
  return codecFor(header);
}

/**
 * Gives the page the element `<halfstep-image>`. The first call decides; later ones do nothing.
 *
 * @example
 * defineHalfstepImage();
 * // <halfstep-image src="/photos/harbour.hst" alt="Boats in a harbour" loading="lazy"></halfstep-image>
 *
 * @throws {TypeError} for options that do not exist
 * @throws {DOMException} for a name that no element can have
 */
export function defineHalfstepImage(options: HalfstepImageOptions = {}): void {
  checkOptions(options, "defineHalfstepImage: the options", OPTIONS);
  if (codecFor !== null) return;
  const { model = new URL("../../weights/halfstep-2.safetensors", import.meta.url).href, name, ...codecs } = options;
  customElements.define(name ?? "halfstep-image", HalfstepImageElement);
  const shared = sharedCodecs(codecs);
  codecFor = ({ modelIdentity }) => {
    const address = typeof model === "string" ? model : model(hex(modelIdentity));
    return shared(new URL(address, document.baseURI).href);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "halfstep-image": HalfstepImageElement;
  }
}
