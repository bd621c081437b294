/** The part of an `AbortSignal` that is used. With it, the types of this package need neither those of Node nor those of a page. */
export interface StopSignal {
  readonly aborted: boolean;
  throwIfAborted(): void;
}

/** The same with its event, so that another thread can be told. An `AbortSignal` is one. */
export interface HeardSignal extends StopSignal {
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
