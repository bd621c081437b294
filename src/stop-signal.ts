/** What is needed of an `AbortSignal`, so that the types of this package need neither those of Node nor those of a page. */
export interface StopSignal {
  readonly aborted: boolean;
  throwIfAborted(): void;
}

/** The same with what tells others of it, in another thread: an `AbortSignal` is one. */
export interface HeardSignal extends StopSignal {
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
