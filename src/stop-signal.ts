/** What is needed of an `AbortSignal`, so that the types of this package need neither those of Node nor those of a page. */
export interface StopSignal {
  readonly aborted: boolean;
  throwIfAborted(): void;
}
